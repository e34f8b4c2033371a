/**
 * Runs a call in a world that a test rules over.
 *
 * @module
 */

import { main } from "../../lib/cli/main.ts";
import { FakeEnvironment } from "./fake_environment.ts";

/** What of the world a test sets before a call. */
export type World = Partial<Pick<FakeEnvironment, "answer" | "time" | "fs">>;

/**
 * Runs a call.
 *
 * @param args What is typed.
 * @param world What of the world is not as it usually is.
 * @returns The world afterwards, and the exit code.
 */
export async function runMain(
  args: readonly string[],
  world: World = {},
): Promise<FakeEnvironment & { code: number }> {
  const environment = Object.assign(new FakeEnvironment(), world);
  return Object.assign(environment, { code: await main(args, environment) });
}
