/**
 * The manifest of a backup. A backup is a directory:
 *
 * | entry                  | what it is                                                           |
 * | ---------------------- | -------------------------------------------------------------------- |
 * | `manifest.json`        | what the backup holds, in the fields of {@linkcode BackupManifest}   |
 * | `manifest.json.sha256` | its digest, as `sha256sum` writes it: `sha256sum -c` works           |
 * | `files/`               | the store as it was copied                                           |
 * | `verified.json`        | what the last verification found; not there before the first         |
 *
 * A manifest may be damaged, or written by somebody who wants a restore to write elsewhere: every
 * field is looked at before anything is done by it, and no path in it leads out of `files/`.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";
import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { isStorePath } from "../fs/entry_names.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { SEVERITIES, type SeverityCounts, type Verdict } from "../model/finding.ts";
import type { CheckLevel, FormatName } from "../model/report.ts";
import type { CollectionContents } from "../model/store.ts";
import { formatByName } from "../stores/registry.ts";
import { FieldError, JsonFields } from "../base/json_fields.ts";
import { TIME_ID } from "../base/time_id.ts";
import {
  type BackupCheck,
  type BackupDirectory,
  type BackupFile,
  type BackupManifest,
  type BackupScope,
  SCOPES,
  type SourceStamp,
} from "./manifest_fields.ts";

export type { BackupCheck, BackupDirectory, BackupFile, BackupManifest, BackupScope, SourceStamp };

/** The name of the manifest in the directory of a backup. */
export const MANIFEST_NAME = "manifest.json";

/** The name of the file with the manifest's digest. */
export const MANIFEST_DIGEST_NAME = "manifest.json.sha256";

/** The name of the directory that holds the store as it was copied. */
export const FILES_DIRECTORY_NAME = "files";

/** The version of the format; a reader refuses those it does not know. */
export const MANIFEST_VERSION = 1;

/** Nobody's store has so many files that its manifest is longer. */
export const LONGEST_MANIFEST_BYTES: number = 384 << 20;

/** A longer list of files is for programs. */
const MOST_READABLE_FILES = 10_000;

const DIGEST_EXPRESSION = /^[0-9a-f]{64}$/;
const HEXADECIMAL_EXPRESSION = /^[0-9a-f]{16,128}$/;
const ALL_MODE_BITS = 0o7777;
const VERDICTS: readonly Verdict[] = ["clean", "warnings", "damaged", "unsafe"];

/** The manifest of a backup is missing, damaged, or of a version that is not known. */
export class ManifestError extends OperationError {
  /** Makes an error from the file and what is wrong with it. */
  constructor(path: string, problem: string, hint: string, cause?: unknown) {
    super("read-failed", problem, { path, hint, ...(cause === undefined ? {} : { cause }) });
    this.name = "ManifestError";
  }
}

/**
 * Whether a text is the name of a backup.
 *
 * @param text The name of a directory.
 */
export function isBackupId(text: string): boolean {
  return TIME_ID.test(text);
}

/**
 * Writes a manifest as text.
 *
 * @param manifest The manifest.
 * @returns JSON with a newline at the end, indented where people may want to read it.
 */
export function encodeManifest(manifest: BackupManifest): string {
  const isReadable = manifest.files.length <= MOST_READABLE_FILES;
  return `${JSON.stringify(manifest, null, isReadable ? 2 : 0)}\n`;
}

/**
 * Writes the line with the manifest's digest, as `sha256sum` does.
 *
 * @param text The text of the manifest.
 * @returns What `manifest.json.sha256` holds.
 */
export function encodeManifestDigest(text: string): string {
  return `${digestText(text)}  ${MANIFEST_NAME}\n`;
}

/**
 * Reads the manifest of a backup and holds it against its digest.
 *
 * @param fs The file system.
 * @param directory The directory of the backup.
 * @returns The manifest.
 * @throws {ManifestError} It is missing, damaged, or of a version that is not known.
 * @throws {OperationError} It cannot be read.
 */
export function readManifest(fs: WriteFs, directory: string): BackupManifest {
  const path = join(directory, MANIFEST_NAME);
  const text = readText(fs, path);
  const digestPath = join(directory, MANIFEST_DIGEST_NAME);
  if (readText(fs, digestPath).slice(0, 64) !== digestText(text)) {
    throw new ManifestError(
      path,
      `The manifest ${path} is damaged: its digest is not the one in ${MANIFEST_DIGEST_NAME}`,
      DAMAGE_HINT,
    );
  }
  return parseManifest(text, path);
}

const DAMAGE_HINT = "Use another backup; `vecfsck backup list` shows those that are whole.";

function readText(fs: WriteFs, path: string): string {
  const facts = fs.look(path);
  if (facts?.kind !== "file") {
    throw new ManifestError(path, `There is no whole backup here: ${path} is missing`, DAMAGE_HINT);
  }
  if (facts.sizeBytes > LONGEST_MANIFEST_BYTES) {
    throw new ManifestError(path, `${path} is too long to be a manifest`, DAMAGE_HINT);
  }
  using file = fs.openForReading(path);
  const bytes = file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, LONGEST_MANIFEST_BYTES)));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ManifestError(path, `${path} is damaged: it is not UTF-8`, DAMAGE_HINT, cause);
  }
}

function digestText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Parses the text of a manifest.
 *
 * @param text The text.
 * @param path Where it was read from, for messages.
 * @returns The manifest; every path in it stays below the directory that it is relative to.
 * @throws {ManifestError} It is damaged, or of a version that is not known.
 */
