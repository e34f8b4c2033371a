import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { listEntries } from "../../lib/quarantine/entries.ts";
import { readQuarantine } from "../../lib/quarantine/list_quarantine.ts";
import { executePurge, planPurge } from "../../lib/quarantine/purge.ts";
import { restoreEntry } from "../../lib/quarantine/restore_entry.ts";
import { planUndo } from "../../lib/repair/plan_undo.ts";
import { runRepair } from "../../lib/repair/repair_store.ts";
import { runUndo, undoRepair } from "../../lib/repair/undo_repair.ts";
import { filesBelow } from "../verbs/world.ts";
import {
  BUILD_STEP,
  DAMAGED_PATH,
  DamagedStore,
  DOT_SEGMENT,
  type FakeRepair,
  filesOf,
} from "./fake_repairer.ts";

const ID = "20400103T000000Z";
const UNDO_TIME = new Date("2040-02-01T00:00:00Z");
const UNDO_ID = "20400201T000000Z";
const LATER = new Date("2050-01-01T00:00:00Z");

const ADDED_PATH = `${DOT_SEGMENT}/added.bin`;
const LEAVING_PATH = `${DOT_SEGMENT}/left.tmp`;

/** A store of which one file is damaged, and one is of no use. */
async function damaged(): Promise<DamagedStore> {
  const store = await DamagedStore.create();
  Deno.writeTextFileSync(join(store.path, LEAVING_PATH), "left by an engine");
  return store;
}

/** A repair that exchanges files of one directory, and none of the others that are there. */
function innerRepair(store: DamagedStore, more: Partial<FakeRepair> = {}): FakeRepair {
  const whole = join(store.wholeIndex, "data_level0.bin");
  const replaces = [DAMAGED_PATH, ADDED_PATH, LEAVING_PATH];
  return {
    steps: [{ ...BUILD_STEP, replaces }],
    inner: { [DAMAGED_PATH]: whole, [ADDED_PATH]: join(store.wholeIndex, "length.bin") },
    leaving: [LEAVING_PATH],
    ...more,
  };
}

/** What a file is known by: its inode changes when it was copied. */
function stampOf(path: string): string {
  const { size, mtime, ino, mode } = Deno.statSync(path);
  return JSON.stringify([size, mtime, ino, mode]);
}

for (const viewDirectories of ["linked", "mirrored"] as const) {
  Deno.test(`runRepair() exchanges files of a directory that stays, in a ${viewDirectories} view`, async () => {
    const store = await damaged();
    const header = join(store.path, DOT_SEGMENT, "header.bin");
    const [untouched, old] = [stampOf(header), stampOf(join(store.path, DAMAGED_PATH))];
    let shown: string[] = [];
    const repair = innerRepair(store, {
      viewDirectories,
      onVerify: (view) => {
        assert(Deno.lstatSync(join(view, DOT_SEGMENT)).isDirectory);
        shown = localFs.list(join(view, DOT_SEGMENT));
      },
    });
    const outcome = await runRepair(store.path, store.options(repair));
    assertEquals(outcome.state, "repaired");
    assertEquals(outcome.after?.damage, []);
    assertEquals(shown, localFs.list(join(store.path, DOT_SEGMENT)));
    assertEquals(
      filesOf(join(store.path, DOT_SEGMENT)),
      new Map([
        ["added.bin", filesOf(store.wholeIndex).get("length.bin") ?? ""],
        ...filesOf(store.wholeIndex),
      ]),
    );
    assertEquals(stampOf(header), untouched);
    const data = `${store.path}.vecfsck/quarantine/${ID}/data`;
    assertEquals([...filesOf(data).keys()].sort(), [DAMAGED_PATH, LEAVING_PATH]);
    assertEquals(stampOf(join(data, DAMAGED_PATH)), old);
    const [entry] = listEntries(store.path).entries;
    assertEquals(
      entry?.manifest.items.map(({ from, to, collection }) => ({ from, to, collection })),
      [LEAVING_PATH, DAMAGED_PATH].map((from) => ({ from, to: `data/${from}`, collection: "dot" }))
        .toSorted((first, second) => first.from < second.from ? -1 : 1),
    );
    assertEquals(entry?.manifest.repair?.added, [ADDED_PATH]);
  });
}

Deno.test("undoRepair() gives back files of a directory as they were, and an undo can be undone", async () => {
  const store = await damaged();
  const before = filesBelow(store.read(), "store");
  const stamps = [DAMAGED_PATH, LEAVING_PATH].map((path) => stampOf(join(store.path, path)));
  await runRepair(store.path, store.options(innerRepair(store)));
  const between = filesBelow(store.read(), "store");
  const outcome = await undoRepair(store.path, { now: () => UNDO_TIME });
  assertEquals(outcome.plan.returns.toSorted(), [DAMAGED_PATH, LEAVING_PATH].toSorted());
  assertEquals(outcome.plan.leaves.toSorted(), [ADDED_PATH, DAMAGED_PATH].toSorted());
  assertEquals(filesBelow(store.read(), "store"), before);
  assertEquals([DAMAGED_PATH, LEAVING_PATH].map((path) => stampOf(join(store.path, path))), stamps);
  assertEquals(listEntries(store.path).entries.map(({ id }) => id), [UNDO_ID]);
  await undoRepair(store.path);
  assertEquals(filesBelow(store.read(), "store"), between);
});

