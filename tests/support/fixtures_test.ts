import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { GOLDEN_STORES, goldenFacts, goldenStore, TORN_STORES, tornStore } from "./fixtures.ts";

Deno.test("goldenStore() gives every store with its catalogue and facts", async () => {
  for (const name of GOLDEN_STORES) {
    const store = await goldenStore(name);
    assertEquals((await Deno.stat(join(store, "chroma.sqlite3"))).isFile, true);
    assertEquals((await goldenFacts(name)).collections.notes === undefined, false);
  }
  for (const name of TORN_STORES) {
    const store = await tornStore(name);
    assertEquals((await Deno.stat(join(store, "chroma.sqlite3"))).isFile, true);
  }
});
