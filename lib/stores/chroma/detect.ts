/**
 * Recognising a Chroma store by its content.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../fs/read_fs.ts";
import type { DetectedStore } from "../../model/store.ts";
import { StoreDatabase } from "../../sqlite/database.ts";
import { CATALOGUE_NAME, hasStoreNames, type Layout, readLayout, SEGMENT_FILES } from "./layout.ts";

/** What a SQLite database begins with. */
const SQLITE_MAGIC = "SQLite format 3\0";

/** Tables of which every version of Chroma has at least one. */
const CHROMA_TABLES = ["collections", "segments", "embeddings", "embeddings_queue", "migrations"];

/**
 * Recognises a directory as a Chroma store: by its catalogue, however damaged, or by the
 * directories of segments.
 *
 * @param path A directory.
 * @returns The store, or null when it is none.
 * @throws {OperationError} The directory cannot be looked at.
 */
export function detectChroma(path: string): DetectedStore | null {
  if (!hasStoreNames(path)) return null;
  const layout = readLayout(path);
  const evidence = findEvidence(layout);
  return evidence === null ? null : { path: Deno.realPathSync(path), format: "chroma", evidence };
}

function findEvidence(layout: Layout): string | null {
  const segments = layout.segments.filter((segment) =>
    Object.values(SEGMENT_FILES).some((name) => segment.files[name] !== undefined)
  );
  if (segments.length > 0) return `${segments.length} segment directories`;
  if (layout.catalogue === null) return null;
  return isForeignDatabase(join(layout.path, CATALOGUE_NAME)) ? null : CATALOGUE_NAME;
}

/** Whether a database is whole and has none of Chroma's tables: somebody else's, by chance. */
function isForeignDatabase(path: string): boolean {
  using file = BoundedFile.open(path);
  const magic = new TextDecoder("latin1").decode(file.read(0, SQLITE_MAGIC.length));
  // A journal would be rolled back by opening; whether it is Chroma's shows in the check itself.
  if (magic !== SQLITE_MAGIC || hasCompanion(path) || usesWriteAheadLog(file)) return false;
  try {
    // A database that is locked is not looked into: the check itself says who holds it.
    using database = StoreDatabase.open(path, { busyTimeoutMs: 0 });
    const names = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'").flat();
    return !CHROMA_TABLES.some((table) => names.includes(table));
  } catch {
    return false;
  }
}

function hasCompanion(path: string): boolean {
  return ["-journal", "-wal"].some((suffix) => {
    try {
      return Deno.statSync(path + suffix).size > 0;
    } catch {
      return false;
    }
  });
}

function usesWriteAheadLog(file: BoundedFile): boolean {
  return file.read(18, 2).some((version) => version === 2);
}
