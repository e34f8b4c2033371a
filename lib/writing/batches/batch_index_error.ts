/**
 * The error that says which records of a batch are concerned.
 *
 * @module
 */

import { OperationError, type OperationErrorCode } from "../../base/errors.ts";

/** How many ids an error names. */
const MOST_IDS = 1000;

/** What a {@linkcode BatchIndexError} is made of besides its message. */
export interface BatchIndexErrorOptions {
  /** Why the work could not be done; `write-failed` when left out. */
  code?: OperationErrorCode;
  /** How many records were safely there before the batch. */
  offset: number;
  /** The ids that the error is about. */
  ids: readonly string[];
  /** What the user can do next, as a sentence. */
  hint?: string | null;
  /** The error that lies beneath. */
  cause?: unknown;
}

/**
 * A batch of records could not be written or removed, or what was written is not there.
 *
 * @example Going on where the work has ended
 * ```ts
 * import { BatchIndexError, safeBatchIndex } from "@vecfsck/vecfsck";
 *
 * const broken = {
 *   count: () => Promise.resolve(0),
 *   get: () => Promise.resolve({ ids: [] }),
 *   upsert: () => Promise.resolve(),
 * };
 * try {
 *   await safeBatchIndex(broken, [{ id: "a", embedding: [1, 2] }], { memory: null });
 * } catch (error) {
 *   if (error instanceof BatchIndexError) console.log(error.offset, error.ids); // 0 ["a"]
 * }
 * ```
 */
export class BatchIndexError extends OperationError {
  /** How many records of the source were safely there before the batch. */
  readonly offset: number;
  /** The ids that the error is about; the first thousand of them. */
  readonly ids: readonly string[];

  /** Makes an error from a message without a final period, and which records it is about. */
  constructor(message: string, options: BatchIndexErrorOptions) {
    super(options.code ?? "write-failed", message, {
      ...(options.hint ? { hint: options.hint } : {}),
      cause: options.cause,
    });
    this.name = "BatchIndexError";
    this.offset = options.offset;
    this.ids = options.ids.slice(0, MOST_IDS);
  }
}
