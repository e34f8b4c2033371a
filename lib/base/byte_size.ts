/**
 * Sizes in bytes as people type them.
 *
 * @module
 */

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
};

/**
 * Reads a size: a number, whole or with a point, and a unit. `KiB`, `MiB`, `GiB`, `TiB` and their
 * first letters alone count by 1024, `kB`, `MB`, `GB` and `TB` by 1000; a number alone is bytes.
 *
 * @param text For instance `2GiB`, `1.5G`, `800MB`.
 * @returns The size in bytes, rounded down, or null when the text is none.
 */
export function parseByteSize(text: string): number | null {
  const [, digits = "", unit = ""] = /^([0-9]+(?:\.[0-9]+)?)([a-z]*)$/.exec(text.toLowerCase()) ??
    [];
  const sizeBytes = Math.floor(Number(digits) * (UNIT_BYTES[unit === "" ? "b" : unit] ?? NaN));
  return digits !== "" && Number.isSafeInteger(sizeBytes) ? sizeBytes : null;
}
