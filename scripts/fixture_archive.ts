/**
 * Unpacks the archives of tests/fixtures, for the tests and the demo.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { ensureDir } from "@std/fs/ensure-dir";
import { parseTarGzip } from "nanotar";

/**
 * Unpacks a .tar.gz of this repository, times of modification included.
 *
 * @param archive The archive.
 * @param target An existing directory.
 */
export async function unpackTarGz(archive: string, target: string): Promise<void> {
  for (const entry of await parseTarGzip(await Deno.readFile(archive))) {
    const path = join(target, entry.name);
    if (entry.type === "directory") {
      await ensureDir(path);
      continue;
    }
    await ensureDir(dirname(path));
    await Deno.writeFile(path, entry.data ?? new Uint8Array());
    const modifiedSeconds = entry.attrs?.mtime ?? 0;
    await Deno.utime(path, modifiedSeconds, modifiedSeconds);
  }
}
