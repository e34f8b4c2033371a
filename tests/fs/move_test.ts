import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { moveAcrossDevices } from "../../lib/fs/move.ts";
import { isTemporaryName } from "../../lib/fs/names.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import { removeTemporaries } from "../../lib/fs/tree.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";
import { exploreCrashes, exploreFaults, type Scenario } from "./explore.ts";

const STORE = "/data/store";
const SOURCE = "/data/store/segment";
const DESTINATION = "/other/quarantine/segment";
const NOW = (): Date => new Date(0);

const TREE: Readonly<Record<string, string>> = {
  "/data": "vectors",
  "/deep/links": "links",
  "/deep/empty": "/",
  "/link": "-> /data/store/other",
};

function setUpTree(disk: MemoryDisk, otherDevice: boolean): void {
  disk.write(`${SOURCE}/data`, "vectors");
  disk.write(`${SOURCE}/deep/links`, "links");
  disk.makeDirectories(`${SOURCE}/deep/empty`);
  disk.fs.makeSymbolicLink("/data/store/other", `${SOURCE}/link`);
  setUpRest(disk, otherDevice);
}

/** By these a place outside is known for that of an entry of the store. */
const MANIFESTS = ["/other/quarantine", "/data/store.vecfsck/quarantine/id"]
  .map((directory) => `${directory}/manifest.json`);

function setUpRest(disk: MemoryDisk, otherDevice: boolean): void {
  disk.write(`${STORE}/other`, "other");
  if (otherDevice) disk.mount("/other");
  for (const path of MANIFESTS) disk.write(path, '{ "vecfsckQuarantine": 1 }');
}

/** Everything that is there, without the directories that have become empty. */
function filesOf(files: Record<string, string>): Record<string, string> {
  const empty = ["/data/store", "/other/quarantine", "/other", "/data"];
  return Object.fromEntries(
    Object.entries(files).filter(([path]) => !empty.includes(path) && !MANIFESTS.includes(path)),
  );
}

function expectedAt(root: string, tree: Readonly<Record<string, string>>): Record<string, string> {
  const moved = Object.entries(tree).map(([name, content]) => [root + name, content]);
  return { ...Object.fromEntries(moved), [`${STORE}/other`]: "other" };
}

function moveScenario(
  tree: Readonly<Record<string, string>>,
  setUp: (disk: MemoryDisk) => void,
): Scenario {
  return {
    setUp,
    run: (fs) => void moveAcrossDevices(SOURCE, DESTINATION, { store: STORE, now: NOW, fs }),
    recover: (fs) => void recoverSwaps(STORE, { fs }),
    judge(files) {
      const state = Object.keys(files).some((path) => path.startsWith(SOURCE)) ? "old" : "new";
      const expected = expectedAt(state === "old" ? SOURCE : DESTINATION, tree);
      assertEquals(filesOf(files), expected);
      return state;
    },
  };
}

const MOVES: readonly [string, Scenario][] = [
  ["a directory", moveScenario(TREE, (disk) => setUpTree(disk, false))],
  ["a directory to another device", moveScenario(TREE, (disk) => setUpTree(disk, true))],
  [
    "a file to another device",
    moveScenario({ "": "the file" }, (disk) => {
      disk.write(SOURCE, "the file");
      setUpRest(disk, true);
    }),
  ],
];

for (const [name, scenario] of MOVES) {
  Deno.test(`moveAcrossDevices() moves ${name}`, () => {
    const disk = new MemoryDisk();
    scenario.setUp(disk);
    scenario.run(disk.fs);
    assertEquals(scenario.judge(disk.list()), "new");
  });

  Deno.test(`moveAcrossDevices() leaves the old or the new state after every fault: ${name}`, () => {
    const states = { old: 0, new: 0 };
    for (const { fault, files, state } of exploreFaults(scenario)) {
      states[state]++;
      // Under its real name there is all of it or nothing, before the next start already.
      const tree = scenario === MOVES[2]?.[1] ? { "": "the file" } : TREE;
      for (const root of [SOURCE, DESTINATION]) {
        const there = Object.entries(files).filter(([path]) =>
          path === root || path.startsWith(`${root}/`)
        );
        if (there.length === 0) continue;
        const expected = Object.entries(tree).map(([path, content]) => [root + path, content]);
        assertEquals(there.sort(), expected.sort(), JSON.stringify(fault));
      }
    }
    assert(states.old > 20 && states.new > 10, JSON.stringify(states));
  });

  Deno.test(`moveAcrossDevices() leaves the old or the new state after a power cut: ${name}`, () => {
    const tally = exploreCrashes(scenario);
    assert(tally.old > 0 && tally.new > 0, JSON.stringify(tally));
    if (name.includes("device")) {
      assert(tally.cuts > 20 && tally.states > 10, JSON.stringify(tally));
    }
  });
}

