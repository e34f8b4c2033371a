/**
 * The files of a store with what was looked at and what is damaged in each.
 *
 * @module
 */

import { standingResult } from "../engine/check_history.ts";
import type { FinishedCheck } from "../engine/check_history.ts";
import type { Finding } from "../model/finding.ts";
import type { FileStamp } from "../model/store.ts";
import { type FoundRange, listRanges } from "./damaged_ranges.ts";
import {
  type DamagedRange,
  type FileReport,
  type FilesReport,
  type FoldedFiles,
  MOST_FILES,
  MOST_RANGES,
} from "./report_model.ts";

/** Of more files than are listed one by one, so many of the largest are. */
const MOST_LARGEST = 40;

/** The share of all bytes from which on a file is a large one: of documents none stands out. */
const LARGE_SHARE = 0.01;

/** How many directories are named for files that are not listed one by one. */
const MOST_DIRECTORIES = 100;

/** Says what stands in some bytes of a file; null where that is not known. */
export type NameOwner = (path: string, range: FoundRange) => string | null;

/**
 * Lists the files of a store.
 *
 * @param check What the check has read; nothing but the names in the findings where it failed.
 * @param findings The findings that are listed.
 * @param nameOwner Says what stands in some bytes.
 * @returns The files.
 */
export function listFiles(
  check: Pick<FinishedCheck, "files" | "entries">,
  findings: readonly Finding[],
  nameOwner: NameOwner,
): FilesReport {
  const checked = addChecked(check.entries);
  const present = check.files.map((file) => measure(file, checked));
  const places = groupByPath(findings, new Set(present.map(({ path }) => path)));
  const named = new Map(present.map((file) => [file.path, file]));
  for (const path of places.keys()) {
    if (!named.has(path)) {
      named.set(path, { path, sizeBytes: 0, checkedBytes: 0, isPresent: false });
    }
  }
  const chosen = chooseFiles([...named.values()], places);
  const shown = new Set(chosen.map(({ path }) => path));
  return {
    listed: chosen.map((file) => toReport(file, places.get(file.path) ?? [], nameOwner)),
    folded: foldFiles(present.filter((file) => !shown.has(file.path)), places),
    sizeBytes: sum(present.map(({ sizeBytes }) => sizeBytes)),
    checkedBytes: sum(present.map(({ checkedBytes }) => checkedBytes)),
  };
}

/** A file, and how much of it was looked at. */
type MeasuredFile = Pick<FileReport, "path" | "sizeBytes" | "checkedBytes" | "isPresent">;

function addChecked(entries: FinishedCheck["entries"]): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>();
  for (const entry of entries) {
    for (const [path, sizeBytes] of Object.entries(standingResult(entry)?.checkedBytes ?? {})) {
      bytes.set(path, (bytes.get(path) ?? 0) + sizeBytes);
    }
  }
  return bytes;
}

function measure(
  { path, sizeBytes }: FileStamp,
  checked: ReadonlyMap<string, number>,
): MeasuredFile {
  const checkedBytes = Math.min(sizeBytes, checked.get(path) ?? 0);
  return { path, sizeBytes, checkedBytes, isPresent: true };
}

/** A finding, by its place in the list. */
interface PlacedFinding {
  readonly index: number;
  readonly finding: Finding;
}

/** Findings by the file that they are about; one about a directory is about no file of it. */
function groupByPath(
  findings: readonly Finding[],
  present: ReadonlySet<string>,
): Map<string, PlacedFinding[]> {
  const places = new Map<string, PlacedFinding[]>();
  const directories = new Set(present.values().map(directoryOf));
  for (const [index, finding] of findings.entries()) {
    const { path } = finding;
    if (path === null || directories.has(path)) continue;
    const placed = places.get(path);
    if (placed === undefined) places.set(path, [{ index, finding }]);
    else placed.push({ index, finding });
  }
  return places;
}

/** Those with findings come first, for they were told the worst first. */
function chooseFiles(
  files: readonly MeasuredFile[],
  places: ReadonlyMap<string, readonly PlacedFinding[]>,
): MeasuredFile[] {
  if (files.length <= MOST_FILES) return files.toSorted(byPath);
  const rankOf = ({ path }: MeasuredFile): number => places.get(path)?.[0]?.index ?? Infinity;
  const found = files.filter((file) => rankOf(file) < Infinity)
    .sort((one, other) => rankOf(one) - rankOf(other)).slice(0, MOST_FILES - MOST_LARGEST);
  const chosen = new Set(found);
  const large = LARGE_SHARE * sum(files.map(({ sizeBytes }) => sizeBytes));
  const largest = files.filter((file) => !chosen.has(file) && file.sizeBytes >= large)
    .sort((one, other) => other.sizeBytes - one.sizeBytes).slice(0, MOST_LARGEST);
  return [...found, ...largest].sort(byPath);
}

function byPath(one: MeasuredFile, other: MeasuredFile): number {
  return compare(directoryOf(one.path), directoryOf(other.path)) || compare(one.path, other.path);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function toReport(
  file: MeasuredFile,
  placed: readonly PlacedFinding[],
  nameOwner: NameOwner,
): FileReport {
  const found = placed.flatMap(({ index, finding }) =>
    listRanges(finding).map((range) => ({ index, range }))
  );
  const shown = found.slice(0, MOST_RANGES);
  const ranges = shown.map(({ index, range }): DamagedRange => ({
    ...range,
    finding: index,
    owner: nameOwner(file.path, range),
  }));
  const places = sum(
    placed.filter(({ finding }) => listRanges(finding).length > 0)
      .map(({ finding }) => Math.max(finding.count, listRanges(finding).length)),
  );
  const isWhole = ({ finding }: PlacedFinding): boolean => listRanges(finding).length === 0;
  return {
    ...file,
    ranges: ranges.sort((one, other) => one.offset - other.offset),
    places,
    findings: placed.filter(isWhole).map(({ index }) => index),
  };
}

function foldFiles(
  files: readonly MeasuredFile[],
  places: ReadonlyMap<string, unknown>,
): FoldedFiles[] {
  const folded = new Map<string, FoldedFiles>();
  for (const { path, sizeBytes, checkedBytes } of files) {
    const directory = directoryOf(path);
    const withFindings = places.has(path) ? 1 : 0;
    const file = { files: 1, sizeBytes, checkedBytes, withFindings };
    folded.set(directory, add(folded.get(directory) ?? { ...NO_FILES, directory }, file));
  }
  const sorted = [...folded.values()].sort((one, other) => other.sizeBytes - one.sizeBytes);
  const others = sorted.slice(MOST_DIRECTORIES);
  const named = sorted.slice(0, MOST_DIRECTORIES);
  return others.length === 0 ? named : [...named, others.reduce(add, NO_FILES)];
}

const NO_FILES: FoldedFiles = {
  directory: null,
  files: 0,
  sizeBytes: 0,
  checkedBytes: 0,
  withFindings: 0,
};

function add(one: FoldedFiles, other: Omit<FoldedFiles, "directory">): FoldedFiles {
  return {
    directory: one.directory,
    files: one.files + other.files,
    sizeBytes: one.sizeBytes + other.sizeBytes,
    checkedBytes: one.checkedBytes + other.checkedBytes,
    withFindings: one.withFindings + other.withFindings,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
