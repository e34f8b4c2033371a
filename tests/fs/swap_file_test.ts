import { assert, assertEquals, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { adaptToPlatform, WINDOWS } from "../../lib/fs/platform.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import { swapDirectory, swapFile, type SwapResult } from "../../lib/fs/swap.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";
import { asOnWindows, WindowsDisk } from "../support/windows_disk.ts";
import { exploreCrashes, exploreFaults, type Scenario } from "./explore.ts";

const STORE = "/data/store";
const LIVE = `${STORE}/chroma.sqlite3`;
const FRESH = "/data/store.vecfsck/fresh";
const KEPT = "/data/store.vecfsck/kept";

const COMPANIONS = { "-journal": "pages", "-wal": "log", "-shm": "index" } as const;

/** A database with its companions, and what takes its place. */
function databaseDisk<Disk extends MemoryDisk>(disk: Disk, companions: string[] = []): Disk {
  disk.write(LIVE, "old");
  for (const suffix of companions) disk.write(LIVE + suffix, `old${suffix}`);
  disk.write(FRESH, "new");
  return disk;
}

function swapAt(fs: WriteFs, aside: string | null = KEPT): SwapResult {
  const options = { store: STORE, now: () => new Date(0), fs };
  return swapFile(LIVE, FRESH, aside === null ? options : { ...options, aside });
}

/** What is on the disk when the swap of a database with companions is done. */
function replaced(companions: readonly string[]): Record<string, string> {
  const kept = ["", ...companions].map((suffix) => [
    `${KEPT}/chroma.sqlite3${suffix}`,
    `old${suffix}`,
  ]);
  return { ...Object.fromEntries(kept), [LIVE]: "new" };
}

/** What the suffixes of every set of companions are. */
const SETS = [[], ["-journal"], ["-wal", "-shm"], Object.keys(COMPANIONS)];

function failLinks(fs: WriteFs, code: string): WriteFs {
  return {
    ...fs,
    linkFile: (_, path) => {
      throw systemError(code, path);
    },
  };
}

Deno.test("swapFile() gives second names where it can, and makes copies where there are none", () => {
  for (const companions of SETS) {
    const original = databaseDisk(new MemoryDisk(), companions);
    const inodesOf = (disk: MemoryDisk, root: string): unknown =>
      ["", ...companions].map((suffix) => disk.fs.look(root + suffix)?.inode);
    const inodes = inodesOf(original, LIVE);
    assertEquals(swapAt(original.fs), { aside: KEPT });
    assertEquals(original.list(), replaced(companions));
    assertEquals(inodesOf(original, `${KEPT}/chroma.sqlite3`), inodes);
    for (const code of ["EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]) {
      const disk = databaseDisk(new MemoryDisk(), companions);
      const modified = disk.fs.look(`${LIVE}-wal`)?.modifiedMs;
      assertEquals(swapAt(failLinks(disk.fs, code)), { aside: KEPT });
      assertEquals(disk.list(), replaced(companions), code);
      assertEquals(disk.fs.look(`${KEPT}/chroma.sqlite3-wal`)?.modifiedMs, modified);
    }
  }
});

Deno.test("swapFile() changes nothing when a second name fails for another reason", () => {
  const expected = { EXDEV: "write-failed", EIO: "write-failed", ENOSPC: "no-space" };
  for (const companions of SETS) {
    for (const [code, told] of Object.entries(expected)) {
      const disk = databaseDisk(new MemoryDisk(), companions);
      const before = disk.list();
      const error = assertThrows(() => swapAt(failLinks(disk.fs, code)), OperationError);
      assertEquals(error.code, told);
      assertEquals(disk.list(), before);
    }
  }
});

Deno.test("swapDirectory() leaves files alone that are called like companions of a database", () => {
  const disk = new MemoryDisk();
  disk.write(`${STORE}/segment/data`, "old");
  disk.write(`${STORE}/segment-wal`, "somebody's");
  disk.write(`${FRESH}/data`, "new");
  swapDirectory(`${STORE}/segment`, FRESH, { store: STORE, aside: KEPT, fs: disk.fs });
  assertEquals(disk.list(), {
    [`${KEPT}/data`]: "old",
    [`${STORE}/segment/data`]: "new",
    [`${STORE}/segment-wal`]: "somebody's",
  });
});

/** Stops a swap where the database has its second name, as a crash does. */
function stopBegun(): MemoryDisk {
  const disk = databaseDisk(new MemoryDisk());
  const stopping = interceptWrites(disk.fs, ({ name, paths }) => {
    const isBegun = disk.fs.look(`${KEPT}/chroma.sqlite3`) !== null;
    if (isBegun && (name !== "rename" || paths[1] === LIVE)) throw systemError("EIO");
    return "as-it-is";
  });
  assertThrows(() => swapAt(stopping));
  return disk;
}

Deno.test("recoverSwaps() takes two files for two, though the runtime rounds their inodes", () => {
  for (const differing of ["a database of another length", "OLD"]) {
    const disk = stopBegun();
    disk.write(LIVE, differing);
    const rounding: WriteFs = {
      ...disk.fs,
      look: (path) => {
        const facts = disk.fs.look(path);
        return facts && { ...facts, inode: path.endsWith(".sqlite3") ? 2 ** 60 : facts.inode };
      },
    };
    const before = disk.list();
    assertEquals(recoverSwaps(STORE, { fs: rounding })[0]?.outcome, "conflict", differing);
    assertEquals(disk.list(), before);
  }
});

Deno.test("recoverSwaps() takes two files for two, though they have one length and one time", () => {
  for (const device of [1, 2]) {
    const disk = stopBegun();
    const { accessedMs = 0, modifiedMs = 0, inode = null } = disk.fs.look(LIVE) ?? {};
    disk.write(LIVE, "OLD");
    disk.fs.setTimes(LIVE, accessedMs, modifiedMs);
    const fs: WriteFs = {
      ...disk.fs,
      look: (path) => {
        const facts = disk.fs.look(path);
        // The second time it has the same number, and is on another file system.
        return facts && path === LIVE && device === 2 ? { ...facts, inode, device } : facts;
      },
    };
    const before = disk.list();
    assertEquals(recoverSwaps(STORE, { fs })[0]?.outcome, "conflict");
    assertEquals(disk.list(), before);
  }
});

Deno.test("swapFile() keeps the companions by name in the work directory when no place is named", () => {
  const disk = databaseDisk(new MemoryDisk(), ["-wal"]);
  const { aside } = swapAt(disk.fs, null);
  assert(aside !== null);
  const before = disk.list(aside);
  assertEquals(before, {
    [`${aside}/chroma.sqlite3`]: "old",
    [`${aside}/chroma.sqlite3-wal`]: "old-wal",
  });
  assert(aside.startsWith("/data/store.vecfsck/replaced/chroma.sqlite3.19700101T000000-"), aside);
  // The journal has gone, and what was replaced stays.
  assertEquals(disk.fs.list("/data/store.vecfsck"), ["replaced"]);
});

/** A database comes where none was. */
const PUT_IN: Scenario = {
  setUp(disk) {
    disk.write(`${STORE}/other`, "other");
    disk.write(FRESH, "new");
  },
  run: (fs) => void swapAt(fs),
  recover: (fs) => void recoverSwaps(STORE, { fs }),
  judge(files) {
    const isNew = files[LIVE] !== undefined;
    const expected = { [`${STORE}/other`]: "other", [isNew ? LIVE : FRESH]: "new" };
    assertEquals(files, expected);
    return isNew ? "new" : "old";
  },
};

Deno.test("swapFile() puts a database where none was", () => {
  const disk = new MemoryDisk();
  PUT_IN.setUp(disk);
  assertEquals(swapAt(disk.fs), { aside: null });
  assertEquals(PUT_IN.judge(disk.list()), "new");
});

Deno.test("swapFile() puts a database where none was, or leaves nothing, after every fault", () => {
  const states = { old: 0, new: 0 };
  for (const { state } of exploreFaults(PUT_IN)) states[state]++;
  assert(states.old > 20 && states.new > 20, JSON.stringify(states));
});

Deno.test("swapFile() puts a database where none was, or leaves nothing, after every power cut", () => {
  const tally = exploreCrashes(PUT_IN);
  assert(tally.cuts > 8 && tally.old > 3 && tally.new > 0, JSON.stringify(tally));
});

/** The files as Windows has them, with no inodes either. */
function withoutInodes(fs: WriteFs): WriteFs {
  const windows = asOnWindows(fs, { held: new Map(), hasInodes: false });
  return adaptToPlatform(windows, WINDOWS, () => {});
}

for (const companions of SETS) {
  const name = companions.length === 0 ? "no companions" : companions.join(" ");

  Deno.test(`swapFile() works on Windows, with ${name}`, () => {
    for (const hasInodes of [false, true]) {
      const disk = databaseDisk(new WindowsDisk(), companions);
      disk.hasInodes = hasInodes;
      const fs = adaptToPlatform(disk.windowsFs, WINDOWS, () => {});
      assertEquals(swapAt(fs), { aside: KEPT });
      assertEquals(disk.list(), replaced(companions));
    }
  });

  Deno.test(`swapFile() leaves the old or the new state after every fault on Windows, ${name}`, () => {
    const scenario: Scenario = {
      setUp: (disk) => void databaseDisk(disk, companions),
      run: (fs) => void swapAt(withoutInodes(fs)),
      recover: (fs) => void recoverSwaps(STORE, { fs: withoutInodes(fs) }),
      judge(files) {
        if (files[LIVE] === "new") {
          assertEquals(files, replaced(companions));
          return "new";
        }
        const before = ["", ...companions].map((suffix) => [LIVE + suffix, `old${suffix}`]);
        assertEquals(files, { ...Object.fromEntries(before), [FRESH]: "new" });
        return "old";
      },
    };
    const states = { old: 0, new: 0 };
    for (const { state } of exploreFaults(scenario)) states[state]++;
    assert(states.old > 30 && states.new > 30, JSON.stringify(states));
  });
}

Deno.test("swapFile() changes nothing on Windows while somebody has the database open", () => {
  for (const hasInodes of [false, true]) {
    for (const held of [LIVE, FRESH]) {
      const disk = databaseDisk(new WindowsDisk(), ["-journal"]);
      disk.hasInodes = hasInodes;
      disk.held.set(held, Infinity);
      const before = disk.list();
      const pauses: number[] = [];
      const fs = adaptToPlatform(disk.windowsFs, WINDOWS, (pause) => void pauses.push(pause));
      const error = assertThrows(() => swapAt(fs), OperationError);
      assertEquals(error.code, "permission-denied");
      assert(pauses.reduce((sum, pause) => sum + pause) >= 2000);
      assertEquals(disk.list(), before);
      disk.held.clear();
      assertEquals(swapAt(fs), { aside: KEPT });
      assertEquals(disk.list(), replaced(["-journal"]));
    }
  }
});

Deno.test("swapFile() waits for the names by which the replacement is reached, before its record", () => {
  const disk = databaseDisk(new MemoryDisk());
  disk.write("/data/new/deep/fresh", "new");
  const synced: string[] = [];
  const fs = interceptWrites(disk.fs, ({ name, paths }) => {
    const isRecord = paths[0]?.startsWith("/data/store.vecfsck/journal/") === true;
    if (isRecord) assert(["/data/new/deep", "/data/new"].every((path) => synced.includes(path)));
    if (name === "syncDirectory") synced.push(paths[0] ?? "");
    return "as-it-is";
  });
  swapFile(LIVE, "/data/new/deep/fresh", { store: STORE, aside: KEPT, fs });
  assertEquals(disk.list(STORE), { [LIVE]: "new" });
});

Deno.test("swapFile() syncs the replacement before its record, and the record before any change", () => {
  const disk = databaseDisk(new MemoryDisk(), ["-wal"]);
  const operations: string[] = [];
  const fs = interceptWrites(disk.fs, ({ name, paths }) => {
    operations.push([name, ...paths].join(" "));
    return "as-it-is";
  });
  swapAt(fs);
  // Each rename from one directory to another is on the disk, in both, before the next step.
  for (const [index, operation] of operations.entries()) {
    const [name, from = "", to = ""] = operation.split(" ");
    if (name !== "rename" || dirname(from) === dirname(to)) continue;
    assertEquals(operations.slice(index + 1, index + 3), [
      `syncDirectory ${dirname(to)}`,
      `syncDirectory ${dirname(from)}`,
    ]);
  }
  const indexOf = (text: string): number => {
    const index = operations.findIndex((operation) => operation.startsWith(text));
    assert(index >= 0, `${text} in ${operations.join("\n")}`);
    return index;
  };
  const order = [
    `syncFile ${FRESH}`,
    "rename /data/store.vecfsck/journal/.",
    "syncDirectory /data/store.vecfsck/journal",
    `linkFile ${LIVE}-wal`,
    `rename ${LIVE} ${KEPT}`,
    `removeFile ${LIVE}-wal`,
    `rename ${FRESH} ${LIVE}`,
    "removeFile /data/store.vecfsck/journal/",
  ].map(indexOf);
  assertEquals(order, order.toSorted((first, second) => first - second), operations.join("\n"));
});
