/**
 * The store formats that there are. A new format is one more entry here and in `load_format.ts`.
 *
 * @module
 */

import { OperationError, toOperationError } from "../base/errors.ts";
import type { FormatName } from "../model/report.ts";
import type { DetectedStore, DetectSettings, StoreFormat } from "../model/store.ts";
import { STORE_SIGNS } from "../model/store_signs.ts";
import { chromaFormat } from "./chroma/format.ts";
import { chromemFormat } from "./chromem/format.ts";
import { chromemExportFormat } from "./chromem_export/format.ts";

const FORMATS: readonly StoreFormat[] = [chromaFormat, chromemFormat, chromemExportFormat];

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

/** What may be recognised besides directories. */
export interface FileSettings extends DetectSettings {
  /** Whether a file can be what is asked for: an export. */
  readonly files?: boolean;
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
  return statEntry(path)?.isDirectory ? detectAs("directory", path) : null;
}

function detectAs(
  container: StoreFormat["container"],
  path: string,
  settings: DetectSettings = {},
): DetectedStore | null {
  for (const format of FORMATS) {
    const detected = format.container === container ? format.detect(path, settings) : null;
    if (detected !== null) return detected;
  }
  return null;
}

/**
 * Recognises a store, or says why there is none.
 *
 * @param path What the user named.
 * @param settings Whether it may be a file.
 * @returns The store.
 * @throws {OperationError} Nothing is there, it is no directory, or no store.
 */
export function requireStore(path: string, settings: FileSettings = {}): DetectedStore {
  const info = statEntry(path);
  if (info === null) throw toOperationError(new Deno.errors.NotFound(), path);
  if (!info.isDirectory) return requireFile(path, info, settings);
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
    hint: `${STORE_SIGNS} For a directory of stores use --recursive.`,
  });
}

/**
 * Refuses a path at which a file is, before anything is made beside it.
 *
 * @param path Where a store is, or was.
 * @throws {OperationError} It is a file: an export, or none of a store at all.
 */
export function refuseFile(path: string): void {
  const info = statEntry(path);
  if (info !== null && !info.isDirectory) requireFile(path, info, {});
}

/** Nothing but a regular file is opened: a pipe would wait for somebody to write to it. */
function requireFile(path: string, info: Deno.FileInfo, settings: FileSettings): DetectedStore {
  const detected = info.isFile ? detectAs("file", path, settings) : null;
  if (settings.files && detected !== null) return detected;
  if (detected !== null) {
    throw new OperationError("unsupported", `An export file, which is no store: ${path}`, {
      path,
      hint: "An export file can only be checked. Import it with chromem-go, and name the " +
        "directory of that database.",
    });
  }
  if (settings.files && info.isFile) {
    throw new OperationError("not-a-store", `Neither a store nor an export file: ${path}`, {
      path,
      hint: "An export of chromem-go that is encrypted looks like any other bytes: give its key " +
        "with --key-file FILE. Of a store, name the directory, not a file in it.",
    });
  }
  throw new OperationError("not-a-directory", `Not a directory: ${path}`, {
    path,
    hint: "Name the directory that holds the store, not a file in it.",
  });
}

function statEntry(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    const operationError = toOperationError(error, path);
    if (operationError.code === "not-found") return null;
    throw operationError;
  }
}
