/**
 * Damages to chroma.sqlite3 as a file, and to what SQLite keeps beside it.
 *
 * @module
 */

import {
  DATABASE_HEADER_SIZE_BYTES,
  isPageSize,
  parseDatabaseHeader,
} from "../../../sqlite/file_header.ts";
import { DamageNotApplicable, type DamageTarget } from "../damage.ts";
import type { Breakage } from "./chroma_damage.ts";
import { PatchFile, remove, writeWhole } from "../patch_file.ts";
import { cataloguePath } from "./targets.ts";

const MAGIC_SIZE_BYTES = 16;

/** Every which page is overwritten where pages are lost here and there. */
const PAGE_LOSS_INTERVAL = 10;

/** The damages to chroma.sqlite3 as a file. */
export const SQLITE_FILE: readonly Breakage[] = [
  fileDamage("sqlite_empty", "chroma.sqlite3 has no bytes any more.", (file) => file.truncate(0)),
  {
    name: "sqlite_missing",
    description: "chroma.sqlite3 is gone.",
    file: "sqlite",
    apply: (target) => remove(target.fs, cataloguePath(target)),
  },
  fileDamage(
    "sqlite_half",
    "chroma.sqlite3 is cut to half its length.",
    (file) => file.truncate(Math.floor(file.sizeBytes / 2)),
  ),
  fileDamage(
    "sqlite_magic",
    "The first 16 bytes of chroma.sqlite3 are overwritten with random ones.",
    (file, { random }) => file.fill(0, MAGIC_SIZE_BYTES, random),
  ),
  fileDamage(
    "sqlite_pages_random",
    "A tenth of the pages of chroma.sqlite3 is overwritten with random bytes.",
    overwritePages,
  ),
  fileDamage(
    "sqlite_page_zero_mid",
    "The page in the middle of chroma.sqlite3 is overwritten with zeros.",
    (file) => {
      const pageSizeBytes = readPageSize(file);
      const middle = Math.floor(file.sizeBytes / pageSizeBytes / 2);
      file.fill(middle * pageSizeBytes, pageSizeBytes);
    },
  ),
  {
    name: "hot_wal_garbage",
    description: "A write-ahead log of random bytes lies beside chroma.sqlite3.",
    file: "sqlite",
    apply: (target) =>
      writeWhole(
        target.fs,
        `${cataloguePath(target)}-wal`,
        target.random.fill(new Uint8Array(8192)),
      ),
  },
];

function fileDamage(
  name: string,
  description: string,
  change: (file: PatchFile, target: DamageTarget) => void,
): Breakage {
  return {
    name,
    description,
    file: "sqlite",
    apply(target) {
      using file = PatchFile.open(target.fs, cataloguePath(target));
      change(file, target);
    },
  };
}

/** Page 1 stays, so that the file is still opened as a database. */
function overwritePages(file: PatchFile, { random }: DamageTarget): void {
  const pageSizeBytes = readPageSize(file);
  const pages = Math.floor(file.sizeBytes / pageSizeBytes) - 1;
  for (const index of random.distinct(Math.ceil(pages / PAGE_LOSS_INTERVAL), pages)) {
    file.fill((index + 1) * pageSizeBytes, pageSizeBytes, random);
  }
}

function readPageSize(file: PatchFile): number {
  const header = parseDatabaseHeader(file.read(0, DATABASE_HEADER_SIZE_BYTES));
  if (header === null || !header.hasMagic || !isPageSize(header.pageSizeBytes)) {
    throw new DamageNotApplicable("chroma.sqlite3 is no database");
  }
  return header.pageSizeBytes;
}
