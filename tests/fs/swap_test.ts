import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { Journal, type SwapRecord } from "../../lib/fs/journal.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import { swapDirectory, swapFile } from "../../lib/fs/swap.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";
import { exploreCrashes, exploreFaults, type Scenario } from "./explore.ts";

const STORE = "/data/store";
const LIVE = "/data/store/segment";
const REPLACEMENT = "/data/store.vecfsck/staged/segment";
const ASIDE = "/data/store.vecfsck/quarantine/segment";

const OLD = { "/header": "old header", "/data": "old data", "/deep/links": "old links" };
const NEW = { "/header": "new header", "/data": "new data, longer", "/map": "new map" };

function put(disk: MemoryDisk, root: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) disk.write(root + name, content);
}

/** The files below a root, by the rest of their paths. */
function below(files: Record<string, string>, root: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => path.startsWith(`${root}/`))
      .map(([path, content]) => [path.slice(root.length), content]),
  );
}

/** Holds that nothing is on the disk but what is below the roots. */
function assertNothingElse(files: Record<string, string>, roots: readonly string[]): void {
  const others = Object.entries(files).filter(([path, content]) =>
    content !== "/" && !roots.some((root) => path === root || path.startsWith(`${root}/`))
  );
  assertEquals(others, []);
}

const OPTIONS = { store: STORE, aside: ASIDE, now: () => new Date(0) };

/** A swap of a directory whose replacement was written just before, and not synced. */
const directorySwap: Scenario = {
  setUp(disk) {
    put(disk, LIVE, OLD);
    disk.write(`${STORE}/other`, "other");
    disk.makeDirectories("/data/store.vecfsck/quarantine");
    put(disk, REPLACEMENT, NEW);
  },
  run: (fs) => void swapDirectory(LIVE, REPLACEMENT, { ...OPTIONS, fs }),
  recover: (fs) => void recoverSwaps(STORE, { fs }),
  judge(files) {
    assertEquals(files[`${STORE}/other`], "other");
    assertNothingElse(files, [LIVE, ASIDE, REPLACEMENT, `${STORE}/other`]);
    if (JSON.stringify(below(files, LIVE)).includes("old")) {
      assertEquals(below(files, LIVE), OLD);
      assertEquals(below(files, ASIDE), {});
      assertEquals(below(files, REPLACEMENT), NEW);
      return "old";
    }
    assertEquals(below(files, LIVE), NEW);
    assertEquals(below(files, ASIDE), OLD);
    assertEquals(below(files, REPLACEMENT), {});
    return "new";
  },
};

Deno.test("swapDirectory() puts the replacement in and the original aside", () => {
  const disk = new MemoryDisk();
  directorySwap.setUp(disk);
  assertEquals(swapDirectory(LIVE, REPLACEMENT, { ...OPTIONS, fs: disk.fs }), { aside: ASIDE });
  assertEquals(directorySwap.judge(disk.list()), "new");
});

Deno.test("swapDirectory() keeps the original in the work directory when no place is named", () => {
  const disk = new MemoryDisk();
  directorySwap.setUp(disk);
  const { aside } = swapDirectory(LIVE, REPLACEMENT, {
    store: STORE,
    now: () => new Date(0),
    fs: disk.fs,
  });
  assert(aside?.startsWith("/data/store.vecfsck/replaced/segment.19700101T000000-"), aside ?? "");
  assertEquals(below(disk.list(), aside ?? ""), OLD);
});

Deno.test("swapDirectory() puts a replacement where nothing was", () => {
  const disk = new MemoryDisk();
  put(disk, REPLACEMENT, NEW);
  disk.makeDirectories(STORE);
  assertEquals(swapDirectory(LIVE, REPLACEMENT, { ...OPTIONS, fs: disk.fs }), { aside: null });
  assertEquals(below(disk.list(), LIVE), NEW);
});

Deno.test("swapDirectory() replaces a whole store", () => {
  const disk = new MemoryDisk();
  put(disk, STORE, OLD);
  put(disk, "/data/restored", NEW);
  swapDirectory(STORE, "/data/restored", { ...OPTIONS, fs: disk.fs });
  assertEquals([below(disk.list(), STORE), below(disk.list(), ASIDE)], [NEW, OLD]);
});