function moved(setUp: (disk: MemoryDisk) => void): MemoryDisk {
  const disk = new MemoryDisk();
  setUp(disk);
  return disk;
}

Deno.test("moveAcrossDevices() keeps modes, owners, times and links", () => {
  const disk = moved((made) => setUpTree(made, true));
  const { fs } = disk;
  fs.setMode(`${SOURCE}/data`, 0o640);
  fs.setOwner(`${SOURCE}/data`, 7, 8);
  fs.setMode(`${SOURCE}/deep`, 0o555);
  fs.setTimes(`${SOURCE}/deep`, 1_000, 2_000);
  fs.setTimes(`${SOURCE}/link`, 3_000, 4_000);
  const before = ["", "/data", "/deep", "/link"].map((name) => fs.look(SOURCE + name));
  assertEquals(moveAcrossDevices(SOURCE, DESTINATION, { fs }), { how: "copied", leftover: null });
  const after = ["", "/data", "/deep", "/link"].map((name) => fs.look(DESTINATION + name));
  const kept = (facts: typeof before): unknown =>
    facts.map((entry) => {
      const { kind, mode, userId, groupId, accessedMs, modifiedMs } = entry ?? {};
      return { kind, mode, userId, groupId, accessedMs, modifiedMs };
    });
  assertEquals(kept(after), kept(before));
  assertEquals(fs.readLink(`${DESTINATION}/link`), "/data/store/other");
  // The directory that its owner may not write has not stopped the removal of the source.
  assertEquals(fs.look(SOURCE), null);
});

Deno.test("moveAcrossDevices() gives a copy to nobody else when the owner cannot be kept", () => {
  const disk = moved((made) => setUpRest(made, true));
  disk.write(SOURCE, "the file");
  disk.fs.setOwner(SOURCE, 7, 8);
  disk.fs.setMode(SOURCE, 0o6775);
  disk.user = { userId: 9, groupId: 9 };
  moveAcrossDevices(SOURCE, DESTINATION, { fs: disk.fs });
  assertEquals(disk.fs.look(DESTINATION)?.mode, 0o705);
});

Deno.test("moveAcrossDevices() keeps holes, and zeros that were written", () => {
  const disk = moved((made) => setUpRest(made, true));
  const { fs } = disk;
  {
    using file = fs.createFile(SOURCE, 0o644);
    for (
      const [offset, bytes] of [
        [4096 * 300, new Uint8Array(5000).fill(1)],
        [4096 * 700, Uint8Array.of(0, 0, 0, 128)],
        [4_999_999, Uint8Array.of(7)],
      ] as const
    ) {
      file.seek(offset);
      file.write(bytes);
    }
  }
  {
    using file = fs.createFile(`${STORE}/zeros`, 0o644);
    file.write(new Uint8Array(8192));
  }
  const before = fs.look(SOURCE);
  const bytes = fs.openForReading(SOURCE).readAt(0, new Uint8Array(5_000_000));
  moveAcrossDevices(SOURCE, DESTINATION, { fs });
  const after = fs.look(DESTINATION);
  assertEquals(after?.sizeBytes, 5_000_000);
  assertEquals(after?.allocatedBytes, before?.allocatedBytes);
  assertEquals(fs.openForReading(DESTINATION).readAt(0, new Uint8Array(5_000_000)), bytes);
  moveAcrossDevices(`${STORE}/zeros`, "/other/zeros", { fs });
  assertEquals(fs.look("/other/zeros")?.allocatedBytes, 8192);
});

