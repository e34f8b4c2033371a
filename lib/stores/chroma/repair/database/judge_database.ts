/**
 * What a full check would say of a database as a file: its header and length, its trees, tables and
 * columns. The full text is not asked whether it fits the documents: it can be made anew, as long as
 * the pages of its own tables are whole.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import { openForReading } from "../../../../sqlite/reading.ts";
import { checkSchema } from "../../catalogue/check_schema.ts";
import { inferEngine } from "../../catalogue/migrations.ts";
import { readCatalogue } from "../../catalogue/read_catalogue.ts";
import { checkIntegrity } from "../../database/check_integrity.ts";
import { checkSqliteFile } from "../../database/check_sqlite_file.ts";
import { readOrdinaryIntegrity } from "../../database/read_integrity.ts";
import { stageOf } from "../cures.ts";

/**
 * Judges a database.
 *
 * @param path The file, a private copy.
 * @returns The findings that the database stage answers, and damaged pages of the full text; those
 * that mean no damage are left out.
 * @throws {OperationError} It cannot be read.
 */
export function judgeDatabase(path: string): Finding[] {
  using reading = openForReading(path);
  const { database, facts } = reading;
  const findings = checkSqliteFile(facts);
  const header = facts.judgedHeader;
  if (database !== null && header !== null) {
    const catalogue = readCatalogue(database);
    findings.push(
      ...checkSchema(catalogue, inferEngine(catalogue)),
      ...checkIntegrity([readOrdinaryIntegrity(database, header)]),
    );
  }
  return findings.filter((finding) => {
    const isOwn = stageOf(finding) === "database" || finding.name === "fulltext-malformed";
    return isOwn && finding.severity !== "info";
  });
}
