import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readStoreContents } from "../../lib/engine/contents.ts";
import { hashName } from "../../lib/stores/chromem/name_hash.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { copyTree, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { runMain } from "./run_main.ts";

const METADATA = "00000000.gob";

/**
 * A database with a collection "secret" that has lost its metadata file, and of which nothing tells the
 * name: the ids of its documents tell of another collection, and that is there.
 */
async function nameless(): Promise<string> {
  const store = await chromemStore("plain");
  const folder = join(store, hashName("secret"));
  await copyTree(join(store, hashName("sessions")), folder);
  await Deno.remove(join(folder, METADATA));
  return store;
}

async function namesOf(store: string): Promise<string[]> {
  return (await readStoreContents(store)).map(({ name }) => name);
}

Deno.test("repair --names and --name give a collection the name that fits its folder", async () => {
  const list = join(await scratchDirectory(), "names.txt");
  await Deno.writeTextFile(list, "public\r\nsecret\r\n");
  for (const option of [["--names", list], ["--name", "public", "--name", "secret"]]) {
    const store = await nameless();
    const { code, stdout } = await runMain(["repair", "--yes", store, ...option]);
    assertEquals(code, 1);
    assertStringIncludes(stdout.text, "Saves     1 name from --names");
    assertEquals((await namesOf(store)).includes("secret"), true);
  }
});

Deno.test("repair makes a name up where none fits, and --quarantine moves the collection aside", async () => {
  const folder = hashName("secret");
  const renamed = await nameless();
  assertEquals((await runMain(["repair", "--yes", renamed])).code, 1);
  assertEquals((await namesOf(renamed)).includes(`recovered-${folder}`), true);
  const aside = await nameless();
  const { code } = await runMain(["repair", "--yes", "--quarantine", aside]);
  assertEquals([code, await namesOf(aside)], [1, await namesOf(await chromemStore("plain"))]);
  assertEquals((await Deno.stat(join(aside, ".quarantine", folder))).isDirectory, true);
});

Deno.test("repair --shadowed merge makes one collection of two, and apart keeps two", async () => {
  const shadowed = async (): Promise<string> => {
    const store = await nameless();
    const from = join(store, hashName("sessions"), METADATA);
    await Deno.copyFile(from, join(store, hashName("secret"), METADATA));
    // One document of its own, so that the two are not the same.
    const folder = join(store, hashName("knowledge-base"));
    const [own = ""] = Array.from(Deno.readDirSync(folder), ({ name }) => name)
      .filter((name) => name !== METADATA).sort();
    await Deno.copyFile(join(folder, own), join(store, hashName("secret"), own));
    return store;
  };
  const merged = await shadowed();
  const merge = ["--shadowed", "merge"];
  assertEquals((await runMain(["repair", "--yes", merged, ...merge])).code, 1);
  assertEquals((await namesOf(merged)).filter((name) => name.startsWith("sessions")), ["sessions"]);
  const apart = await shadowed();
  assertEquals((await runMain(["repair", "--yes", apart, "--shadowed", "apart"])).code, 1);
  const names = (await namesOf(apart)).filter((name) => name.startsWith("sessions"));
  assertEquals(names, ["sessions", `sessions-${hashName("secret")}`]);
});

Deno.test("the options for chromem-go are without effect on a store of Chroma", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const options = ["--name", "x", "--quarantine", "--shadowed", "merge"];
  const { code, stdout } = await runMain(["repair", "--yes", store, ...options]);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, "NOTHING TO DO");
});
