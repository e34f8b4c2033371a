/**
 * The lines of `--json`: JSON Lines, described in `docs/json.md`.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { COMMIT, VERSION } from "../base/version.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import { type ErrorEvent, SCHEMA_VERSION } from "../model/report.ts";

/** What a line about a store has besides the event: the bytes of a name that text cannot give. */
export interface RawPaths {
  /** The bytes of `store` in base64, where they are not UTF-8 and can be known. */
  readonly storeBase64?: string;
}

/** The answer to `--version --json`. */
export interface VersionLine {
  /** Tells the lines apart. */
  readonly type: "version";
  /** The version of this shape. */
  readonly schema: 1;
  /** The name of the program. */
  readonly name: "vecfsck";
  /** The version of the program. */
  readonly version: string;
  /** The commit that the executable was built from, or null where that is not known. */
  readonly commit: string | null;
  /** The version of Deno that runs it, or whose runtime is in the executable. */
  readonly deno: string;
  /** The version of V8 in it. */
  readonly v8: string;
  /** The system and processor that this Deno was built for. */
  readonly target: string;
}

/** The answer to `completions SHELL --json`. */
export interface CompletionsLine {
  /** Tells the lines apart. */
  readonly type: "completions";
  /** The version of this shape. */
  readonly schema: 1;
  /** The shell. */
  readonly shell: string;
  /** The script. */
  readonly text: string;
}

/** The answer to `--help --json`, so that standard output holds nothing but JSON then too. */
export interface HelpLine {
  /** Tells the lines apart. */
  readonly type: "help";
  /** The version of this shape. */
  readonly schema: 1;
  /** The verb that was asked about, or null for the program as a whole. */
  readonly verb: string | null;
  /** The help as people read it. */
  readonly text: string;
}

/** What every line of `--json` has; the rest depends on its type. */
export interface JsonLine {
  /** Tells the lines apart. */
  readonly type: string;
  /** The version of this shape. */
  readonly schema: 1;
}

/** A change that a crash had interrupted, and what became of it. */
export interface RecoveredLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "recovered";
  /** The store, as it was named in the call. */
  readonly store: string;
  /** What became of the change. */
  readonly outcome: RecoveredChange["outcome"];
  /** What happened, for people. */
  readonly message: string;
}

// JSON permits these characters as they are. Escaped, a line stays one line for readers that split
// at every line break Unicode knows, and does nothing to a terminal that it is printed on.
const UNPRINTABLE =
  /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

// JSON.stringify writes a lone surrogate, and nothing else, as an escape of these numbers. The
// first alternative steps over an escaped backslash, so that a text that looks like such an escape
// is left alone.
const LONE_SURROGATE = /\\(?:\\|ud[89a-f][0-9a-f]{2})/g;

/**
 * Writes one line of JSON Lines.
 *
 * @param line The line.
 * @returns Valid JSON and a line feed, in characters that do nothing to a terminal. A lone
 * surrogate, which many readers refuse, becomes U+FFFD.
 */
export function encodeJsonLine(line: JsonLine): string {
  const json = JSON.stringify(line)
    .replace(LONE_SURROGATE, (match) => match === "\\\\" ? match : "\\ufffd")
    .replace(UNPRINTABLE, escapeCharacter);
  return `${json}\n`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Turns a failed operation into its line.
 *
 * @param error What failed.
 * @param store The store that was asked for, or null when the call itself was wrong.
 * @returns The line.
 */
export function toErrorEvent(error: OperationError, store: string | null): ErrorEvent {
  const { code, path, message, hint } = error;
  return { type: "error", schema: SCHEMA_VERSION, store, code, path, message, hint };
}

/**
 * Turns a change that was brought in order into its line.
 *
 * @param change The change, and what became of it.
 * @param store The store that was asked for.
 * @returns The line.
 */
export function toRecoveredLine(change: RecoveredChange, store: string): RecoveredLine {
  const { outcome, message } = change;
  return { type: "recovered", schema: SCHEMA_VERSION, store, outcome, message };
}

/**
 * Makes the answer to `--version --json`.
 *
 * @returns The line.
 */
export function createVersionLine(): VersionLine {
  const { deno, v8 } = Deno.version;
  return {
    type: "version",
    schema: SCHEMA_VERSION,
    name: "vecfsck",
    version: VERSION,
    commit: COMMIT,
    deno,
    v8,
    target: Deno.build.target,
  };
}

/**
 * Makes the answer to `completions SHELL --json`.
 *
 * @param shell The shell.
 * @param text The script.
 * @returns The line.
 */
export function createCompletionsLine(shell: string, text: string): CompletionsLine {
  return { type: "completions", schema: SCHEMA_VERSION, shell, text };
}

/**
 * Makes the answer to `--help --json`.
 *
 * @param verb The verb that was asked about, or null.
 * @param text The help as people read it.
 * @returns The line.
 */
export function createHelpLine(verb: string | null, text: string): HelpLine {
  return { type: "help", schema: SCHEMA_VERSION, verb, text };
}
