/**
 * Showing a plan before anybody is asked whether it is to be carried out.
 *
 * @module
 */

import type { JsonLine } from "../output/json.ts";
import type { Invocation } from "./invocation.ts";

/** A plan, for programs and for people. */
export interface ShownPlan {
  /** Its lines for `--json`. */
  readonly lines: Iterable<JsonLine>;
  /** Says it to people. */
  render(): readonly string[];
}

/**
 * Prints lines for programs.
 *
 * @param invocation The call.
 * @param lines The lines.
 */
export async function printLines(
  { output }: Invocation,
  lines: Iterable<JsonLine>,
): Promise<void> {
  for (const line of lines) await output.printJson(line);
}

/**
 * Shows a plan. With `--quiet` only where somebody is going to be asked: a question without the plan
 * would be one about nothing.
 *
 * @param invocation The call.
 * @param plan The plan.
 */
export async function showPlan(
  invocation: Invocation,
  { lines, render }: ShownPlan,
): Promise<void> {
  const { options, output } = invocation;
  if (output.json) {
    await printLines(invocation, lines);
    // Whoever is asked has to see what it is about.
    return await output.flush();
  }
  if (options.flag("quiet") && options.flag("yes")) return;
  await output.print([...render(), ""]);
}
