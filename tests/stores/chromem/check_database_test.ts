/**
 * Whole databases that are damaged in ways that only all their files together show.
 */
import { assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { OperationError } from "../../../lib/base/errors.ts";
import type { CheckLevel } from "../../../lib/model/report.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";
import { CHROMEM_STORES } from "../../support/chromem_stores.ts";
import { brief, checkWhole } from "../../support/findings.ts";

const BASE = "knowledge-base";

/** What a check finds that is worse than info. */
async function problemsOf(store: BrokenDatabase, level: CheckLevel = "full"): Promise<string[]> {
  const { findings } = await checkWhole(store.path, { level });
  return findings.filter(({ severity }) => severity !== "info").map(brief);
}

Deno.test("checkStore() accounts for every byte of a database of chromem-go", async () => {
  for (const kind of CHROMEM_STORES) {
    const store = await BrokenDatabase.copyOf(kind);
    const { summary } = await checkWhole(store.path);
    assertEquals([summary.verdict, summary.records, summary.collections], ["clean", 99, 5]);
    assertEquals([summary.bytesSkipped, summary.complete], [0, true]);
    store.write("notes.txt", "hello");
    store.write(`${store.folder("sessions")}/a.gob.tmp`, "123");
    const { summary: other } = await checkWhole(store.path);
    assertEquals(other.bytesChecked, summary.bytesChecked);
    assertEquals(other.skipped, [
      { reason: "left by interrupted writes", sizeBytes: 3 },
      { reason: "not written by an engine", sizeBytes: 5 },
    ]);
  }
});

Deno.test("checkStore() reads only metadata files at the quick level", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const { summary } = await checkWhole(store.path, { level: "quick" });
  const metadata = ["empty", BASE, "sessions", "日本語 notes", "contextd_memories"]
    .reduce((sum, name) => sum + store.read(store.metadata(name)).length, 0);
  assertEquals([summary.bytesChecked, summary.records], [metadata, null]);
  store.flip(store.document(BASE, `${BASE}/0`), 1);
  assertEquals(await problemsOf(store, "quick"), []);
  store.remove(store.metadata(BASE));
  assertEquals(await problemsOf(store, "quick"), ["error chromem-metadata-missing e6684f6c"]);
});

Deno.test("checkStore() says which of the names it was given fits a folder", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  // Without documents, nothing else tells the name.
  store.copy(store.metadata(BASE), store.metadata("empty"));
  store.writeMetadata(store.metadata("empty"), {});
  const messageOf = async (names: string[]): Promise<string> => {
    const { findings } = await checkWhole(store.path, { names, level: "quick" });
    return findings.find(({ name }) => name === "chromem-name-empty")?.message ?? "nothing";
  };
  assertEquals(await messageOf(["other"]), "The metadata file has no name beside 0 documents");
  assertStringIncludes(
    await messageOf(["other", "empty"]),
    "the folder is the hash of the name empty (--names)",
  );
});

Deno.test("checkStore() takes the name from a copy of the metadata file that was left", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  store.rename(store.metadata(BASE), `${store.metadata(BASE)}.backup`);
  const { findings } = await checkWhole(store.path, { level: "quick" });
  const missing = findings.find(({ name }) => name === "chromem-metadata-missing");
  assertEquals(missing?.detail["names"], [
    { name: BASE, source: "e6684f6c/00000000.gob.backup" },
  ]);
});

Deno.test("checkStore() tells folders that were exchanged from metadata files that were", async () => {
  const metadata = await BrokenDatabase.copyOf("plain");
  metadata.exchange(metadata.metadata(BASE), metadata.metadata("sessions"));
  assertEquals(await problemsOf(metadata), [
    "error chromem-metadata-exchanged 1225ae6c/00000000.gob",
    "error chromem-metadata-exchanged e6684f6c/00000000.gob",
  ]);
  const folders = await BrokenDatabase.copyOf("plain");
  folders.exchange(folders.folder(BASE), folders.folder("sessions"));
  assertEquals(await problemsOf(folders), [
    "warning chromem-folder-misnamed 1225ae6c",
    "warning chromem-folder-misnamed e6684f6c",
  ]);
});

