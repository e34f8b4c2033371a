import { assertEquals, assertRejects } from "@std/assert";
import { syncFiles, syncFilesBelow } from "../../lib/fs/sync_files.ts";
import { MemoryDisk } from "../support/memory_fs.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";

/** A file system that only waits, and counts who waits at once. */
class WaitingFs {
  readonly synced: string[] = [];
  mostAtOnce = 0;
  #waiting = 0;
  readonly fs: WriteFs;

  constructor(failing: string | null = null) {
    this.fs = {
      ...new MemoryDisk().fs,
      syncFileInBackground: async (path) => {
        this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#waiting);
        await new Promise((resolve) => setTimeout(resolve, 0));
        this.#waiting--;
        if (path === failing) throw new Error(`${path} cannot be synced`);
        this.synced.push(path);
      },
    };
  }

  get waiting(): number {
    return this.#waiting;
  }
}

const PATHS = Array.from({ length: 500 }, (_, index) => `/${index}`);

Deno.test("syncFiles() syncs every file once, many at a time and not all", async () => {
  const disk = new WaitingFs();
  await syncFiles(disk.fs, PATHS, undefined);
  assertEquals(disk.synced.toSorted(), PATHS.toSorted());
  assertEquals(disk.mostAtOnce, 32);
});

Deno.test("syncFiles() ends with the first failure, when nothing goes on any more", async () => {
  const disk = new WaitingFs("/40");
  const error = await assertRejects(() => syncFiles(disk.fs, PATHS, undefined), Error);
  assertEquals(error.message, "/40 cannot be synced");
  assertEquals(disk.waiting, 0);
  assertEquals(disk.synced.length < 100, true);
});

Deno.test("syncFiles() ends when its signal is aborted", async () => {
  const disk = new WaitingFs();
  const reason = new Error("enough");
  const error = await assertRejects(() => syncFiles(disk.fs, PATHS, AbortSignal.abort(reason)));
  assertEquals(error, reason);
  assertEquals(disk.synced, []);
});

Deno.test("syncFilesBelow() syncs the files of a tree, and no directory", async () => {
  const disk = new MemoryDisk();
  for (const path of ["/tree/a", "/tree/deep/b", "/other/c"]) disk.write(path, "text");
  const synced: string[] = [];
  const fs: WriteFs = {
    ...disk.fs,
    syncFileInBackground: (path) => Promise.resolve(void synced.push(path)),
  };
  await syncFilesBelow(fs, "/tree", undefined);
  assertEquals(synced, ["/tree/a", "/tree/deep/b"]);
});
