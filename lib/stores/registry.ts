/**
 * The store formats that there are. A new format is one more entry here.
 *
 * @module
 */

import { OperationError, toOperationError } from "../base/errors.ts";
import type { FormatName } from "../model/report.ts";
import type { DetectedStore, StoreFormat } from "../model/store.ts";
import { chromaFormat } from "./chroma/format.ts";
import { chromaRepairer } from "./chroma/repair/prepare_repair.ts";
import type { StoreRepairer } from "./repair_format.ts";

const FORMATS: readonly StoreFormat[] = [chromaFormat];

const REPAIRERS: Readonly<Partial<Record<FormatName, StoreRepairer>>> = { chroma: chromaRepairer };

/**
 * Finds a format by its name.
 *
 * @param name The name, as {@linkcode DetectedStore} carries it.
 * @returns The format.
 */
export function formatByName(name: FormatName): StoreFormat {
  const format = FORMATS.find((candidate) => candidate.name === name);
  if (format === undefined) throw new OperationError("internal", `No such store format: ${name}`);
  return format;
}

/**
 * Finds out how stores of a format are repaired.
 *
 * @param name The name of the format.
 * @returns What repairs them.
 * @throws {OperationError} Nothing does.
 */
export function repairerByName(name: FormatName): StoreRepairer {
  const repairer = REPAIRERS[name];
  if (repairer !== undefined) return repairer;
  throw new OperationError("unsupported", `Stores of the format ${name} are not repaired`);
}

/**
 * Recognises a store by what its directory holds.
 *
 * @example
 * ```ts
 * import { detectStore } from "@vecfsck/vecfsck";
 *
 * const store = detectStore("tests/no-store-here-yet");
 * console.log(store === null ? "no store" : store.format);
 * ```
 *
 * @param path A directory.
 * @returns What was recognised, or null when nothing is there or it is no store.
 * @throws {OperationError} The directory cannot be looked at.
 */
export function detectStore(path: string): DetectedStore | null {
  const info = statDirectory(path);
  if (!info?.isDirectory) return null;
  for (const format of FORMATS) {
    const detected = format.detect(path);
    if (detected !== null) return detected;
  }
  return null;
}

/**
 * Recognises a store, or says why there is none.
 *
 * @param path What the user named.
 * @returns The store.
 * @throws {OperationError} Nothing is there, it is no directory, or no store.
 */
export function requireStore(path: string): DetectedStore {
  const info = statDirectory(path);
  if (info === null) throw toOperationError(new Deno.errors.NotFound(), path);
  if (!info.isDirectory) {
    throw new OperationError("not-a-directory", `Not a directory: ${path}`, {
      path,
      hint: "Name the directory that holds the store, not a file in it.",
    });
  }
  const detected = detectStore(path);
  if (detected !== null) return detected;
  const [entry] = Deno.readDirSync(path);
  if (entry === undefined) {
    throw new OperationError("not-a-store", `The directory is empty: ${path}`, {
      path,
      hint: "Is the volume mounted? An engine that starts here begins with an empty store.",
    });
  }
  throw new OperationError("not-a-store", `No store of a known kind: ${path}`, {
    path,
    hint: "A Chroma store holds chroma.sqlite3. For a directory of stores use --recursive.",
  });
}

function statDirectory(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    const operationError = toOperationError(error, path);
    if (operationError.code === "not-found") return null;
    throw operationError;
  }
}
