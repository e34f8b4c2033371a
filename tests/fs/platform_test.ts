import { assertEquals, assertThrows } from "@std/assert";
import { writeAtomically } from "../../lib/fs/atomic.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { moveAcrossDevices } from "../../lib/fs/move.ts";
import { adaptToPlatform, POSIX, WINDOWS } from "../../lib/fs/platform.ts";
import { swapDirectory } from "../../lib/fs/swap.ts";
import { removeTree } from "../../lib/fs/tree.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";

/**
 * What Windows does to programs: directories cannot be opened, permissions do not exist, a rename
 * never replaces a directory, and what somebody has open cannot be renamed or removed.
 */
class WindowsDisk extends MemoryDisk {
  /** How many more operations on a path fail because somebody has it open. */
  readonly held = new Map<string, number>();

  /** The files, as Windows has them. */
  get windowsFs(): WriteFs {
    const refuse = (code: string) => (): never => {
      throw systemError(code);
    };
    const unlessHeld = <Rest extends unknown[]>(
      operation: (path: string, ...rest: Rest) => void,
    ): (path: string, ...rest: Rest) => void =>
    (path, ...rest) => {
      const left = this.held.get(path) ?? 0;
      this.held.set(path, left - 1);
      if (left > 0) throw systemError("EACCES", path);
      operation(path, ...rest);
    };
    return {
      ...this.fs,
      look: (path) => {
        const facts = this.fs.look(path);
        return facts && { ...facts, mode: null, userId: null, groupId: null };
      },
      rename: unlessHeld((from, to: string) => {
        if (this.fs.look(to)?.kind === "directory") throw systemError("EACCES", to);
        this.fs.rename(from, to);
      }),
      removeFile: unlessHeld(this.fs.removeFile),
      removeDirectory: unlessHeld(this.fs.removeDirectory),
      syncDirectory: refuse("EACCES"),
      setMode: refuse("ENOTSUP"),
      setOwner: refuse("ENOTSUP"),
      tryLock: (path) => {
        if (this.fs.look(path)?.kind === "directory") throw systemError("EACCES", path);
        return this.fs.tryLock(path);
      },
    };
  }
}

function windows(): { disk: WindowsDisk; fs: WriteFs; pauses: number[] } {
  const disk = new WindowsDisk();
  const pauses: number[] = [];
  const fs = adaptToPlatform(disk.windowsFs, WINDOWS, (durationMs) => void pauses.push(durationMs));
  return { disk, fs, pauses };
}

Deno.test("adaptToPlatform() lets everything work as Windows has it", () => {
  const { disk, fs } = windows();
  disk.write("/data/store/segment/data", "old");
  disk.write("/data/new/data", "new");
  disk.mount("/other");
  {
    using _lock = acquireStoreLock("/data/store", { fs });
    assertThrows(() => acquireStoreLock("/data/store", { fs }), Error, "Another vecfsck");
    swapDirectory("/data/store/segment", "/data/new", {
      store: "/data/store",
      aside: "/data/old",
      fs,
    });
  }
  writeAtomically("/data/file", new TextEncoder().encode("first"), { fs });
  writeAtomically("/data/file", new TextEncoder().encode("second"), { fs });
  moveAcrossDevices("/data/old", "/other/old", { fs });
  assertEquals(disk.list(), {
    "/data/file": "second",
    "/data/store/segment/data": "new",
    "/other/old/data": "old",
  });
});

Deno.test("adaptToPlatform() waits on Windows until nobody has the file open", () => {
  const { disk, fs, pauses } = windows();
  disk.write("/data/a", "content");
  disk.held.set("/data/a", 3);
  fs.rename("/data/a", "/data/b");
  assertEquals([disk.list(), pauses], [{ "/data/b": "content" }, [10, 20, 40]]);
  disk.held.set("/data/b", 2);
  fs.removeFile("/data/b");
  disk.held.set("/data", 1);
  removeTree(fs, "/data");
  assertEquals(disk.list(), { "/": "/" });
});

Deno.test("adaptToPlatform() gives up on Windows after two seconds, with the system's error", () => {
  const { disk, fs, pauses } = windows();
  disk.write("/data/a", "content");
  disk.held.set("/data/a", Infinity);
  assertThrows(() => fs.rename("/data/a", "/data/b"), Deno.errors.PermissionDenied, "EACCES");
  assertEquals(pauses.reduce((sum, pause) => sum + pause), 2000);
  assertEquals(disk.list(), { "/data/a": "content" });
});

Deno.test("adaptToPlatform() does not wait for what waiting cannot mend", () => {
  const { fs, pauses } = windows();
  assertThrows(() => fs.rename("/none", "/data/b"), Deno.errors.NotFound);
  assertEquals(pauses, []);
});

Deno.test("adaptToPlatform() tries nothing again on POSIX", () => {
  let calls = 0;
  const refusing: WriteFs = {
    ...new MemoryDisk().fs,
    rename: () => {
      calls++;
      throw systemError("EACCES");
    },
  };
  assertThrows(() => adaptToPlatform(refusing, POSIX).rename("/a", "/b"));
  assertEquals(calls, 1);
});

Deno.test("adaptToPlatform() passes over file systems that sync no directories, not over errors", () => {
  for (const code of ["EINVAL", "ENOTSUP", "EIO"]) {
    const fs = adaptToPlatform({
      ...new MemoryDisk().fs,
      syncDirectory: () => {
        throw systemError(code);
      },
    }, POSIX);
    if (code === "EIO") assertThrows(() => fs.syncDirectory("/"), Error, "EIO");
    else fs.syncDirectory("/");
  }
});
