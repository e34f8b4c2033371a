/**
 * Real file systems of a given size, where the tests may mount some: as root, on Linux.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { errorCodeOf } from "../../lib/fs/write_errors.ts";
import { scratchDirectory } from "./fixtures.ts";

/** A file system in memory that the kernel has mounted. */
export class Tmpfs implements Disposable {
  /** Where it is mounted. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts one of a size; null where that is not allowed. */
  static async mount(sizeBytes: number): Promise<Tmpfs | null> {
    if (Deno.build.os !== "linux") return null;
    const path = join(await scratchDirectory(), "mounted");
    await Deno.mkdir(path);
    try {
      return run("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "vecfsck-test", path])
        ? new Tmpfs(path)
        : null;
    } catch {
      return null;
    }
  }

  /** Takes it away at the end of a block. */
  [Symbol.dispose](): void {
    run("umount", ["-l", this.path]);
  }
}

function run(command: string, args: readonly string[]): boolean {
  return new Deno.Command(command, { args: [...args], stderr: "null" }).outputSync().success;
}

/** Whether a file system can be mounted here. */
export async function canMountTmpfs(): Promise<boolean> {
  using probe = await Tmpfs.mount(1 << 20);
  return probe !== null;
}

/** Writes until there is no room for another block, and gives some of it back. */
export function fillDisk(path: string, freeBytes = 0): void {
  using file = Deno.openSync(path, { write: true, createNew: true });
  const block = new Uint8Array(4096);
  let sizeBytes = 0;
  try {
    while (true) sizeBytes += file.writeSync(block);
  } catch (error) {
    assertEquals(errorCodeOf(error), "ENOSPC");
  }
  file.truncateSync(sizeBytes - freeBytes);
}
