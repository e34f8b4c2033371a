/**
 * Leaving stores alone that were written by an engine which this version does not know.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { Finding } from "../../model/finding.ts";
import type { DetectedStore } from "../../model/store.ts";

/**
 * Makes sure that the engine is known: what another one writes could be taken for damage, or for
 * something that nobody needs.
 *
 * @param store The store.
 * @param findings The findings of a full check.
 * @param participle What is not done otherwise, for people: `repaired`.
 * @throws {OperationError} `unsupported`.
 */
export function requireKnownEngine(
  { path }: DetectedStore,
  findings: readonly Finding[],
  participle: string,
): void {
  const newer = findings.find(({ name }) => name === "schema-newer");
  if (newer === undefined) return;
  throw new OperationError("unsupported", `${newer.message}: it is not ${participle}`, {
    path,
    hint: "Nothing was changed. Use a vecfsck that knows this version of the engine.",
  });
}
