import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { writeAtomically } from "../../lib/fs/atomic.ts";
import { isTemporaryName } from "../../lib/fs/names.ts";
import { removeTemporaries } from "../../lib/fs/tree.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { MemoryDisk } from "../support/memory_fs.ts";
import { exploreCrashes, exploreFaults, type Scenario } from "./explore.ts";

const PATH = "/data/file.json";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A write in two pieces; what is before may be missing. */
function writeScenario(before: string | null): Scenario {
  return {
    setUp(disk) {
      disk.makeDirectories("/data");
      if (before !== null) disk.write(PATH, before);
    },
    run: (fs) => writeAtomically(PATH, [bytesOf("new "), bytesOf("content")], { fs }),
    recover: (fs) => void removeTemporaries(fs, "/data"),
    judge(files) {
      const { [PATH]: content = null, ...others } = files;
      assertEquals(Object.keys(others).filter((path) => path !== "/data"), []);
      if (content === before) return "old";
      assertEquals(content, "new content");
      return "new";
    },
  };
}

for (
  const [name, scenario] of [
    ["that exists", writeScenario("old content, which is longer")],
    ["that does not exist", writeScenario(null)],
  ] as const
) {
  Deno.test(`writeAtomically() writes a file ${name}`, () => {
    const disk = new MemoryDisk();
    scenario.setUp(disk);
    scenario.run(disk.fs);
    assertEquals(disk.list(), { [PATH]: "new content" });
  });

  Deno.test(`writeAtomically() leaves the old or the new file ${name} after every fault`, () => {
    const states = { old: 0, new: 0 };
    for (const { fault, error, files, state } of exploreFaults(scenario)) {
      states[state]++;
      if (error !== null) assert(error instanceof OperationError);
      // Without a next start as well, and nothing is left behind when the fault is over.
      const left = Object.keys(files).filter((path) => path !== PATH && path !== "/data");
      if (fault.duration === "once") assertEquals(left, [], JSON.stringify(fault));
      for (const path of left) assert(isTemporaryName(path.slice("/data/".length)), path);
    }
    assert(states.old > 20 && states.new > 5, JSON.stringify(states));
  });

  Deno.test(`writeAtomically() leaves the old or the new file ${name} after a power cut`, () => {
    const tally = exploreCrashes(scenario);
    assert(tally.cuts >= 6 && tally.old > 3 && tally.new > 0, JSON.stringify(tally));
  });
}

Deno.test("writeAtomically() tells a full disk from one that is lost and one that is closed", () => {
  const codes = new Map<string, Set<string>>();
  for (const { fault, error } of exploreFaults(writeScenario("old"))) {
    if (!(error instanceof OperationError)) continue;
    codes.set(fault.kind, (codes.get(fault.kind) ?? new Set()).add(error.code));
  }
  assertEquals(Object.fromEntries([...codes].map(([kind, found]) => [kind, [...found]])), {
    ENOSPC: ["no-space"],
    EIO: ["write-failed"],
    EACCES: ["permission-denied"],
    EXDEV: ["write-failed"],
    short: ["write-failed"],
    lost: ["write-failed"],
  });
});

function diskWith(mode: number, userId: number, groupId: number): MemoryDisk {
  const disk = new MemoryDisk();
  disk.write(PATH, "old");
  disk.fs.setOwner(PATH, userId, groupId);
  disk.fs.setMode(PATH, mode);
  return disk;
}

function permissionsOf(fs: WriteFs): unknown {
  const { mode, userId, groupId } = fs.look(PATH) ?? {};
  return { mode: mode?.toString(8), userId, groupId };
}

Deno.test("writeAtomically() keeps the permissions and the owner of what it replaces", () => {
  const disk = diskWith(0o2640, 7, 8);
  writeAtomically(PATH, bytesOf("new"), { fs: disk.fs, mode: 0o666 });
  assertEquals(permissionsOf(disk.fs), { mode: "2640", userId: 7, groupId: 8 });
});