Deno.test("moveAcrossDevices() copies only for EXDEV and throws every other error as it is", () => {
  for (const code of ["EACCES", "EIO", "ENOSPC", "EBUSY", "EPERM", "ENOTEMPTY"]) {
    const disk = moved((made) => setUpTree(made, true));
    const before = disk.list();
    const thrown = systemError(code);
    let renames = 0;
    const refusing: WriteFs = {
      ...disk.fs,
      rename: (from, to) => {
        if (renames++ === 0) throw thrown;
        disk.fs.rename(from, to);
      },
    };
    let caught: unknown;
    try {
      moveAcrossDevices(SOURCE, DESTINATION, { fs: refusing });
    } catch (error) {
      caught = error;
    }
    assert(caught === thrown, code);
    assertEquals(disk.list(), before);
  }
});

Deno.test("moveAcrossDevices() never overwrites", () => {
  for (const otherDevice of [false, true]) {
    const disk = moved((made) => setUpTree(made, otherDevice));
    for (const content of ["file", "directory"]) {
      if (content === "file") disk.write(DESTINATION, "somebody's");
      else disk.makeDirectories(DESTINATION);
      const before = disk.list();
      assertThrows(
        () => moveAcrossDevices(SOURCE, DESTINATION, { fs: disk.fs }),
        OperationError,
        `${DESTINATION} exists already and is not overwritten`,
      );
      assertEquals(disk.list(), before);
      if (content === "file") disk.fs.removeFile(DESTINATION);
    }
  }
});

Deno.test("moveAcrossDevices() overwrites nothing that appears while it copies", () => {
  const disk = moved((made) => setUpTree(made, true));
  const { fs } = disk;
  const racing = interceptWrites(fs, ({ name }) => {
    if (name === "setTimes" && fs.look(DESTINATION) === null) disk.write(DESTINATION, "somebody's");
    return "as-it-is";
  });
  assertThrows(
    () => moveAcrossDevices(SOURCE, DESTINATION, { fs: racing }),
    OperationError,
    "exists already",
  );
  assertEquals(filesOf(disk.list()), { ...expectedAt(SOURCE, TREE), [DESTINATION]: "somebody's" });
});

Deno.test("moveAcrossDevices() gives up when the source changes while it is copied", () => {
  const disk = moved((made) => setUpTree(made, true));
  const { fs } = disk;
  let changes = 0;
  const racing = interceptWrites(fs, ({ name, paths }) => {
    if (name === "makeDirectory" && paths[0]?.includes("deep") && changes++ === 0) {
      disk.write(`${SOURCE}/data`, "changed");
    }
    return "as-it-is";
  });
  const error = assertThrows(
    () => moveAcrossDevices(SOURCE, DESTINATION, { fs: racing }),
    OperationError,
  );
  assertEquals([error.code, error.message], ["busy", `${SOURCE} was changed while it was copied`]);
  assertEquals(filesOf(disk.list()), expectedAt(SOURCE, { ...TREE, "/data": "changed" }));
});

Deno.test("moveAcrossDevices() gives up when the copy is not the same", () => {
  const disk = moved((made) => setUpTree(made, true));
  const lying: WriteFs = {
    ...disk.fs,
    createFile: (path, mode) => {
      const file = disk.fs.createFile(path, mode);
      return { ...file, write: (bytes) => file.write(bytes.map((byte) => byte ^ 1)) };
    },
  };
  assertThrows(
    () => moveAcrossDevices(SOURCE, DESTINATION, { fs: lying }),
    OperationError,
    `The copy of ${SOURCE} is not the same`,
  );
  assertEquals(filesOf(disk.list()), expectedAt(SOURCE, TREE));
});

Deno.test("moveAcrossDevices() names both places when putting back fails too", () => {
  const disk = moved((made) => setUpTree(made, false));
  let renames = 0;
  const failing = interceptWrites(disk.fs, ({ name }) => {
    if (name === "syncDirectory" || (name === "rename" && renames++ > 0)) throw systemError("EIO");
    return "as-it-is";
  });
  const error = assertThrows(
    () => moveAcrossDevices(SOURCE, DESTINATION, { fs: failing }),
    OperationError,
  );
  assertStringIncludes(error.message, `${DESTINATION} holds the data, and ${SOURCE} is missing`);
});

