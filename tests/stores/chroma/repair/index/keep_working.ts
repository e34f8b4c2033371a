/**
 * A real engine that goes on with a repaired store: it writes, opens it again in another process, and
 * reads back all that it wrote.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { scratchDirectory } from "../../../../support/fixtures.ts";
import { findEngine } from "../../../../support/judge.ts";

const PROGRAM = fromFileUrl(new URL("./keep_working.py", import.meta.url));

/**
 * Has an engine go on with a store; it must have nothing to complain of.
 *
 * @param version The version of chromadb.
 * @param store The store's directory.
 */
export async function keepWorking(version: string, store: string): Promise<void> {
  const python = findEngine(version) ?? "";
  const held = join(await scratchDirectory(), "held.json");
  assertEquals(await runEngine(python, [store, held, "write"]), []);
  assertEquals(await runEngine(python, [store, held, "read"]), []);
}

/** Has an engine do something in a process of its own; gives its complaints. */
async function runEngine(python: string, args: readonly string[]): Promise<unknown> {
  const { success, stdout, stderr } = await new Deno.Command(python, {
    args: [PROGRAM, ...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
