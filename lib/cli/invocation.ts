/**
 * What a verb is given to do its work.
 *
 * @module
 */

import type { OptionValues } from "./option_values.ts";
import type { Environment } from "./environment.ts";
import type { Output } from "./output.ts";

/** One call of a verb. */
export interface Invocation {
  /** The positional arguments. */
  readonly operands: readonly string[];
  /** The options. */
  readonly options: OptionValues;
  /** Where words go. */
  readonly output: Output;
  /** Is aborted, with an `OperationError` as its reason, when the work is to end at once. */
  readonly signal: AbortSignal;
  /** The world. */
  readonly environment: Environment;
}
