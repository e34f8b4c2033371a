import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import { swapDirectory } from "../../lib/fs/swap.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";
import { FileProcess } from "./file_process.ts";

const STORE = "/data/store";

function storeDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.write(`${STORE}/chroma.sqlite3`, "database");
  return disk;
}

function lockOptions(disk: MemoryDisk, processId: number): Parameters<typeof acquireStoreLock>[1] {
  return { fs: disk.fs, processId, now: () => new Date(0) };
}

Deno.test("acquireStoreLock() keeps a second one out, says who it is, and leaves nothing", () => {
  const disk = storeDisk();
  const before = disk.list();
  const lock = acquireStoreLock(STORE, lockOptions(disk, 7));
  assertEquals(lock.previous, null);
  const error = assertThrows(
    () => acquireStoreLock(STORE, lockOptions(disk, 8)),
    OperationError,
  );
  assertEquals([error.code, error.message], [
    "busy",
    "Another vecfsck is at work on /data/store (process 7, since 1970-01-01T00:00:00.000Z)",
  ]);
  assertEquals(disk.list(STORE), { [`${STORE}/chroma.sqlite3`]: "database" });
  lock.release();
  lock.release();
  assertEquals(disk.list(), before);
  acquireStoreLock(STORE, lockOptions(disk, 8)).release();
});

Deno.test("acquireStoreLock() holds for every path that leads to the store", () => {
  const disk = storeDisk();
  disk.makeDirectories("/links");
  disk.fs.makeSymbolicLink(STORE, "/links/store");
  using _lock = acquireStoreLock("/links/store", lockOptions(disk, 7));
  assertThrows(() => acquireStoreLock(STORE, lockOptions(disk, 8)), OperationError, "process 7");
});

Deno.test("acquireStoreLock() holds while the store is away for a moment", () => {
  const disk = storeDisk();
  using _lock = acquireStoreLock(STORE, lockOptions(disk, 7));
  disk.fs.rename(STORE, "/data/aside");
  assertThrows(() => acquireStoreLock(STORE, lockOptions(disk, 8)), OperationError, "process 7");
});

Deno.test("StoreLock.cover() holds for the replacement of the whole store", () => {
  const disk = storeDisk();
  disk.write("/data/new/chroma.sqlite3", "new");
  // As where the file of the lock cannot be made: the directory alone must do.
  const fs: WriteFs = { ...disk.fs, createFile: deny(disk.fs.createFile) };
  const lock = acquireStoreLock(STORE, { fs });
  lock.cover("/data/new");
  disk.fs.rename(STORE, "/data/old");
  disk.fs.rename("/data/new", STORE);
  assertThrows(() => acquireStoreLock(STORE, { fs }), OperationError, "Another vecfsck");
  lock.release();
  acquireStoreLock(STORE, { fs }).release();
});

function deny<Operation extends (path: string, ...rest: never[]) => unknown>(
  operation: Operation,
): Operation {
  return ((path: string, ...rest: never[]) => {
    if (path.endsWith("/lock")) throw systemError("EACCES", path);
    return operation(path, ...rest);
  }) as Operation;
}

Deno.test("acquireStoreLock() works where nothing may be written beside the store", () => {
  const disk = storeDisk();
  const fs: WriteFs = {
    ...disk.fs,
    makeDirectory: (path, mode) => {
      if (!path.startsWith(`${STORE}/`)) throw systemError("EACCES", path);
      disk.fs.makeDirectory(path, mode);
    },
  };
  const lock = acquireStoreLock(STORE, { ...lockOptions(disk, 7), fs });
  assertThrows(() => acquireStoreLock(STORE, lockOptions(disk, 8)), OperationError, "process 7");
  lock.release();
  assertEquals(disk.list(), { [`${STORE}/chroma.sqlite3`]: "database" });
});

Deno.test("acquireStoreLock() works on a full disk", () => {
  const disk = storeDisk();
  const full = (): never => {
    throw systemError("ENOSPC");
  };
  const fs: WriteFs = { ...disk.fs, createFile: full, makeDirectory: full };
  using _lock = acquireStoreLock(STORE, { fs });
  assertThrows(() => acquireStoreLock(STORE, { fs }), OperationError, "Another vecfsck");
});

