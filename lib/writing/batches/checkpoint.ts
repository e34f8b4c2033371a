/**
 * The file by which an indexing that was interrupted goes on: how many records of the source are
 * safely in the collection, and which they were last. It is written after each batch, whole or not
 * at all, and removed at the end.
 *
 * | field        | type         | meaning                                                      |
 * | ------------ | ------------ | ------------------------------------------------------------ |
 * | `format`     | string       | `vecfsck-batches`                                            |
 * | `version`    | number       | 1                                                            |
 * | `collection` | string, null | the id of the collection, or its name; null: it has neither  |
 * | `offset`     | number       | how many records of the source are safely there              |
 * | `lastCount`  | number       | how many of them the last batch had                          |
 * | `lastHash`   | string       | the hash of their ids, in their order                        |
 *
 * @module
 */

import { dirname } from "@std/path";
import { OperationError, toOperationError } from "../../base/errors.ts";
import { Hash128 } from "../../base/hash128.ts";
import { FieldError, JsonFields } from "../../base/json_fields.ts";
import { writeAtomically } from "../../fs/atomic.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { toWriteError } from "../../fs/write_errors.ts";
import { MOST_BATCH_SIZE } from "./safe_batches.ts";

/** How far an indexing has come. */
export interface Checkpoint {
  /** By what the collection is known, or null. */
  readonly collection: string | null;
  /** How many records of the source are safely there. */
  readonly offset: number;
  /** How many of them the last batch had. */
  readonly lastCount: number;
  /** The hash of their ids. */
  readonly lastHash: string;
}

const FORMAT = "vecfsck-batches";

/** No checkpoint is longer: an id of a collection is a short text. */
const MOST_BYTES = 1 << 16;

/**
 * Reads a checkpoint.
 *
 * @param fs The file system.
 * @param path Its file.
 * @returns The checkpoint, or null where there is no such file.
 * @throws {OperationError} It cannot be read, or is none.
 */
export function readCheckpoint(fs: WriteFs, path: string): Checkpoint | null {
  const bytes = readFile(fs, path);
  if (bytes === null) return null;
  try {
    return parseCheckpoint(JsonFields.of(JSON.parse(new TextDecoder().decode(bytes))));
  } catch (error) {
    if (!(error instanceof FieldError) && !(error instanceof SyntaxError)) throw error;
    throw new OperationError("read-failed", `No checkpoint of vecfsck: ${path}`, {
      path,
      hint: "Name another file, or remove it where all records are to be written again.",
      cause: error,
    });
  }
}

function readFile(fs: WriteFs, path: string): Uint8Array | null {
  try {
    const facts = fs.look(path);
    if (facts === null) return null;
    // A pipe would be waited for.
    if (facts.kind !== "file" || facts.sizeBytes > MOST_BYTES) return new Uint8Array();
    using file = fs.openForReading(path);
    return file.readAt(0, new Uint8Array(MOST_BYTES));
  } catch (error) {
    throw toOperationError(error, path);
  }
}

function parseCheckpoint(fields: JsonFields): Checkpoint {
  fields.oneOf("format", [FORMAT]);
  if (fields.count("version") !== 1) throw fields.wrong("version", "is none that is known");
  const offset = fields.count("offset");
  const lastCount = fields.count("lastCount", Math.min(offset, MOST_BATCH_SIZE));
  if (lastCount === 0) throw fields.wrong("lastCount", "is no batch");
  return {
    collection: fields.orNull("collection", (name) => fields.text(name)),
    offset,
    lastCount,
    lastHash: fields.matching("lastHash", /^[0-9a-f]{32}$/, "hash"),
  };
}

/**
 * Writes a checkpoint in place of the one before.
 *
 * @param fs The file system.
 * @param path Its file.
 * @param checkpoint The checkpoint.
 * @throws {OperationError} It could not be written; the one before is there as it was.
 */
export function writeCheckpoint(fs: WriteFs, path: string, checkpoint: Checkpoint): void {
  const text = JSON.stringify({ format: FORMAT, version: 1, ...checkpoint });
  const bytes = new TextEncoder().encode(`${text}\n`);
  writeAtomically(path, bytes, { fs, mode: 0o600, followsLink: true });
}

/**
 * Removes a checkpoint, if there is one.
 *
 * @param fs The file system.
 * @param path Its file.
 * @throws {OperationError} It could not be removed.
 */
export function removeCheckpoint(fs: WriteFs, path: string): void {
  try {
    if (fs.look(path) === null) return;
    fs.removeFile(path);
    fs.syncDirectory(dirname(path));
  } catch (error) {
    throw toWriteError(error, path);
  }
}

/**
 * Hashes ids in their order.
 *
 * @param ids The ids.
 * @returns The hash.
 */
export function hashIds(ids: readonly string[]): string {
  return new Hash128().addBytes(new TextEncoder().encode(JSON.stringify(ids))).toString();
}