Deno.test("swapDirectory() changes nothing when something is missing or in the way", () => {
  const disk = new MemoryDisk();
  directorySwap.setUp(disk);
  disk.write("/data/file", "file");
  disk.write("/data/taken/file", "file");
  const before = disk.list();
  const { fs } = disk;
  for (
    const [live, replacement, aside, message] of [
      [LIVE, "/data/none", ASIDE, "There is no directory /data/none"],
      [LIVE, "/data/file", ASIDE, "There is no directory /data/file"],
      ["/data/file", REPLACEMENT, ASIDE, "/data/file is not a directory"],
      [LIVE, REPLACEMENT, "/data/taken", "/data/taken exists already and is not overwritten"],
    ] as const
  ) {
    assertThrows(
      () => swapDirectory(live, replacement, { ...OPTIONS, aside, fs }),
      OperationError,
      message,
    );
  }
  assertEquals(disk.list(), before);
});

Deno.test("swapDirectory() names the file systems when the place aside is on another", () => {
  const disk = new MemoryDisk();
  directorySwap.setUp(disk);
  disk.mount("/elsewhere");
  const before = disk.list();
  const error = assertThrows(
    () => swapDirectory(LIVE, REPLACEMENT, { ...OPTIONS, aside: "/elsewhere/x", fs: disk.fs }),
    OperationError,
  );
  assertEquals([error.code, error.message], [
    "write-failed",
    `${LIVE} would go to another file system`,
  ]);
  assertEquals(disk.list(), before);
});

Deno.test("swapDirectory() leaves the old or the new state after every fault", () => {
  const states = { old: 0, new: 0 };
  for (const { fault, error, files, state } of exploreFaults(directorySwap)) {
    states[state]++;
    const isThere = files[`${LIVE}/header`] !== undefined;
    const context = JSON.stringify(fault);
    // A fault that does not go on leaves the directory in its place, without a next start.
    if (fault.duration === "once") assert(isThere, context);
    if (isThere) continue;
    assert(error instanceof OperationError, context);
    for (const path of [LIVE, REPLACEMENT, ASIDE]) assertStringIncludes(error.message, path);
    assertStringIncludes(error.message, `${ASIDE} holds the original`);
  }
  assert(states.old > 50 && states.new > 50, JSON.stringify(states));
});

Deno.test("swapDirectory() leaves the old or the new state after every power cut", () => {
  const tally = exploreCrashes(directorySwap);
  assert(
    tally.cuts > 15 && tally.old > 5 && tally.new > 0 && tally.killStates > 100,
    JSON.stringify(tally),
  );
  assert(tally.recoveryStates > 20, JSON.stringify(tally));
});

Deno.test("swapDirectory() puts nothing in that was not on the disk", () => {
  const fresh: Scenario = {
    ...directorySwap,
    setUp(disk) {
      put(disk, LIVE, OLD);
      disk.write(`${STORE}/other`, "other");
      disk.makeDirectories("/data/store.vecfsck/quarantine");
    },
    run(fs) {
      writeUnsynced(fs, REPLACEMENT, NEW);
      swapDirectory(LIVE, REPLACEMENT, { ...OPTIONS, fs });
    },
    judge(files) {
      assertNothingElse(files, [LIVE, ASIDE, "/data/store.vecfsck", `${STORE}/other`]);
      if (files[`${LIVE}/header`] === "old header") {
        assertEquals([below(files, LIVE), below(files, ASIDE)], [OLD, {}]);
        return "old";
      }
      assertEquals([below(files, LIVE), below(files, ASIDE)], [NEW, OLD]);
      return "new";
    },
  };
  const tally = exploreCrashes(fresh);
  assert(tally.cuts > 25 && tally.new > 0, JSON.stringify(tally));
});

/** The same swap, with its second rename failing: it is undone. */
function failingIn(scenario: Scenario, replacement: string): Scenario {
  return {
    ...scenario,
    finished: "old",
    run(fs) {
      const failing = interceptWrites(fs, ({ name, paths }) => {
        if (name === "rename" && paths[0] === replacement) throw systemError("EIO");
        return "as-it-is";
      });
      const error = assertThrows(() => scenario.run(failing));
      if (error instanceof OperationError && String(error.cause).includes("EIO")) return;
      throw error;
    },
  };
}

