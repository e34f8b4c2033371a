/**
 * Repairing files of documents: those that cannot be read, and those that stand in a wrong place.
 */
import { assertEquals } from "@std/assert";
import { createBackup } from "../../../../lib/backup/create.ts";
import { undoRepair } from "../../../../lib/repair/undo_repair.ts";
import { BrokenDatabase } from "../../../support/broken_database.ts";
import { readAll, readKept, repairBroken, summarise } from "./repaired_database.ts";

const BASE = "knowledge-base";
const SESSIONS = "sessions";

/** Takes documents out of what a database held. */
function without(
  held: ReturnType<typeof readAll>,
  collection: string,
  ids: readonly string[],
): ReturnType<typeof readAll> {
  const found = held.get(collection);
  if (found === undefined) throw new RangeError(collection);
  const documents = new Map([...found.documents].filter(([id]) => !ids.includes(id)));
  return new Map([...held, [collection, { ...found, documents }]]);
}

for (const kind of ["plain", "gzip"] as const) {
  Deno.test(`a repair takes damaged documents of ${kind} out and saves what is left`, async () => {
    const database = await BrokenDatabase.copyOf(kind);
    const before = readAll(database);
    const ids = [1, 2, 3].map((number) => `${BASE}/${number}`);
    const [empty = "", cut = "", zeros = ""] = ids.map((id) => database.document(BASE, id));
    database.cut(empty, 0);
    database.cut(cut, database.read(cut).byteLength - 60);
    database.write(zeros, new Uint8Array(300));
    const outcome = await repairBroken(database);
    assertEquals(readAll(database), without(before, BASE, ids));
    const lines = readKept(outcome, "missing.jsonl");
    assertEquals(lines.length, 3);
    assertEquals(lines.map(({ embedding }) => embedding), [null, null, null]);
    const line = lines.find(({ id }) => id === ids[1]);
    assertEquals([line?.collection, line?.file, line?.metadata], [BASE, cut, { i: "2" }]);
  });

  Deno.test(`a repair brings documents of ${kind} back from a backup`, async () => {
    const database = await BrokenDatabase.copyOf(kind);
    const before = readAll(database);
    await createBackup(database.path, {});
    database.cut(database.document(BASE, `${BASE}/1`), 0);
    database.write(database.document(BASE, `${BASE}/2`), "no gob at all");
    const outcome = await repairBroken(database);
    assertEquals(summarise(outcome), ["restore-documents, newer-record kept 2"]);
    assertEquals(readAll(database), before);
  });
}

Deno.test("a repair moves aside what is no document, and nothing is lost by that", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  const folder = database.folder(BASE);
  database.write(`${folder}/notes.gob`, "hello");
  database.copy(database.metadata(SESSIONS), `${folder}/copy.gob`);
  Deno.symlinkSync("nowhere", database.at(`${folder}/link.gob`));
  Deno.symlinkSync(`../${database.folder(SESSIONS)}`, database.at(`${folder}/folder.gob`));
  database.write("letters/letter.gob", "dear all");
  const outcome = await repairBroken(database);
  assertEquals(summarise(outcome), ["set-aside", "set-aside"]);
  assertEquals(readAll(database), before);
  await undoRepair(database.path);
  assertEquals(Deno.readLinkSync(database.at(`${folder}/link.gob`)), "nowhere");
});

Deno.test("a repair writes a document again of which all is left", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  database.flip(database.document(BASE, `${BASE}/1`), 20);
  const cut = database.document(BASE, `${BASE}/2`);
  database.cut(cut, database.read(cut).byteLength - 1);
  assertEquals(summarise(await repairBroken(database)), ["correct-documents"]);
  assertEquals(readAll(database), before);
});

Deno.test("a repair puts documents where their ids say, however many have changed places", async () => {
  const database = await BrokenDatabase.copyOf("gzip");
  const before = readAll(database);
  const at = (collection: string, number: number): string =>
    database.document(collection, `${collection}/${number}`);
  // Neighbours, whose ids differ in one bit.
  database.exchange(at(BASE, 0), at(BASE, 1));
  // Two collections, then three.
  database.exchange(at(BASE, 2), at(SESSIONS, 2));
  database.exchange(at(BASE, 5), at(SESSIONS, 5));
  database.exchange(at(SESSIONS, 5), at("日本語 notes", 5));
  database.rename(at(BASE, 7), `${database.folder(BASE)}/mine.gob.gz`);
  database.copy(at(BASE, 8), `${database.folder(BASE)}/00ff00ff.gob.gz`);
  const outcome = await repairBroken(database);
  assertEquals(new Set(summarise(outcome)), new Set(["place-documents"]));
  assertEquals(readAll(database), before);
});

Deno.test("a repair puts an id right of which one bit was flipped", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  database.change(database.document(SESSIONS, "sessions/1"), { ID: "sersions/1" });
  database.change(database.document(SESSIONS, "sessions/5"), { ID: "sessions/7" });
  assertEquals(summarise(await repairBroken(database)), ["correct-documents"]);
  assertEquals(readAll(database), before);
});

Deno.test("a repair does not give a document the id of its neighbour", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  database.rename(
    database.document(SESSIONS, "sessions/0"),
    database.document(SESSIONS, "sessions/1"),
  );
  assertEquals(summarise(await repairBroken(database)), ["place-documents"]);
  assertEquals(readAll(database), without(before, SESSIONS, ["sessions/1"]));
});

Deno.test("a repair keeps the newer of two versions, and the other one in a file", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  const path = database.document(BASE, `${BASE}/9`);
  const copy = `${database.folder(BASE)}/01234567.gob`;
  database.copy(path, copy);
  database.change(copy, { Content: "another text" });
  const outcome = await repairBroken(database);
  assertEquals(summarise(outcome), ["place-documents, version taken-out 1"]);
  assertEquals(readAll(database), before);
  const [line] = readKept(outcome, "conflicts.jsonl");
  assertEquals([line?.id, line?.document, line?.file, line?.kept], [
    `${BASE}/9`,
    "another text",
    copy,
    path,
  ]);
});

Deno.test("a repair gives files the extension that the engine looks for", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  for (const path of database.documents(SESSIONS)) database.rename(path, `${path}.gz`);
  database.rename(database.metadata(SESSIONS), `${database.metadata(SESSIONS)}.gz`);
  const [cut = "", both = "", newer = ""] = database.documents(BASE);
  database.rename(cut, `${cut}.gz`);
  database.cut(`${cut}.gz`, 10);
  database.copy(both, `${both}.gz`);
  database.copy(newer, `${newer}.gz`);
  database.change(newer, { Content: "an older text" });
  Deno.utimeSync(database.at(newer), 0, 1_000_000);
  const outcome = await repairBroken(database);
  assertEquals(summarise(outcome).sort(), [
    "rename-files",
    "rename-files, version taken-out 1",
    "take-out-documents, record taken-out 1",
  ]);
  const lost = before.get(BASE)?.documents.keys().find((id) => database.document(BASE, id) === cut);
  assertEquals(readAll(database), without(before, BASE, [lost ?? ""]));
});

Deno.test("a repair gives all files the extension of the flag that wrote them", async () => {
  const database = await BrokenDatabase.copyOf("gzip");
  const before = readAll(database);
  const files = [...before.keys()].flatMap((name) => [
    database.metadata(name),
    ...database.documents(name),
  ]);
  for (const path of files) database.rename(path, path.slice(0, -".gz".length));
  assertEquals(summarise(await repairBroken(database)), ["rename-files"]);
  assertEquals(readAll(database), before);
});
