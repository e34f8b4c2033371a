import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { runPlan } from "../../lib/repair/plan_repair.ts";
import { runRepair } from "../../lib/repair/repair_store.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { filesBelow } from "../verbs/world.ts";
import {
  BUILD_STEP,
  DAMAGED_PATH,
  DamagedStore,
  DOT_SEGMENT,
  FakeRepairer,
  filesOf,
} from "./fake_repairer.ts";

const ID = "20400103T000000Z";

Deno.test("runRepair() exchanges what a step replaces, and keeps the old in quarantine", async () => {
  const store = await DamagedStore.create();
  const outcome = await runRepair(store.path, store.options());
  assertEquals(outcome.state, "repaired");
  assertEquals(outcome.before.verdict, "unsafe");
  assertEquals(outcome.after?.counts.fatal, 0);
  assertEquals(outcome.after?.damage, []);
  assertEquals(outcome.quarantined, ID);
  assertEquals(outcome.verification?.vectorsCompared, 60);
  assertEquals(filesOf(join(store.path, DOT_SEGMENT)), filesOf(store.wholeIndex));
  const old = filesBelow(store.files, `store/${DOT_SEGMENT}`);
  const entry = `store.vecfsck/quarantine/${ID}`;
  const after = store.read();
  assertEquals(filesBelow(after, `${entry}/data/${DOT_SEGMENT}`), old);
  const others = [...after.keys()].filter((path) =>
    !path.startsWith(`${entry}/`) && !store.files.has(path)
  );
  assertEquals(others, [], "something else is left");
});

Deno.test("runRepair() changes no byte and leaves nothing behind where there is nothing to do", async () => {
  const store = await DamagedStore.create();
  const outcome = await runRepair(store.path, store.options({ steps: [] }));
  assertEquals(outcome.state, "nothing-to-do");
  assertEquals(outcome.after, null);
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() needs no place beside a healthy store", async () => {
  const store = await DamagedStore.create();
  await Deno.copyFile(join(store.wholeIndex, "data_level0.bin"), join(store.path, DAMAGED_PATH));
  const made: string[] = [];
  const fs = {
    ...localFs,
    makeDirectory: (path: string, mode: number): void => {
      made.push(path);
      localFs.makeDirectory(path, mode);
    },
  };
  const outcome = await runRepair(store.path, { ...store.options({ steps: [] }), fs });
  assertEquals(outcome.state, "nothing-to-do");
  assertEquals(made.filter((path) => path.includes(".repair")), []);
});

Deno.test("runRepair() changes nothing when the plan is declined", async () => {
  const store = await DamagedStore.create();
  const asked: string[] = [];
  const outcome = await runRepair(store.path, {
    ...store.options(),
    confirm: (plan) => {
      asked.push(...plan.steps.map(({ title }) => title));
      return Promise.resolve(false);
    },
  });
  assertEquals(asked, [BUILD_STEP.title]);
  assertEquals(outcome.state, "declined");
  assertEquals(store.read(), store.files);
});

Deno.test("runPlan() tells the plan and writes nothing in the store or beside it", async () => {
  const store = await DamagedStore.create();
  const { repairer } = store.options();
  const plan = await runPlan(store.path, { repairer, only: ["VF2201"] });
  assertEquals(plan.steps, [BUILD_STEP]);
  assertEquals(plan.sizeBytes, BUILD_STEP.sizeBytes);
  assert(plan.stamps.some(({ path }) => path === DAMAGED_PATH));
  assertEquals(store.read(), store.files);
  const [request] = repairer.requests;
  assertEquals(request?.onlyCodes, new Set(["VF2201"]));
  assertEquals(localFs.look(request?.scratch ?? ""), null);
});

