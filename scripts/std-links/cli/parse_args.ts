// deno-lint-ignore-file no-import-prefix -- the inline version is what makes a link package stand alone
// The types are the part of @std/cli that this project uses; the code is the genuine one.
import { parseArgs as genuine } from "npm:deno-std@1.4.0/cli/parse_args.js";

/** The options of `parseArgs` that this project uses. */
export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  negatable?: readonly string[];
  alias?: Record<string, string>;
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  "--"?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Parsed arguments: the positional ones under `_`. */
export interface Args {
  _: Array<string | number>;
  // deno-lint-ignore no-explicit-any
  [name: string]: any;
}

/** Takes a list of command-line arguments apart. */
export const parseArgs: (args: string[], options?: ParseOptions) => Args = genuine;
