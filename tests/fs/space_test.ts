import { assert, assertEquals, assertThrows } from "@std/assert";
import { basename, dirname } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { isTemporaryName } from "../../lib/fs/names.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { CHUNK_SIZE_BYTES } from "../../lib/fs/read_fs.ts";
import { requireSpace } from "../../lib/fs/space.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";

function diskWithRoomFor(
  sizeBytes: number,
): { disk: MemoryDisk; fs: WriteFs; written: () => number } {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  let total = 0;
  const fs: WriteFs = {
    ...disk.fs,
    createFile: (path, mode) => {
      const file = disk.fs.createFile(path, mode);
      return {
        ...file,
        write: (bytes) => {
          if (total + bytes.byteLength > sizeBytes) throw systemError("ENOSPC");
          total += bytes.byteLength;
          return file.write(bytes);
        },
      };
    },
  };
  return { disk, fs, written: () => total };
}

Deno.test("requireSpace() believes the system where it may be asked", () => {
  const disk = new MemoryDisk();
  const silent = interceptWrites(disk.fs, ({ name }) => {
    throw new Error(`wrote: ${name}`);
  });
  const fs: WriteFs = { ...silent, freeBytes: () => 1000 };
  assertEquals(requireSpace("/", 1000, { fs }), { how: "told", assuredBytes: 1000 });
  const error = assertThrows(() => requireSpace("/", 1001, { fs }), OperationError);
  assertEquals([error.code, error.message], [
    "no-space",
    "There is no room for 1.0 kB in /; 1.0 kB are free",
  ]);
});

Deno.test("requireSpace() takes the room and gives it back where the system may not be asked", () => {
  const { disk, fs, written } = diskWithRoomFor(3_000_000);
  assertEquals(requireSpace("/data", 2_500_000, { fs }), { how: "tried", assuredBytes: 2_500_000 });
  assertEquals(written(), 2_500_000);
  assertEquals(disk.list(), { "/data": "/" });
});

Deno.test("requireSpace() throws no-space when the room cannot be taken, and leaves nothing", () => {
  const { disk, fs } = diskWithRoomFor(2_000_000);
  const error = assertThrows(() => requireSpace("/data", 2_500_000, { fs }), OperationError);
  assertEquals([error.code, error.message], [
    "no-space",
    "There is no room for 2.5 MB in /data",
  ]);
  assertEquals(disk.list(), { "/data": "/" });
});

Deno.test("requireSpace() tries no more than it is told to", () => {
  const { fs, written } = diskWithRoomFor(3_000_000);
  const answer = requireSpace("/data", 1e12, { fs, mostProbedBytes: 1_000_000 });
  assertEquals(answer, { how: "tried", assuredBytes: 1_000_000 });
  assertEquals(written(), 1_000_000);
});

Deno.test("requireSpace() tries under a temporary name, in the directory that it was asked about", () => {
  const { disk, fs } = diskWithRoomFor(3_000_000);
  const operations: string[] = [];
  const watched = interceptWrites(fs, ({ name, paths }) => {
    for (const path of paths) {
      assertEquals(dirname(path), "/data");
      assert(isTemporaryName(basename(path)), path);
    }
    operations.push(name);
    return "as-it-is";
  });
  for (const sizeBytes of [0, 1, CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES + 1]) {
    const answer = requireSpace("/data", sizeBytes, { fs: watched });
    assertEquals(answer, { how: "tried", assuredBytes: sizeBytes });
  }
  assertEquals(disk.list(), { "/data": "/" });
  const once = ["createFile", "write", "removeFile"];
  assertEquals(operations, [...once, ...once, "createFile", "write", "write", "removeFile"]);
});

Deno.test("requireSpace() writes what no file system makes smaller", () => {
  const blocks = new Set<string>();
  const disk = new MemoryDisk();
  const fs: WriteFs = {
    ...disk.fs,
    createFile: (path, mode) => {
      const file = disk.fs.createFile(path, mode);
      const write = (bytes: Uint8Array): number => {
        for (let offset = 0; offset < bytes.byteLength; offset += 4096) {
          const block = bytes.subarray(offset, offset + 4096);
          // A block of bytes at random has nearly all of the 256 values.
          assert(new Set(block).size > 200);
          blocks.add(block.join());
        }
        return file.write(bytes);
      };
      return { ...file, write };
    },
  };
  requireSpace("/", 200 * 4096, { fs });
  assertEquals(blocks.size, 200);
});

Deno.test("requireSpace() tells of a disk that fails, and of a file that it cannot take away", () => {
  for (const [operation, code] of [["write", "EIO"], ["removeFile", "EIO"]] as const) {
    const { fs } = diskWithRoomFor(3_000_000);
    const failing = interceptWrites(fs, ({ name }) => {
      if (name === operation) throw systemError(code);
      return "as-it-is";
    });
    const error = assertThrows(() => requireSpace("/data", 10, { fs: failing }), OperationError);
    assertEquals(error.code, "write-failed");
  }
});

Deno.test("requireSpace() closes its file, for itself alone, before it removes it", () => {
  const { disk, fs } = diskWithRoomFor(3_000_000);
  const operations: string[] = [];
  const watched: WriteFs = {
    ...fs,
    createFile: (path, mode) => {
      operations.push(`create ${mode.toString(8)}`);
      return { ...fs.createFile(path, mode), [Symbol.dispose]: () => operations.push("close") };
    },
    removeFile: (path) => {
      operations.push("remove");
      fs.removeFile(path);
    },
  };
  requireSpace("/data", 10, { fs: watched });
  assertEquals(operations, ["create 600", "close", "remove"]);
  assertEquals(disk.list(), { "/data": "/" });
});

Deno.test("requireSpace() takes a write that is short for what it is", () => {
  const { disk, fs } = diskWithRoomFor(3_000_000);
  const short = interceptWrites(fs, ({ index }) => index === 1 ? "short" : "as-it-is");
  const answer = requireSpace("/data", 100_000, { fs: short });
  assertEquals(answer, { how: "tried", assuredBytes: 100_000 });
  assertEquals(disk.list(), { "/data": "/" });
});

Deno.test("requireSpace() tells a directory that may not be written from a full one", () => {
  const disk = new MemoryDisk();
  const fs: WriteFs = {
    ...disk.fs,
    createFile: () => {
      throw systemError("EACCES");
    },
  };
  const error = assertThrows(() => requireSpace("/", 10, { fs }), OperationError);
  assertEquals(error.code, "permission-denied");
});

Deno.test("requireSpace() works on a real disk, whether or not the system may be asked", async () => {
  const directory = await scratchDirectory();
  requireSpace(directory, 100_000);
  const unasked: WriteFs = { ...localFs, freeBytes: () => null };
  assertEquals(requireSpace(directory, 100_000, { fs: unasked }), {
    how: "tried",
    assuredBytes: 100_000,
  });
  assertEquals(Array.from(Deno.readDirSync(directory)), []);
});
