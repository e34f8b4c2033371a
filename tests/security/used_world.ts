/**
 * A world in which everything was done that leaves something beside the store.
 *
 * @module
 */

import { assert } from "@std/assert";
import { damageStore } from "../verbs/verb_cases.ts";
import { runVerb, World } from "../verbs/world.ts";

/**
 * Makes such a world: a repair, a backup, a seal and a check that notes down what it has found.
 *
 * @returns The world; its store is sound.
 */
export async function makeUsedWorld(): Promise<World> {
  const world = await World.create();
  await damageStore(world);
  const calls = [["repair", "--yes"], ["backup"], ["seal"], ["check", "--since-seal"]];
  for (const [verb = "", ...options] of calls) {
    const { code, stdout, stderr } = await runVerb([verb, ...options, world.store]);
    assert(code < 4, `${verb}: ${stdout}${stderr}`);
  }
  return world;
}
