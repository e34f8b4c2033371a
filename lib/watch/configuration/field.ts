/**
 * The kinds of fields that a configuration has: how each is written in a file, which values it may
 * have, and what the schema says of it.
 *
 * @module
 */

import { isAbsolute, join } from "@std/path";
import { parseByteSize } from "../../base/byte_size.ts";
import { parseDuration } from "../../base/duration.ts";
import { parseListenAddress } from "../../base/listen_address.ts";
import type { JsonValue } from "../../model/finding.ts";

/** A part of a JSON schema. */
export type SchemaPart = Readonly<Record<string, JsonValue>>;

/** A field cannot be used; the message goes on behind its name: `is no …`. */
export class FieldProblem extends Error {}

/** One field of a configuration. */
export interface Field<Value> {
  /** Its name in a file. */
  readonly name: string;
  /** What it is about, for people: one sentence without a final period. */
  readonly description: string;
  /** The value where nobody gives one. */
  readonly initial: Value;
  /** The same as it is written in a file. */
  readonly initialText: JsonValue;
  /** What the schema says of it besides. */
  readonly schema: SchemaPart;
  /**
   * Takes a value from a file.
   *
   * @param value The value, whatever it is.
   * @param directory The directory of the file, from which paths count.
   * @returns What is meant.
   * @throws {FieldProblem} It is none.
   */
  read(value: unknown, directory: string): Value;
  /** Says what is wrong with a value from a program, as words behind its name; null where nothing. */
  judge(value: Value): string | null;
}

/** The fields of a section, by the names that they have in a program. */
export type Fields<Section> = { readonly [Name in keyof Section]-?: Field<Section[Name]> };

/** What is said of every kind of field in the same way. */
interface Naming<Value> {
  readonly name: string;
  readonly description: string;
  readonly initial: Value;
}

/** The least and the most that a number may be. */
interface Bounds {
  readonly least: number;
  readonly most: number;
}

const LONGEST_PATH_CHARACTERS = 4096;

const DAY_MINUTES = 24 * 60;

/** A yes or no. */
export function flagField(naming: Naming<boolean>): Field<boolean> {
  const judge = (value: boolean): string | null =>
    typeof value === "boolean" ? null : "is neither true nor false";
  return {
    ...naming,
    initialText: naming.initial,
    schema: { type: "boolean" },
    read: (value) => judged(value as boolean, judge),
    judge,
  };
}

/** A number; `words` says what it has to be. */
export function numberField(
  naming: Naming<number> & Bounds & { readonly isWhole: boolean },
): Field<number> {
  const { least, most, isWhole, ...rest } = naming;
  const what = `is no ${isWhole ? "whole number" : "number"} from ${least} to ${most}`;
  const judge = (value: number): string | null => {
    const isRight = typeof value === "number" && value >= least && value <= most &&
      (!isWhole || Number.isInteger(value));
    return isRight ? null : what;
  };
  return {
    ...rest,
    initialText: naming.initial,
    schema: { type: isWhole ? "integer" : "number", minimum: least, maximum: most },
    read: (value) => judged(value as number, judge),
    judge,
  };
}

/** A span of time; in a file as `5m`, in a program in milliseconds. */
export function durationField(
  naming: Omit<Naming<number>, "initial"> & {
    readonly initial: string;
    readonly least: string;
    readonly most: string;
  },
): Field<number> {
  const { least, most, initial, ...rest } = naming;
  const [leastMs, mostMs] = [spanOf(least), spanOf(most)];
  const judge = (value: number): string | null =>
    Number.isSafeInteger(value) && value >= leastMs && value <= mostMs
      ? null
      : `is no span of time from ${least} to ${most}, such as ${initial}`;
  return {
    ...rest,
    initial: spanOf(initial),
    initialText: initial,
    schema: { type: "string", pattern: "^[0-9]+[smhdw]$", examples: [initial] },
    read: (value) => judged(typeof value === "string" ? parseDuration(value) ?? NaN : NaN, judge),
    judge,
  };
}

function spanOf(text: string): number {
  return parseDuration(text) ?? 0;
}

