/**
 * Files that claim, or unpack to, far more than they are: what looks at a store comes back soon, and
 * in little memory.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { gzip } from "../../lib/codec/gzip.ts";
import { BrokenDatabase } from "../support/broken_database.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { runVerb } from "../verbs/world.ts";
import { requireReturn } from "./call_with_deadline.ts";
import { makeUsedWorld } from "./used_world.ts";

/** A length that takes no room on the disk, and hours to be read. */
const HUGE_BYTES = 2 ** 40;

const ignore = Deno.build.os === "windows";

/** Makes a file as long as that, with a hole at its end. */
function stretch(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  file.truncateSync(HUGE_BYTES);
}

Deno.test({
  name: "a check reads no terabyte of nothing at the end of any file of a Chroma store",
  ignore,
  fn: async () => {
    const inner = ["header.bin", "data_level0.bin", "link_lists.bin", "length.bin"];
    const outer = ["chroma.sqlite3", "chroma.sqlite3-journal", "chroma.sqlite3-wal"];
    const calls: (readonly string[])[] = [];
    for (const name of [...inner, "index_metadata.pickle", ...outer]) {
      const store = await BrokenStore.copyOf("chroma-1.5.9");
      stretch(join(outer.includes(name) ? store.path : store.file(), name));
      calls.push(["check", store.path], ["status", store.path], ["guard", store.path]);
      // The database is copied whole before it is repaired.
      if (name !== "chroma.sqlite3") calls.push(["repair", "--dry-run", store.path]);
    }
    await requireReturn(calls);
  },
});

Deno.test({
  name: "a check reads no terabyte of nothing in a database of chromem-go",
  ignore,
  fn: async () => {
    const calls: (readonly string[])[] = [];
    for (const kind of ["plain", "gzip"] as const) {
      for (const isDocument of [true, false]) {
        const store = await BrokenDatabase.copyOf(kind);
        const [folder = ""] = Array.from(Deno.readDirSync(store.path), ({ name }) => name).sort();
        const names = Array.from(Deno.readDirSync(store.at(folder)), ({ name }) => name).sort();
        const name = names.find((each) => each.startsWith("00000000") !== isDocument) ?? "";
        stretch(store.at(`${folder}/${name}`));
        calls.push(["check", store.path], ["status", store.path], ["guard", store.path]);
        calls.push(["repair", "--dry-run", store.path]);
      }
    }
    await requireReturn(calls);
  },
});

Deno.test({
  name: "no file beside a store is read that is longer than any such file",
  ignore,
  fn: async () => {
    const { store } = await makeUsedWorld();
    const [id = ""] = Array.from(Deno.readDirSync(`${store}.backups`), ({ name }) => name);
    const work = `${store}.vecfsck`;
    const [entry = ""] = Array.from(Deno.readDirSync(join(work, "quarantine")), ({ name }) => name);
    const backup = join(`${store}.backups`, id);
    const paths = [
      ...["seal", "checked.json", "holder.json", "watch.json"].map((name) => join(work, name)),
      join(work, "quarantine", entry, "manifest.json"),
      join(backup, "manifest.json"),
      join(backup, "verified.json"),
    ];
    const calls: (readonly string[])[] = [];
    for (const path of paths) {
      stretch(path);
      calls.push(
        ["check", "--since-seal", store],
        ["check", "--sealed", store],
        ["status", store],
        ["quarantine", "list", store],
        ["undo", "--dry-run", store],
        ["backup", "list", store],
        ["restore", "--dry-run", store],
      );
    }
    await requireReturn(calls);
  },
});

Deno.test("a gzip bomb is given up, whether it is a document or an export", async () => {
  // A gigabyte of zeros in sixteen members, which take a megabyte.
  const bomb = gzip(new Uint8Array(64 << 20));
  const store = await BrokenDatabase.copyOf("gzip");
  const [folder = ""] = Array.from(Deno.readDirSync(store.path), ({ name }) => name).sort();
  const members = new Uint8Array(bomb.byteLength * 16);
  for (let index = 0; index < 16; index++) members.set(bomb, index * bomb.byteLength);
  store.write(`${folder}/12345678.gob.gz`, members);
  const exported = join(await scratchDirectory(), "export.gob.gz");
  await Deno.writeFile(exported, members);
  const before = Deno.memoryUsage().rss;
  for (const path of [store.path, exported]) {
    const { code, stdout, stderr } = await runVerb(["check", path]);
    assert([4, 8].includes(code), stdout + stderr);
    assert(!stderr.includes("has a bug"), stderr);
  }
  const grown = Deno.memoryUsage().rss - before;
  assert(grown < 600 << 20, `${grown >> 20} MiB more`);
});

Deno.test("JSON that is nested a hundred thousand deep is damage, and no crash", async () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    `UPDATE collections SET config_json_str = '${deep}' WHERE name = 'notes'`,
    `UPDATE embeddings_queue SET metadata = '${deep}'`,
  );
  const { code, stdout, stderr } = await runVerb(["check", store.path]);
  assertEquals([code, stderr], [4, ""]);
  assertStringIncludes(stdout, "DAMAGED");
  for (const verb of ["repair", "export"]) {
    const { stderr } = await runVerb([
      ...(verb === "repair" ? ["repair", "--dry-run"] : ["export", "-o", `${store.path}.jsonl`]),
      store.path,
    ]);
    assert(!stderr.includes("has a bug"), stderr);
  }
});
