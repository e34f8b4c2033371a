/**
 * The file in which it is kept what checks of a store have found, task by task. Its first line is
 *
 * ```
 * vecfsck-checked 1 <SHA-256 of all that follows, in hexadecimal>
 * ```
 *
 * and the rest one object in JSON:
 *
 * | field     | type    | meaning                                                          |
 * | --------- | ------- | ---------------------------------------------------------------- |
 * | `version` | string  | the vecfsck that wrote it: another one may find more             |
 * | `isSound` | boolean | whether the last check found nothing that is an error or worse   |
 * | `tasks`   | array   | what is known of each task of that check                         |
 *
 * A task:
 *
 * | field          | type         | meaning                                                        |
 * | -------------- | ------------ | -------------------------------------------------------------- |
 * | `key`          | string       | what its result follows from besides files                     |
 * | `whole`        | object, null | the result that it had last                                    |
 * | `part`         | object, null | what it learned from some of its files                         |
 * | `unfinishedMs` | number       | the longest that it ran without getting to its end             |
 * | `triedMs`      | number       | when that was for nearly all the time of a check, the last time |
 *
 * `whole` and `part` have `verifiedMs`, when their check began, and `inputs`, a stamp for each file
 * that was read: `{ "path": …, "stamp": { … } }`, with null for a file that was missing. A finding
 * is kept by its name and what the check knew: the rest stands in the table of codes.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";
import { FieldError, JsonFields } from "../base/json_fields.ts";
import { VERSION } from "../base/version.ts";
import type { EarlierReading, EarlierResult } from "../engine/check_history.ts";
import { FINDING_CODES, type FindingName } from "../model/codes.ts";
import { createFinding, type Finding, type JsonValue } from "../model/finding.ts";
import type { SkippedBytes } from "../model/report.ts";
import type { KeptReading, TaskResult } from "../model/store.ts";
import { encodeStamp, isPortablePath, parseStamp, parseTime, type Stamp } from "./stamp.ts";

/** A file that a task reads, as it was; a stamp of null: there was none. */
export interface InputStamp {
  /** The file, relative to the store. */
  readonly path: string;
  /** How it was. */
  readonly stamp: Stamp | null;
}

/** What a task found last. */
export interface StoredResult extends EarlierResult {
  /** The files that it read. */
  readonly inputs: readonly InputStamp[];
}

/** What a task learned from some of its files. */
export interface StoredReading extends EarlierReading {
  /** By what it is known, as {@linkcode StoredTask.key} is for the whole. */
  readonly key: string;
  /** The files. */
  readonly inputs: readonly InputStamp[];
}

/** What is known of a task. */
export interface StoredTask {
  /** By what it is known. */
  readonly key: string;
  /** What it found last, or null. */
  readonly whole: StoredResult | null;
  /** What it learned from some of its files, or null. */
  readonly part: StoredReading | null;
  /** The longest that it ran without getting to its end, in milliseconds. */
  readonly unfinishedMs: number;
  /** When it last had nearly all the time of a check, in milliseconds since 1970; 0 when never. */
  readonly triedMs: number;
}

/** What is known of a store. */
export interface CheckState {
  /** Whether the last check found nothing that is an error or worse. */
  readonly isSound: boolean;
  /** What is known of each task of the last check. */
  readonly tasks: readonly StoredTask[];
}

const START = "vecfsck-checked 1 ";
const FIRST_LINE = /^vecfsck-checked 1 ([0-9a-f]{64})$/;
const FIRST_LINE_SIZE_BYTES = START.length + 64 + 1;

/** A result that takes more is not kept: its task is run again. */
const LONGEST_RESULT_CHARACTERS = 1 << 20;

/**
 * Writes a state as bytes.
 *
 * @param state The state.
 * @returns The bytes of its file.
 */
export function encodeState({ isSound, tasks }: CheckState): Uint8Array {
  const text = JSON.stringify({ version: VERSION, isSound, tasks: tasks.map(encodeTask) });
  return new TextEncoder().encode(`${START}${digest(text)}\n${text}\n`);
}

function encodeTask({ key, whole, part, unfinishedMs, triedMs }: StoredTask): unknown {
  return {
    key,
    whole: whole === null ? null : unlessLong({
      ...encodeSource(whole),
      ...encodeFound(whole.result),
      facts: whole.result.facts,
    }),
    part: part === null ? null : unlessLong({
      key: part.key,
      ...encodeSource(part),
      ...encodeFound(part.kept),
      data: part.kept.data,
    }),
    unfinishedMs,
    triedMs,
  };
}