Deno.test("undoRepair() refuses when a file of a directory was written since, unless it is forced", async () => {
  const store = await damaged();
  const before = filesBelow(store.read(), "store");
  await runRepair(store.path, store.options(innerRepair(store)));
  Deno.writeTextFileSync(join(store.path, ADDED_PATH), "written by an engine");
  Deno.writeTextFileSync(join(store.path, LEAVING_PATH), "made again by an engine");
  Deno.writeTextFileSync(join(store.path, DOT_SEGMENT, "another"), "of another document");
  const written = [ADDED_PATH, LEAVING_PATH].toSorted();
  assertEquals((await planUndo(store.path)).changedSince, written);
  const between = store.read();
  const error = await assertRejects(() => undoRepair(store.path), OperationError);
  assertEquals(error.code, "busy");
  assertEquals(store.read(), between);
  await undoRepair(store.path, { force: true, now: () => UNDO_TIME });
  const after = new Map(filesBelow(store.read(), "store"));
  // What the repair has not touched is none of its undoing's business.
  assert(after.delete(`${DOT_SEGMENT}/another`));
  assertEquals(after, before);
  const kept = filesBelow(store.read(), `store.vecfsck/quarantine/${UNDO_ID}/data`);
  assertEquals([...kept.keys()].sort(), [ADDED_PATH, DAMAGED_PATH, LEAVING_PATH].sort());
});

Deno.test("undoRepair() brings a directory back with its files where it is gone", async () => {
  const store = await damaged();
  await runRepair(store.path, store.options(innerRepair(store)));
  Deno.removeSync(join(store.path, DOT_SEGMENT), { recursive: true });
  assertEquals((await planUndo(store.path)).changedSince, [ADDED_PATH, DAMAGED_PATH].toSorted());
  await undoRepair(store.path, { force: true, now: () => UNDO_TIME });
  assertEquals(
    [...filesOf(join(store.path, DOT_SEGMENT)).keys()].sort(),
    ["data_level0.bin", "left.tmp"],
  );
  await undoRepair(store.path, { force: true });
  assertEquals(localFs.look(join(store.path, DOT_SEGMENT)), null);
});

Deno.test("undoRepair() brings no directory back in which something else was put", async () => {
  const store = await damaged();
  await runRepair(store.path, store.options(innerRepair(store)));
  Deno.removeSync(join(store.path, DOT_SEGMENT), { recursive: true });
  const data = `${store.path}.vecfsck/quarantine/${ID}/data`;
  Deno.writeTextFileSync(join(data, DOT_SEGMENT, "strange"), "strange");
  const before = store.read();
  const error = await assertRejects(() => undoRepair(store.path, { force: true }), OperationError);
  assertStringIncludes(error.message, "holds more than was put there");
  assertEquals(store.read(), before);
});

Deno.test("runRepair() leaves everything as it was when a file cannot be exchanged", async () => {
  const store = await damaged();
  const before = store.read();
  const fs: WriteFs = {
    ...localFs,
    rename: (from, to) => {
      if (to === join(store.path, ADDED_PATH)) throw new Deno.errors.PermissionDenied("no");
      localFs.rename(from, to);
    },
  };
  await assertRejects(
    () => runRepair(store.path, { ...store.options(innerRepair(store)), fs }),
    OperationError,
  );
  assertEquals(store.read(), before);
});

Deno.test("runRepair() opens no file of a directory that it does not exchange, in the exchange", async () => {
  const store = await damaged();
  for (let number = 0; number < 50; number++) {
    Deno.writeTextFileSync(join(store.path, DOT_SEGMENT, `other-${number}`), "untouched");
  }
  const opened: string[] = [];
  const fs: WriteFs = {
    ...localFs,
    openForReading: (path) => {
      opened.push(path);
      return localFs.openForReading(path);
    },
  };
  await runRepair(store.path, { ...store.options(innerRepair(store)), fs });
  await runUndo(store.path, { fs });
  assertEquals(opened.filter((path) => path.includes("other-")), []);
  assert(opened.some((path) => path === join(store.path, DAMAGED_PATH)));
});

Deno.test("readQuarantine() and planPurge() take files of directories as other entries", async () => {
  const store = await damaged();
  await runRepair(store.path, store.options(innerRepair(store)));
  const [listed] = readQuarantine(store.path).entries;
  const data = join(`${store.path}.vecfsck`, "quarantine", ID, "data");
  assertEquals(listed?.holding, "everything");
  assertEquals(
    listed?.paths.toSorted(),
    [DAMAGED_PATH, LEAVING_PATH].map((path) => join(data, path)).toSorted(),
  );
  const error = await assertRejects(() => restoreEntry(store.path, ID), OperationError);
  assertStringIncludes(error.hint ?? "", "vecfsck undo");
  const early = await planPurge(store.path, { olderThanMs: 1, now: () => new Date(0) });
  assertEquals(early.decisions.map(({ decision }) => decision), ["not-due"]);
  const plan = await planPurge(store.path, { olderThanMs: 1, now: () => LATER });
  assertEquals(plan.decisions.map(({ decision }) => decision), ["remove"]);
  await executePurge(plan);
  assertEquals(localFs.look(`${store.path}.vecfsck`), null);
});