Deno.test("swapDirectory() undoes no less safely than it does", () => {
  const tally = exploreCrashes(failingIn(directorySwap, REPLACEMENT));
  assert(tally.cuts > 20 && tally.old > 5, JSON.stringify(tally));
});

/** Makes a directory that is not on the disk yet before the swap of a scenario. */
function withUnsynced(
  directory: string,
  options: { replacement: string; aside: string },
): Scenario {
  const { replacement, aside } = options;
  return {
    setUp(disk) {
      put(disk, LIVE, OLD);
      put(disk, replacement, NEW);
      disk.makeDirectories(directory.slice(0, directory.lastIndexOf("/")));
    },
    run(fs) {
      fs.makeDirectory(directory, 0o700);
      swapDirectory(LIVE, replacement, { ...OPTIONS, aside, fs });
    },
    recover: directorySwap.recover,
    judge(files) {
      const isOld = files[`${LIVE}/header`] === "old header";
      assertEquals(below(files, LIVE), isOld ? OLD : NEW);
      assertEquals(below(files, isOld ? replacement : aside), isOld ? NEW : OLD);
      assertNothingElse(files, [LIVE, isOld ? replacement : aside]);
      return isOld ? "old" : "new";
    },
  };
}

Deno.test("swapDirectory() trusts no directory to be on the disk that was made just before", () => {
  const replacement = `${STORE}/next`;
  const workDirectory = withUnsynced("/data/store.vecfsck", { replacement, aside: `${STORE}/old` });
  assert(exploreCrashes(workDirectory).new > 0);
  const quarantine = withUnsynced("/data/store.vecfsck/quarantine", { replacement, aside: ASIDE });
  assert(exploreCrashes(quarantine).new > 0);
  // Nothing else waits for the names in the directory above this one.
  const aside = "/data/store/elsewhere/quarantine/segment";
  const elsewhere = withUnsynced("/data/store/elsewhere/quarantine", { replacement, aside });
  assert(exploreCrashes(elsewhere).new > 0);
});

function writeUnsynced(fs: WriteFs, root: string, files: Record<string, string>): void {
  const made = new Set<string>();
  for (const [name, content] of Object.entries(files)) {
    const parts = (root + name).split("/");
    for (let length = 2; length < parts.length; length++) {
      const directory = parts.slice(0, length).join("/");
      if (made.has(directory) || fs.look(directory) !== null) continue;
      fs.makeDirectory(directory, 0o755);
      made.add(directory);
    }
    using file = fs.createFile(root + name, 0o644);
    file.write(new TextEncoder().encode(content));
  }
}

const DATABASE = `${STORE}/chroma.sqlite3`;
const NEW_DATABASE = "/data/store.vecfsck/staged/chroma.sqlite3";
const KEPT = "/data/store.vecfsck/quarantine/database";

/** A swap of a database file; the companions of the original are given. */
function fileSwap(companions: Record<string, string>, withoutLinks = false): Scenario {
  const adapt = (fs: WriteFs): WriteFs => withoutLinks ? denyLinks(fs) : fs;
  return {
    setUp(disk) {
      disk.write(DATABASE, "old database");
      put(disk, DATABASE, companions);
      disk.write(`${STORE}/other`, "other");
      disk.makeDirectories("/data/store.vecfsck/quarantine");
      disk.write(NEW_DATABASE, "new database");
    },
    run: (fs) => void swapFile(DATABASE, NEW_DATABASE, { ...OPTIONS, aside: KEPT, fs: adapt(fs) }),
    recover: (fs) => void recoverSwaps(STORE, { fs: adapt(fs) }),
    judge(files) {
      assertEquals(files[`${STORE}/other`], "other");
      assertNothingElse(files, [STORE, KEPT, NEW_DATABASE]);
      const beside = Object.fromEntries(
        Object.entries(files).filter(([path]) => path.startsWith(DATABASE)),
      );
      const withCompanions = (root: string): Record<string, string> =>
        Object.fromEntries(Object.entries(companions).map(([name, text]) => [root + name, text]));
      if (files[DATABASE] === "old database") {
        assertEquals(beside, { [DATABASE]: "old database", ...withCompanions(DATABASE) });
        assertEquals(below(files, KEPT), {});
        assertEquals(files[NEW_DATABASE], "new database");
        return "old";
      }
      assertEquals(beside, { [DATABASE]: "new database" });
      assertEquals(below(files, KEPT), {
        "/chroma.sqlite3": "old database",
        ...withCompanions("/chroma.sqlite3"),
      });
      assertEquals(files[NEW_DATABASE], undefined);
      return "new";
    },
  };
}

