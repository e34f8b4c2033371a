import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { listInterruptedChanges, recoverSwaps } from "../../lib/fs/recover.ts";
import { swapEntries } from "../../lib/fs/swap_entries.ts";
import { MemoryDisk } from "../support/memory_fs.ts";
import { exploreCrashes, exploreFaults, type Scenario } from "./explore.ts";

const STORE = "/data";
const WORK = "/data/.vecfsck";
const STAGED = `${WORK}/staged`;
const ASIDE = `${WORK}/quarantine/id/data`;
const DATABASE = "chroma.sqlite3";

type Files = Record<string, string>;

const OLD: Files = {
  "/chroma.sqlite3": "old database",
  "/segment-1/data": "old vectors",
  "/segment-2/data": "old vectors of another",
  "/notes.txt": "old notes",
};
const WITH_COMPANION: Files = { ...OLD, "/chroma.sqlite3-journal": "old journal" };
const NEW: Files = {
  "/chroma.sqlite3": "new database",
  "/segment-1/data": "new vectors",
  "/segment-3/deep/data": "new vectors of a third",
};

function put(disk: MemoryDisk, root: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) disk.write(root + name, content);
}

function below(files: Files, root: string): Files {
  return Object.fromEntries(
    Object.entries(files).filter(([path, content]) =>
      path.startsWith(`${root}/`) && content !== "/" &&
      (root === WORK || !path.startsWith(`${WORK}/`) || root.startsWith(WORK))
    ).map(([path, content]) => [path.slice(root.length), content]),
  );
}

function scenario(old: Files, fresh: Files, database: string | null): Scenario {
  return {
    setUp(disk) {
      disk.mount(STORE);
      disk.makeDirectories(`${WORK}/quarantine/id`);
      disk.write(`${WORK}/quarantine/id/manifest.json`, "manifest");
      put(disk, STORE, old);
      put(disk, STAGED, fresh);
    },
    run: (fs) => {
      const options = { store: STORE, aside: ASIDE, database, now: () => new Date(0), fs };
      swapEntries(STORE, STAGED, options);
    },
    recover: (fs) => void recoverSwaps(STORE, { fs }),
    judge(files) {
      const work = below(files, WORK);
      assertEquals(work["/quarantine/id/manifest.json"], "manifest");
      const live = below(files, STORE);
      const others = Object.keys(work).filter((path) =>
        !path.startsWith("/quarantine/id/") && !path.startsWith("/staged/")
      );
      assertEquals(others, [], "something unnamed is left");
      if (JSON.stringify(live) === JSON.stringify(sorted(old))) {
        assertEquals(below(files, STAGED), sorted(fresh));
        assertEquals(below(files, ASIDE), {});
        return "old";
      }
      assertEquals(live, sorted(fresh));
      assertEquals(below(files, ASIDE), sorted(old));
      return "new";
    },
  };
}

function sorted(files: Files): Files {
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => a < b ? -1 : 1));
}

const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ["with a database", scenario(OLD, NEW, DATABASE)],
  ["with a database that has a journal", scenario(WITH_COMPANION, NEW, DATABASE)],
  ["where no database was", scenario({ "/segment-1/data": "old" }, NEW, DATABASE)],
  ["into an empty directory", scenario({}, NEW, DATABASE)],
  ["of a format without a database", scenario({ "/a/1": "old" }, { "/a/1": "new" }, null)],
  [
    "whose new state has no database",
    scenario(OLD, { "/segment-1/data": "new" }, DATABASE),
  ],
];