Deno.test("writeAtomically() opens a file to nobody else when the owner cannot be kept", () => {
  const disk = diskWith(0o6664, 7, 8);
  disk.user = { userId: 9, groupId: 9 };
  writeAtomically(PATH, bytesOf("new"), { fs: disk.fs });
  assertEquals(permissionsOf(disk.fs), { mode: "604", userId: 9, groupId: 9 });
  const sameGroup = diskWith(0o6664, 7, 8);
  sameGroup.user = { userId: 9, groupId: 8 };
  writeAtomically(PATH, bytesOf("new"), { fs: sameGroup.fs });
  assertEquals(permissionsOf(sameGroup.fs), { mode: "2664", userId: 9, groupId: 8 });
});

Deno.test("writeAtomically() is never open to more users than the file while it writes", () => {
  const disk = diskWith(0o640, 0, 0);
  const seen: (number | null)[] = [];
  const fs: WriteFs = {
    ...disk.fs,
    rename: (from, to) => {
      seen.push(disk.fs.look(from)?.mode ?? null);
      disk.fs.rename(from, to);
    },
    createFile: (path, mode) => {
      seen.push(mode);
      return disk.fs.createFile(path, mode);
    },
  };
  writeAtomically(PATH, bytesOf("new"), { fs });
  assertEquals(seen, [0o600, 0o640]);
});

Deno.test("writeAtomically() gives a new file the permissions that it is told, or the usual ones", () => {
  for (const [options, mode] of [[{}, 0o644], [{ mode: 0o600 }, 0o600]] as const) {
    const disk = new MemoryDisk();
    disk.makeDirectories("/data");
    writeAtomically(PATH, bytesOf("new"), { ...options, fs: disk.fs });
    assertEquals(disk.fs.look(PATH)?.mode, mode);
  }
});

/** A link to a file elsewhere. */
function makeLinked(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.write("/elsewhere/file", "old");
  disk.makeDirectories("/data");
  disk.fs.makeSymbolicLink("../elsewhere/file", PATH);
  return disk;
}

Deno.test("writeAtomically() takes the place of a link, and of what it leads to nothing is changed", () => {
  const disk = makeLinked();
  writeAtomically(PATH, bytesOf("new"), { fs: disk.fs });
  assertEquals(disk.list(), { "/elsewhere/file": "old", [PATH]: "new" });
});

Deno.test("writeAtomically() follows a link where it is told to, and the link stays", () => {
  const disk = makeLinked();
  writeAtomically(PATH, bytesOf("new"), { fs: disk.fs, followsLink: true });
  assertEquals(disk.list(), { "/elsewhere/file": "new", [PATH]: "-> ../elsewhere/file" });
});

Deno.test("writeAtomically() follows no link that leads to a file of another user", () => {
  const disk = makeLinked();
  for (const [linkOwner, fileOwner, isFollowed] of [[7, 7, true], [0, 7, true], [7, 0, false]]) {
    const fs = {
      ...disk.fs,
      look: (path: string) => {
        const facts = disk.fs.look(path);
        const userId = facts?.kind === "link" ? linkOwner : fileOwner;
        return facts && { ...facts, userId: Number(userId) };
      },
    };
    const write = (): void => writeAtomically(PATH, bytesOf("new"), { fs, followsLink: true });
    if (isFollowed) write();
    else assertThrows(write, OperationError, "is a link to a file of another user");
  }
});

Deno.test("writeAtomically() takes a name as long as the file system allows", async () => {
  for (const name of ["n".repeat(255), "é".repeat(127), `x${"é".repeat(127)}`]) {
    const path = join(await scratchDirectory(), name);
    writeAtomically(path, bytesOf("content"));
    assertEquals(await Deno.readTextFile(path), "content");
  }
});

Deno.test("writeAtomically() works on a real disk", async () => {
  const directory = await scratchDirectory();
  const path = join(directory, "file");
  writeAtomically(path, bytesOf("first"), { mode: 0o600 });
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode, 0o100600);
  writeAtomically(path, [bytesOf("sec"), bytesOf("ond")]);
  assertEquals(await Deno.readTextFile(path), "second");
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode, 0o100600);
  assertEquals(Array.from(Deno.readDirSync(directory), ({ name }) => name), ["file"]);
  const error = assertThrows(
    () => writeAtomically(join(directory, "none", "file"), bytesOf("x")),
    OperationError,
  );
  assertEquals(error.code, "write-failed");
});
