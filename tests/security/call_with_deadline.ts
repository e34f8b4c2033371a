/**
 * Calls that must come back, whatever stands in a store.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { CLI_PERMISSIONS } from "../support/run_cli.ts";
import { REPOSITORY } from "../support/fixtures.ts";
import type { VerbResult } from "../verbs/world.ts";

/** How long all calls together may take before one of them counts as one that waits for ever. */
const DEADLINE_MS = 120_000;

/**
 * Makes sure that calls come back, and that none of them says that it has a bug or has no memory.
 *
 * @param calls The calls.
 */
export async function requireReturn(calls: readonly (readonly string[])[]): Promise<void> {
  const results = await callWithDeadline(calls);
  for (const [index, { stderr }] of results.entries()) {
    assert(!/has a bug|no-memory/.test(stderr), `${calls[index]?.join(" ")}: ${stderr}`);
  }
  assertEquals(results.length, calls.length, `${calls[results.length]?.join(" ")} does not return`);
}

/** Runs calls in a process of their own, which is ended when they take too long. */
async function callWithDeadline(
  calls: readonly (readonly string[])[],
): Promise<VerbResult[]> {
  const program = join(REPOSITORY, "tests", "security", "run_calls.ts");
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--config", join(REPOSITORY, "deno.json")],
      ...CLI_PERMISSIONS,
      "--allow-env",
      program,
      JSON.stringify(calls),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