Deno.test("runRepair() refuses when the store was written to meanwhile", async () => {
  const store = await DamagedStore.create();
  const touched = join(store.path, "notes.txt");
  const onStage = (): void => Deno.writeTextFileSync(touched, "made by somebody");
  const options = store.options({ ...store.repair, onStage, missing: "{}\n" });
  const error = await assertRejects(() => runRepair(store.path, options), OperationError);
  assertEquals(error.code, "busy");
  assertStringIncludes(error.message, "notes.txt");
  await Deno.remove(touched);
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() discards a result that is worse, and says in what", async () => {
  const store = await DamagedStore.create();
  await Deno.truncate(join(store.wholeIndex, "header.bin"), 7);
  const error = await assertRejects(
    () => runRepair(store.path, store.options()),
    OperationError,
    "not put into place",
  );
  assertEquals(error.code, "internal");
  assertStringIncludes(error.message, "VF2101 was not there before");
  assertStringIncludes(error.hint ?? "", "report this");
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() discards a result in which an answered finding is there still", async () => {
  const store = await DamagedStore.create();
  await Deno.truncate(join(store.wholeIndex, "data_level0.bin"), 9_000);
  await assertRejects(
    () => runRepair(store.path, store.options()),
    OperationError,
    "VF2201 is there still",
  );
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() discards a result whose own verification finds a problem", async () => {
  const store = await DamagedStore.create();
  const options = store.options({ ...store.repair, problems: ["vector 7 is another"] });
  await assertRejects(() => runRepair(store.path, options), OperationError, "vector 7 is another");
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() discards a result that changes a collection of which no step tells", async () => {
  const store = await DamagedStore.create();
  {
    using database = StoreDatabase.open(store.wholeDatabase, { writable: true });
    database.execute(`
      UPDATE embedding_metadata SET int_value = 4711
      WHERE key = 'page' AND id = (
        SELECT id FROM embeddings WHERE embedding_id = 'unflushed-00003'
      )
    `);
  }
  const options = store.options({
    steps: [BUILD_STEP],
    coming: [store.wholeIndex, store.wholeDatabase],
  });
  const error = await assertRejects(() => runRepair(store.path, options), OperationError);
  assertStringIncludes(
    error.message,
    'The collection "unflushed", of which the plan does not tell',
  );
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() keeps what leaves the store in files, also where it was asked for", async () => {
  const store = await DamagedStore.create();
  const missingPath = join(store.world.root, "missing.jsonl");
  const options = { ...store.options({ ...store.repair, missing: '{"id":"a"}\n' }), missingPath };
  const outcome = await runRepair(store.path, options);
  const saved = join(store.world.root, "store.vecfsck", "saved", ID, "missing.jsonl");
  assertEquals(outcome.kept.map(({ path }) => path), [missingPath, saved]);
  for (const path of [missingPath, saved]) {
    assertEquals(await Deno.readTextFile(path), '{"id":"a"}\n');
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  }
  const again = await assertRejects(() => runRepair(store.path, options), OperationError);
  assertEquals(again.code, "usage");
});

Deno.test("runRepair() writes once what can only be written out", async () => {
  const store = await DamagedStore.create();
  const step = { ...BUILD_STEP, kind: "export-records", answers: [], replaces: [] } as const;
  const repair = { steps: [step], missing: '{"id":"a"}\n' };
  const first = await runRepair(store.path, store.options(repair));
  assertEquals([first.quarantined, first.kept.length], [null, 1]);
  const between = store.read();
  const second = await runRepair(store.path, store.options(repair));
  assertEquals(second.kept, first.kept);
  assertEquals(store.read(), between);
  const other = { ...repair, missing: '{"id":"b"}\n' };
  const third = await runRepair(store.path, store.options(other));
  assertStringIncludes(third.kept[0]?.path ?? "", `${ID}-2/missing.jsonl`);
});

Deno.test("runRepair() keeps no file when the exchange fails", async () => {
  const store = await DamagedStore.create();
  const missingPath = join(store.world.root, "missing.jsonl");
  const fs = {
    ...localFs,
    rename: (from: string, to: string): void => {
      if (from === join(store.path, DOT_SEGMENT)) throw new Deno.errors.PermissionDenied("no");
      localFs.rename(from, to);
    },
  };
  const repair = { ...store.repair, missing: "{}\n" };
  await assertRejects(
    () => runRepair(store.path, { ...store.options(repair), missingPath, fs }),
    OperationError,
  );
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() removes what was replaced where that is asked for and nothing is lost", async () => {
  const store = await DamagedStore.create();
  const outcome = await runRepair(store.path, { ...store.options(), keepReplaced: false });
  assertEquals(outcome.quarantined, null);
  assertEquals(filesOf(join(store.path, DOT_SEGMENT)), filesOf(store.wholeIndex));
  assertEquals(localFs.look(`${store.path}.vecfsck`), null);
});