function denyLinks(fs: WriteFs): WriteFs {
  return {
    ...fs,
    linkFile: () => {
      throw systemError("EPERM");
    },
  };
}

const HOT = { "-journal": "pages of the old database" };
const LOGGED = { "-wal": "log of the old database", "-shm": "its index" };

const FILE_SWAPS: readonly [string, Scenario][] = [
  ["without companions", fileSwap({})],
  ["with a hot journal", fileSwap(HOT)],
  ["with a write-ahead log", fileSwap(LOGGED)],
  ["without companions on a file system without links", fileSwap({}, true)],
  ["with a hot journal on a file system without links", fileSwap(HOT, true)],
];

for (const [name, scenario] of FILE_SWAPS) {
  Deno.test(`swapFile() puts the replacement in, ${name}`, () => {
    const disk = new MemoryDisk();
    scenario.setUp(disk);
    scenario.run(disk.fs);
    assertEquals(scenario.judge(disk.list()), "new");
  });

  Deno.test(`swapFile() leaves the old or the new state after every fault, ${name}`, () => {
    const states = { old: 0, new: 0 };
    for (const { fault, error, files, state } of exploreFaults(scenario)) {
      states[state]++;
      const isThere = files[DATABASE] !== undefined;
      if (fault.duration === "once") assert(isThere, JSON.stringify(fault));
      if (isThere) continue;
      assert(error instanceof OperationError);
      for (const path of [DATABASE, NEW_DATABASE, `${KEPT}/chroma.sqlite3`]) {
        assertStringIncludes(error.message, path);
      }
    }
    assert(states.old > 50 && states.new > 50, JSON.stringify(states));
  });

  Deno.test(`swapFile() leaves the old or the new state after every power cut, ${name}`, () => {
    const tally = exploreCrashes(scenario);
    assert(
      tally.cuts > 15 && tally.old > 5 && tally.new > 0 && tally.killStates > 100,
      JSON.stringify(tally),
    );
  });
}

Deno.test("swapFile() undoes no less safely than it does", () => {
  for (const [name, scenario] of FILE_SWAPS) {
    const tally = exploreCrashes(failingIn(scenario, NEW_DATABASE));
    assert(tally.cuts > 20 && tally.old > 5, `${name}: ${JSON.stringify(tally)}`);
  }
});

Deno.test("swapFile() loses no companion of a database that is gone, whenever the power is cut", () => {
  const journal = "of a database that is gone";
  for (const withoutLinks of [false, true]) {
    const stray: Scenario = {
      ...fileSwap({}, withoutLinks),
      setUp(disk) {
        disk.write(`${DATABASE}-journal`, journal);
        disk.makeDirectories("/data/store.vecfsck/quarantine");
        disk.write(NEW_DATABASE, "new database");
      },
      judge(files) {
        const state = files[DATABASE] === undefined ? "old" : "new";
        const kept = files[`${KEPT}/chroma.sqlite3-journal`];
        assertEquals(state === "old" ? files[`${DATABASE}-journal`] : kept, journal);
        assertEquals(state === "old" ? kept : files[`${DATABASE}-journal`], undefined);
        return state;
      },
    };
    assert(exploreCrashes(stray).new > 0);
  }
});

/** Lets something else look at the disk after every operation. */
function watch(fs: WriteFs, look: () => void): WriteFs {
  return interceptWrites(fs, () => {
    look();
    return "as-it-is";
  });
}

