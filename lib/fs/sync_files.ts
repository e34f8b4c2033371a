/**
 * Waiting until very many files are on the disk. One after another each of them waits for a commit
 * of the file system's journal; side by side a commit serves all who wait for it.
 *
 * @module
 */

import { Turns } from "../base/turns.ts";
import { walkTree } from "./tree.ts";
import type { WriteFs } from "./write_fs.ts";

/** As many wait for the disk at once; each of them has its file open. */
const BATCH_SIZE = 32;

/**
 * Waits until files are on the disk. Their names are not synced.
 *
 * @param fs The file system.
 * @param paths The files.
 * @param signal Ends the work when it is aborted.
 * @throws What the system throws of one of the files; none of them is waited for any more then.
 */
export async function syncFiles(
  fs: WriteFs,
  paths: Iterable<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const turns = new Turns(signal);
  let batch: string[] = [];
  const waitForBatch = async (): Promise<void> => {
    await turns.take();
    const waiting = batch.map(async (path) => await fs.syncFileInBackground(path));
    batch = [];
    // Nothing may go on in the files when an error has them removed.
    await Promise.allSettled(waiting);
    await Promise.all(waiting);
  };
  for (const path of paths) {
    if (batch.push(path) === BATCH_SIZE) await waitForBatch();
  }
  await waitForBatch();
}

/**
 * Waits until the files of a tree are on the disk. The names in it are not synced.
 *
 * @param fs The file system.
 * @param root The tree.
 * @param signal Ends the work when it is aborted.
 * @throws What the system throws of one of the files.
 */
export async function syncFilesBelow(
  fs: WriteFs,
  root: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await syncFiles(fs, listFiles(fs, root), signal);
}

function* listFiles(fs: WriteFs, root: string): Generator<string, void, undefined> {
  for (const { path, facts } of walkTree(fs, root)) if (facts.kind === "file") yield path;
}
