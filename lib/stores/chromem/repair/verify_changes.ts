/**
 * Looking at a repaired database: every file that came is held against what was planned, bit for
 * bit, and nothing else may have come or gone.
 *
 * @module
 */

import { join } from "@std/path";
import type { WriteFs } from "../../../fs/write_fs.ts";
import type { RepairVerification } from "../../../model/repair.ts";
import { extensionOf, METADATA_STEM } from "../layout.ts";
import { readDocument, readMetadata } from "../read_gob_file.ts";
import type { GobDocument, GobMetadata } from "../shapes.ts";
import type {
  FileSource,
  WorkingDatabase,
  WorkingFile,
  WorkingFolder,
} from "./working_database.ts";
import { isSameDocument, loadDocument } from "./working_documents.ts";

/** How many problems are told. */
const MOST_PROBLEMS = 100;

/**
 * Holds a repaired database against the plan.
 *
 * @param database The database as it was planned.
 * @param view A directory in which it is as it will be.
 * @param fs The file system.
 * @returns What was seen.
 * @throws {OperationError} A file cannot be read.
 */
export function verifyChanges(
  database: WorkingDatabase,
  view: string,
  fs: WriteFs,
): RepairVerification {
  const problems: string[] = [];
  const planned = new Map<string, Map<string, WorkingFile>>();
  for (const folder of database.folders) {
    if (folder.fate !== "stays") continue;
    const files = planned.get(folder.name) ?? new Map<string, WorkingFile>();
    for (const [name, file] of folder.files) files.set(name, file);
    planned.set(folder.name, files);
  }
  problems.push(...listGone(database, planned, { view, fs }));
  let vectorsCompared = 0;
  for (const [folder, files] of planned) {
    problems.push(...compareNames(join(view, folder), folder, files, fs));
    for (const [name, file] of files) {
      if (problems.length >= MOST_PROBLEMS) break;
      const path = `${folder}/${name}`;
      if (isUntouched(file, path)) continue;
      const isRight = compareFile(database, { view, path, fs }, file.source);
      if (!isRight) problems.push(`${path} does not hold what was planned`);
      const extension = extensionOf(name);
      if (extension !== null && name !== METADATA_STEM + extension) vectorsCompared++;
    }
  }
  return { recall: [], vectorsCompared, problems };
}

function isUntouched({ origin, source }: WorkingFile, path: string): boolean {
  return source.kind === "store" && source.path === path && origin?.path === path;
}

/** Where a file is looked at. */
interface ViewedFile {
  readonly view: string;
  readonly path: string;
  readonly fs: WriteFs;
}

/** A folder that was to leave must not be there. */
function listGone(
  { folders }: WorkingDatabase,
  planned: ReadonlyMap<string, unknown>,
  { view, fs }: Omit<ViewedFile, "path">,
): string[] {
  const gone = ({ origin, files }: WorkingFolder): boolean =>
    origin.files.length > 0 && !planned.has(origin.name) &&
    fs.look(join(view, origin.name)) !== null && files.size > 0;
  return folders.filter(gone).map(({ origin }) => `${origin.name} is there still`);
}

function compareNames(
  directory: string,
  folder: string,
  files: ReadonlyMap<string, WorkingFile>,
  fs: WriteFs,
): string[] {
  if (fs.look(directory)?.kind !== "directory") return [`${folder} is not there`];
  const names = fs.list(directory)
    .filter((name) =>
      extensionOf(name) !== null && fs.look(join(directory, name))?.kind !== "directory"
    );
  const there = new Set(names);
  return [
    ...names.filter((name) => !files.has(name)).map((name) => `${folder}/${name} is there still`),
    ...[...files.keys()].filter((name) => extensionOf(name) !== null && !there.has(name))
      .map((name) => `${folder}/${name} is not there`),
  ];
}

function compareFile(
  database: WorkingDatabase,
  { view, path, fs }: ViewedFile,
  source: FileSource,
): boolean {
  const sizeBytes = sizeOf(fs, join(view, path));
  const name = path.slice(path.indexOf("/") + 1);
  const extension = extensionOf(name);
  // What is kept of an old metadata file may be anything.
  if (extension === null) return source.kind !== "store" || sizeBytes === source.sizeBytes;
  if (name === METADATA_STEM + extension) {
    const { value, fault } = readMetadata(view, { path, sizeBytes });
    if (fault !== null) return false;
    return source.kind !== "metadata" || isSameMetadata(value, source.metadata);
  }
  const { value, fault } = readDocument(view, { path, sizeBytes });
  const planned: GobDocument = loadDocument(database, { source });
  return fault === null && isSameDocument(value, planned);
}

function sizeOf(fs: WriteFs, path: string): number {
  return fs.look(fs.resolve(path))?.sizeBytes ?? 0;
}

function isSameMetadata(one: GobMetadata, other: GobMetadata): boolean {
  const [values, others] = [one.Metadata ?? new Map(), other.Metadata ?? new Map()];
  return (one.Name ?? "") === (other.Name ?? "") && values.size === others.size &&
    [...values].every(([key, value]) => others.get(key) === value);
}
