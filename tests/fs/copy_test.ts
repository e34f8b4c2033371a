import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import {
  copyAttributes,
  copyFile,
  copyPermissions,
  copyTree,
  digestFile,
  digestTree,
  requireSize,
  writeAll,
} from "../../lib/fs/copy.ts";
import { CHUNK_SIZE_BYTES } from "../../lib/fs/read_fs.ts";
import type { EntryFacts, ReadableFile, WritableFile, WriteFs } from "../../lib/fs/write_fs.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";

const SOURCE = "/data/source";
const TARGET = "/data/target";

function sourceDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.write(`${SOURCE}/file`, "content");
  disk.fs.makeSymbolicLink("file", `${SOURCE}/link`);
  return disk;
}

function factsAt(fs: WriteFs, path: string): EntryFacts {
  const facts = fs.look(path);
  assert(facts !== null, path);
  return facts;
}

/** Refuses operations as a file system does that does not have them. */
function refuse(fs: WriteFs, code: string, ...names: (keyof WriteFs)[]): WriteFs {
  return interceptWrites(fs, ({ name }) => {
    if ((names as string[]).includes(name)) throw systemError(code, name);
    return "as-it-is";
  });
}

Deno.test("copyTree() gives a copy to nobody when the file system refuses modes, owners and times", () => {
  for (const code of ["EPERM", "ENOTSUP", "ENOSYS"]) {
    const disk = sourceDisk();
    disk.fs.setOwner(`${SOURCE}/file`, 7, 8);
    disk.fs.setMode(`${SOURCE}/file`, 0o666);
    disk.fs.setMode(SOURCE, 0o777);
    copyTree(refuse(disk.fs, code, "setMode", "setOwner", "setTimes"), SOURCE, TARGET);
    assertEquals(factsAt(disk.fs, `${TARGET}/file`).mode, 0o600);
    assertEquals(factsAt(disk.fs, TARGET).mode, 0o700);
    assertEquals(digestTree(disk.fs, TARGET), digestTree(disk.fs, SOURCE));
  }
});

Deno.test("copyTree() fails, and does not pass over it, when modes, owners or times fail", () => {
  for (const name of ["setMode", "setOwner", "setTimes"] as const) {
    for (const code of ["EIO", "EACCES", "ENOSPC", "EROFS"]) {
      const disk = sourceDisk();
      disk.fs.setOwner(`${SOURCE}/file`, 7, 8);
      assertThrows(() => copyTree(refuse(disk.fs, code, name), SOURCE, TARGET), Error, code);
    }
  }
});

Deno.test("copyPermissions() never opens an entry to more users than the original", () => {
  const cases: readonly (readonly [owner: number, group: number, mode: number, kept: number])[] = [
    [0, 0, 0o6775, 0o6775],
    [7, 0, 0o6775, 0o2775],
    [0, 8, 0o6775, 0o4705],
    [7, 8, 0o6775, 0o0705],
    [7, 8, 0o1777, 0o1707],
    // The group was allowed less than everybody: its users are now among everybody.
    [0, 8, 0o0604, 0o0600],
    [0, 8, 0o0657, 0o0605],
    [7, 0, 0o0604, 0o0604],
  ];
  for (const [owner, group, mode, kept] of cases) {
    const disk = sourceDisk();
    const path = `${SOURCE}/file`;
    const original = { ...factsAt(disk.fs, path), userId: owner, groupId: group, mode };
    copyPermissions(refuse(disk.fs, "EPERM", "setOwner"), original, path);
    assertEquals(factsAt(disk.fs, path).mode, kept, `${owner}:${group} ${mode.toString(8)}`);
  }
});

Deno.test("copyPermissions() gives an entry the owner and the group of the original", () => {
  for (const [userId, groupId] of [[7, 0], [0, 8], [7, 8]] as const) {
    const disk = sourceDisk();
    const path = `${SOURCE}/file`;
    copyPermissions(disk.fs, { ...factsAt(disk.fs, path), userId, groupId, mode: 0o660 }, path);
    const facts = factsAt(disk.fs, path);
    assertEquals([facts.userId, facts.groupId, facts.mode], [userId, groupId, 0o660]);
  }
});

