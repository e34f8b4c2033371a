import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { listInterruptedChanges, recoverSwaps } from "../../lib/fs/recover.ts";
import type { SwapNames } from "../../lib/fs/entry_names.ts";
import { swapEntries } from "../../lib/fs/swap_entries.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
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

function scenario(
  old: Files,
  fresh: Files,
  database: string | null,
  names?: SwapNames,
): Scenario {
  const isComing = (path: string): boolean => names === undefined || isNamed(names.coming, path);
  const isLeaving = (path: string): boolean =>
    isComing(path) || names === undefined || isNamed(names.leaving, path) ||
    // What belongs to the database goes with it.
    (database !== null && isComing(`/${database}`) && topOf(path).startsWith(database));
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
      swapEntries(STORE, STAGED, names === undefined ? options : { ...options, names });
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
      assertEquals(
        live,
        sorted({ ...pick(old, (path) => !isLeaving(path)), ...pick(fresh, isComing) }),
      );
      assertEquals(below(files, ASIDE), sorted(pick(old, isLeaving)));
      assertEquals(below(files, STAGED), sorted(pick(fresh, (path) => !isComing(path))));
      return "new";
    },
  };
}

function isNamed(names: readonly string[], path: string): boolean {
  return names.some((name) => path === `/${name}` || path.startsWith(`/${name}/`));
}

function topOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function pick(files: Files, isPicked: (path: string) => boolean): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => isPicked(path)));
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
  [
    "whose new database has a journal",
    scenario(OLD, { ...NEW, "/chroma.sqlite3-journal": "new journal" }, DATABASE),
  ],
  [
    "with a journal of either database",
    scenario(WITH_COMPANION, {
      ...NEW,
      "/chroma.sqlite3-journal": "new journal",
      "/chroma.sqlite3-wal": "new log",
    }, DATABASE),
  ],
  [
    "where a journal has lost its database",
    scenario({ "/chroma.sqlite3-journal": "lost", "/segment-1/data": "old" }, NEW, DATABASE),
  ],
];

/** Exchanges of some entries, as a repair and its undoing make them. */
const PARTIAL: readonly (readonly [string, Scenario])[] = [
  [
    "one index",
    scenario(OLD, NEW, DATABASE, { leaving: ["segment-1"], coming: ["segment-1"] }),
  ],
  [
    "the database alone",
    scenario(OLD, { "/chroma.sqlite3": "new database" }, DATABASE, {
      leaving: [],
      coming: ["chroma.sqlite3"],
    }),
  ],
  [
    "the database with its journal, an index, and an index that only leaves",
    scenario(WITH_COMPANION, NEW, DATABASE, {
      leaving: ["chroma.sqlite3-journal", "segment-2"],
      coming: ["segment-1", "chroma.sqlite3"],
    }),
  ],
  [
    "a database for one that has a journal, where the new one has one too",
    scenario(WITH_COMPANION, { ...NEW, "/chroma.sqlite3-journal": "new journal" }, DATABASE, {
      leaving: [],
      coming: ["chroma.sqlite3", "chroma.sqlite3-journal"],
    }),
  ],
  [
    "what only leaves",
    scenario(OLD, {}, DATABASE, { leaving: ["segment-1", "segment-2"], coming: [] }),
  ],
  [
    "a database that only leaves, with its journal",
    scenario(WITH_COMPANION, {}, DATABASE, {
      leaving: ["chroma.sqlite3", "chroma.sqlite3-journal", "segment-1"],
      coming: [],
    }),
  ],
  ["what only comes", scenario(OLD, NEW, DATABASE, { leaving: [], coming: ["segment-3"] })],
  [
    "a database that only comes, with its journal",
    scenario({ "/segment-1/data": "old" }, { ...NEW, "/chroma.sqlite3-wal": "log" }, DATABASE, {
      leaving: [],
      coming: ["chroma.sqlite3-wal", "chroma.sqlite3", "segment-3"],
    }),
  ],
];