Deno.test("checkStore() lets the documents of one folder decide for all that went round", async () => {
  // The collection `empty` has no documents that could tell anything.
  const metadata = await BrokenDatabase.copyOf("plain");
  metadata.exchange(metadata.metadata(BASE), metadata.metadata("empty"));
  assertEquals(await problemsOf(metadata), [
    "error chromem-metadata-exchanged 2e1cfa82/00000000.gob",
    "error chromem-metadata-exchanged e6684f6c/00000000.gob",
  ]);
  const folders = await BrokenDatabase.copyOf("plain");
  folders.exchange(folders.folder(BASE), folders.folder("empty"));
  assertEquals(await problemsOf(folders), [
    "warning chromem-folder-misnamed 2e1cfa82",
    "warning chromem-folder-misnamed e6684f6c",
  ]);
});

Deno.test("checkStore() follows documents of three collections that went round", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const [one, two, three] = [
    store.document(BASE, `${BASE}/0`),
    store.document("sessions", "sessions/0"),
    store.document("日本語 notes", "日本語 notes/0"),
  ];
  store.exchange(one, two);
  store.exchange(two, three);
  assertEquals(
    (await problemsOf(store)).sort(),
    [one, two, three].map((path) => `error document-exchanged ${path}`).sort(),
  );
});

Deno.test("checkStore() knows a metadata file that was copied over another", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  store.copy(store.metadata("sessions"), store.metadata(BASE));
  assertEquals(await problemsOf(store), [
    "error chromem-metadata-exchanged e6684f6c/00000000.gob",
  ]);
  // Where documents tell nothing, one of the two is shadowed, and that is all that is known.
  assertEquals(await problemsOf(store, "quick"), ["error chromem-collection-shadowed 1225ae6c"]);
});

Deno.test("checkStore() names every shadowed folder but the one that is loaded", async () => {
  const store = await BrokenDatabase.copyOf("gzip");
  for (const folder of ["00000000", "copy", "zzz"]) {
    store.copy(store.metadata(BASE), `${folder}/00000000.gob.gz`);
  }
  const { findings, summary } = await checkWhole(store.path);
  const shadowed = findings.filter(({ name }) => name === "chromem-collection-shadowed");
  assertEquals(shadowed.map(({ path, detail }) => [path, detail["loaded"]]), [
    ["00000000", "zzz"],
    ["copy", "zzz"],
    ["e6684f6c", "zzz"],
  ]);
  assertEquals([summary.collections, summary.collectionsDamaged], [8, 1]);
});

Deno.test("checkStore() calls two files of one folder misnamed where each has the other's name", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const [one, other] = [store.document(BASE, `${BASE}/0`), store.document(BASE, `${BASE}/1`)];
  store.exchange(one, other);
  assertEquals(
    (await problemsOf(store)).sort(),
    [
      `warning document-misnamed ${one}`,
      `warning document-misnamed ${other}`,
    ].sort(),
  );
});

Deno.test("checkStore() knows the copy of another collection's document by its content", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const [own, other] = [
    store.document(BASE, `${BASE}/0`),
    store.document("sessions", "sessions/0"),
  ];
  store.copy(other, own);
  const { findings, summary } = await checkWhole(store.path);
  const exchanged = findings.filter(({ name }) => name === "document-exchanged");
  assertEquals(exchanged.map(({ path, detail }) => [path, detail["owner"], detail["proof"]]), [
    [own, "1225ae6c", "copied"],
  ]);
  assertEquals(summary.records, 99);
  // The same id is no proof: two collections may well have documents of one id.
  store.change(other, { Content: "another text" });
  assertEquals(await problemsOf(store), [`warning document-misnamed ${own}`]);
});

