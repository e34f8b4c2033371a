import { assertEquals, assertThrows } from "@std/assert";
import { writeAtomically } from "../../lib/fs/atomic.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { moveAcrossDevices } from "../../lib/fs/move.ts";
import { adaptToPlatform, POSIX, WINDOWS } from "../../lib/fs/platform.ts";
import { swapDirectory } from "../../lib/fs/swap.ts";
import { removeTree } from "../../lib/fs/tree.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";
import { WindowsDisk } from "../support/windows_disk.ts";

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