for (const [what, each] of SCENARIOS) {
  Deno.test(`swapEntries() exchanges everything but the work directory ${what}`, () => {
    const disk = new MemoryDisk();
    each.setUp(disk);
    each.run(disk.fs);
    assertEquals(each.judge(disk.list()), "new");
    assertEquals(disk.fs.look(STAGED), null);
    assertEquals(listInterruptedChanges(STORE, { fs: disk.fs }), []);
  });

  Deno.test(`swapEntries() is old or new after a power cut at any operation ${what}`, () => {
    const tally = exploreCrashes(each);
    assert(tally.cuts > 8 && tally.new > 0 && tally.old > 0, JSON.stringify(tally));
  });

  Deno.test(`swapEntries() is old or new after a fault at any operation ${what}`, () => {
    const states = { old: 0, new: 0 };
    for (const { error, state } of exploreFaults(each)) {
      states[state]++;
      assert(error === null || error instanceof OperationError, String(error));
    }
    assert(states.old > 50 && states.new > 10, JSON.stringify(states));
  });
}

Deno.test("swapEntries() never has a moment without a database, or with a foreign journal", () => {
  const disk = new MemoryDisk();
  const [, each] = SCENARIOS[0] ?? [];
  each?.setUp(disk);
  const states: (string | undefined)[] = [];
  const fs = {
    ...disk.fs,
    rename: (from: string, to: string): void => {
      disk.fs.rename(from, to);
      states.push(disk.list()[`${STORE}/${DATABASE}`]);
    },
  };
  each?.run(fs);
  assertEquals(states.filter((state) => state === undefined), []);
  assertEquals(new Set(states), new Set(["old database", "new database"]));
});

Deno.test("recoverSwaps() touches nothing when somebody made a new entry meanwhile", () => {
  const disk = new MemoryDisk();
  const [, each] = SCENARIOS[0] ?? [];
  each?.setUp(disk);
  let renames = 0;
  const stopped = {
    ...disk.fs,
    rename: (from: string, to: string): void => {
      // The record, then two entries have left: here the process is killed.
      if (renames++ > 2) throw new Error("Killed");
      disk.fs.rename(from, to);
    },
    removeFile: (): void => {
      throw new Error("Killed");
    },
  };
  assertThrows(() => each?.run(stopped));
  disk.write(`${STORE}/segment-1/data`, "made by an engine");
  const before = disk.list();
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(change?.outcome, "conflict");
  for (const path of [STAGED, ASIDE]) {
    assertStringIncludes(change?.message ?? "", path);
  }
  assertStringIncludes(change?.message ?? "", `another process has made ${STORE}/segment-1;`);
  assertEquals(disk.list(), before);
});

Deno.test("swapEntries() refuses what is no store, and a place that is taken", () => {
  const disk = new MemoryDisk();
  disk.mount(STORE);
  put(disk, STORE, OLD);
  disk.makeDirectories(STAGED);
  const options = { store: STORE, aside: ASIDE, database: DATABASE, fs: disk.fs };
  assertThrows(() => swapEntries(STORE, STAGED, options), OperationError, "is no store");
  put(disk, STAGED, NEW);
  disk.makeDirectories(ASIDE);
  const before = disk.list();
  assertThrows(() => swapEntries(STORE, STAGED, options), OperationError, "exists already");
  assertEquals(disk.list(), before);
});

Deno.test("swapEntries() names what somebody makes while it is at work, and touches none of it", () => {
  const disk = new MemoryDisk();
  const [, each] = SCENARIOS[0] ?? [];
  each?.setUp(disk);
  const made = `${STORE}/segment-3`;
  const fs = {
    ...disk.fs,
    rename: (from: string, to: string): void => {
      disk.fs.rename(from, to);
      if (from === `${STORE}/segment-2`) disk.write(`${made}/data`, "made by an engine");
    },
  };
  const error = assertThrows(() => each?.run(fs), OperationError);
  assertStringIncludes(error.message, `Another process has made ${made}`);
  for (const path of [STORE, STAGED, ASIDE]) assertStringIncludes(error.message, path);
  assertEquals(disk.list()[`${made}/data`], "made by an engine");
  disk.fs.removeFile(`${made}/data`);
  disk.fs.removeDirectory(made);
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(change?.outcome, "undone");
  each?.judge(disk.list());
});
