/**
 * The manifest of what lies in quarantine: one JSON file, `manifest.json`, written before anything
 * moves.
 *
 * | field               | what it is                                                               |
 * | ------------------- | ------------------------------------------------------------------------ |
 * | `vecfsckQuarantine` | the version of the format: 1                                             |
 * | `sha256`            | the digest of `entry`, as JSON without spaces between its tokens         |
 * | `entry`             | what was moved, why and when: the fields of {@linkcode QuarantineManifest} |
 *
 * A manifest may be damaged, or have come with a store that somebody else has made: every field is
 * looked at before anything is done by it, and its paths lead out of neither store nor entry. Only
 * `location` is a path from anywhere; it counts for nothing unless the same manifest lies there.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";
import { isAbsolute } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { isInnerPath } from "../base/inner_path.ts";
import { FieldError, JsonFields } from "../base/json_fields.ts";
import { TIME_ID } from "../base/time_id.ts";
import { ENTRY_DATA_NAME, ENTRY_MANIFEST_NAME } from "../fs/confine.ts";
import { isStorePath, isSwapName } from "../fs/entry_names.ts";

/** The name of the manifest in the directory of an entry. */
export const MANIFEST_NAME = ENTRY_MANIFEST_NAME;

/** The name of what holds the moved data in the directory of an entry. */
export const DATA_NAME = ENTRY_DATA_NAME;

/** The version of the format; a reader refuses those it does not know. */
export const MANIFEST_VERSION = 1;

/** No manifest is longer: it would name some hundred thousand files. */
export const LONGEST_MANIFEST_BYTES: number = 256 << 20;

/** What `from` says of a whole store. */
export const WHOLE_STORE = ".";

/** Single indexes of a store, a whole store that was replaced, or what a repair has replaced. */
export type QuarantineKind = "index" | "store" | "repair";

const KINDS: readonly QuarantineKind[] = ["index", "store", "repair"];

const DIGEST = /^[0-9a-f]{64}$/;

/** One thing that was moved. */
export interface QuarantineItem {
  /**
   * Where it was, relative to the store with forward slashes; `.` for the whole store. What a repair
   * has replaced is an entry of the store, or of one of its directories.
   */
  readonly from: string;
  /** Where it went, relative to the entry with forward slashes: `data`, or below it. */
  readonly to: string;
  /** The bytes of its files. */
  readonly sizeBytes: number;
  /** The digest of everything in it (`digestTree`), or null where it was not taken. */
  readonly sha256: string | null;
  /** The collection to which it belongs, or null where none is known. */
  readonly collection: string | null;
  /** How many live records that had, or null where that could not be read. */
  readonly records: number | null;
  /** How many of their vectors were nowhere else; null where that could not be read. */
  readonly onlyCopies: number | null;
  /** Whether it has the records themselves; left out where it only has their vectors. */
  readonly hasRecords?: boolean;
}