function unlessLong(value: unknown): unknown {
  return JSON.stringify(value).length > LONGEST_RESULT_CHARACTERS ? null : value;
}

function encodeSource({ verifiedMs, inputs }: Pick<StoredResult, "verifiedMs" | "inputs">): object {
  return {
    verifiedMs,
    inputs: inputs.map(({ path, stamp }) => ({
      path,
      stamp: stamp === null ? null : encodeStamp(stamp),
    })),
  };
}

/** What results and kept readings have in common. */
type Found = Pick<TaskResult, "findings" | "checkedBytes" | "skipped">;

function encodeFound({ findings, checkedBytes, skipped = [] }: Found): object {
  return { findings: findings.map(encodeFinding), checkedBytes, skipped };
}

function encodeFinding(
  { name, message, path, collection, segment, offset, count, detail }: Finding,
) {
  return { name, message, path, collection, segment, offset, count, detail };
}

/**
 * Reads a state.
 *
 * @param bytes The bytes of the file, whatever they are.
 * @returns The state; null where another version of vecfsck wrote it; or why it is none, as words
 * behind "it".
 */
export function parseState(bytes: Uint8Array): CheckState | null | string {
  const decoder = new TextDecoder();
  const first = decoder.decode(bytes.subarray(0, FIRST_LINE_SIZE_BYTES));
  const [, written] = FIRST_LINE.exec(first.trimEnd()) ?? [];
  if (written === undefined || !first.endsWith("\n")) return "does not begin as one";
  const text = decoder.decode(bytes.subarray(FIRST_LINE_SIZE_BYTES)).replace(/\n$/, "");
  if (digest(text) !== written) return "is damaged: its own checksum does not fit";
  try {
    const value: unknown = JSON.parse(text);
    const fields = JsonFields.of(value);
    if (fields.text("version") !== VERSION) return null;
    return { isSound: fields.flag("isSound"), tasks: fields.objects("tasks").map(parseTask) };
  } catch (error) {
    return error instanceof FieldError ? `cannot be used: ${error.message}` : "is no JSON";
  }
}

function parseTask(fields: JsonFields): StoredTask {
  return {
    key: fields.text("key"),
    whole: fields.orNull("whole", (name) => parseWhole(fields.object(name))),
    part: fields.orNull("part", (name) => parsePart(fields.object(name))),
    unfinishedMs: fields.number("unfinishedMs"),
    triedMs: parseTime(fields, "triedMs"),
  };
}

function parseWhole(fields: JsonFields): StoredResult {
  const result: TaskResult = { ...parseFound(fields), facts: fields.anything("facts") };
  return { ...parseSource(fields), result };
}

function parsePart(fields: JsonFields): StoredReading {
  const kept: KeptReading = { ...parseFound(fields), data: fields.anything("data") };
  return { key: fields.text("key"), ...parseSource(fields), kept };
}

function parseSource(fields: JsonFields): Pick<StoredResult, "verifiedMs" | "inputs"> {
  return {
    verifiedMs: parseTime(fields, "verifiedMs"),
    inputs: fields.objects("inputs").map((input) => ({
      path: input.text("path"),
      stamp: input.orNull("stamp", (name) => parseStamp(input.object(name))),
    })),
  };
}

function parseFound(fields: JsonFields): Required<Found> {
  return {
    findings: fields.objects("findings").map(parseFinding),
    checkedBytes: parseBytes(fields.object("checkedBytes")),
    skipped: fields.objects("skipped").map((skipped): SkippedBytes => ({
      reason: skipped.text("reason"),
      sizeBytes: Math.max(0, skipped.number("sizeBytes")),
    })),
  };
}

function parseBytes(fields: JsonFields): Record<string, number> {
  const paths = fields.names().filter(isPortablePath);
  return Object.fromEntries(paths.map((path) => [path, Math.max(0, fields.number(path))]));
}

function parseFinding(fields: JsonFields): Finding {
  return createFinding(fields.oneOf("name", Object.keys(FINDING_CODES) as FindingName[]), {
    message: fields.text("message"),
    path: fields.orNull("path", (name) => fields.text(name)),
    collection: fields.orNull("collection", (name) => fields.text(name)),
    segment: fields.orNull("segment", (name) => fields.text(name)),
    offset: fields.orNull("offset", (name) => fields.number(name)),
    count: fields.count("count"),
    // What JSON.parse gives is nothing else.
    detail: fields.object("detail").values as Record<string, JsonValue>,
  });
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