Deno.test("swapFile() never leaves a companion of one database beside the other", () => {
  for (const [name, scenario] of FILE_SWAPS) {
    const disk = new MemoryDisk();
    scenario.setUp(disk);
    const companions = Object.entries(disk.list()).filter(([path]) =>
      path.startsWith(`${DATABASE}-`)
    );
    let looks = 0;
    const look = (): void => {
      const files = disk.list();
      looks++;
      if (files[DATABASE] === "old database") {
        for (const [path, content] of companions) assertEquals(files[path], content, name);
      } else if (files[DATABASE] === "new database") {
        const left = Object.keys(files).filter((path) => path.startsWith(`${DATABASE}-`));
        assertEquals(left, [], name);
      }
    };
    scenario.run(watch(disk.fs, look));
    look();
    assert(looks > 10);
  }
});

Deno.test("swapFile() always has a database there when it had no companions", () => {
  const scenario = fileSwap({});
  const disk = new MemoryDisk();
  scenario.setUp(disk);
  scenario.run(watch(disk.fs, () => assert(disk.fs.look(DATABASE) !== null)));
});

Deno.test("swapFile() refuses a replacement with a companion", () => {
  const disk = new MemoryDisk();
  fileSwap({}).setUp(disk);
  disk.write(`${NEW_DATABASE}-journal`, "unfinished");
  const before = disk.list();
  assertThrows(
    () => swapFile(DATABASE, NEW_DATABASE, { ...OPTIONS, aside: KEPT, fs: disk.fs }),
    OperationError,
    `The replacement has a companion: ${NEW_DATABASE}-journal`,
  );
  assertEquals(disk.list(), before);
});

Deno.test("swapFile() keeps the companions of a database that is gone", () => {
  const disk = new MemoryDisk();
  disk.write(NEW_DATABASE, "new database");
  disk.write(`${DATABASE}-journal`, "of a database that is gone");
  const { aside } = swapFile(DATABASE, NEW_DATABASE, { ...OPTIONS, aside: KEPT, fs: disk.fs });
  assertEquals(aside, KEPT);
  assertEquals(disk.list(STORE), { [DATABASE]: "new database" });
  assertEquals(disk.list(KEPT), {
    [`${KEPT}/chroma.sqlite3-journal`]: "of a database that is gone",
  });
});

/** Stops a swap where the name of the original is free, as a crash does. */
function stopBetween(scenario: Scenario, live: string): MemoryDisk {
  const disk = new MemoryDisk();
  scenario.setUp(disk);
  let isStopped = false;
  const stopping = interceptWrites(disk.fs, () => {
    isStopped ||= disk.fs.look(live) === null;
    if (isStopped) throw systemError("EIO");
    return "as-it-is";
  });
  assertThrows(() => scenario.run(stopping));
  return disk;
}

Deno.test("recoverSwaps() completes a swap that was between, and says so", () => {
  const disk = stopBetween(directorySwap, LIVE);
  const [change, ...others] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(others, []);
  assertEquals([change?.outcome, change?.record?.kind], ["completed", "swap-directory"]);
  assertEquals(
    change?.message,
    "Completed a change that was interrupted (begun at 1970-01-01T00:00:00.000Z): " +
      `${LIVE} is the replacement, the original is in ${ASIDE}`,
  );
  assertEquals(directorySwap.judge(disk.list()), "new");
});

Deno.test("recoverSwaps() puts the original back when the replacement is gone", () => {
  const disk = stopBetween(directorySwap, LIVE);
  disk.fs.rename(REPLACEMENT, "/data/lost");
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(change?.outcome, "undone");
  assertEquals(below(disk.list(), LIVE), OLD);
});

Deno.test("recoverSwaps() touches nothing when the original is nowhere", () => {
  for (const isReplacementThere of [true, false]) {
    const disk = stopBetween(directorySwap, LIVE);
    disk.fs.rename(ASIDE, "/data/taken away");
    if (!isReplacementThere) disk.fs.rename(REPLACEMENT, "/data/taken away as well");
    const before = disk.list();
    const [change] = recoverSwaps(STORE, { fs: disk.fs });
    assertEquals(change?.outcome, "conflict");
    assertEquals(disk.list(), before);
  }
});

