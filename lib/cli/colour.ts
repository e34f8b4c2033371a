/**
 * Whether a stream gets colour.
 *
 * @module
 */

import type { Environment } from "./environment.ts";
import type { TextStream } from "./text_stream.ts";

/**
 * Decides whether text on a stream is coloured: not when no person looks at it, not with NO_COLOR
 * (no-color.org), not on a terminal that calls itself dumb, not with `--no-color`. FORCE_COLOR
 * (force-color.org) overrules all of these; its values `0` and `false` force nothing.
 *
 * @param stream The stream.
 * @param environment Where the variables are read.
 * @param noColour Whether `--no-color` was given.
 * @returns True when it is coloured.
 */
export function wantsColour(
  stream: TextStream,
  environment: Pick<Environment, "variable">,
  noColour: boolean,
): boolean {
  const forced = environment.variable("FORCE_COLOR") ?? "";
  if (!["", "0", "false"].includes(forced)) return true;
  const isUnwanted = noColour || (environment.variable("NO_COLOR") ?? "") !== "" ||
    environment.variable("TERM") === "dumb";
  return stream.isTerminal && !isUnwanted;
}
