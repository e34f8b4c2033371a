/**
 * The table of migrations against what the engines write. The rules:
 *
 * - from the first to the highest migration of a directory every one has its row, where the highest
 *   is known by its row or by what it made;
 * - number, hash and SQL of each are those that every engine up to 1.5.9 writes;
 * - migrations beyond those are named, and what they made is not judged.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import { type Catalogue, isWhole, type MigrationRow } from "./catalogue.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import {
  acceptedHashes,
  type Engine,
  KNOWN_MIGRATIONS,
  type KnownMigration,
  listUnknownMigrations,
  type MigrationDirectory,
} from "./migrations.ts";

const DIRECTORIES: readonly MigrationDirectory[] = ["sysdb", "metadb", "embeddings_queue"];

/**
 * Judges the records of the schema migrations.
 *
 * @param catalogue The catalogue.
 * @param engine The engine that it tells.
 * @returns What is wrong; nothing when the table is missing or cannot be read.
 */
export function checkMigrations(catalogue: Catalogue, engine: Engine): Finding[] {
  if (!isWhole(catalogue, "migrations")) return [];
  const findings = [...checkNewer(catalogue)];
  for (const directory of DIRECTORIES) {
    findings.push(...checkDirectory(catalogue, engine, directory));
  }
  return findings;
}

function checkNewer(catalogue: Catalogue): Finding[] {
  const unknown = listUnknownMigrations(catalogue);
  if (unknown.length === 0) return [];
  const names = unknown.map(({ directory, version }) => `${printable(directory, 64)} ${version}`);
  return [createFinding("schema-newer", {
    path: CATALOGUE_NAME,
    count: unknown.length,
    message: `${formatCount(unknown.length, "migration")} not known here: ` +
      printable(names.join(", ")),
    detail: { migrations: names.slice(0, 100) },
  })];
}

function checkDirectory(
  catalogue: Catalogue,
  engine: Engine,
  directory: MigrationDirectory,
): Finding[] {
  const known = KNOWN_MIGRATIONS.filter((migration) => migration.directory === directory);
  const rows = catalogue.migrations.filter((row) => row.directory === directory);
  const findings = rows.flatMap((row) => checkRow(row, known, engine));
  const missing = known
    .map(({ version }) => version)
    .filter((version) => version <= engine.schema[directory])
    .filter((version) => !rows.some((row) => row.version === version));
  if (missing.length === 0) return findings;
  return [
    ...findings,
    createFinding("migration-missing", {
      path: CATALOGUE_NAME,
      count: missing.length,
      message: `No row for ${directory} ${missing.join(", ")}, though the schema is that of ` +
        `${directory} ${engine.schema[directory]}`,
      detail: { directory, versions: missing, highest: engine.schema[directory] },
    }),
  ];
}

function checkRow(
  row: MigrationRow,
  known: readonly KnownMigration[],
  engine: Engine,
): Finding[] {
  const { directory, version } = row;
  const expected = known.find((migration) => migration.version === version);
  const newest = known[known.length - 1]?.version ?? 0;
  if (expected === undefined) {
    if (version !== null && version > newest) return [];
    const file = printable(row.fileName, 100);
    return [changed(row, `A row of ${directory} (${file}) has the number ${version ?? "of none"}`)];
  }
  const accepted = acceptedHashes(expected, engine.schema.metadb);
  if (!accepted.includes(row.hash)) {
    const message = `The hash of ${directory} ${version} is ${printable(row.hash, 80)}; ` +
      `every engine writes ${expected.md5}`;
    return [changed(row, message)];
  }
  if (accepted.includes(row.sqlMd5)) return [];
  const message = `The SQL of ${directory} ${version} is not the one whose hash stands beside it` +
    (engine.era === "python" ? "; Chroma 1.x compares both, 0.x the hash alone" : "");
  return [changed(row, message)];
}

function changed(row: MigrationRow, message: string): Finding {
  return createFinding("migration-changed", {
    path: CATALOGUE_NAME,
    message,
    detail: {
      directory: row.directory,
      version: row.version,
      hash: printable(row.hash, 80),
      sqlMd5: row.sqlMd5,
    },
  });
}
