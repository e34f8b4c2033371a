/**
 * Making write operations fail: each has a number, in the order in which they are done.
 *
 * @module
 */

import type { WritableFile, WriteFs } from "../../lib/fs/write_fs.ts";
import { systemError } from "./memory_fs.ts";

/** A write operation that is about to be done. */
export interface WriteOperation {
  /** Its number, from 0. */
  readonly index: number;
  /** Its name in {@linkcode WriteFs} or {@linkcode WritableFile}. */
  readonly name: string;
  /** What it is done to; the content that is written is not among it. */
  readonly paths: readonly string[];
}

/** What is done instead of an operation: `short` writes half, `lost` too, but says it wrote all. */
export type Substitute = "as-it-is" | "short" | "lost";

const WRITE_OPERATIONS = [
  "createFile",
  "openForPatching",
  "openForAppending",
  "makeDirectory",
  "makeTemporaryDirectory",
  "makeSymbolicLink",
  "linkFile",
  "rename",
  "removeFile",
  "removeDirectory",
  "setMode",
  "setOwner",
  "setTimes",
  "syncFile",
  "syncFileInBackground",
  "syncDirectory",
] as const;

/**
 * Has a function asked before every write operation.
 *
 * @param fs The file system.
 * @param before Is told of the operation and says what is done; or throws, and nothing is done.
 */
export function interceptWrites(
  fs: WriteFs,
  before: (operation: WriteOperation) => Substitute,
): WriteFs {
  let index = 0;
  const ask = (name: string, paths: readonly string[]): Substitute =>
    before({ index: index++, name, paths });
  const intercepted = WRITE_OPERATIONS.map((name) => {
    const operation = fs[name] as (...operands: unknown[]) => unknown;
    return [name, (...operands: unknown[]) => {
      ask(name, operands.filter((operand) => typeof operand === "string"));
      const result = operation(...operands);
      return name === "createFile" || name.startsWith("openFor")
        ? interceptFile(result as WritableFile, String(operands[0]), ask)
        : result;
    }];
  });
  return { ...fs, ...Object.fromEntries(intercepted) };
}

function interceptFile(
  file: WritableFile,
  path: string,
  ask: (name: string, paths: readonly string[]) => Substitute,
): WritableFile {
  return {
    write: (bytes) => {
      const substitute = ask("write", [path]);
      if (substitute === "as-it-is") return file.write(bytes);
      const half = bytes.byteLength >>> 1;
      file.write(bytes.subarray(0, half));
      return substitute === "short" ? half : bytes.byteLength;
    },
    seek: (offset) => file.seek(offset),
    setSize: (sizeBytes) => {
      ask("setSize", [path]);
      file.setSize(sizeBytes);
    },
    look: () => file.look(),
    sync: () => {
      ask("sync", [path]);
      file.sync();
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** What goes wrong with an operation. */
export const FAULTS = ["ENOSPC", "EIO", "EACCES", "EXDEV", "short", "lost"] as const;

/** How long it goes on: for one operation, for all of that name from then on, or for all. */
export const DURATIONS = ["once", "same", "all"] as const;

/** A fault that is put in the way of an operation. */
export interface Fault {
  /** The number of the operation. */
  readonly index: number;
  /** What goes wrong. */
  readonly kind: typeof FAULTS[number];
  /** How long. */
  readonly duration: typeof DURATIONS[number];
}

/** A file system with a fault, and what came of it. */
export interface FaultyFs {
  readonly fs: WriteFs;
  /** Whether the operation was reached. */
  wasHit(): boolean;
  /** The name of the operation, or null. */
  hitName(): string | null;
}

/** Puts a fault in the way. */
export function withFault(fs: WriteFs, fault: Fault): FaultyFs {
  let hitName: string | null = null;
  const faulty = interceptWrites(fs, ({ index, name, paths }) => {
    if (index === fault.index) hitName = name;
    const isHit = index === fault.index ||
      (hitName !== null && (fault.duration === "all" ||
        (fault.duration === "same" && name === hitName)));
    if (!isHit) return "as-it-is";
    if (fault.kind === "short" || fault.kind === "lost") return fault.kind;
    throw systemError(fault.kind, `injected into ${name} ${paths.join(" ")}`);
  });
  return { fs: faulty, wasHit: () => hitName !== null, hitName: () => hitName };
}

/** Every fault at every operation, until an operation is not reached any more. */
export function* everyFault(): Generator<Fault & { skipRest: () => void }, void, undefined> {
  for (const kind of FAULTS) {
    for (const duration of DURATIONS) {
      let done = false;
      for (let index = 0; !done; index++) {
        yield { index, kind, duration, skipRest: () => done = true };
      }
    }
  }
}