/** A size; in a file as `10MB`, in a program in bytes. */
export function byteSizeField(
  naming: Omit<Naming<number>, "initial"> & { readonly initial: string; readonly least: string },
): Field<number> {
  const { least, initial, ...rest } = naming;
  const leastBytes = parseByteSize(least) ?? 0;
  const judge = (value: number): string | null =>
    Number.isSafeInteger(value) && value >= leastBytes
      ? null
      : `is no size of at least ${least}, such as ${initial}`;
  return {
    ...rest,
    initial: parseByteSize(initial) ?? 0,
    initialText: initial,
    schema: {
      type: "string",
      pattern: "^[0-9]+(\\.[0-9]+)?([bBkKmMgGtT]|[kKmMgGtT][iI]?[bB])?$",
      examples: [initial],
    },
    read: (value) => judged(typeof value === "string" ? parseByteSize(value) ?? NaN : NaN, judge),
    judge,
  };
}

/** One of a few texts. */
export function choiceField<Choice extends string>(
  naming: Naming<Choice> & { readonly choices: readonly Choice[] },
): Field<Choice> {
  const { choices, ...rest } = naming;
  const judge = (value: Choice): string | null =>
    choices.includes(value) ? null : `is none of ${choices.join(", ")}`;
  return {
    ...rest,
    initialText: naming.initial,
    schema: { enum: [...choices] },
    read: (value) => judged(value as Choice, judge),
    judge,
  };
}

/** A time of day; in a file as `03:30`, in a program in minutes since midnight. */
export function timeOfDayField(
  naming: Omit<Naming<number>, "initial"> & { readonly initial: string },
): Field<number> {
  const { initial, ...rest } = naming;
  const judge = (value: number): string | null =>
    Number.isInteger(value) && value >= 0 && value < DAY_MINUTES
      ? null
      : "is no time of day such as 03:30";
  return {
    ...rest,
    initial: minutesOf(initial),
    initialText: initial,
    schema: { type: "string", pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples: [initial] },
    read: (value) => judged(minutesOf(value), judge),
    judge,
  };
}

function minutesOf(value: unknown): number {
  const [, hours, minutes] = typeof value === "string"
    ? /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? []
    : [];
  return hours === undefined ? NaN : 60 * Number(hours) + Number(minutes);
}

/** A path or null; in a file it counts from the directory of that file. */
export function pathField(naming: Naming<string | null>): Field<string | null> {
  const judge = (value: string | null): string | null =>
    value === null || isPath(value) ? null : "is no path";
  return {
    ...naming,
    initialText: naming.initial,
    schema: { type: ["string", "null"], minLength: 1 },
    read: (value, directory) => {
      const path = judged(value as string | null, judge);
      return path === null ? null : fromDirectory(path, directory);
    },
    judge,
  };
}

/**
 * Whether a value can be a path.
 *
 * @param value The value.
 * @returns Whether it is a text that a system takes for a path.
 */
export function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !value.includes("\0") &&
    value.length <= LONGEST_PATH_CHARACTERS;
}

/**
 * Makes a path that a file names absolute.
 *
 * @param path The path.
 * @param directory The directory of the file.
 * @returns The path.
 */
export function fromDirectory(path: string, directory: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}

/** An address to listen on, or null. */
export function addressField(naming: Naming<string | null>): Field<string | null> {
  const judge = (value: string | null): string | null =>
    value === null || (typeof value === "string" && parseListenAddress(value) !== null)
      ? null
      : "is no address such as 127.0.0.1:9464";
  return {
    ...naming,
    initialText: naming.initial,
    schema: { type: ["string", "null"], examples: ["127.0.0.1:9464"] },
    read: (value) => judged(value as string | null, judge),
    judge,
  };
}

/** The name of a time zone, or null. */
export function timeZoneField(naming: Naming<string | null>): Field<string | null> {
  const judge = (value: string | null): string | null =>
    value === null || isTimeZone(value) ? null : "is no time zone such as Europe/Berlin";
  return {
    ...naming,
    initialText: naming.initial,
    schema: { type: ["string", "null"], examples: ["Europe/Berlin", "UTC"] },
    read: (value) => judged(value as string | null, judge),
    judge,
  };
}

function isTimeZone(value: unknown): boolean {
  try {
    return typeof value === "string" && Temporal.Now.zonedDateTimeISO(value) !== null;
  } catch {
    return false;
  }
}

function judged<Value>(value: Value, judge: (value: Value) => string | null): Value {
  const problem = judge(value);
  if (problem !== null) throw new FieldProblem(problem);
  return value;
}