Deno.test("recoverSwaps() concludes nothing from names that may not be on the disk", () => {
  for (
    const [scenario, live, directories] of [
      [directorySwap, LIVE, [
        "/data/store.vecfsck/quarantine",
        STORE,
        "/data/store.vecfsck/staged",
      ]],
      [fileSwap(HOT), DATABASE, [
        KEPT,
        "/data/store.vecfsck/quarantine",
        STORE,
        "/data/store.vecfsck/staged",
      ]],
    ] as const
  ) {
    const disk = stopBetween(scenario, live);
    const synced = new Set<string>();
    const watched = interceptWrites(disk.fs, ({ name, paths }) => {
      if (name === "syncDirectory") synced.add(paths[0] ?? "");
      if (name === "rename" && paths[1] === live) {
        for (const directory of directories) assert(synced.has(directory), directory);
      }
      return "as-it-is";
    });
    assertEquals(recoverSwaps(STORE, { fs: watched })[0]?.outcome, "completed");
  }
});

Deno.test("recoverSwaps() touches nothing when somebody has taken the place", () => {
  for (const [scenario, live] of [[directorySwap, LIVE], [fileSwap(HOT), DATABASE]] as const) {
    const disk = stopBetween(scenario, live);
    if (scenario === directorySwap) disk.write(`${LIVE}/header`, "an engine's");
    else disk.write(DATABASE, "an engine's");
    const before = disk.list();
    const [change] = recoverSwaps(STORE, { fs: disk.fs });
    assertEquals(change?.outcome, "conflict");
    assertStringIncludes(change?.message ?? "", `${live} is neither the original`);
    assertEquals(disk.list(), before);
    // Once the place is free again, the next start goes on.
    disk.fs.rename(live, "/data/an engine's");
    assertEquals(recoverSwaps(STORE, { fs: disk.fs })[0]?.outcome, "completed");
  }
});

Deno.test("swapFile() puts nothing over a database that an engine has made meanwhile", () => {
  const scenario = fileSwap(HOT);
  const disk = new MemoryDisk();
  scenario.setUp(disk);
  let done = false;
  const meddling = interceptWrites(disk.fs, () => {
    if (!done && disk.fs.look(DATABASE) === null) {
      done = true;
      disk.write(DATABASE, "an engine's");
    }
    return "as-it-is";
  });
  const error = assertThrows(() => scenario.run(meddling), OperationError);
  assertStringIncludes(error.message, `Another process has written to ${DATABASE}`);
  assertStringIncludes(error.message, `${KEPT}/chroma.sqlite3 holds the original`);
  const files = disk.list();
  assertEquals(
    [files[DATABASE], files[`${KEPT}/chroma.sqlite3`], files[NEW_DATABASE]],
    ["an engine's", "old database", "new database"],
  );
  assertEquals(files[`${KEPT}/chroma.sqlite3-journal`], HOT["-journal"]);
});

Deno.test("swapFile() puts nothing over a database that an engine has begun to write meanwhile", () => {
  const scenario = fileSwap({});
  const disk = new MemoryDisk();
  scenario.setUp(disk);
  const meddling = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "rename" && paths[1] === DATABASE) throw new Error("it was replaced");
    // It has its second name: an engine opens it under its first one, and begins a transaction.
    const isBegun = disk.fs.look(`${KEPT}/chroma.sqlite3`) !== null;
    if (isBegun && name === "syncDirectory") disk.write(`${DATABASE}-journal`, "pages");
    return "as-it-is";
  });
  const error = assertThrows(() => scenario.run(meddling), OperationError);
  assertEquals(error.code, "busy");
  assertStringIncludes(error.message, `Another process has written to ${DATABASE}`);
  assertEquals(disk.list(STORE), {
    [DATABASE]: "old database",
    [`${DATABASE}-journal`]: "pages",
    [`${STORE}/other`]: "other",
  });
  assertEquals([disk.fs.look(KEPT), disk.list()[NEW_DATABASE]], [null, "new database"]);
});

Deno.test("recoverSwaps() brings no journal back that an engine has finished meanwhile", () => {
  const scenario = fileSwap(HOT);
  const disk = new MemoryDisk();
  scenario.setUp(disk);
  // The journal has its second name, and the database has not left.
  const stopping = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "rename" && paths[0] === DATABASE) throw new Error("stop");
    if (disk.fs.look(`${KEPT}/chroma.sqlite3-journal`) !== null && name === "removeFile") {
      throw systemError("EIO");
    }
    return "as-it-is";
  });
  assertThrows(() => scenario.run(stopping));
  assert(disk.fs.look(`${KEPT}/chroma.sqlite3-journal`) !== null);
  disk.fs.removeFile(`${DATABASE}-journal`);
  assertEquals(recoverSwaps(STORE, { fs: disk.fs })[0]?.outcome, "undone");
  assertEquals(disk.list(STORE), { [DATABASE]: "old database", [`${STORE}/other`]: "other" });
  assertEquals(disk.fs.look(KEPT), null);
});

