/**
 * Telling what a backup holds without reading its manifest, which is long where a store has very many
 * files: a backup of the metadata, which is made every minute, passes over all others so.
 *
 * @module
 */

import { join } from "@std/path";
import type { WriteFs } from "../fs/write_fs.ts";
import { type BackupScope, MANIFEST_NAME } from "./manifest.ts";
import { SCOPES } from "./manifest_fields.ts";

/** The path of a store is hardly longer. */
const PEEKED_BYTES = 16 << 10;

/** The fields that stand before the scope, as they are written. */
const SCOPE_EXPRESSION =
  /^\{\s*"vecfsckBackup":\s*1,\s*"id":\s*"[^"\\]*",\s*"store":\s*"(?:[^"\\]|\\.)*",\s*"scope":\s*"([a-z]+)"/;

/**
 * Tells from the beginning of a manifest what the backup holds. Nothing is verified.
 *
 * @param fs The file system.
 * @param directory The directory of the backup.
 * @returns What it holds; null where that cannot be told so.
 * @throws {OperationError} The manifest cannot be read.
 */
export function peekScope(fs: WriteFs, directory: string): BackupScope | null {
  const path = join(directory, MANIFEST_NAME);
  if (fs.look(path)?.kind !== "file") return null;
  using file = fs.openForReading(path);
  const bytes = file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, PEEKED_BYTES)));
  const scope = SCOPE_EXPRESSION.exec(new TextDecoder().decode(bytes))?.[1];
  return SCOPES.find((candidate) => candidate === scope) ?? null;
}
