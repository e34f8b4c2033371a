/**
 * What the result of each task follows from, so that it can be remembered while that stays.
 *
 * | task     | files                                   | and besides                                 |
 * | -------- | --------------------------------------- | ------------------------------------------- |
 * | fulltext | chroma.sqlite3 and its companions       | its header                                  |
 * | tables   | chroma.sqlite3 and its companions       | its header, the catalogue, the watermarks   |
 * | segment  | the index, the database, its companions | the catalogue on the index, the watermarks  |
 * | … a part | the index                               | the catalogue on the index                  |
 *
 * @module
 */

import { createHash } from "../../base/node_library.ts";
import type { MemoSource, TaskMemo } from "../../model/store.ts";
import { CATALOGUE_NAME, COMPANION_SUFFIXES, SEGMENT_FILES } from "./layout.ts";
import type { SegmentSubject } from "./segment/segment_reading.ts";
import type { DatabasePayload, SegmentTask, TablesPayload } from "./tasks.ts";

/** A companion that appears changes what is read as much as one that goes. */
const DATABASE_FILES: readonly string[] = ["", ...COMPANION_SUFFIXES]
  .map((suffix) => CATALOGUE_NAME + suffix);

/**
 * Tells what the result of a task over the database follows from.
 *
 * @param kind Which task.
 * @param payload What it is given.
 * @returns The files and the key.
 */
export function memoOfDatabase(
  kind: "fulltext" | "tables",
  payload: DatabasePayload | TablesPayload,
): TaskMemo {
  const label = kind === "fulltext" ? "the full text" : "the tables of the database";
  return { label, key: digest([kind, payload]), inputs: DATABASE_FILES };
}

/**
 * Tells what the result of a segment's task follows from.
 *
 * @param payload What it is given.
 * @returns The files and the key; undefined at the quick level, which is not remembered.
 */
export function memoOfSegment(payload: SegmentTask["payload"]): TaskMemo | undefined {
  if (payload.level === "quick") return undefined;
  const part = memoOfFiles(payload.subject);
  return {
    label: `the index ${payload.subject.segmentId}`,
    key: digest([part.key, payload.place, payload.location?.tolerant ?? null]),
    inputs: [...part.inputs, ...DATABASE_FILES],
    part,
  };
}

function memoOfFiles(subject: SegmentSubject): MemoSource {
  const { directory, ...rest } = subject;
  const name = directory?.name ?? subject.segmentId;
  return {
    key: digest(["segment", rest, directory === null, directory?.irregular]),
    inputs: Object.values(SEGMENT_FILES).map((file) => `${name}/${file}`),
  };
}

/** Digests a value; where the store is and where its private copies are plays no part in it. */
function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, toPlain)).digest("hex");
}

function toPlain(name: string, value: unknown): unknown {
  if (name === "storePath" || name === "location") return undefined;
  if (value instanceof Map || value instanceof Set) return [...value];
  return typeof value === "bigint" ? `${value}n` : value;
}
