/**
 * The file of checksums, as `sha256sum --check` and `shasum -a 256 --check` read it.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A file and its checksum. */
export interface Checksum {
  /** The path below the directory of the list, with `/` between its parts. */
  readonly path: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/**
 * Sums up a file, a chunk at a time.
 *
 * @param path The file.
 * @returns SHA-256 in hexadecimal.
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path, { read: true });
  const chunk = new Uint8Array(1 << 20);
  for (let count = await file.read(chunk); count !== null; count = await file.read(chunk)) {
    hash.update(chunk.subarray(0, count));
  }
  return hash.digest("hex");
}

/**
 * Writes the list of checksums.
 *
 * @param checksums The files.
 * @returns The text of the list: one file a line, in the order of their paths.
 */
export function renderChecksums(checksums: readonly Checksum[]): string {
  return checksums.toSorted((a, b) => a.path < b.path ? -1 : 1)
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`).join("");
}
