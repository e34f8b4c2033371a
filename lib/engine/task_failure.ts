/**
 * Errors on their way from one thread to another, where they are plain data.
 *
 * @module
 */

import { OperationError, toOperationError } from "../base/errors.ts";
import type { TaskFailure } from "../model/store.ts";

/**
 * Turns whatever was thrown into plain data.
 *
 * @param error What was thrown.
 * @param path What the work was about.
 * @returns What can be sent.
 */
export function toTaskFailure(error: unknown, path: string): TaskFailure {
  const { code, message, path: failed, hint } = toOperationError(error, path);
  return { code, message, path: failed, hint };
}

/**
 * Turns what was sent into an error again.
 *
 * @param failure What was sent.
 * @returns The error.
 */
export function reviveFailure({ code, message, path, hint }: TaskFailure): OperationError {
  return new OperationError(code, message, {
    ...(path === null ? {} : { path }),
    ...(hint === null ? {} : { hint }),
  });
}
