/**
 * What there is on this machine to measure against, as the environment names it.
 *
 * @module
 */

import { join } from "@std/path";

/** The engine whose vacuum, server and client are measured. */
const CHROMA = "chroma-1.5.9";

/** The last one that came with the plain library of its index. */
const HNSWLIB = "chroma-0.5.23";

/** The programs; null where one is not there. */
export interface Peers {
  /** A virtual environment of Python with chromadb 1.x. */
  readonly chroma: { readonly python: string; readonly program: string } | null;
  /** A Python with chroma-hnswlib and numpy. */
  readonly hnswlib: string | null;
  /** The program that loads databases by chromem-go: tests/fixtures/chromem/judge, built. */
  readonly judge: string | null;
  /** The runtime of executables, where it is not to be downloaded. */
  readonly denort: string | null;
}

/** Why something is not measured where its peer is not there. */
export const NO_CHROMA = `no chromadb: VECFSCK_ENGINES names no directory with ${CHROMA}/bin`;

/** The same of the library of the index. */
export const NO_HNSWLIB =
  `no chroma-hnswlib: VECFSCK_ENGINES names no directory with ${HNSWLIB}/bin`;

/** The same of chromem-go. */
export const NO_JUDGE =
  "no chromem-go: VECFSCK_CHROMEM names no program built from tests/fixtures/chromem/judge";

/**
 * Finds the peers.
 *
 * @returns Those that are there.
 */
export function findPeers(): Peers {
  const engines = Deno.env.get("VECFSCK_ENGINES");
  const program = (...path: string[]): string | null =>
    engines === undefined ? null : existing(join(engines, ...path));
  const python = program(CHROMA, "bin", "python");
  const chroma = program(CHROMA, "bin", "chroma");
  return {
    chroma: python === null || chroma === null ? null : { python, program: chroma },
    hnswlib: existing(Deno.env.get("VECFSCK_HNSWLIB")) ?? program(HNSWLIB, "bin", "python"),
    judge: existing(Deno.env.get("VECFSCK_CHROMEM")),
    denort: existing(Deno.env.get("DENORT_BIN")),
  };
}

function existing(path: string | undefined): string | null {
  if (path === undefined || path === "") return null;
  try {
    Deno.statSync(path);
    return path;
  } catch {
    return null;
  }
}
