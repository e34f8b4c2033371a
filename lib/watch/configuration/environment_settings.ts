/**
 * The variables of the environment by which other programs that look after a Chroma store are told
 * where it is, and how often it is saved.
 *
 * | variable                    | its value                                              | here                 |
 * | --------------------------- | ------------------------------------------------------ | -------------------- |
 * | `CHROMADB_DB_PATH`          | the directory of the store                             | the store            |
 * | `CHROMADB_MEMORY_THRESHOLD` | per cent (`75`, `75%`), or up to 1 a ratio (`0.75`)    | `memory.maxUsedRatio` |
 * | `CHROMADB_BACKUP_INTERVAL`  | hours (`12`), or with a unit (`90m`, `12h`, `2d`)      | `backup.interval`    |
 *
 * A number alone is per cent and hours, for that is what these variables mean where they come from.
 *
 * @module
 */

import { resolve } from "@std/path";
import { parseDuration } from "../../base/duration.ts";
import { OperationError } from "../../base/errors.ts";
import { printable } from "../../base/printable.ts";
import { COMMON_SECTIONS, STORE_SECTIONS } from "./configuration_fields.ts";
import { type Field, isPath } from "./field.ts";
import type { WatchSettings } from "./watch_configuration.ts";

const HOUR_MS = 3_600_000;

/**
 * Takes settings from the environment.
 *
 * @param read Reads a variable; undefined where it is not set or may not be read.
 * @returns What they say.
 * @throws {OperationError} With the code `usage`: a variable has a value that it cannot have.
 */
export function configurationFromEnvironment(
  read: (name: string) => string | undefined,
): WatchSettings {
  // A variable that is set to nothing counts as not set.
  const take = <Value>(name: string, parse: (text: string) => Value | null): Value | null => {
    const text = read(name)?.trim() ?? "";
    if (text === "") return null;
    const value = parse(text);
    if (value !== null) return value;
    throw new OperationError("usage", `${name} cannot be used: ${printable(text)}`, {
      hint: "CHROMADB_DB_PATH is a directory, CHROMADB_MEMORY_THRESHOLD per cent such as 80, and " +
        "CHROMADB_BACKUP_INTERVAL hours such as 24.",
    });
  };
  const path = take("CHROMADB_DB_PATH", (text) => isPath(text) ? resolve(text) : null);
  const maxUsedRatio = take("CHROMADB_MEMORY_THRESHOLD", parseThreshold);
  const intervalMs = take("CHROMADB_BACKUP_INTERVAL", parseInterval);
  return {
    ...(path === null ? {} : { stores: [{ path }] }),
    ...(maxUsedRatio === null ? {} : { memory: { maxUsedRatio } }),
    ...(intervalMs === null ? {} : { backup: { intervalMs } }),
  };
}

function parseThreshold(text: string): number | null {
  const [, digits, sign] = /^(\d{1,3}(?:\.\d{1,6})?)\s?(%?)$/.exec(text) ?? [];
  const value = Number(digits);
  const ratio = sign === "" && value <= 1 ? value : value / 100;
  return unlessWrong(COMMON_SECTIONS.memory.fields.maxUsedRatio, ratio);
}

function parseInterval(text: string): number | null {
  const isNumber = /^\d{1,6}(?:\.\d{1,3})?$/.test(text);
  const intervalMs = isNumber ? Math.round(Number(text) * HOUR_MS) : parseDuration(text);
  return unlessWrong(STORE_SECTIONS.backup.fields.intervalMs, intervalMs);
}

function unlessWrong(field: Field<number>, value: number | null): number | null {
  return value === null || field.judge(value) !== null ? null : value;
}