/** A file of what has come into the store, as it was then. */
export interface CameFile {
  /** Its path, relative to the store with forward slashes. */
  readonly path: string;
  /** Its length in bytes. */
  readonly sizeBytes: number;
  /** Its time of modification, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** What only the entry of a repair says: what `undo` has to know. */
export interface RepairFacts {
  /** The entries that have come into the store where none of that name was. */
  readonly added: readonly string[];
  /** Every file of the entries that have come. */
  readonly came: readonly CameFile[];
  /** Whether it holds something that the store no longer has. */
  readonly holdsOnlyCopies: boolean;
  /** How many live records the store had after it; null where that is not known. */
  readonly records: number | null;
}

/** What is known of an entry before it has a name. */
export interface QuarantineDraft {
  /** What kind of thing is moved. */
  readonly kind: QuarantineKind;
  /** Why, for people. */
  readonly reason: string;
  /** The codes of the findings for which it is moved. */
  readonly findings: readonly string[];
  /** What is moved; an entry of kind `repair` that has only added something holds nothing. */
  readonly items: readonly QuarantineItem[];
  /** What came for it; there for the kind `repair`, and for no other. */
  readonly repair?: RepairFacts;
}

/** What an entry holds. */
export interface QuarantineManifest extends QuarantineDraft {
  /** The name of the entry: `YYYYMMDDTHHMMSSZ`, with `-2`, `-3` … where that was taken. */
  readonly id: string;
  /** The store's directory at that time, as an absolute path: for people, nothing is done by it. */
  readonly store: string;
  /** When it was made, as ISO 8601 in UTC. */
  readonly createdAt: string;
  /** The directory that holds the data instead of the entry, as an absolute path; else null. */
  readonly location: string | null;
  /** The version of vecfsck that made it. */
  readonly vecfsckVersion: string;
}

/**
 * Whether a text is the name of an entry.
 *
 * @param text The name of a directory.
 */
export function isQuarantineId(text: string): boolean {
  return TIME_ID.test(text);
}

/**
 * Writes a manifest as text.
 *
 * @param manifest The manifest.
 * @returns JSON, indented, with a newline at the end.
 */
export function encodeManifest(manifest: QuarantineManifest): string {
  const sha256 = digestText(JSON.stringify(manifest));
  const file = { vecfsckQuarantine: MANIFEST_VERSION, sha256, entry: manifest };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * Parses the text of a manifest.
 *
 * @param text The text.
 * @param path Where it was read from, for messages.
 * @returns The manifest.
 * @throws {OperationError} It is damaged, or of a version that is not known.
 */
export function parseManifest(text: string, path: string = MANIFEST_NAME): QuarantineManifest {
  try {
    const value: unknown = JSON.parse(text);
    const fields = JsonFields.of(value);
    const version = fields.count("vecfsckQuarantine");
    if (version !== MANIFEST_VERSION) throw createVersionError(path, version);
    const entry = (value as { readonly entry?: unknown }).entry;
    if (fields.matching("sha256", DIGEST, "SHA-256") !== digestText(JSON.stringify(entry) ?? "")) {
      throw new FieldError("sha256", "is not the digest of the entry");
    }
    return toManifest(JsonFields.of(entry, "entry"));
  } catch (error) {
    if (!(error instanceof FieldError) && !(error instanceof SyntaxError)) throw error;
    throw new OperationError(
      "read-failed",
      `The manifest ${path} is damaged: ${error.message}`,
      { path, hint: DAMAGE_HINT, cause: error },
    );
  }
}

const DAMAGE_HINT =
  "What lies beside it is untouched. Look at it by hand; vecfsck neither puts it " +
  "back nor removes it.";

function createVersionError(path: string, version: number): OperationError {
  return new OperationError(
    "read-failed",
    `The manifest ${path} has version ${version}; this vecfsck knows ${MANIFEST_VERSION}`,
    { path, hint: "Use the vecfsck that made it, or a newer one." },
  );
}

function toManifest(fields: JsonFields): QuarantineManifest {
  const kind = fields.oneOf("kind", KINDS);
  const items = fields.objects("items").map((item) => toItem(item, kind));
  const repair = kind === "repair" ? toRepairFacts(fields.object("repair")) : null;
  if (items.length === 0 && !repair?.added.length) throw fields.wrong("items", "is empty");
  requireApart(fields, items);
  return {
    id: fields.matching("id", TIME_ID, "name of an entry"),
    store: fields.text("store"),
    createdAt: fields.time("createdAt"),
    vecfsckVersion: fields.text("vecfsckVersion"),
    kind,
    reason: fields.text("reason"),
    findings: fields.texts("findings"),
    location: fields.orNull("location", (name) => {
      const path = fields.text(name);
      if (!isAbsolute(path)) throw fields.wrong(name, "is no absolute path");
      return path;
    }),
    items,
    ...(repair === null ? {} : { repair }),
  };
}

function toRepairFacts(fields: JsonFields): RepairFacts {
  return {
    added: fields.texts("added").map((name) => {
      if (!isSwapName(name)) throw fields.wrong("added", "leads out of the store");
      return name;
    }),
    came: fields.objects("came").map((file) => {
      const path = file.text("path");
      if (!isStorePath(path)) throw file.wrong("path", "leads out of the store");
      return { path, sizeBytes: file.count("sizeBytes"), modifiedMs: file.number("modifiedMs") };
    }),
    holdsOnlyCopies: fields.flag("holdsOnlyCopies"),
    records: fields.orNull("records", (name) => fields.count(name)),
  };
}

function toItem(fields: JsonFields, kind: QuarantineKind): QuarantineItem {
  return {
    from: toSource(fields, kind),
    to: toTarget(fields, kind),
    sizeBytes: fields.count("sizeBytes"),
    sha256: fields.orNull("sha256", (name) => fields.matching(name, DIGEST, "SHA-256")),
    collection: fields.orNull("collection", (name) => fields.text(name)),
    records: fields.orNull("records", (name) => fields.count(name)),
    onlyCopies: fields.orNull("onlyCopies", (name) => fields.count(name)),
    ...(fields.names().includes("hasRecords") ? { hasRecords: fields.flag("hasRecords") } : {}),
  };
}

function toSource(fields: JsonFields, kind: QuarantineKind): string {
  const from = fields.text("from");
  if (kind === "store") {
    if (from !== WHOLE_STORE) throw fields.wrong("from", "is not the whole store");
    return from;
  }
  if (kind === "repair" ? !isSwapName(from) : !isStorePath(from)) {
    throw fields.wrong("from", "leads out of the store");
  }
  return from;
}

function toTarget(fields: JsonFields, kind: QuarantineKind): string {
  const to = fields.text("to");
  // What a repair has replaced is exchanged back under its name.
  const isNamed = kind !== "repair" || to === `${DATA_NAME}/${fields.text("from")}`;
  if (!isNamed) throw fields.wrong("to", "is not named as it was in the store");
  const isInData = to === DATA_NAME || to.startsWith(`${DATA_NAME}/`);
  if (!isInData || !isInnerPath(to)) throw fields.wrong("to", "leads out of the entry");
  return to;
}

/** Holds the items against each other: none is another, nor inside another. */
function requireApart(fields: JsonFields, items: readonly QuarantineItem[]): void {
  for (const key of ["from", "to"] as const) {
    const paths = items.map((item) => `${item[key]}/`).sort();
    const overlaps = paths.some((path, index) => paths[index + 1]?.startsWith(path));
    if (overlaps) throw fields.wrong("items", `hold the same path twice in ${key}`);
  }
}

function digestText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
