/**
 * Every verb on a database of chromem-go: none of them knows the format.
 */
import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../../lib/cli/main.ts";
import { readStoreContents } from "../../../lib/engine/contents.ts";
import { findStores } from "../../../lib/engine/find_stores.ts";
import { runCheck } from "../../../lib/engine/run_check.ts";
import { aheadClock, namesIn } from "../../backup/backup_cases.ts";
import { FakeEnvironment, neverCalled } from "../../cli/fake_environment.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";
import { CHROMEM_STORES } from "../../support/chromem_stores.ts";
import { snapshotTree } from "../../support/snapshot.ts";

const BASE = "knowledge-base";

/** Runs a call with the engine itself; every question is answered with yes. */
async function run(...args: string[]): Promise<FakeEnvironment & { code: number }> {
  const engine = { checkStore: runCheck, findStores, startThreads: neverCalled };
  const environment = Object.assign(new FakeEnvironment(engine), {
    time: aheadClock(),
    answer: true,
  });
  return Object.assign(environment, { code: await main(args, environment) });
}

Deno.test("check finds golden databases of chromem-go clean, and changes nothing", async () => {
  for (const kind of CHROMEM_STORES) {
    const { path } = await BrokenDatabase.copyOf(kind);
    const before = await snapshotTree(path);
    for (const level of ["--full", "--quick"]) {
      const { code, jsonLines } = await run("check", "--json", level, path);
      const summary = jsonLines.at(-1);
      assertEquals([code, summary?.["verdict"], summary?.["format"]], [0, "clean", "chromem"]);
    }
    assertEquals((await run("check", path)).code, 0);
    assertEquals(await snapshotTree(path), before);
  }
});

Deno.test("check changes nothing in a database that is damaged in many ways", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  store.remove(store.metadata("sessions"));
  store.cut(store.document(BASE, `${BASE}/0`), 50);
  store.cut(store.document(BASE, `${BASE}/1`), 0);
  store.rename(store.document(BASE, `${BASE}/2`), `${store.folder(BASE)}/copy.gob`);
  store.write(`${store.folder(BASE)}/text.gob.gz`, "hello");
  const before = await snapshotTree(store.path);
  const { code, jsonLines } = await run("check", "--json", store.path);
  assertEquals(code, 4);
  const codes = jsonLines.flatMap((line) => line["severity"] === "error" ? line["code"] : []);
  assertEquals(codes.toSorted(), ["VF3001", "VF3007", "VF3101", "VF3102", "VF3103"]);
  assertEquals(await snapshotTree(store.path), before);
});

Deno.test("seal and check --sealed name the document in which a bit has flipped", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  assertEquals((await run("seal", store.path)).code, 0);
  const path = store.document(BASE, `${BASE}/0`);
  const { mtime } = Deno.statSync(store.at(path));
  const text = new TextDecoder("latin1").decode(store.read(path));
  store.flip(path, text.indexOf("document 0 of"), 1);
  Deno.utimeSync(store.at(path), mtime ?? 0, mtime ?? 0);
  const { code, jsonLines } = await run("check", "--sealed", "--json", store.path);
  assertEquals(code, 4);
  const found = jsonLines.find((line) => String(line["code"]).startsWith("VF28"));
  assertEquals(found?.["path"], path);
  assertStringIncludes(String(found?.["message"]), `the document ${BASE}/0`);
});

Deno.test("check --since-seal reads what has changed alone", async () => {
  const store = await BrokenDatabase.copyOf("gzip");
  const ago = new Date(Date.now() - 3_600_000);
  for (const { name } of [...Deno.readDirSync(store.path)]) {
    for (const file of [...Deno.readDirSync(store.at(name))]) {
      Deno.utimeSync(store.at(`${name}/${file.name}`), ago, ago);
    }
  }
  assertEquals((await run("seal", store.path)).code, 0);
  const checked = async (): Promise<unknown> => {
    const { code, jsonLines } = await run("check", "--since-seal", "--json", store.path);
    assertEquals(code, 0);
    return jsonLines.at(-1)?.["bytesChecked"];
  };
  await checked();
  assertEquals(await checked(), 0);
  const path = store.document("sessions", "sessions/0");
  store.change(path, { Content: "changed" });
  const sizeBytes = store.documents("sessions")
    .reduce((sum, each) => sum + store.read(each).length, 0);
  assertEquals(await checked(), sizeBytes);
});

Deno.test("backup, backup verify and restore bring a database back", async () => {
  for (const kind of CHROMEM_STORES) {
    const store = await BrokenDatabase.copyOf(kind);
    const before = await readStoreContents(store.path);
    assertEquals((await run("backup", store.path)).code, 0);
    assertEquals((await run("backup", "verify", store.path)).code, 0);
    store.remove(store.folder("sessions"));
    store.cut(store.document(BASE, `${BASE}/0`), 10);
    const { code, stderr } = await run("restore", store.path);
    assertEquals([code, stderr.text], [0, ""]);
    assertEquals(await readStoreContents(store.path), before);
    const [id = ""] = namesIn(join(`${store.path}.vecfsck`, "quarantine"));
    assertEquals((await run("quarantine", "restore", store.path, id)).code, 0);
    assertNotEquals(await readStoreContents(store.path), before);
  }
});

Deno.test("quarantine moves a damaged collection aside, keeps it, and puts it back", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  store.cut(store.document(BASE, `${BASE}/0`), 10);
  const before = await readStoreContents(store.path);
  const plan = await run("quarantine", "--damaged", "--dry-run", store.path);
  assertStringIncludes(plan.stdout.text, "60 records and their vectors exist nowhere else");
  assertEquals((await run("quarantine", "--damaged", store.path)).code, 0);
  const checked = await run("check", "--json", store.path);
  assertEquals([checked.code, checked.jsonLines.at(-1)?.["collections"]], [0, 4]);
  // The collection is made anew and has as many documents: what is kept is another one all the same.
  store.writeMetadata(store.metadata(BASE), { Name: BASE });
  for (let index = 0; index < 60; index++) {
    const embedding = Float32Array.of(1, ...new Array<number>(23).fill(0));
    store.writeDocument(store.document(BASE, `new ${index}`), {
      ID: `new ${index}`,
      Embedding: embedding,
    });
  }
  const purge = await run("quarantine", "purge", "--older-than", "0s", store.path);
  assertStringIncludes(purge.stdout.text, "KEPT");
  store.remove(store.folder(BASE));
  const [id = ""] = namesIn(join(`${store.path}.vecfsck`, "quarantine"));
  assertEquals((await run("quarantine", "restore", store.path, id)).code, 0);
  assertEquals(await readStoreContents(store.path), before);
});

Deno.test("quarantine lets a collection of which the store has the same be removed", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const folder = store.folder("sessions");
  for (const path of [store.metadata("sessions"), ...store.documents("sessions")]) {
    store.copy(path, path.replace(folder, "kept"));
  }
  assertEquals((await run("quarantine", "--segment", folder, store.path)).code, 0);
  store.rename("kept", folder);
  const purge = await run("quarantine", "purge", "--older-than", "0s", store.path);
  assertStringIncludes(purge.stdout.text, "REMOVED");
});
