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

Deno.test("acquireStoreLock() says who it is, whichever work directory has that", () => {
  const disk = storeDisk();
  disk.write("/data/store.vecfsck/quarantine/note", "another user's");
  disk.write(`${STORE}/.vecfsck/holder.json`, JSON.stringify({ processId: 5, since: "then" }));
  disk.fs.tryLock(STORE);
  assertThrows(
    () => acquireStoreLock(STORE, lockOptions(disk, 8)),
    OperationError,
    "at work on /data/store (process 5, since then)",
  );
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
  for (const code of ["EBADF", "EINVAL", "EISDIR", "ENOTSUP", "ENOLCK"]) {
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
  assertEquals([error.code, error.message.includes("EIO")], ["write-failed", true]);
});

Deno.test("acquireStoreLock() is not fooled by a file that is removed as it is locked", () => {
  const disk = storeDisk();
  let removals = 3;
  let held = 0;
  const fs: WriteFs = {
    ...disk.fs,
    tryLock: (path) => {
      const lock = disk.fs.tryLock(path);
      if (path.endsWith("/lock") && removals-- > 0) disk.fs.removeFile(path);
      held++;
      return lock && {
        ...lock,
        release: () => {
          held--;
          lock.release();
        },
      };
    },
  };
  using _lock = acquireStoreLock(STORE, { ...lockOptions(disk, 7), fs });
  assert(disk.fs.look("/data/store.vecfsck/lock") !== null);
  // That of the directory, and that of the file which is there.
  assertEquals(held, 2);
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

const WORK_DIRECTORY = "/data/store.vecfsck";

Deno.test("StoreLock.release() does nothing the second time, even when another has the lock now", () => {
  const disk = storeDisk();
  const first = acquireStoreLock(STORE, lockOptions(disk, 7));
  first.release();
  using _second = acquireStoreLock(STORE, lockOptions(disk, 8));
  first.release();
  assertEquals(disk.fs.list(WORK_DIRECTORY), ["holder.json", "lock"]);
  assertThrows(() => acquireStoreLock(STORE, lockOptions(disk, 9)), OperationError, "process 8");
});

Deno.test("StoreLock.release() ends the lock though its files cannot be removed", () => {
  const disk = storeDisk();
  const lock = acquireStoreLock(STORE, {
    ...lockOptions(disk, 7),
    fs: {
      ...disk.fs,
      removeFile: () => {
        throw systemError("EIO");
      },
    },
  });
  lock.release();
  using next = acquireStoreLock(STORE, lockOptions(disk, 8));
  assertEquals(next.previous, { processId: 7, since: "1970-01-01T00:00:00.000Z" });
});

Deno.test("acquireStoreLock() leaves nothing locked when it is refused", () => {
  const disk = storeDisk();
  disk.write(`${WORK_DIRECTORY}/lock`, "");
  const other = disk.fs.tryLock(`${WORK_DIRECTORY}/lock`);
  const error = assertThrows(() => acquireStoreLock(STORE, lockOptions(disk, 7)), OperationError);
  assertEquals([error.code, error.message], [
    "busy",
    "Another vecfsck is at work on /data/store",
  ]);
  other?.release();
  acquireStoreLock(STORE, lockOptions(disk, 7)).release();
});

Deno.test("acquireStoreLock() makes files that only their owner can read", () => {
  const disk = storeDisk();
  using _lock = acquireStoreLock(STORE, lockOptions(disk, 7));
  const modes = ["lock", "holder.json"].map((name) => disk.fs.look(`${WORK_DIRECTORY}/${name}`));
  assertEquals(modes.map((facts) => facts?.mode), [0o600, 0o600]);
});

Deno.test("acquireStoreLock() holds though nobody can be told who has it", () => {
  const disk = storeDisk();
  const fs: WriteFs = {
    ...disk.fs,
    createFile: (path, mode) => {
      if (!path.endsWith("/lock")) throw systemError("EIO");
      return disk.fs.createFile(path, mode);
    },
  };
  using lock = acquireStoreLock(STORE, { fs });
  assertEquals([lock.previous, disk.fs.list(WORK_DIRECTORY)], [null, ["lock"]]);
  assertThrows(() => acquireStoreLock(STORE, lockOptions(disk, 8)), OperationError, "at work on");
});

Deno.test("acquireStoreLock() takes a holder's record for none that is damaged", () => {
  const since = "1970-01-01T00:00:00.000Z";
  const told = (text: string): unknown => {
    const disk = storeDisk();
    disk.write(`${WORK_DIRECTORY}/holder.json`, text);
    using lock = acquireStoreLock(STORE, lockOptions(disk, 7));
    return lock.previous;
  };
  const holder = { processId: 5, since };
  assertEquals(told(JSON.stringify({ ...holder, more: 1 })), holder);
  const damaged = [
    { processId: "5", since },
    { processId: 5, since: 0 },
    { processId: 5 },
    { since },
    {},
    null,
    5,
    [],
  ].map((value) => JSON.stringify(value));
  const long = JSON.stringify({ ...holder, more: "x".repeat(5000) });
  for (const text of [...damaged, long, "", "{", '"\uD800"']) assertEquals(told(text), null, text);
});

Deno.test("acquireStoreLock() locks what has the name of the store after a swap of the whole", () => {
  const disk = storeDisk();
  disk.write("/data/new/chroma.sqlite3", "new");
  let swaps = 1;
  const released: string[] = [];
  const fs: WriteFs = {
    ...disk.fs,
    tryLock: (path) => {
      const lock = disk.fs.tryLock(path);
      if (path === STORE && swaps-- > 0) {
        disk.fs.rename(STORE, "/data/old");
        disk.fs.rename("/data/new", STORE);
      }
      return lock && {
        ...lock,
        release: () => {
          released.push(path);
          lock.release();
        },
      };
    },
  };
  using _lock = acquireStoreLock(STORE, { ...lockOptions(disk, 7), fs });
  assertEquals(released, [STORE]);
  assertEquals(disk.fs.tryLock(STORE), null);
  disk.fs.tryLock("/data/old")?.release();
});

Deno.test("acquireStoreLock() gives up on a store that is swapped again and again", () => {
  const disk = storeDisk();
  const others = ["device", "inode"] as const;
  for (const which of others) {
    let looks = 0;
    const fs: WriteFs = {
      ...disk.fs,
      tryLock: (path) => {
        const lock = disk.fs.tryLock(path);
        return lock && {
          ...lock,
          look: () => ({ ...lock.look(), [which]: 10_000 + looks++ }),
        };
      },
    };
    const error = assertThrows(() => acquireStoreLock(STORE, { fs }), OperationError);
    assertEquals([error.code, looks], ["busy", 20]);
    acquireStoreLock(STORE, lockOptions(disk, 7)).release();
  }
});

/** Makes an operation on the file of the lock fail so often. */
function failLockFile(disk: MemoryDisk, code: string, times: number): WriteFs {
  let left = times;
  return {
    ...disk.fs,
    createFile: (path, mode) => {
      if (path.endsWith("/lock") && left-- > 0) throw systemError(code, path);
      return disk.fs.createFile(path, mode);
    },
  };
}

Deno.test("acquireStoreLock() tries again when the work directory is removed under its hands", () => {
  const disk = storeDisk();
  {
    using _lock = acquireStoreLock(STORE, {
      ...lockOptions(disk, 7),
      fs: failLockFile(disk, "ENOENT", 3),
    });
    assertEquals(disk.fs.list(WORK_DIRECTORY), ["holder.json", "lock"]);
  }
  const error = assertThrows(
    () => acquireStoreLock(STORE, { fs: failLockFile(disk, "ENOENT", Infinity) }),
    OperationError,
  );
  assertEquals(error.code, "busy");
});

Deno.test("acquireStoreLock() does without the file only where the directory is locked", () => {
  const attempt = (code: string, canLockDirectories: boolean): string => {
    const disk = storeDisk();
    const fs = failLockFile(disk, code, Infinity);
    const tryLock: WriteFs["tryLock"] = (path) => {
      if (!canLockDirectories && path === STORE) throw systemError("EISDIR");
      return disk.fs.tryLock(path);
    };
    try {
      using lock = acquireStoreLock(STORE, { fs: { ...fs, tryLock } });
      assertEquals(lock.previous, null);
      return "locked";
    } catch (error) {
      return error instanceof OperationError ? error.code : String(error);
    }
  };
  for (const code of ["EACCES", "EPERM", "EROFS"]) {
    assertEquals([attempt(code, true), attempt(code, false)], ["locked", "permission-denied"]);
  }
  for (const code of ["ENOSPC", "EDQUOT"]) {
    assertEquals([attempt(code, true), attempt(code, false)], ["locked", "no-space"]);
  }
  assertEquals([attempt("EIO", true), attempt("EIO", false)], ["write-failed", "write-failed"]);
});

Deno.test("acquireStoreLock() counts on a file without a holder where there are no locks", () => {
  const disk = storeDisk();
  disk.write(`${WORK_DIRECTORY}/lock`, "");
  const fs: WriteFs = {
    ...disk.fs,
    tryLock: () => {
      throw systemError("ENOLCK");
    },
  };
  const error = assertThrows(() => acquireStoreLock(STORE, { fs }), OperationError);
  assertEquals([error.code, error.message], [
    "busy",
    "The store was locked, and this file system has no locks",
  ]);
  assertEquals(disk.fs.list(WORK_DIRECTORY), ["lock"]);
});

Deno.test("StoreLock.cover() does nothing where directories cannot be locked", () => {
  const disk = storeDisk();
  disk.makeDirectories("/data/new");
  const fs: WriteFs = {
    ...disk.fs,
    tryLock: (path) => {
      if (disk.fs.look(path)?.kind === "directory") throw systemError("EBADF");
      return disk.fs.tryLock(path);
    },
  };
  const lock = acquireStoreLock(STORE, { fs });
  lock.cover("/data/new");
  lock.release();
  assertEquals(disk.fs.look(WORK_DIRECTORY), null);
});

Deno.test("recoverSwaps() takes away what a killed run has left of its lock", () => {
  for (const names of [["lock"], ["holder.json"], ["lock", "holder.json"], []]) {
    const disk = storeDisk();
    disk.makeDirectories(WORK_DIRECTORY);
    for (const name of names) disk.write(`${WORK_DIRECTORY}/${name}`, "");
    assertEquals(recoverSwaps(STORE, { fs: disk.fs }), []);
    assertEquals(disk.list(), { [`${STORE}/chroma.sqlite3`]: "database" });
  }
  const disk = storeDisk();
  disk.write(`${WORK_DIRECTORY}/quarantine/note`, "kept");
  disk.write(`${WORK_DIRECTORY}/holder.json`, "");
  assertEquals(recoverSwaps(STORE, { fs: disk.fs }), []);
  assertEquals(disk.list(WORK_DIRECTORY), { [`${WORK_DIRECTORY}/quarantine/note`]: "kept" });
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