Deno.test("recoverSwaps() reports a damaged record and leaves it", () => {
  const disk = stopBetween(directorySwap, LIVE);
  const directory = "/data/store.vecfsck/journal";
  const name = disk.fs.list(directory)[0] ?? "";
  disk.write(`${directory}/${name}`, '{"vecfsckJournal":1,"sha256":"00","record":"{}"}');
  const before = disk.list();
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals([change?.outcome, change?.record], ["unreadable", null]);
  assertStringIncludes(change?.message ?? "", `${directory}/${name}`);
  assertEquals(disk.list(), before);
});

Deno.test("recoverSwaps() reports what the disk refuses, and tries again the next time", () => {
  const disk = stopBetween(directorySwap, LIVE);
  const failing = {
    ...disk.fs,
    rename: () => {
      throw systemError("EACCES");
    },
  };
  const [change] = recoverSwaps(STORE, { fs: failing });
  assertEquals([change?.outcome, change?.error?.code], ["failed", "permission-denied"]);
  assertEquals([change?.message, change?.error?.path], [`No permission to write ${LIVE}`, LIVE]);
  assertEquals(recoverSwaps(STORE, { fs: disk.fs })[0]?.outcome, "completed");
});

Deno.test("recoverSwaps() takes the lock, and not a second time when its caller has it", () => {
  const disk = stopBetween(directorySwap, LIVE);
  const lock = acquireStoreLock(STORE, { fs: disk.fs });
  const before = disk.list();
  assertThrows(() => recoverSwaps(STORE, { fs: disk.fs }), OperationError, "at work on");
  assertEquals(disk.list(), before);
  assertEquals(recoverSwaps(STORE, { fs: disk.fs, lock })[0]?.outcome, "completed");
  // It is still the caller's.
  assertThrows(() => acquireStoreLock(STORE, { fs: disk.fs }), OperationError, "at work on");
  lock.release();
  assertEquals(directorySwap.judge(disk.list()), "new");
});

Deno.test("recoverSwaps() finds the record when the volume is mounted elsewhere", () => {
  const disk = stopBetween(directorySwap, LIVE);
  disk.fs.rename("/data", "/mnt");
  const [change] = recoverSwaps("/mnt/store", { fs: disk.fs });
  assertEquals(change?.outcome, "completed");
  assertEquals(below(disk.list(), "/mnt/store/segment"), NEW);
});

Deno.test("recoverSwaps() writes nothing when there is nothing to recover", () => {
  const disk = new MemoryDisk();
  directorySwap.setUp(disk);
  disk.fs.rename("/data/store.vecfsck/staged", "/data/staged");
  disk.fs.removeDirectory("/data/store.vecfsck/quarantine");
  disk.fs.removeDirectory("/data/store.vecfsck");
  const silent = interceptWrites(disk.fs, ({ name }) => {
    throw new Error(`wrote: ${name}`);
  });
  assertEquals(recoverSwaps(STORE, { fs: silent }), []);
});

Deno.test("Journal.read() gives back what write() was given", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data/store.vecfsck");
  const journal = new Journal(disk.fs, "/data/store.vecfsck");
  const record: SwapRecord = {
    kind: "swap-file",
    id: "b",
    startedAt: "2026-01-02T03:04:05.000Z",
    live: DATABASE,
    hadLive: true,
    replacement: "/elsewhere/new",
    aside: ASIDE,
  };
  journal.write(record);
  journal.write({ ...record, id: "a", startedAt: "2026-02-02T03:04:05.000Z" });
  assertEquals(journal.read().records.map(({ id }) => id), ["b", "a"]);
  assertEquals(journal.read().records[0], record);
  journal.remove(record);
  assertEquals(journal.read().records.map(({ id }) => id), ["a"]);
});