Deno.test("copyPermissions() sets the owner before the mode, which a new owner would clear", () => {
  const disk = sourceDisk();
  const path = `${SOURCE}/file`;
  const operations: string[] = [];
  const fs = interceptWrites(disk.fs, ({ name }) => {
    operations.push(name);
    return "as-it-is";
  });
  const original = { ...factsAt(disk.fs, path), userId: 7, groupId: 8, mode: 0o4711 };
  copyPermissions(fs, original, path);
  copyPermissions(fs, original, path);
  assertEquals(operations, ["setOwner", "setMode", "setMode"]);
  assertEquals(factsAt(disk.fs, path).mode, 0o4711);
});

Deno.test("copyPermissions() changes nothing where the system has no owners or no modes", () => {
  const disk = sourceDisk();
  const silent = interceptWrites(disk.fs, ({ name }) => {
    throw new Error(name);
  });
  const original = factsAt(disk.fs, `${SOURCE}/file`);
  for (const missing of [{ userId: null }, { groupId: null }, { mode: null }]) {
    copyPermissions(silent, { ...original, ...missing }, `${SOURCE}/file`);
  }
});

Deno.test("copyAttributes() sets no mode of a link, which would be that of what it leads to", () => {
  const disk = sourceDisk();
  const operations: string[] = [];
  const fs = interceptWrites(disk.fs, ({ name }) => {
    operations.push(name);
    return "as-it-is";
  });
  const original = { ...factsAt(disk.fs, `${SOURCE}/link`), userId: 7, modifiedMs: 5 };
  copyAttributes(fs, original, `${SOURCE}/link`);
  assertEquals(operations, ["setOwner", "setTimes"]);
  assertEquals(factsAt(disk.fs, `${SOURCE}/link`).modifiedMs, 5);
});

/** Changes a file at the moment when its bytes are read for the first time. */
function changeWhileRead(disk: MemoryDisk, path: string, change: () => void): WriteFs {
  let done = false;
  return {
    ...disk.fs,
    openForReading: (opened): ReadableFile => {
      const file = disk.fs.openForReading(opened);
      if (opened !== path || done) return file;
      const { sizeBytes } = file;
      done = true;
      change();
      // As a real file does: what is read is what is there now, within the size that it had.
      return {
        ...file,
        sizeBytes,
        readAt: (offset, target) => disk.fs.openForReading(path).readAt(offset, target),
      };
    },
  };
}

