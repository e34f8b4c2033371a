/**
 * Runs calls of vecfsck one after another, in a process of its own: whoever waits for it can give up
 * when a call does not come back. Takes the calls as JSON on its command line, and prints a line of
 * JSON for each that has come back: its exit code and what it said.
 *
 * @module
 */

import { runVerb } from "../verbs/world.ts";

if (import.meta.main) {
  const calls: string[][] = JSON.parse(Deno.args[0] ?? "[]");
  for (const args of calls) console.log(JSON.stringify(await runVerb(args)));
}