export function parseManifest(text: string, path: string = MANIFEST_NAME): BackupManifest {
  try {
    const fields = JsonFields.of(JSON.parse(text));
    const version = fields.count("vecfsckBackup");
    if (version !== MANIFEST_VERSION) throw createVersionError(path, version);
    const manifest = toManifest(fields);
    requireTree(manifest);
    return manifest;
  } catch (error) {
    if (!(error instanceof FieldError) && !(error instanceof SyntaxError)) throw error;
    const problem = `The manifest ${path} is damaged: ${error.message}`;
    throw new ManifestError(path, problem, DAMAGE_HINT, error);
  }
}

function createVersionError(path: string, version: number): ManifestError {
  return new ManifestError(
    path,
    `The manifest ${path} has version ${version}; this vecfsck knows ${MANIFEST_VERSION}`,
    "Use the vecfsck that made the backup, or a newer one.",
  );
}

function toManifest(fields: JsonFields): BackupManifest {
  return {
    vecfsckBackup: MANIFEST_VERSION,
    id: fields.matching("id", TIME_ID, "name of a backup"),
    store: fields.text("store"),
    scope: toScope(fields),
    storeMode: fields.anything("storeMode") === undefined ? null : toMode(fields, "storeMode"),
    format: toFormat(fields),
    engine: fields.orNull("engine", (name) => fields.text(name)),
    createdAt: fields.time("createdAt"),
    vecfsckVersion: fields.text("vecfsckVersion"),
    good: fields.flag("good"),
    check: toCheck(fields.object("check")),
    collections: fields.objects("collections").map(toCollection),
    directories: fields.objects("directories").map(toDirectory),
    files: fields.objects("files").map(toFile),
    leftOut: fields.objects("leftOut").map((entry) => ({
      path: entry.text("path"),
      reason: entry.text("reason"),
    })),
  };
}

/** Manifests were written without it before there was more than one. */
function toScope(fields: JsonFields): BackupScope {
  return fields.anything("scope") === undefined ? "all" : fields.oneOf("scope", SCOPES);
}

function toFormat(fields: JsonFields): FormatName {
  try {
    return formatByName(fields.text("format") as FormatName).name;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    throw fields.wrong("format", "is none that this vecfsck knows");
  }
}

function toCheck(fields: JsonFields): BackupCheck {
  const counts = fields.object("counts");
  return {
    level: fields.oneOf<CheckLevel>("level", ["quick", "full"]),
    verdict: fields.oneOf("verdict", VERDICTS),
    counts: Object.fromEntries(
      SEVERITIES.map((severity) => [severity, counts.count(severity)]),
    ) as SeverityCounts,
    findings: fields.texts("findings"),
    at: fields.time("at"),
  };
}

function toCollection(fields: JsonFields): CollectionContents {
  return {
    id: fields.text("id"),
    name: fields.text("name"),
    records: fields.count("records"),
    vectors: fields.count("vectors"),
    hash: fields.matching("hash", HEXADECIMAL_EXPRESSION, "hash"),
  };
}

function toDirectory(fields: JsonFields): BackupDirectory {
  return { path: toInnerPath(fields), mode: toMode(fields) };
}

function toFile(fields: JsonFields): BackupFile {
  return {
    path: toInnerPath(fields),
    sizeBytes: fields.count("sizeBytes"),
    sha256: fields.matching("sha256", DIGEST_EXPRESSION, "SHA-256"),
    mode: toMode(fields),
    modifiedMs: fields.number("modifiedMs"),
    kind: fields.oneOf("kind", ["file", "database"]),
    source: toSource(fields.object("source")),
    sharedWith: fields.orNull(
      "sharedWith",
      (name) => fields.matching(name, TIME_ID, "name of a backup"),
    ),
  };
}

function toSource(fields: JsonFields): SourceStamp {
  return {
    sizeBytes: fields.count("sizeBytes"),
    modifiedMs: fields.number("modifiedMs"),
    changedMs: fields.orNull("changedMs", (name) => fields.number(name)),
    inode: fields.orNull("inode", (name) => fields.number(name)),
    changeCounter: fields.orNull("changeCounter", (name) => fields.count(name)),
  };
}

function toInnerPath(fields: JsonFields): string {
  const path = fields.text("path");
  // What vecfsck itself keeps in a store is in no backup: it would act on what stands there.
  if (!isStorePath(path)) throw fields.wrong("path", "leads out of the backup");
  return path;
}

function toMode(fields: JsonFields, field = "mode"): number | null {
  return fields.orNull(field, (name) => fields.count(name, ALL_MODE_BITS));
}

/** Holds the entries against each other: each once, and below a directory that is listed before. */
function requireTree(manifest: BackupManifest): void {
  const directories = new Set<string>([""]);
  const files = new Set<string>();
  for (const { path } of manifest.directories) {
    requireNew(path, directories, files);
    directories.add(path);
  }
  for (const { path } of manifest.files) {
    requireNew(path, directories, files);
    files.add(path);
  }
}

function requireNew(
  path: string,
  directories: ReadonlySet<string>,
  files: ReadonlySet<string>,
): void {
  if (directories.has(path) || files.has(path)) throw new FieldError(path, "is listed twice");
  const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  if (!directories.has(parent)) throw new FieldError(path, "is in a directory that is not listed");
}
