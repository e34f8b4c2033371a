/**
 * The error for a call that is wrong.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { renderUsage } from "./help.ts";
import type { VerbSpecification } from "./specification.ts";

/**
 * Makes the error for a wrong call, with the usage line as its hint.
 *
 * @param message What is wrong, without a final period.
 * @param verb The verb that was called, or null where none was recognised.
 * @returns The error.
 */
export function usageError(message: string, verb: VerbSpecification | null): OperationError {
  const help = verb === null ? "vecfsck help" : `vecfsck help ${verb.name}`;
  return new OperationError("usage", message, {
    hint: `Usage: ${renderUsage(verb)} (${help} explains it)`,
  });
}