Deno.test("moveAcrossDevices() takes the copy away when the source cannot be removed", () => {
  const disk = moved((made) => setUpTree(made, true));
  const failing = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "rename" && paths[0] === SOURCE && !paths[1]?.startsWith("/other")) {
      throw systemError("EACCES");
    }
    return "as-it-is";
  });
  assertThrows(
    () => moveAcrossDevices(SOURCE, DESTINATION, { fs: failing }),
    Deno.errors.PermissionDenied,
  );
  assertEquals(filesOf(disk.list()), expectedAt(SOURCE, TREE));
});

Deno.test("moveAcrossDevices() says so when both places hold the data", () => {
  const disk = moved((made) => setUpTree(made, true));
  const failing = interceptWrites(disk.fs, ({ name, paths }) => {
    const isBack = name === "rename" && paths[0] === DESTINATION;
    const isRemoval = name === "rename" && paths[0] === SOURCE && paths[1]?.startsWith("/data");
    if (isBack || isRemoval) throw systemError("EACCES");
    return "as-it-is";
  });
  const error = assertThrows(
    () => moveAcrossDevices(SOURCE, DESTINATION, { fs: failing }),
    OperationError,
  );
  assertStringIncludes(error.message, `${SOURCE} and ${DESTINATION} both hold the data`);
});

Deno.test("moveAcrossDevices() tells what is left of a source that cannot be removed whole", () => {
  const disk = moved((made) => setUpTree(made, true));
  const failing = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "removeFile" && paths[0]?.includes("links")) throw systemError("EIO");
    return "as-it-is";
  });
  const { how, leftover } = moveAcrossDevices(SOURCE, DESTINATION, {
    store: STORE,
    now: NOW,
    fs: failing,
  });
  assertEquals(how, "copied");
  assert(leftover !== null && isTemporaryName(leftover.slice(STORE.length + 1)), leftover ?? "");
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(change?.outcome, "completed");
  assertEquals(filesOf(disk.list()), expectedAt(DESTINATION, TREE));
});

Deno.test("moveAcrossDevices() refuses to copy a directory into itself", () => {
  const disk = moved((made) => setUpTree(made, true));
  const refusing: WriteFs = {
    ...disk.fs,
    rename: () => {
      throw systemError("EXDEV");
    },
  };
  for (const inside of [`${SOURCE}/deep/copy`, `${SOURCE}/..copy`]) {
    assertThrows(
      () => moveAcrossDevices(SOURCE, inside, { fs: refusing }),
      OperationError,
      `${inside} is inside ${SOURCE}`,
    );
  }
});

Deno.test("moveAcrossDevices() refuses names that the runtime cannot say", () => {
  const disk = moved((made) => setUpTree(made, true));
  const before = disk.list();
  const fs: WriteFs = {
    ...disk.fs,
    list: (path) => path === SOURCE ? [...disk.fs.list(path), "caf\ufffd"] : disk.fs.list(path),
  };
  const error = assertThrows(() => moveAcrossDevices(SOURCE, DESTINATION, { fs }), OperationError);
  assertStringIncludes(error.message, "is not UTF-8");
  assertEquals(disk.list(), before);
});

/** Stops a move by copy before an operation, as a crash does. */
function stopBefore(stop: (name: string, paths: readonly string[]) => boolean): MemoryDisk {
  const disk = moved((made) => setUpTree(made, true));
  let isStopped = false;
  const stopping = interceptWrites(disk.fs, ({ name, paths }) => {
    isStopped ||= stop(name, paths);
    if (isStopped) throw systemError("EIO");
    return "as-it-is";
  });
  assertThrows(() =>
    moveAcrossDevices(SOURCE, DESTINATION, { store: STORE, now: NOW, fs: stopping })
  );
  return disk;
}