Deno.test("acquireStoreLock() locks a file where directories cannot be locked", () => {
  for (const code of ["EBADF", "EINVAL", "ENOTSUP", "ENOLCK"]) {
    const disk = storeDisk();
    const fs: WriteFs = {
      ...disk.fs,
      tryLock: (path) => {
        if (disk.fs.look(path)?.kind === "directory") throw systemError(code);
        return disk.fs.tryLock(path);
      },
    };
    const lock = acquireStoreLock(STORE, { ...lockOptions(disk, 7), fs });
    assertThrows(() => acquireStoreLock(STORE, { fs }), OperationError, "process 7");
    lock.release();
    acquireStoreLock(STORE, { fs }).release();
    assertEquals(disk.list(), { [`${STORE}/chroma.sqlite3`]: "database" });
  }
});

Deno.test("acquireStoreLock() goes by the file being there where there are no locks at all", () => {
  const disk = storeDisk();
  const fs: WriteFs = {
    ...disk.fs,
    tryLock: () => {
      throw systemError("ENOLCK");
    },
  };
  const lock = acquireStoreLock(STORE, { ...lockOptions(disk, 7), fs });
  const error = assertThrows(() => acquireStoreLock(STORE, { fs }), OperationError);
  assertEquals(error.code, "busy");
  assertStringIncludes(error.message, "by process 7 at 1970-01-01T00:00:00.000Z");
  assertStringIncludes(error.hint ?? "", "then remove /data/store.vecfsck/lock");
  lock.release();
  acquireStoreLock(STORE, { fs }).release();
});

Deno.test("acquireStoreLock() throws what is no answer about locks", () => {
  const disk = storeDisk();
  const fs: WriteFs = {
    ...disk.fs,
    tryLock: () => {
      throw systemError("EIO");
    },
  };
  const error = assertThrows(() => acquireStoreLock(STORE, { fs }), OperationError);
  assertEquals(error.code, "write-failed");
});

Deno.test("acquireStoreLock() is not fooled by a file that is removed as it is locked", () => {
  const disk = storeDisk();
  let removals = 3;
  const fs: WriteFs = {
    ...disk.fs,
    tryLock: (path) => {
      const lock = disk.fs.tryLock(path);
      if (path.endsWith("/lock") && removals-- > 0) disk.fs.removeFile(path);
      return lock;
    },
  };
  using _lock = acquireStoreLock(STORE, { ...lockOptions(disk, 7), fs });
  assert(disk.fs.look("/data/store.vecfsck/lock") !== null);
  assertThrows(() => acquireStoreLock(STORE, lockOptions(disk, 8)), OperationError, "process 7");
});

Deno.test("acquireStoreLock() makes no store where there is none", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  acquireStoreLock(STORE, { fs: disk.fs }).release();
  assertEquals(disk.list(), { "/data": "/" });
  const error = assertThrows(
    () => acquireStoreLock("/none/store", { fs: disk.fs }),
    OperationError,
  );
  assertEquals(error.code, "not-found");
});

async function realStore(): Promise<string> {
  const store = join(await scratchDirectory(), "store");
  await Deno.mkdir(join(store, "segment"), { recursive: true });
  await Deno.writeTextFile(join(store, "segment", "data"), "old");
  return store;
}

const FILE_PROCESS = fromFileUrl(new URL("./file_process.ts", import.meta.url));

Deno.test("acquireStoreLock() is refused while another process lives, and not when it was killed", async () => {
  const store = await realStore();
  for (let round = 0; round < 3; round++) {
    await using child = await FileProcess.start(FILE_PROCESS, ["hold-lock", store]);
    const error = assertThrows(() => acquireStoreLock(store), OperationError);
    assertEquals(error.code, "busy");
    assertStringIncludes(error.message, `(process ${child.processId}, since 20`);
    await child.kill();
    using lock = acquireStoreLock(store);
    assertEquals(lock.previous?.processId, child.processId);
  }
  assertEquals(Array.from(Deno.readDirSync(join(store, "..")), ({ name }) => name), ["store"]);
});

Deno.test("recoverSwaps() leaves a swap alone that another process has under way", async () => {
  const store = await realStore();
  await using _child = await FileProcess.start(FILE_PROCESS, ["hold-lock", store]);
  assertThrows(() => recoverSwaps(store), OperationError, "Another vecfsck is at work");
});

Deno.test("swapDirectory() and the lock leave nothing beside a real store but the original", async () => {
  const store = await realStore();
  const fresh = join(store, "..", "fresh");
  await Deno.mkdir(fresh);
  {
    using _lock = acquireStoreLock(store);
    swapDirectory(join(store, "segment"), fresh, { store });
  }
  assertEquals(Array.from(Deno.readDirSync(`${store}.vecfsck`), ({ name }) => name), ["replaced"]);
});
