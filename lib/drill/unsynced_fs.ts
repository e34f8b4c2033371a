/**
 * A file system that never waits for the disk. The copies of a drill are thrown away: no power cut
 * has to find them whole, and waiting for each of many small files takes far longer than writing it.
 *
 * @module
 */

import type { WritableFile, WriteFs } from "../fs/write_fs.ts";

/**
 * Takes the waiting from a file system.
 *
 * @param fs The file system.
 * @returns The same, without a wait for the disk.
 */
export function withoutSync(fs: WriteFs): WriteFs {
  return {
    ...fs,
    createFile: (path, mode) => unsynced(fs.createFile(path, mode)),
    openForPatching: (path) => unsynced(fs.openForPatching(path)),
    openForAppending: (path, mode) => unsynced(fs.openForAppending(path, mode)),
    syncFile: () => {},
    syncFileInBackground: () => Promise.resolve(),
    syncDirectory: () => {},
  };
}

function unsynced(file: WritableFile): WritableFile {
  return {
    write: (bytes) => file.write(bytes),
    seek: (offset) => file.seek(offset),
    setSize: (sizeBytes) => file.setSize(sizeBytes),
    look: () => file.look(),
    sync: () => {},
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