Deno.test("checkStore() keeps of several files with one id the one that is rightly named, or the last", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const own = store.document(BASE, `${BASE}/0`);
  const folder = store.folder(BASE);
  store.copy(own, `${folder}/00000001.gob`);
  store.copy(own, `${folder}/fffffff0.gob`);
  const { summary } = await checkWhole(store.path);
  assertEquals(summary.records, 99);
  assertEquals(await problemsOf(store), [
    `error document-duplicate ${folder}/00000001.gob`,
    `error document-duplicate ${folder}/fffffff0.gob`,
  ]);
  store.remove(own);
  assertEquals(await problemsOf(store), [
    `error document-duplicate ${folder}/00000001.gob`,
    `warning document-misnamed ${folder}/fffffff0.gob`,
  ]);
});

Deno.test("checkStore() calls no document a duplicate whose name another one with that hash has", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  // Two ids with one hash, found by trying.
  const [one, other] = ["vecfsck-56335", "vecfsck-58651"];
  const folder = store.folder(BASE);
  store.change(store.document(BASE, `${BASE}/0`), { ID: one });
  store.rename(store.document(BASE, `${BASE}/0`), store.document(BASE, one));
  store.change(store.document(BASE, `${BASE}/1`), { ID: other });
  store.rename(store.document(BASE, `${BASE}/1`), `${folder}/other.gob`);
  assertEquals(store.document(BASE, one), store.document(BASE, other));
  assertEquals(await problemsOf(store), [`warning document-misnamed ${folder}/other.gob`]);
});

Deno.test("checkStore() decodes files with the other extension too", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const path = store.document(BASE, `${BASE}/0`);
  store.cut(path, 100);
  store.rename(path, `${path}.gz`);
  const { findings, summary } = await checkWhole(store.path);
  assertEquals(findings.filter(({ severity }) => severity === "error").map(brief), [
    "error chromem-extension-mixed e6684f6c",
    `error gob-truncated ${path}.gz @100`,
  ]);
  assertEquals(summary.records, 98);
});

Deno.test("checkStore() finds nothing in files whose content is against their extension", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const zipped = await BrokenDatabase.copyOf("gzip");
  // chromem-go looks at the content alone, once it reads a file.
  store.write(
    store.document(BASE, `${BASE}/0`),
    zipped.read(zipped.document(BASE, `${BASE}/0`)),
  );
  assertEquals(await problemsOf(store), []);
});

Deno.test("checkStore() repeats no name and no id of megabytes", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const long = "x".repeat(1 << 20);
  store.writeMetadata(store.metadata(BASE), { Name: long });
  store.change(store.document(BASE, `${BASE}/0`), { ID: long });
  store.copy(store.document(BASE, `${BASE}/0`), `${store.folder(BASE)}/copy.gob`);
  const { findings } = await checkWhole(store.path);
  const told = findings.map(({ name }) => name);
  assertEquals(told.includes("chromem-folder-misnamed"), true);
  assertEquals(told.includes("document-duplicate"), true);
  assertLess(Math.max(...findings.map((finding) => JSON.stringify(finding).length)), 8000);
});

Deno.test({
  name: "checkStore() says what may not be read, and what it finds in the rest",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  fn: async () => {
    const store = await BrokenDatabase.copyOf("plain");
    store.flip(store.document("sessions", "sessions/0"), 1);
    Deno.chmodSync(store.at(store.metadata(BASE)), 0);
    const error = await assertRejects(() => checkWhole(store.path), OperationError);
    assertEquals(error.code, "permission-denied");
  },
});

Deno.test("checkStore() says that the database was in use when a document changes meanwhile", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const path = store.document(BASE, `${BASE}/0`);
  const audit = {
    sizeBytes: 0,
    run: () => {
      store.write(path, new Uint8Array([...store.read(path), 1]));
      return Promise.resolve({ findings: [], checkedBytes: {}, failures: [] });
    },
  };
  const error = await assertRejects(
    () => checkWhole(store.path, { audits: [audit] }),
    OperationError,
  );
  assertEquals(error.code, "busy");
});
