/**
 * Repairing names of collections, their metadata files and their folders.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createBackup } from "../../../../lib/backup/create.ts";
import { OperationError } from "../../../../lib/base/errors.ts";
import { repairStore } from "../../../../lib/repair/repair_store.ts";
import { planStoreRepair } from "../../../../lib/repair/plan_repair.ts";
import { undoRepair } from "../../../../lib/repair/undo_repair.ts";
import { hashName } from "../../../../lib/stores/chromem/name_hash.ts";
import { BrokenDatabase } from "../../../support/broken_database.ts";
import { readAll, repairBroken, summarise } from "./repaired_database.ts";

const BASE = "knowledge-base";
const SESSIONS = "sessions";

for (const kind of ["plain", "gzip"] as const) {
  Deno.test(`a repair writes every lost metadata file of ${kind} again`, async () => {
    const database = await BrokenDatabase.copyOf(kind);
    const before = readAll(database);
    const names = [...before.keys()].filter((name) => name !== "empty");
    for (const name of names) database.remove(database.metadata(name));
    const outcome = await repairBroken(database);
    assertEquals(
      summarise(outcome),
      names.map(() => "restore-metadata, collection-metadata kept 1"),
    );
    const after = readAll(database);
    for (const name of names) {
      assertEquals(after.get(name)?.documents, before.get(name)?.documents);
      assertEquals(after.get(name)?.folder, database.folder(name));
    }
  });
}

Deno.test("a repair takes the metadata of a collection from a backup", async () => {
  const database = await BrokenDatabase.copyOf("gzip");
  const before = readAll(database);
  await createBackup(database.path, {});
  database.remove(database.metadata(BASE));
  database.write(database.metadata(SESSIONS), "");
  const outcome = await repairBroken(database);
  assertEquals(summarise(outcome), ["restore-metadata", "restore-metadata"]);
  assertEquals(readAll(database), before);
});

Deno.test("a repair keeps what stood in the place of a metadata file beside it", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const path = database.metadata(BASE);
  const bytes = database.read(path);
  database.cut(path, bytes.byteLength - 8);
  const before = database.read(path);
  await repairBroken(database);
  assertEquals(database.read(`${path}.backup`), before);
  await undoRepair(database.path);
  assertEquals(database.read(path), before);
  assert(!database.has(`${path}.backup`));
});

Deno.test("a repair passes over a document that stands in the place of a metadata file", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const [document = ""] = database.documents(BASE);
  database.copy(document, database.metadata(BASE));
  await repairBroken(database);
  assertEquals(readAll(database).get(BASE)?.metadata, {});
});

Deno.test("a repair takes names that the user gives", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const folder = hashName("a secret name");
  database.rename(database.folder(BASE), folder);
  database.remove(`${folder}/00000000.gob`);
  const documents = database.documents("a secret name").length;
  const plan = await planStoreRepair(database.path, { names: ["a secret name"] });
  assertEquals(plan.steps.map(({ kind, collection }) => [kind, collection]), [
    ["restore-metadata", "a secret name"],
  ]);
  await repairBroken(database, { names: ["another", "a secret name"] });
  assertEquals(readAll(database).get("a secret name")?.documents.size, documents);
});

Deno.test("a repair makes up a name when nothing tells it, and renames the folder", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database).get(BASE);
  database.rename(database.folder(BASE), "deadbeef");
  database.remove("deadbeef/00000000.gob");
  database.write("deadbeef/notes.txt", "from somebody");
  const outcome = await repairBroken(database);
  assertEquals(summarise(outcome), [
    "name-collection, collection-name kept 1, collection-metadata kept 1",
  ]);
  const after = readAll(database).get("recovered-deadbeef");
  assertEquals(after?.documents, before?.documents);
  assertEquals(after?.folder, hashName("recovered-deadbeef"));
  assertEquals(database.has("deadbeef"), false);
  assert(database.has(`${hashName("recovered-deadbeef")}/notes.txt`));
});

Deno.test("a repair moves a collection without a name to .quarantine when it is asked to", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const count = database.documents(BASE).length;
  database.rename(database.folder(BASE), "deadbeef");
  database.remove("deadbeef/00000000.gob");
  database.write(".quarantine/deadbeef/kept.gob", "of an earlier time");
  const outcome = await repairBroken(database, { unnamed: "quarantine" });
  assertEquals(summarise(outcome), [`quarantine-collection, record moved-aside ${count}`]);
  assertEquals(database.has("deadbeef"), false);
  assertEquals(Array.from(Deno.readDirSync(database.at(".quarantine/deadbeef-2"))).length, count);
  assertEquals(database.read(".quarantine/deadbeef/kept.gob").byteLength, 18);
  await undoRepair(database.path);
  assert(database.has("deadbeef"));
});

Deno.test("a repair does not move every collection away", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  for (const name of readAll(database).keys()) {
    if (name !== BASE) database.remove(database.folder(name));
  }
  database.rename(database.folder(BASE), "deadbeef");
  database.remove("deadbeef/00000000.gob");
  const error = await assertRejects(
    () => repairStore(database.path, { unnamed: "quarantine" }),
    OperationError,
  );
  assertEquals(error.code, "usage");
  assert(database.has("deadbeef"));
});

Deno.test("a repair puts exchanged metadata files back, and copied ones", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  database.exchange(database.metadata(BASE), database.metadata(SESSIONS));
  assertEquals(summarise(await repairBroken(database)), ["restore-metadata", "restore-metadata"]);
  assertEquals(readAll(database), before);
  database.copy(database.metadata(SESSIONS), database.metadata(BASE));
  assertEquals(summarise(await repairBroken(database)), [
    "restore-metadata, collection-metadata kept 1",
  ]);
  assertEquals(readAll(database).get(BASE)?.documents, before.get(BASE)?.documents);
});

Deno.test("a repair renames folders that have other names than they should", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database);
  database.exchange(database.folder(BASE), database.folder("empty"));
  database.rename(database.folder(SESSIONS), "my sessions");
  assertEquals(summarise(await repairBroken(database)), [
    "rename-folder",
    "rename-folder",
    "rename-folder",
  ]);
  assertEquals(readAll(database), before);
});

Deno.test("a repair keeps collections of one name apart, or merges them", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const before = readAll(database).get(BASE);
  const [first = "", second = "", third = ""] = database.documents(BASE)
    .map((path) => path.slice(path.indexOf("/") + 1));
  const folder = database.folder(BASE);
  const other = "ffffffff";
  for (const name of ["00000000.gob", first, second]) {
    database.copy(`${folder}/${name}`, `${other}/${name}`);
  }
  database.remove(`${folder}/${first}`);
  database.change(`${other}/${second}`, { Content: "an older text" });
  Deno.utimeSync(database.at(`${other}/${second}`), 0, 1_000_000);
  assert(database.has(`${folder}/${third}`));
  assertEquals(summarise(await repairBroken(database)), ["name-collection"]);
  assertEquals(readAll(database).get(`${BASE}-${other}`)?.documents.size, 2);
  await undoRepair(database.path);
  const merged = await repairBroken(database, { shadowed: "merge" });
  assertEquals(summarise(merged), ["merge-collections, version taken-out 1"]);
  assertEquals(readAll(database).get(BASE), before);
  assertEquals(database.has(other), false);
});

Deno.test("a repair of one collection alone leaves the others", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  database.remove(database.metadata(BASE));
  database.remove(database.metadata(SESSIONS));
  const { plan } = await repairStore(database.path, { collection: database.folder(BASE) });
  assertEquals(plan.steps.map(({ collection }) => collection), [BASE]);
  assertEquals(plan.unanswered.map(({ code, path, reason }) => [code, path, reason]).slice(0, 1), [
    ["VF3001", database.folder(SESSIONS), "It was not asked for."],
  ]);
  await assertRejects(
    () => repairStore(database.path, { collection: "no such one" }),
    OperationError,
    "There is no collection no such one",
  );
});