/** Folders that hold many files of which few are exchanged. */
const FOLDERS: Files = {
  "/a/0": "old metadata of a",
  "/a/1": "old document",
  "/a/2": "cut document",
  "/b/0": "old metadata of b",
  "/b/1": "cut document of b",
  "/c/0": "nothing but metadata",
};

/** Exchanges of entries of directories. */
const INNER: readonly (readonly [string, Scenario])[] = [
  [
    "files of a folder that are replaced, added, and only leave",
    scenario(FOLDERS, { "/a/0": "new metadata", "/a/3": "new document" }, null, {
      leaving: ["a/2"],
      coming: ["a/0", "a/3"],
    }),
  ],
  [
    "files of two folders that only leave, and all that one of them has",
    scenario(FOLDERS, {}, null, { leaving: ["a/1", "a/2", "c/0"], coming: [] }),
  ],
  [
    "a file, a directory in a folder, and whole folders",
    scenario(
      { ...FOLDERS, "/b/deep/er/1": "old" },
      { "/b/deep/2": "new", "/b/2": "new document", "/d/0": "metadata of d", "/d/1": "document" },
      null,
      { leaving: ["c"], coming: ["b/deep", "b/2", "d"] },
    ),
  ],
  [
    "a file of an index and the database, which comes last",
    scenario(WITH_COMPANION, pick(NEW, (path) => !path.includes("-3")), DATABASE, {
      leaving: ["segment-2/data"],
      coming: ["segment-1/data", "chroma.sqlite3"],
    }),
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
  testInterruptions(what, each);
}

for (const [what, each] of [...PARTIAL, ...INNER]) {
  Deno.test(`swapEntries() exchanges ${what}, and nothing else`, () => {
    const disk = new MemoryDisk();
    each.setUp(disk);
    each.run(disk.fs);
    assertEquals(each.judge(disk.list()), "new");
    assertEquals(listInterruptedChanges(STORE, { fs: disk.fs }), []);
  });
  testInterruptions(`exchanging ${what}`, each);
}

function testInterruptions(what: string, each: Scenario): void {
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

Deno.test("swapEntries() never leaves a journal beside the database of another", () => {
  const fresh = { ...NEW, "/chroma.sqlite3-journal": "new journal" };
  const each = scenario(WITH_COMPANION, fresh, DATABASE);
  const disk = new MemoryDisk();
  each.setUp(disk);
  const pairs = new Set<string>();
  const watch =
    <Arguments extends unknown[]>(operation: (...operands: Arguments) => void) =>
    (...operands: Arguments): void => {
      operation(...operands);
      const files = disk.list();
      for (const place of [STORE, ASIDE, STAGED]) {
        const [database, journal] = [DATABASE, `${DATABASE}-journal`]
          .map((name) => files[`${place}/${name}`]?.split(" ")[0]);
        if (database !== undefined) pairs.add(`${database} with ${journal}`);
      }
    };
  each.run({
    ...disk.fs,
    rename: watch(disk.fs.rename),
    removeFile: watch(disk.fs.removeFile),
    linkFile: watch(disk.fs.linkFile),
  });
  // The new one waits for its journal to be in the store, where nobody looks for it.
  assertEquals(pairs, new Set(["old with old", "new with new", "new with undefined"]));
  assertEquals(each.judge(disk.list()), "new");
});

/** The files of a process that is killed once its record is written and two entries have left. */
function killedAfterTwo({ fs }: MemoryDisk): WriteFs {
  let renames = 0;
  return {
    ...fs,
    rename: (from, to) => {
      if (renames++ > 2) throw new Error("Killed");
      fs.rename(from, to);
    },
    removeFile: () => {
      throw new Error("Killed");
    },
  };
}

Deno.test("recoverSwaps() touches nothing when somebody made a new entry meanwhile", () => {
  const disk = new MemoryDisk();
  const [, each] = SCENARIOS[0] ?? [];
  each?.setUp(disk);
  const stopped = killedAfterTwo(disk);
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

Deno.test("recoverSwaps() keeps the new entries of a change that it leaves as it is", () => {
  const disk = new MemoryDisk();
  disk.mount(STORE);
  put(disk, STORE, OLD);
  // What a crash leaves under such a name is removed, unless it is needed.
  const name = ".repair.vecfsck-0123456789abcdef.new";
  const staged = `${WORK}/${name}/staged`;
  put(disk, staged, NEW);
  const stopped = killedAfterTwo(disk);
  const options = { store: STORE, aside: ASIDE, database: DATABASE };
  assertThrows(() => swapEntries(STORE, staged, { ...options, fs: stopped }));
  disk.write(`${STORE}/segment-1/data`, "made by an engine");
  assertEquals(recoverSwaps(STORE, { fs: disk.fs }).map(({ outcome }) => outcome), ["conflict"]);
  assertEquals(below(disk.list(), staged), sorted(NEW));
  disk.fs.removeFile(`${STORE}/segment-1/data`);
  disk.fs.removeDirectory(`${STORE}/segment-1`);
  assertEquals(recoverSwaps(STORE, { fs: disk.fs }).map(({ outcome }) => outcome), ["undone"]);
  assertEquals(below(disk.list(), STORE), sorted(OLD));
  assertEquals(disk.fs.look(`${WORK}/${name}`), null);
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

Deno.test("swapEntries() leaves no empty directory behind of those that held single files", () => {
  for (const [what, each] of INNER) {
    const disk = new MemoryDisk();
    each.setUp(disk);
    const before = disk.list();
    const failing: WriteFs = {
      ...disk.fs,
      rename: (from, to) => {
        if (from.startsWith(STAGED) || to === `${ASIDE}/c/0`) throw new Error("The disk is ill");
        disk.fs.rename(from, to);
      },
    };
    assertThrows(() => each.run(failing), OperationError, "The disk is ill");
    assertEquals(disk.list(), before, what);
    each.run(disk.fs);
    assertEquals(disk.fs.look(STAGED), null, what);
  }
});

Deno.test("swapEntries() syncs every directory in which a name changes", () => {
  const [, each] = INNER[0] ?? [];
  const disk = new MemoryDisk();
  each?.setUp(disk);
  const synced: string[] = [];
  let renamed = 0;
  each?.run({
    ...disk.fs,
    rename: (from, to) => {
      if (to.startsWith(ASIDE) || to.startsWith(`${STORE}/a/`)) renamed = synced.length;
      disk.fs.rename(from, to);
    },
    syncDirectory: (path) => {
      synced.push(path);
      disk.fs.syncDirectory(path);
    },
  });
  assertEquals(synced.slice(renamed, renamed + 2), [`${STORE}/a`, `${STAGED}/a`]);
  assert(synced.includes(`${ASIDE}/a`) && synced.includes(ASIDE));
});

Deno.test("swapEntries() looks at no file that it does not exchange", () => {
  const [, each] = INNER[0] ?? [];
  const disk = new MemoryDisk();
  each?.setUp(disk);
  for (let number = 10; number < 200; number++) disk.write(`${STORE}/a/${number}`, "untouched");
  const looked: string[] = [];
  const watch = <Result>(operation: (path: string) => Result) => (path: string): Result => {
    looked.push(path);
    return operation(path);
  };
  const { look, list, openForReading } = disk.fs;
  each?.run({
    ...disk.fs,
    look: watch(look),
    list: watch(list),
    openForReading: watch(openForReading),
  });
  const inFolder = new Set(looked.filter((path) => path.startsWith(`${STORE}/a/`)));
  assertEquals(inFolder, new Set([0, 2, 3].map((number) => `${STORE}/a/${number}`)));
  assert(looked.length < 120, `${looked.length}`);
});

Deno.test("swapEntries() refuses a name with what is in it, and a name that is none", () => {
  const disk = new MemoryDisk();
  disk.mount(STORE);
  put(disk, STORE, { ...FOLDERS, "/file": "no folder" });
  put(disk, STAGED, { "/a/0": "new", "/e/0": "new", "/file/0": "new", "/link/0": "new" });
  disk.write("/elsewhere/0", "somebody's");
  disk.fs.makeSymbolicLink("/elsewhere", `${STORE}/link`);
  const before = disk.list();
  const wrong: readonly [SwapNames, string][] = [
    [{ leaving: ["a"], coming: ["a/0"] }, "a/0 cannot be exchanged together with a"],
    [{ leaving: ["a/1"], coming: ["a"] }, "a/1 cannot be exchanged together with a"],
    [{ leaving: ["a", "a/1"], coming: [] }, "a/1 cannot be exchanged together with a"],
    [{ leaving: [], coming: ["a/b/0"] }, '"a/b/0" is no name'],
    [{ leaving: ["a/../b"], coming: [] }, '"a/../b" is no name'],
    [{ leaving: ["a/.."], coming: [] }, '"a/.." is no name'],
    [{ leaving: ["/a"], coming: [] }, '"/a" is no name'],
    [{ leaving: ["a/"], coming: [] }, '"a/" is no name'],
    [{ leaving: [".vecfsck/quarantine"], coming: [] }, "is no name"],
    [{ leaving: [], coming: ["e/0"] }, `There is no e in ${STORE}`],
    [{ leaving: [], coming: ["file/0"] }, `Not a directory: ${STORE}/file`],
    [{ leaving: [], coming: ["link/0"] }, `Not a directory: ${STORE}/link`],
    [{ leaving: [], coming: ["a/7"] }, `There is no a/7 in ${STAGED}`],
    [{ leaving: ["link/0", "file/0", "a/7"], coming: [] }, "has nothing for"],
  ];
  for (const [names, problem] of wrong) {
    const options = { store: STORE, aside: ASIDE, database: null, names, fs: disk.fs };
    assertThrows(() => swapEntries(STORE, STAGED, options), OperationError, problem);
  }
  assertEquals(disk.list(), before);
});

/** The files of a process that is killed before a rename. */
function killedBefore({ fs }: MemoryDisk, isLast: (from: string) => boolean): WriteFs {
  let isKilled = false;
  return {
    ...fs,
    rename: (from, to) => {
      isKilled ||= isLast(from);
      if (isKilled) throw new Error("Killed");
      fs.rename(from, to);
    },
  };
}

Deno.test("recoverSwaps() makes a folder again that an engine has removed, for what comes back", () => {
  const [, each] = INNER[0] ?? [];
  const disk = new MemoryDisk();
  each?.setUp(disk);
  assertThrows(() => each?.run(killedBefore(disk, (from) => from.startsWith(STAGED))));
  for (const name of disk.fs.list(`${STORE}/a`)) disk.fs.removeFile(`${STORE}/a/${name}`);
  disk.fs.removeDirectory(`${STORE}/a`);
  assertEquals(recoverSwaps(STORE, { fs: disk.fs }).map(({ outcome }) => outcome), ["undone"]);
  const { "/a/0": metadata, "/a/2": cut } = below(disk.list(), STORE);
  assertEquals([metadata, cut], ["old metadata of a", "cut document"]);
  assertEquals(disk.fs.look(ASIDE), null);
});

Deno.test("recoverSwaps() touches nothing when an engine has written a file that left", () => {
  const [, each] = INNER[0] ?? [];
  const disk = new MemoryDisk();
  each?.setUp(disk);
  assertThrows(() => each?.run(killedBefore(disk, (from) => from.startsWith(STAGED))));
  disk.write(`${STORE}/a/2`, "made by an engine");
  const before = disk.list();
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(change?.outcome, "conflict");
  assertStringIncludes(change?.message ?? "", `another process has made ${STORE}/a/2;`);
  assertEquals(disk.list(), before);
  disk.fs.removeFile(`${STORE}/a/2`);
  assertEquals(recoverSwaps(STORE, { fs: disk.fs }).map(({ outcome }) => outcome), ["undone"]);
  assertEquals(each?.judge(disk.list()), "old");
});
