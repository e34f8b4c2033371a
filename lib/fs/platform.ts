/**
 * What operating systems do differently when files are written:
 *
 * | system  | what is different                                          | what is done about it      |
 * | ------- | ---------------------------------------------------------- | -------------------------- |
 * | Linux   | fsync of a directory keeps its names                       | it is called               |
 * | macOS   | the same; fsync waits for the drive (F_FULLFSYNC)          | it is called               |
 * | Windows | a directory cannot be opened, so not synced and not locked | left out; a file is locked |
 * | Windows | rename and removal fail while anybody has the file open    | tried again for 2 seconds  |
 * | Windows | no owner and no permission bits                            | left out                   |
 *
 * Some network file systems refuse to sync a directory; that is no failure, for nothing else can be
 * done there. An error of the disk is.
 *
 * @module
 */

import { denoFs, type WriteFs } from "./write_fs.ts";
import { errorCodeOf } from "./write_errors.ts";

/** How an operating system writes files. */
export interface Platform {
  /** Whether directories can be opened, and so synced and locked. */
  readonly opensDirectories: boolean;
  /** Whether entries have owners and permission bits. */
  readonly hasModes: boolean;
  /** How long to wait before each new try of what fails while somebody has a file open. */
  readonly retryDelaysMs: readonly number[];
}

/** Linux, macOS and their like. */
export const POSIX: Platform = { opensDirectories: true, hasModes: true, retryDelaysMs: [] };

/** Windows; virus scanners and indexers hold a new file for moments. */
export const WINDOWS: Platform = {
  opensDirectories: false,
  hasModes: false,
  retryDelaysMs: [10, 20, 40, 80, 160, 320, 640, 730],
};

/** What Windows answers while somebody has the file open. */
const HELD_CODES: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EBUSY", "ENOTEMPTY"]);

/** What a file system answers that does not sync directories. */
const NO_SYNC_CODES: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/**
 * Fits a file system to an operating system.
 *
 * @param fs The file system.
 * @param platform The operating system.
 * @param pause How to wait, in milliseconds.
 * @returns The same file system, with what the operating system does differently.
 */
export function adaptToPlatform(
  fs: WriteFs,
  platform: Platform,
  pause: (durationMs: number) => void = sleep,
): WriteFs {
  const patiently = <Arguments extends unknown[]>(
    operation: (...operands: Arguments) => void,
  ): (...operands: Arguments) => void =>
  (...operands) => {
    for (const delayMs of platform.retryDelaysMs) {
      try {
        return operation(...operands);
      } catch (error) {
        if (!HELD_CODES.has(errorCodeOf(error))) throw error;
        pause(delayMs);
      }
    }
    operation(...operands);
  };
  return {
    ...fs,
    rename: patiently(fs.rename),
    removeFile: patiently(fs.removeFile),
    removeDirectory: patiently(fs.removeDirectory),
    setMode: platform.hasModes ? fs.setMode : () => {},
    setOwner: platform.hasModes ? fs.setOwner : () => {},
    syncDirectory: (path) => {
      if (platform.opensDirectories) unlessUnknown(() => fs.syncDirectory(path));
    },
    tryLock: (path) => {
      if (!platform.opensDirectories && fs.look(path)?.kind === "directory") {
        throw new Deno.errors.NotSupported(`Directories are not locked here: ${path}`);
      }
      return fs.tryLock(path);
    },
  };
}

function unlessUnknown(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!NO_SYNC_CODES.has(errorCodeOf(error))) throw error;
  }
}

/** Waits, and lets nothing else go on in this thread meanwhile. */
export function sleep(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

/** The files of this machine. */
export const localFs: WriteFs = adaptToPlatform(
  denoFs,
  Deno.build.os === "windows" ? WINDOWS : POSIX,
);
