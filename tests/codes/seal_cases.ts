/**
 * Findings in a store that is held against its seal: VF28.
 *
 * @module
 */

import { join } from "@std/path";
import { flipBit } from "../support/seals.ts";
import type { CodeCases } from "./case.ts";

/** A byte in the middle of a block of data_level0.bin. */
const OFFSET = 1000;

/** Puts a copy in the place of a file, with its time of modification and one bit flipped. */
function replaceByWrongCopy(path: string): void {
  const { atime, mtime } = Deno.statSync(path);
  Deno.copyFileSync(path, `${path}.copy`);
  Deno.utimeSync(`${path}.copy`, atime ?? 0, mtime ?? 0);
  flipBit(`${path}.copy`, OFFSET);
  Deno.renameSync(`${path}.copy`, path);
}

/** The cases by name. */
export const SEAL_CASES: CodeCases = {
  "seal-bytes-rotted": {
    sealed: "untouched since",
    level: "quick",
    damage: (store) => flipBit(store.file("data_level0.bin"), OFFSET),
    path: "data_level0.bin",
    offset: 0,
    says: "slots 0 to",
  },
  "seal-copy-differs": {
    sealed: "as it was",
    level: "quick",
    damage: (store) => replaceByWrongCopy(store.file("data_level0.bin")),
    path: "data_level0.bin",
    offset: 0,
  },
  "seal-file-changed": {
    sealed: "as it was",
    level: "quick",
    damage: (store) => store.append(store.file("length.bin"), new Uint8Array(4)),
    path: "length.bin",
    says: "4 B more",
  },
  "seal-file-missing": {
    sealed: "as it was",
    level: "quick",
    damage: (store) => Deno.removeSync(store.file("length.bin")),
    path: "length.bin",
  },
  "seal-file-new": {
    sealed: "as it was",
    level: "quick",
    damage: (store) => Deno.writeFileSync(join(store.path, "notes.txt"), new Uint8Array(9)),
    path: "notes.txt",
  },
};
