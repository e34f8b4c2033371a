/**
 * Rows of `migrations` as the engines write them: the text is the same in every version, and the
 * hash is of the kind that the other rows have.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import { type Engine, KNOWN_MIGRATIONS, type KnownMigration } from "../../catalogue/migrations.ts";
import { MIGRATION_TEXTS, type MigrationText } from "../../catalogue/migration_texts.ts";
import {
  type EditStatement,
  type PlannedEdit,
  type PlanningContext,
  statement,
} from "./catalogue_edit.ts";

const UNKNOWN_TEXT: PlannedEdit = {
  refused: "The first migration of metadb has another text in Chroma 0.4.0 than in 0.4.1, and " +
    "nothing tells which of them it was",
};

/** A migration as it is written down. */
interface KnownText {
  readonly text: MigrationText;
  readonly hash: string;
}

/**
 * Plans rows that are missing.
 *
 * @param finding The finding `migration-missing`.
 * @param context What is known.
 * @returns The rows.
 */
export function planMissingMigrations(finding: Finding, context: PlanningContext): PlannedEdit {
  const { catalogue, engine } = context;
  const { directory, versions } = finding.detail;
  const wanted = Array.isArray(versions) ? versions.map(Number) : [];
  if (isAmbiguous(engine, String(directory), wanted)) return UNKNOWN_TEXT;
  const known = wanted.flatMap((version) => {
    const text = findText(catalogue, String(directory), version);
    return text === null ? [] : [text];
  });
  return {
    statements: known.map(insertRow),
    sentence: `Put back the record of ${directory} ${wanted.join(", ")} as every engine writes it`,
    losses: [],
  };
}

/**
 * Plans a row that is wrong.
 *
 * @param finding The finding `migration-changed`.
 * @param context What is known.
 * @returns The row; one with a number that no migration has goes.
 */
export function planChangedMigration(finding: Finding, context: PlanningContext): PlannedEdit {
  const { catalogue, engine } = context;
  const { directory, version } = finding.detail;
  const known = typeof version === "number"
    ? findText(catalogue, String(directory), version)
    : null;
  if (known === null || typeof version !== "number") {
    return {
      statements: [statement(
        "DELETE FROM migrations WHERE dir = ? AND (typeof(version) <> 'integer' OR version < 1)",
        String(directory),
      )],
      sentence: `Remove the row of ${directory} that has the number of no migration`,
      losses: [],
    };
  }
  if (isAmbiguous(engine, String(directory), [version])) return UNKNOWN_TEXT;
  return {
    statements: [statement(
      "UPDATE migrations SET filename = ?, sql = ?, hash = ? WHERE dir = ? AND version = ?",
      known.text.fileName,
      known.text.sql,
      known.hash,
      String(directory),
      version,
    )],
    sentence: `Write the text and the hash of ${directory} ${version} as every engine writes them`,
    losses: [],
  };
}

function isAmbiguous({ schema }: Engine, directory: string, versions: readonly number[]): boolean {
  return directory === "metadb" && schema.metadb === 1 && versions.includes(1);
}

function findText(catalogue: Catalogue, directory: string, version: number): KnownText | null {
  const isWanted = (one: { directory: string; version: number }): boolean =>
    one.directory === directory && one.version === version;
  const text = MIGRATION_TEXTS.find(isWanted);
  const known = KNOWN_MIGRATIONS.find(isWanted);
  if (text === undefined || known === undefined) return null;
  return { text, hash: usesSha256(catalogue) ? known.sha256 : known.md5 };
}

/** The setting `migrations_hash_algorithm` holds for all rows of a store. */
function usesSha256({ migrations }: Catalogue): boolean {
  const has = (hash: (migration: KnownMigration) => string): number =>
    migrations.filter((row) => KNOWN_MIGRATIONS.some((known) => hash(known) === row.hash)).length;
  return has(({ sha256 }) => sha256) > has(({ md5 }) => md5);
}

function insertRow({ text, hash }: KnownText): EditStatement {
  return statement(
    "INSERT OR REPLACE INTO migrations (dir, version, filename, sql, hash) VALUES (?, ?, ?, ?, ?)",
    text.directory,
    text.version,
    text.fileName,
    text.sql,
    hash,
  );
}
