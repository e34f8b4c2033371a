/**
 * What is no file where a store has one, or where vecfsck keeps one beside it: pipes, devices, links
 * in a circle, directories. No verb waits at it, reads without an end, or says that it has a bug.
 */
import { assert } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { BrokenDatabase } from "../support/broken_database.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { listTree } from "../support/list_tree.ts";
import { copyEntry } from "../verbs/world.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { requireReturn } from "./call_with_deadline.ts";
import { makeUsedWorld } from "./used_world.ts";

const ignore = Deno.build.os === "windows";

/** Files of a Chroma store, and one that is none of it. */
const CHROMA_FILES = [
  ...["chroma.sqlite3", "chroma.sqlite3-journal", "chroma.sqlite3-wal", "notes"],
  ...["SEGMENT/header.bin", "SEGMENT/data_level0.bin", "SEGMENT/index_metadata.pickle"],
];

async function makePipe(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert(success, `mkfifo ${path}`);
}

/** Puts something that is no file in the place of one. */
const KINDS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "a pipe": makePipe,
  "an endless device": (path) => Deno.symlink("/dev/zero", path),
  "a link to itself": (path) => Deno.symlink(path, path),
  "a directory": (path) => Deno.mkdir(path),
};

/** The verbs that read a store. */
function listCalls(store: string): readonly (readonly string[])[] {
  return [
    ["check", store],
    ["check", "--quick", store],
    ["status", store],
    ["guard", store],
    ["seal", "-o", `${store}.seal`, store],
    ["backup", "--to", `${store}.copies`, store],
    ["export", "-o", `${store}.jsonl`, store],
    ["report", "-o", `${store}.html`, store],
    ["optimize", "--dry-run", store],
    ["repair", "--dry-run", store],
    ["repair", "--yes", store],
    ["quarantine", "list", store],
  ];
}

const TRIES_EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** All calls, and those that between them open every file. */
const listAll = (calls: readonly (readonly string[])[]): typeof calls => calls;
const listFew = (calls: readonly (readonly string[])[]): typeof calls =>
  calls.filter(([verb, option]) => verb === "check" || verb === "backup" || option === "--yes");

async function replace(path: string, place: (path: string) => Promise<void>): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(() => {});
  await place(path);
}

for (const [what, place] of Object.entries(KINDS)) {
  Deno.test({
    name: `every verb comes back where a file of a store is ${what}`,
    ignore,
    fn: async () => {
      const calls: (readonly string[])[] = [];
      const choose = what === "a pipe" || TRIES_EVERYTHING ? listAll : listFew;
      for (const name of CHROMA_FILES) {
        const store = await BrokenStore.copyOf("chroma-1.5.9");
        await replace(join(store.path, name.replace("SEGMENT", store.segment())), place);
        calls.push(...choose(listCalls(store.path)));
      }
      const database = await BrokenDatabase.copyOf("plain");
      const [folder = ""] = Array.from(Deno.readDirSync(database.path), ({ name }) => name).sort();
      await replace(database.at(`${folder}/00000000.gob`), place);
      await replace(database.at(`${folder}/12345678.gob`), place);
      calls.push(...choose(listCalls(database.path)));
      await requireReturn(calls);
    },
  });
}

Deno.test({
  name: "every verb comes back where a file that vecfsck keeps beside a store is a pipe",
  ignore,
  fn: async () => {
    const world = await makeUsedWorld();
    const files = Array.from(listTree(world.root))
      .filter((path) => Deno.lstatSync(path).isFile)
      .filter((path) => /\.(vecfsck|backups)\//.test(path) && !path.includes("/files/"));
    assert(files.some((path) => basename(path) === "manifest.json"), files.join(", "));
    const calls: (readonly string[])[] = [];
    for (const file of [...files, `${world.store}.vecfsck/journal`]) {
      const root = join(await scratchDirectory(), "world");
      copyEntry(world.root, root);
      const store = join(root, basename(world.store));
      const planted = join(root, file.slice(world.root.length));
      await Deno.mkdir(dirname(planted), { recursive: true });
      await Deno.chmod(dirname(planted), 0o700);
      await replace(planted, makePipe);
      calls.push(
        ["check", store],
        ["check", "--sealed", store],
        ["status", store],
        ["backup", "verify", store],
        ["quarantine", "list", store],
        ["undo", "--dry-run", store],
        ["seal", store],
        ["backup", store],
      );
    }
    await requireReturn(calls);
  },
});
