/**
 * A disk in memory that behaves as Windows does.
 *
 * @module
 */

import type { EntryFacts, WriteFs } from "../../lib/fs/write_fs.ts";
import { MemoryDisk, systemError } from "./memory_fs.ts";

/** How a Windows is. */
export interface WindowsState {
  /** How many more operations on a path fail because somebody has it open. */
  readonly held: Map<string, number>;
  /** Whether two names of one file can be told from two files. */
  readonly hasInodes: boolean;
}

/**
 * What Windows does to programs: directories cannot be opened, permissions do not exist, a rename
 * never replaces a directory, and what somebody has open cannot be renamed, replaced or removed.
 * Some of its file systems number no inodes.
 *
 * @param fs The files as another system has them.
 * @param state How this Windows is.
 */
export function asOnWindows(fs: WriteFs, { held, hasInodes }: WindowsState): WriteFs {
  const refuse = (code: string) => (): never => {
    throw systemError(code);
  };
  const refuseHeld = (path: string): void => {
    const left = held.get(path) ?? 0;
    held.set(path, left - 1);
    if (left > 0) throw systemError("EACCES", path);
  };
  const unlessHeld = <Rest extends unknown[]>(
    operation: (path: string, ...rest: Rest) => void,
  ): (path: string, ...rest: Rest) => void =>
  (path, ...rest) => {
    refuseHeld(path);
    operation(path, ...rest);
  };
  const told = (facts: EntryFacts): EntryFacts => {
    const inode = hasInodes ? facts.inode : null;
    return { ...facts, mode: null, userId: null, groupId: null, inode };
  };
  return {
    ...fs,
    look: (path) => {
      const facts = fs.look(path);
      return facts && told(facts);
    },
    rename: unlessHeld((from, to: string) => {
      if (fs.look(to)?.kind === "directory") throw systemError("EACCES", to);
      refuseHeld(to);
      fs.rename(from, to);
    }),
    removeFile: unlessHeld(fs.removeFile),
    removeDirectory: unlessHeld(fs.removeDirectory),
    syncDirectory: refuse("EACCES"),
    setMode: refuse("ENOTSUP"),
    setOwner: refuse("ENOTSUP"),
    tryLock: (path) => {
      if (fs.look(path)?.kind === "directory") throw systemError("EACCES", path);
      const lock = fs.tryLock(path);
      return lock && { ...lock, look: () => told(lock.look()) };
    },
  };
}

/** Such a disk. */
export class WindowsDisk extends MemoryDisk implements WindowsState {
  readonly held = new Map<string, number>();
  hasInodes = true;

  /** The files, as Windows has them. */
  get windowsFs(): WriteFs {
    return asOnWindows(this.fs, this);
  }
}
