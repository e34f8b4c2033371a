import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { listInterruptedChanges } from "../../lib/fs/recover.ts";
import { swapStore } from "../../lib/fs/swap_store.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";

const STORE = "/srv/store";
const WORK = "/srv/store.vecfsck";
const STAGED = `${WORK}/staged`;
const ASIDE = `${WORK}/quarantine/id/data`;

function makeDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.write(`${STORE}/chroma.sqlite3`, "old database");
  disk.write(`${STORE}/segment-1/data`, "old vectors");
  disk.write(`${STAGED}/chroma.sqlite3`, "new database");
  disk.write(`${STAGED}/segment-2/data`, "new vectors");
  disk.write(`${WORK}/quarantine/id/manifest.json`, "manifest");
  return disk;
}

/** A disk on which the store's directory cannot be renamed. */
function withFixedStore(disk: MemoryDisk, code: string): WriteFs {
  return {
    ...disk.fs,
    rename: (from, to) => {
      if (from === STORE || to === STORE) throw systemError(code, `${from} -> ${to}`);
      disk.fs.rename(from, to);
    },
  };
}

function swap(fs: WriteFs): void {
  using lock = acquireStoreLock(STORE, { fs });
  swapStore(STORE, STAGED, { lock, aside: ASIDE, database: "chroma.sqlite3", fs });
}

function assertSwapped(disk: MemoryDisk, others: readonly string[] = []): void {
  const files = Object.entries(disk.list()).filter(([path, content]) =>
    content !== "/" && !others.includes(path)
  );
  assertEquals(Object.fromEntries(files), {
    [`${STORE}/chroma.sqlite3`]: "new database",
    [`${STORE}/segment-2/data`]: "new vectors",
    [`${ASIDE}/chroma.sqlite3`]: "old database",
    [`${ASIDE}/segment-1/data`]: "old vectors",
    [`${WORK}/quarantine/id/manifest.json`]: "manifest",
  });
  assertEquals(listInterruptedChanges(STORE, { fs: disk.fs }), []);
}

Deno.test("swapStore() renames the directory where it can be", () => {
  const disk = makeDisk();
  const before = disk.fs.look(STAGED)?.inode;
  swap(disk.fs);
  assertSwapped(disk);
  assertEquals(disk.fs.look(STORE)?.inode, before);
});

for (const code of ["EBUSY", "EACCES", "EPERM", "EXDEV"]) {
  Deno.test(`swapStore() exchanges the entries where the rename says ${code}`, () => {
    const disk = makeDisk();
    const before = disk.fs.look(STORE)?.inode;
    swap(withFixedStore(disk, code));
    assertSwapped(disk);
    assertEquals(disk.fs.look(STORE)?.inode, before);
  });
}

Deno.test("swapStore() leaves a work directory inside where it is, with what lies there in quarantine", () => {
  const disk = makeDisk();
  const kept = `${STORE}/.vecfsck/quarantine/earlier/data/vectors`;
  disk.write(kept, "the only copy");
  swap(disk.fs);
  assertEquals(disk.list()[kept], "the only copy");
  disk.fs.rename(`${STORE}/.vecfsck`, "/srv/checked");
  assertSwapped(disk, [kept.replace(`${STORE}/.vecfsck`, "/srv/checked")]);
});

for (const code of ["EIO", "ENOSPC", "EROFS"]) {
  Deno.test(`swapStore() does not try again where the rename says ${code}`, () => {
    const disk = makeDisk();
    const before = disk.list();
    assertThrows(() => swap(withFixedStore(disk, code)), OperationError);
    assertEquals(disk.list(), before);
  });
}

Deno.test("swapStore() changes nothing where neither the directory nor its entries can go", () => {
  const disk = makeDisk();
  const before = disk.list();
  const fs = withFixedStore(disk, "EBUSY");
  const stuck: WriteFs = {
    ...fs,
    rename: (from, to) => {
      if (from.startsWith(`${STORE}/`)) throw systemError("EXDEV", `${from} -> ${to}`);
      fs.rename(from, to);
    },
  };
  assertThrows(() => swap(stuck), OperationError);
  assertEquals(disk.list(), before);
});

Deno.test("swapStore() leaves a swap alone that could not be undone", () => {
  const disk = makeDisk();
  let isBroken = false;
  const fs: WriteFs = {
    ...disk.fs,
    rename: (from, to) => {
      if (isBroken || to === STORE) {
        isBroken = true;
        throw systemError("EACCES", `${from} -> ${to}`);
      }
      disk.fs.rename(from, to);
    },
    removeFile: (path) => {
      if (isBroken) throw systemError("EACCES", path);
      disk.fs.removeFile(path);
    },
  };
  assertThrows(() => swap(fs), OperationError, "putting the original back failed");
  assertEquals(disk.list()[`${ASIDE}/chroma.sqlite3`], "old database");
  assertEquals(listInterruptedChanges(STORE, { fs: disk.fs }).length, 1);
});