Deno.test("copyTree() refuses a source that shrinks, grows, changes or goes while it is copied", () => {
  const path = `${SOURCE}/file`;
  const changes: Record<string, (disk: MemoryDisk) => void> = {
    shrinks: (disk) => disk.write(path, "con"),
    empties: (disk) => disk.write(path, ""),
    grows: (disk) => disk.write(path, "content and more"),
    changes: (disk) => disk.write(path, "CONTENT"),
    "is replaced": (disk) => {
      const { accessedMs, modifiedMs } = factsAt(disk.fs, path);
      disk.write(path, "content");
      disk.fs.setTimes(path, accessedMs, modifiedMs);
    },
    "is touched": (disk) => disk.fs.setTimes(path, 0, 5),
    "gets a neighbour": (disk) => disk.write(`${SOURCE}/new`, ""),
    "loses a neighbour": (disk) => disk.fs.removeFile(`${SOURCE}/link`),
    "changes its kind": (disk) => {
      disk.fs.removeFile(`${SOURCE}/link`);
      disk.write(`${SOURCE}/link`, "");
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    const disk = sourceDisk();
    const fs = changeWhileRead(disk, path, () => change(disk));
    const error = assertThrows(() => copyTree(fs, SOURCE, TARGET), OperationError);
    // A name that goes before it was reached is told as such.
    const isGone = name === "loses a neighbour";
    assertEquals(error.code, isGone ? "not-found" : "busy", name);
    if (!isGone) assert(error.message.endsWith("was changed while it was copied"), name);
    assert(error.hint !== null, name);
  }
});

Deno.test("copyTree() notices a change by the kind, the length, the time or the inode alone", () => {
  const path = `${SOURCE}/file`;
  const changes: Partial<EntryFacts>[] = [
    { kind: "link" },
    { sizeBytes: 8 },
    { modifiedMs: 5 },
    { inode: 5 },
  ];
  for (const change of changes) {
    const disk = sourceDisk();
    // The source is stamped again when the copy is complete.
    const isCopied = (): boolean => (disk.fs.look(`${TARGET}/link`)?.modifiedMs ?? 0) === 77;
    disk.fs.setTimes(`${SOURCE}/link`, 77, 77);
    const fs: WriteFs = {
      ...disk.fs,
      look: (looked) => {
        const facts = disk.fs.look(looked);
        return facts && looked === path && isCopied() ? { ...facts, ...change } : facts;
      },
    };
    const error = assertThrows(() => copyTree(fs, SOURCE, TARGET), OperationError);
    assertEquals(error.code, "busy", JSON.stringify(change));
  }
});

Deno.test("digestTree() tells a file from a link that leads to its digest", () => {
  const disk = new MemoryDisk();
  disk.write("/one/a", "content");
  disk.makeDirectories("/two");
  disk.fs.makeSymbolicLink(digestFile(disk.fs, "/one/a"), "/two/a");
  assertNotEquals(digestTree(disk.fs, "/one"), digestTree(disk.fs, "/two"));
});

Deno.test("copyTree() is indifferent to reading, which changes the times of a directory", () => {
  const disk = sourceDisk();
  const { modifiedMs } = factsAt(disk.fs, SOURCE);
  const fs = changeWhileRead(
    disk,
    `${SOURCE}/file`,
    () => disk.fs.setTimes(SOURCE, 99_999, modifiedMs),
  );
  copyTree(fs, SOURCE, TARGET);
  assertEquals(digestTree(disk.fs, TARGET), digestTree(disk.fs, SOURCE));
});

Deno.test("copyFile() copies every length around a chunk, and answers with the digest", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  for (const extra of [-1, 0, 1]) {
    const bytes = new Uint8Array(CHUNK_SIZE_BYTES + extra).map((_, index) => (index * 7) | 1);
    {
      using file = disk.fs.createFile(SOURCE, 0o644);
      file.write(bytes);
    }
    assertEquals(copyFile(disk.fs, SOURCE, TARGET), digestFile(disk.fs, TARGET));
    assertEquals(
      disk.fs.openForReading(TARGET).readAt(0, new Uint8Array(2 * CHUNK_SIZE_BYTES)),
      bytes,
    );
    for (const path of [SOURCE, TARGET]) disk.fs.removeFile(path);
  }
});

Deno.test("copyFile() copies what there was when it began, however much the file grows", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  const sizeBytes = CHUNK_SIZE_BYTES + 5;
  {
    using file = disk.fs.createFile(SOURCE, 0o644);
    file.write(new Uint8Array(sizeBytes).fill(1));
  }
  const fs = changeWhileRead(disk, SOURCE, () => {
    disk.fs.removeFile(SOURCE);
    using file = disk.fs.createFile(SOURCE, 0o644);
    file.write(new Uint8Array(sizeBytes + 1000).fill(1));
  });
  copyFile(fs, SOURCE, TARGET);
  assertEquals(factsAt(disk.fs, TARGET).sizeBytes, sizeBytes);
});

Deno.test("copyFile() tells of a file that is gone when it comes to it", () => {
  const disk = sourceDisk();
  const error = assertThrows(
    () => copyFile(disk.fs, `${SOURCE}/none`, TARGET),
    OperationError,
    `${SOURCE}/none was changed while it was copied`,
  );
  assertEquals([error.code, disk.fs.look(TARGET)], ["busy", null]);
});

Deno.test("copyFile() notices that the system has lost what it said it wrote", () => {
  const disk = sourceDisk();
  const losing = interceptWrites(disk.fs, ({ name }) => name === "write" ? "lost" : "as-it-is");
  assertThrows(
    () => copyFile(losing, `${SOURCE}/file`, TARGET),
    OperationError,
    `Not everything was written to ${TARGET}`,
  );
});

Deno.test("copyFile() writes zeros where the file system does not tell what takes room", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  {
    using file = disk.fs.createFile(SOURCE, 0o644);
    file.setSize(3 * 4096);
  }
  copyFile(disk.fs, SOURCE, TARGET);
  assertEquals(factsAt(disk.fs, TARGET).allocatedBytes, 0);
  const silent: WriteFs = {
    ...disk.fs,
    look: (path) => ({ ...factsAt(disk.fs, path), allocatedBytes: null }),
  };
  copyFile(silent, SOURCE, "/data/second");
  const { sizeBytes, allocatedBytes } = factsAt(disk.fs, "/data/second");
  assertEquals([sizeBytes, allocatedBytes], [3 * 4096, 3 * 4096]);
});