Deno.test("runRepair() keeps what was replaced all the same where something is lost", async () => {
  const store = await DamagedStore.create();
  const loss = {
    kind: "vector",
    outcome: "taken-out",
    reason: "it is nowhere",
    collection: "dot",
    table: null,
    count: 1,
    ids: ["a"],
  } as const;
  const options = store.options({ ...store.repair, steps: [{ ...BUILD_STEP, losses: [loss] }] });
  const outcome = await runRepair(store.path, { ...options, keepReplaced: false });
  assertEquals(outcome.quarantined, ID);
});

Deno.test("runRepair() gives what comes the permissions of what it replaces", async () => {
  if (Deno.build.os === "windows") return;
  const store = await DamagedStore.create();
  await Deno.chmod(join(store.path, DOT_SEGMENT), 0o750);
  await Deno.chmod(join(store.path, DAMAGED_PATH), 0o640);
  for await (const { name } of Deno.readDir(store.wholeIndex)) {
    await Deno.chmod(join(store.wholeIndex, name), 0o600);
  }
  await runRepair(store.path, store.options());
  const modes = [DOT_SEGMENT, DAMAGED_PATH].map((path) =>
    (Deno.statSync(join(store.path, path)).mode ?? 0) & 0o777
  );
  assertEquals(modes, [0o750, 0o640]);
});

Deno.test("runRepair() puts a directory where a file stands", async () => {
  const store = await DamagedStore.create();
  await Deno.remove(join(store.path, DOT_SEGMENT), { recursive: true });
  await Deno.writeTextFile(join(store.path, DOT_SEGMENT), "no directory");
  await runRepair(store.path, store.options());
  assertEquals(filesOf(join(store.path, DOT_SEGMENT)), filesOf(store.wholeIndex));
});

Deno.test("runRepair() removes what a killed run has left, and works on", async () => {
  const store = await DamagedStore.create();
  const left = `${store.path}.vecfsck/.repair.vecfsck-0123456789abcdef.new/copies`;
  await Deno.mkdir(left, { recursive: true });
  await Deno.writeTextFile(join(left, "chroma.sqlite3"), "a half of it");
  assertEquals((await runRepair(store.path, store.options())).state, "repaired");
  assertEquals(Array.from(Deno.readDirSync(`${store.path}.vecfsck`), ({ name }) => name), [
    "quarantine",
  ]);
});

Deno.test("runRepair() hands on backups and what was moved aside, the newest first", async () => {
  const store = await DamagedStore.create();
  await runRepair(store.path, store.options());
  await Deno.truncate(join(store.path, DAMAGED_PATH), 9_000);
  const repairer = new FakeRepairer(store.repair);
  await runRepair(store.path, { repairer, now: () => new Date("2041-01-01T00:00:00Z") });
  const [request] = repairer.requests;
  assertEquals(request?.olderCopies.map(({ label, isWhole }) => ({ label, isWhole })), [
    { label: `the quarantine ${ID}`, isWhole: false },
  ]);
  assert(localFs.look(join(request?.olderCopies[0]?.directory ?? "", DOT_SEGMENT)) !== null);
});

Deno.test("runRepair() ends with the signal, and leaves nothing", async () => {
  const store = await DamagedStore.create();
  const controller = new AbortController();
  const options = store.options({ ...store.repair, onStage: () => controller.abort() });
  const error = await assertRejects(
    () => runRepair(store.path, { ...options, signal: controller.signal }),
    OperationError,
  );
  assertEquals(error.code, "cancelled");
  assertEquals(store.read(), store.files);
});
