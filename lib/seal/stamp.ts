/**
 * Stamps of files as they are kept: size, times and inode, by which a change is noticed.
 *
 * @module
 */

import type { JsonFields } from "../base/json_fields.ts";
import type { FileStamp } from "../model/store.ts";

/** What is kept of a file's stamp. */
export type Stamp = Omit<FileStamp, "aggregate">;

/** Beyond this no date can be written. */
const LATEST_MS = 8.64e15;

/**
 * File systems and networks keep times to two seconds at the worst; what was written so shortly
 * before its stamp was taken can have been written once more after it, with the same stamp.
 */
export const RACY_MS = 2000;

/** Gives what is kept of a stamp. */
export function encodeStamp({ path, sizeBytes, modifiedMs, changedMs, inode }: Stamp): Stamp {
  return { path, sizeBytes, modifiedMs, changedMs, inode };
}

/**
 * Takes a stamp out of JSON that anybody may have written.
 *
 * @param fields The fields.
 * @returns The stamp; its path is relative and leads to nothing outside of a store.
 * @throws {FieldError} A field is missing or holds what it may not.
 */
export function parseStamp(fields: JsonFields): Stamp {
  const path = fields.text("path");
  if (!isPortablePath(path)) throw fields.wrong("path", "is no path within a store");
  return {
    path,
    sizeBytes: fields.count("sizeBytes"),
    modifiedMs: parseTime(fields, "modifiedMs"),
    changedMs: fields.orNull("changedMs", (name) => parseTime(fields, name)),
    inode: fields.orNull("inode", (name) => fields.number(name)),
  };
}

/** Takes a time in milliseconds since 1970; files can be older than that. */
export function parseTime(fields: JsonFields, name: string): number {
  const value = fields.number(name);
  if (Math.abs(value) > LATEST_MS) throw fields.wrong(name, "is no time");
  return value;
}

/** Whether a path leads to something below the directory that it is relative to, on every system. */
export function isPortablePath(path: string): boolean {
  return !/[\0\\]|^[a-z]:/i.test(path) &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Whether a file is the same by everything that its stamp tells. */
export function isSameStamp(one: Stamp, other: Stamp): boolean {
  return hasSameContentStamp(one, other) && one.changedMs === other.changedMs &&
    one.inode === other.inode;
}

/** Whether a file was written last at the same moment and with the same length. */
export function hasSameContentStamp(one: Stamp, other: Stamp): boolean {
  return one.sizeBytes === other.sizeBytes && one.modifiedMs === other.modifiedMs;
}

/** The last moment at which a file was changed, in milliseconds since 1970. */
export function lastChangeMs({ modifiedMs, changedMs }: Stamp): number {
  return Math.max(modifiedMs, changedMs ?? modifiedMs);
}