Deno.test("recoverSwaps() removes the incomplete copy of an interrupted move, and says so", () => {
  const disk = stopBefore((name, paths) => name === "createFile" && !!paths[0]?.includes("links"));
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(
    [change?.outcome, change?.message],
    [
      "undone",
      "Undid a move that was interrupted (begun at 1970-01-01T00:00:00.000Z): " +
      `${SOURCE} is where it was`,
    ],
  );
  assertEquals(filesOf(disk.list()), expectedAt(SOURCE, TREE));
});

/** The same move by copy, with one operation failing once: it is undone. */
function failingMove(fails: (name: string, paths: readonly string[]) => boolean): Scenario {
  const scenario = MOVES[1]?.[1];
  assert(scenario !== undefined);
  return {
    ...scenario,
    finished: "old",
    run(fs) {
      let hasFailed = false;
      const failing = interceptWrites(fs, ({ name, paths }) => {
        if (hasFailed || !fails(name, paths)) return "as-it-is";
        hasFailed = true;
        throw systemError("EIO");
      });
      try {
        scenario.run(failing);
      } catch (error) {
        if (!String(error).includes("EIO")) throw error;
      }
    },
  };
}

Deno.test("moveAcrossDevices() undoes no less safely than it does", () => {
  const failures: ((name: string, paths: readonly string[]) => boolean)[] = [
    (name, paths) => name === "createFile" && !!paths[0]?.includes("links"),
    (name, paths) => name === "rename" && paths[1] === DESTINATION && paths[0] !== SOURCE,
    (name, paths) => name === "rename" && !!paths[1]?.includes(".removed"),
  ];
  for (const fails of failures) {
    const tally = exploreCrashes(failingMove(fails));
    assert(tally.cuts > 10 && tally.old > 5, JSON.stringify(tally));
  }
});

Deno.test("recoverSwaps() touches nothing when both places are empty", () => {
  const disk = stopBefore((name, paths) => name === "createFile" && !!paths[0]?.includes("links"));
  disk.fs.rename(SOURCE, "/data/elsewhere");
  const before = disk.list();
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(change?.outcome, "conflict");
  assertEquals(disk.list(), before);
});

Deno.test("recoverSwaps() tells which move the disk refuses, and tries again the next time", () => {
  const isCopy = (name: string, paths: readonly string[]): boolean =>
    name === "createFile" && !!paths[0]?.includes("links");
  const disk = stopBefore(isCopy);
  const failing = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "removeDirectory" && paths[0]?.includes(".new")) throw systemError("EACCES");
    return "as-it-is";
  });
  const [change] = recoverSwaps(STORE, { fs: failing });
  assertEquals([change?.outcome, change?.error?.code], ["failed", "permission-denied"]);
  assertEquals([change?.message, change?.error?.path], [
    `No permission to write ${SOURCE}`,
    SOURCE,
  ]);
  assertEquals(recoverSwaps(STORE, { fs: disk.fs })[0]?.outcome, "undone");
  assertEquals(filesOf(disk.list()), expectedAt(SOURCE, TREE));
});

Deno.test("recoverSwaps() removes no source that differs from the copy", () => {
  const isRemoval = (name: string, paths: readonly string[]): boolean =>
    name === "rename" && paths[0] === SOURCE && !!paths[1]?.includes(".removed");
  const disk = stopBefore(isRemoval);
  disk.write(`${SOURCE}/data`, "written since");
  const before = disk.list();
  const [change] = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(change?.outcome, "conflict");
  assertEquals(disk.list(), before);
});

Deno.test("removeTemporaries() removes what a move without a journal has left, and nothing else", () => {
  const disk = moved((made) => setUpTree(made, true));
  let isStopped = false;
  const stopping = interceptWrites(disk.fs, ({ name, paths }) => {
    isStopped ||= name === "createFile" && !!paths[0]?.includes("links");
    if (isStopped) throw systemError("EIO");
    return "as-it-is";
  });
  assertThrows(() => moveAcrossDevices(SOURCE, DESTINATION, { fs: stopping }));
  disk.write("/other/quarantine/.kept.vecfsck", "kept");
  const removed = removeTemporaries(disk.fs, "/other/quarantine");
  assertEquals(removed.length, 1);
  assertEquals(filesOf(disk.list()), {
    ...expectedAt(SOURCE, TREE),
    "/other/quarantine/.kept.vecfsck": "kept",
  });
});
