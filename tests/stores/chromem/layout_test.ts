import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import {
  documentFilesOf,
  isLeftoverName,
  listFiles,
  metadataFileOf,
  readLayout,
} from "../../../lib/stores/chromem/layout.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";
import { CHROMEM_STORES } from "../../support/chromem_stores.ts";
import { scratchDirectory } from "../../support/fixtures.ts";

Deno.test("readLayout() finds every file of a golden database, and which extension it has", async () => {
  for (const kind of CHROMEM_STORES) {
    const store = await BrokenDatabase.copyOf(kind);
    const layout = readLayout(store.path);
    assertEquals(layout.extension, store.extension);
    const found = listFiles(layout).map(({ path }) => path).sort();
    const expected = [...Deno.readDirSync(store.path)].flatMap(({ name }) =>
      Array.from(Deno.readDirSync(store.at(name)), (entry) => `${name}/${entry.name}`)
    ).sort();
    assertEquals(found, expected);
    for (const folder of layout.folders) {
      const metadata = metadataFileOf(folder, layout.extension);
      assertEquals(metadata?.path, `${folder.name}/00000000${store.extension}`);
      assertEquals(documentFilesOf(folder, layout.extension).length, folder.files.length - 1);
    }
  }
});

Deno.test("readLayout() tells apart what an engine reads and what it passes over", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const folder = store.folder("sessions");
  const document = store.document("sessions", "sessions/0");
  store.rename(document, `${document}.gz`);
  store.write(`${folder}/00000000.gob.backup`, "x");
  store.write(`${folder}/.a1b2c3d4.gob.vecfsck-0123456789abcdef.new`, "x");
  store.write(`${folder}/notes.txt`, "hello");
  store.write(`${folder}/inner.gob/a1b2c3d4.gob`, "x");
  store.write("notes.txt", "hello");
  store.write("a1b2c3d4.gob.tmp", "x");
  store.write("node_modules/deep/notes.gob", "12345");
  store.write(".quarantine/a1b2c3d4/a1b2c3d4.gob", "x");
  store.write(".vecfsck/lock", "x");
  Deno.mkdirSync(store.at("ffffffff"));
  Deno.mkdirSync(store.at("drafts"));
  store.write("backup/x.gob", "x");
  const layout = readLayout(store.path);
  const names = layout.folders.map(({ name }) => name);
  assertEquals(names, [
    "1225ae6c",
    "2e1cfa82",
    "2f8ca0d3",
    "backup",
    "e6684f6c",
    "e9f85bf6",
    "ffffffff",
  ]);
  const sessions = layout.folders.find(({ name }) => name === folder);
  assertEquals(sessions?.leftovers.map(({ path }) => path), [
    `${folder}/.a1b2c3d4.gob.vecfsck-0123456789abcdef.new`,
    `${folder}/00000000.gob.backup`,
  ]);
  assertEquals(sessions?.foreign.map(({ path, sizeBytes }) => [path, sizeBytes]), [
    [`${folder}/inner.gob`, 1],
    [`${folder}/notes.txt`, 5],
  ]);
  assertEquals(sessions && documentFilesOf(sessions, ".gob.gz").map(({ path }) => path), [
    `${document}.gz`,
  ]);
  assertEquals(layout.leftovers.map(({ path }) => path), ["a1b2c3d4.gob.tmp"]);
  assertEquals(layout.foreign.map(({ path, sizeBytes }) => [path, sizeBytes]), [
    [".quarantine", 1],
    ["drafts", 0],
    ["node_modules", 5],
    ["notes.txt", 5],
  ]);
  assertEquals(layout.extension, ".gob");
});

Deno.test({
  name: "readLayout() follows links to files, and says what else a name leads to",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const store = await BrokenDatabase.copyOf("plain");
    const folder = store.folder("sessions");
    const document = store.document("sessions", "sessions/0");
    const elsewhere = await scratchDirectory();
    Deno.renameSync(store.at(document), join(elsewhere, "kept.gob"));
    Deno.symlinkSync(join(elsewhere, "kept.gob"), store.at(document));
    Deno.symlinkSync(elsewhere, store.at(`${folder}/a.gob`));
    Deno.symlinkSync("nowhere", store.at(`${folder}/b.gob`));
    Deno.symlinkSync("c.gob", store.at(`${folder}/c.gob`));
    const script = `mkfifo d.gob; : > "$(printf 'e\\377.gob')"`;
    const shell = new Deno.Command("sh", { args: ["-c", script], cwd: store.at(folder) });
    assertEquals((await shell.output()).success, true);
    Deno.symlinkSync(elsewhere, store.at("a1b2c3d4"));
    const { folders, notFolders } = readLayout(store.path);
    const sessions = folders.find(({ name }) => name === folder);
    assertEquals(sessions?.special.map(({ path, kind }) => [path, kind]), [
      [`${folder}/a.gob`, "directory"],
      [`${folder}/b.gob`, "dangling"],
      [`${folder}/c.gob`, "dangling"],
      [`${folder}/d.gob`, "pipe"],
      [`${folder}/e\ufffd.gob`, "unreachable"],
    ]);
    assertEquals(sessions?.files.some(({ path }) => path === document), true);
    assertEquals(notFolders, ["a1b2c3d4"]);
  },
});

Deno.test("isLeftoverName() knows what editors, copies and vecfsck leave, and no gob file", () => {
  for (
    const name of ["a.gob.tmp", "a.gob.gz.tmp-1.tmp", "a.gob~", "a.gob.backup", "a.gob.gz.bak"]
  ) {
    assertEquals(isLeftoverName(name), true, name);
  }
  for (const name of ["a.gob", "a.gob.gz", "notes.tmp", "a.backup", "gob"]) {
    assertEquals(isLeftoverName(name), false, name);
  }
});

Deno.test("readLayout() throws not-found when the directory is gone", async () => {
  const path = join(await scratchDirectory(), "gone");
  assertEquals(assertThrows(() => readLayout(path), OperationError).code, "not-found");
});
