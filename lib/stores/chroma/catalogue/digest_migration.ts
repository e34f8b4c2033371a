/**
 * The digest of a migration's text, as the engine writes it down beside it.
 *
 * @module
 */

import { createHash } from "../../../base/node_library.ts";
import { MIGRATION_TEXTS } from "./migration_texts.ts";
import { KNOWN_MIGRATIONS } from "./migrations.ts";

let knownDigests: ReadonlyMap<string, string> | null = null;

/**
 * Digests the text of a migration by MD5. Of the texts that engines are known to have the digests are
 * known too, so that an ordinary check does not have to load what computes them.
 *
 * @param sql The text.
 * @returns The digest in hexadecimal.
 */
export function digestMigration(sql: Uint8Array): string {
  knownDigests ??= listKnownDigests();
  const known = knownDigests.get(new TextDecoder("utf-8", { ignoreBOM: true }).decode(sql));
  return known ?? createHash("md5").update(sql).digest("hex");
}

function listKnownDigests(): Map<string, string> {
  const digests = new Map<string, string>();
  for (const { directory, version, sql } of MIGRATION_TEXTS) {
    const known = KNOWN_MIGRATIONS.find((migration) =>
      migration.directory === directory && migration.version === version
    );
    if (known !== undefined) digests.set(sql, known.md5);
  }
  return digests;
}
