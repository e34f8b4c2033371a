/**
 * Checking the SQLite file of a store from end to end, as the tests of its checks do it.
 *
 * @module
 */

import { join } from "@std/path";
import type { Finding } from "../../../lib/model/finding.ts";
import { openForReading } from "../../../lib/sqlite/reading.ts";
import { checkFulltext } from "../../../lib/stores/chroma/database/check_fulltext.ts";
import { checkIntegrity } from "../../../lib/stores/chroma/database/check_integrity.ts";
import { checkSqliteFile } from "../../../lib/stores/chroma/database/check_sqlite_file.ts";
import type { FulltextComparison } from "../../../lib/stores/chroma/database/fulltext_comparison.ts";
import type { IntegrityReport } from "../../../lib/stores/chroma/database/integrity_report.ts";
import { readFulltextComparison } from "../../../lib/stores/chroma/database/read_fulltext.ts";
import {
  readFulltextIntegrity,
  readOrdinaryIntegrity,
} from "../../../lib/stores/chroma/database/read_integrity.ts";
import { editDatabase } from "../../sqlite/database_cases.ts";
import { type GoldenStore, goldenStore } from "../../support/fixtures.ts";

/** What the checks of the SQLite file found, by part. */
export interface CatalogueFindings {
  readonly file: Finding[];
  readonly integrity: Finding[];
  readonly fulltext: Finding[];
  readonly reports: readonly IntegrityReport[];
  readonly comparison: FulltextComparison | null;
}

/** Reads and judges chroma.sqlite3 of a store, with every structure sent as between threads. */
export function checkCatalogueFile(store: string): CatalogueFindings {
  using reading = openForReading(join(store, "chroma.sqlite3"));
  const { database, facts } = reading;
  const file = checkSqliteFile(structuredClone(facts));
  if (database === null || facts.judgedHeader === null) {
    return { file, integrity: [], fulltext: [], reports: [], comparison: null };
  }
  const reports = structuredClone([
    readOrdinaryIntegrity(database, facts.judgedHeader),
    readFulltextIntegrity(database, facts.judgedHeader),
  ]);
  const comparison = structuredClone(readFulltextComparison(database));
  return {
    file,
    integrity: checkIntegrity(reports),
    fulltext: checkFulltext(comparison, reports),
    reports,
    comparison,
  };
}

/** Gives a fresh golden store after statements were run on its database. */
export async function editedStore(name: GoldenStore, ...statements: string[]): Promise<string> {
  const store = await goldenStore(name);
  editDatabase(join(store, "chroma.sqlite3"), ...statements);
  return store;
}

/** Shortens findings to what most tests compare. */
export function outline(findings: readonly Finding[]): [string, string | null, number][] {
  return findings.map(({ name, collection, count }) => [name, collection, count]);
}