Deno.test("copyFile() keeps every pattern of holes and data, and the end of the file", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  // A block is data or a hole; the last one is whole, or ends in the middle, with a last byte.
  for (let pattern = 0; pattern < 32; pattern++) {
    for (const tail of [0, 1, 5, 4095]) {
      {
        using file = disk.fs.createFile(SOURCE, 0o644);
        for (let block = 0; block < 5; block++) {
          if ((pattern >> block & 1) === 0) continue;
          file.seek(block < 4 ? block * 4096 + 4095 : 4 * 4096 + tail - 1);
          file.write(Uint8Array.of(block + 1));
        }
        file.setSize(4 * 4096 + tail);
      }
      copyFile(disk.fs, SOURCE, TARGET);
      const [source, target] = [factsAt(disk.fs, SOURCE), factsAt(disk.fs, TARGET)];
      assertEquals(target.sizeBytes, source.sizeBytes);
      assertEquals(target.allocatedBytes, source.allocatedBytes, `${pattern} ${tail}`);
      assertEquals(digestFile(disk.fs, TARGET), digestFile(disk.fs, SOURCE));
      for (const path of [SOURCE, TARGET]) disk.fs.removeFile(path);
    }
  }
});

Deno.test("copyTree() refuses what is neither file, nor link, nor directory", () => {
  const disk = sourceDisk();
  const fs: WriteFs = {
    ...disk.fs,
    look: (path) => {
      const facts = disk.fs.look(path);
      return facts !== null && path === `${SOURCE}/file` ? { ...facts, kind: "other" } : facts;
    },
  };
  assertThrows(
    () => copyTree(fs, SOURCE, TARGET),
    OperationError,
    `${SOURCE}/file is no file and cannot be copied`,
  );
});

Deno.test("copyTree() syncs every file and, after what is in it, every directory of the copy", () => {
  const disk = sourceDisk();
  disk.write(`${SOURCE}/deep/file`, "deep");
  const synced: string[] = [];
  const fs = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "sync" || name === "syncDirectory") synced.push(`${name} ${paths[0]}`);
    // The attributes of a file are waited for as well.
    if (name.startsWith("set")) assert(!synced.includes(`sync ${paths[0]}`), String(paths));
    return "as-it-is";
  });
  copyTree(fs, SOURCE, TARGET);
  assertEquals(synced, [
    `sync ${TARGET}/deep/file`,
    `sync ${TARGET}/file`,
    `syncDirectory ${TARGET}/deep`,
    `syncDirectory ${TARGET}`,
  ]);
});

/** A file that takes so many bytes at a time. */
function slowFile(taken: readonly number[]): { file: WritableFile; written: number[] } {
  const written: number[] = [];
  const rest = [...taken];
  const unused = (): never => {
    throw new Error("not to be called");
  };
  const file: WritableFile = {
    write: (bytes) => {
      const count = Math.min(rest.shift() ?? 0, bytes.byteLength);
      written.push(...bytes.subarray(0, count));
      return count;
    },
    seek: unused,
    setSize: unused,
    look: unused,
    sync: unused,
    [Symbol.dispose]: () => {},
  };
  return { file, written };
}

Deno.test("writeAll() writes on after short writes, and gives up when nothing is taken", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);
  const { file, written } = slowFile([2, 1, 9]);
  writeAll(file, bytes, TARGET);
  assertEquals(written, [1, 2, 3, 4, 5]);
  for (const taken of [[2, 0], [2, -1]]) {
    assertThrows(
      () => writeAll(slowFile(taken).file, bytes, TARGET),
      OperationError,
      `Not everything was written to ${TARGET}`,
    );
  }
});

Deno.test("requireSize() refuses a file that is shorter or longer than what was written", () => {
  const disk = sourceDisk();
  using file = disk.fs.createFile(TARGET, 0o600);
  file.write(Uint8Array.of(1, 2, 3));
  requireSize(file, 3, TARGET);
  for (const sizeBytes of [2, 4]) {
    assertThrows(() => requireSize(file, sizeBytes, TARGET), OperationError, "Not everything");
  }
});
