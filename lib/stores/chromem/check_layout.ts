/**
 * The directory of a database apart from what the files hold. The rules:
 *
 * - all gob files have the extension that most have, for chromem-go passes over the others;
 * - what has the name of a gob file is a file;
 * - folders are directories, not links to such;
 * - nothing is left of interrupted writes.
 *
 * @module
 */

import { formatBytes, formatCount, formatNumber } from "../../base/format.ts";
import { createFinding, type Finding } from "../../model/finding.ts";
import { placeOf } from "./check_collections.ts";
import type { GobPlace } from "./check_gob_file.ts";
import {
  type ExtensionVotes,
  isFolderName,
  isMetadataFile,
  type Layout,
  metadataFileOf,
  QUARANTINE_NAME,
  type SpecialEntry,
} from "./layout.ts";
import { type Collection, otherOf } from "./read_collections.ts";

/** How many files a finding names that stands for many. */
const MOST_NAMED = 64;

/**
 * Judges what stands in the directory.
 *
 * @param layout The directory.
 * @param collections The collections in it.
 * @returns What is wrong or unusual.
 */
export function checkLayout(layout: Layout, collections: readonly Collection[]): Finding[] {
  return [
    ...collections.flatMap((collection) => checkFolder(layout, collection)),
    ...layout.notFolders.map((name) =>
      createFinding("chromem-not-a-folder", {
        path: name,
        segment: name,
        message: isFolderName(name)
          ? "The name is that of a folder, and no directory stands there"
          : "A link to a directory with gob files",
      })
    ),
    ...layout.leftovers.map((file) => leftover(file.path, file.sizeBytes, null, null)),
    ...layout.foreign.filter(({ path }) => !layout.notFolders.includes(path))
      .map(({ path, sizeBytes }) =>
        path === QUARANTINE_NAME ? movedAside(sizeBytes) : foreignEntry(path, sizeBytes, null, null)
      ),
  ];
}

function checkFolder(layout: Layout, collection: Collection): Finding[] {
  const { folder } = collection;
  const place = placeOf(collection);
  const name = place.collection;
  return [
    ...checkExtensions(layout, folder, place),
    ...folder.special.map((entry) => checkSpecial(entry, place)),
    ...folder.leftovers.map((file) => leftover(file.path, file.sizeBytes, name, folder.name)),
    ...folder.foreign.map((file) => foreignEntry(file.path, file.sizeBytes, name, folder.name)),
  ];
}

function movedAside(sizeBytes: number): Finding {
  const message = `Collections without a name were moved aside; ${formatBytes(sizeBytes)}`;
  return createFinding("moved-aside-segment", { path: QUARANTINE_NAME, message });
}

function leftover(
  path: string,
  sizeBytes: number,
  collection: string | null,
  segment: string | null,
): Finding {
  const message = `Left behind; ${formatBytes(sizeBytes)}`;
  return createFinding("chromem-leftover", { path, collection, segment, message });
}

function foreignEntry(
  path: string,
  sizeBytes: number,
  collection: string | null,
  segment: string | null,
): Finding {
  const message = `Not written by an engine; ${formatBytes(sizeBytes)}`;
  return createFinding("foreign-entry", { path, collection, segment, message });
}

function checkExtensions(
  { extension }: Layout,
  folder: Collection["folder"],
  place: GobPlace,
): Finding[] {
  const other = otherOf(extension);
  const differing = folder.files.filter((file) => file.extension === other);
  if (differing.length === 0) return [];
  const lacksMetadata = metadataFileOf(folder, extension) === null &&
    differing.some((file) => isMetadataFile(file));
  const refused = lacksMetadata && differing.length < folder.files.length
    ? "; without its metadata file, the whole database is refused"
    : "";
  return [createFinding("chromem-extension-mixed", {
    ...place,
    count: differing.length,
    message: `${formatNumber(differing.length)} of ${formatCount(folder.files.length, "file")} ` +
      `${differing.length === 1 ? "ends" : "end"} in ${other}, and most files of the database in ` +
      `${extension}${refused}`,
    detail: {
      extension: other,
      expected: extension,
      files: differing.slice(0, MOST_NAMED).map(({ name }) => name),
    },
  })];
}

const SPECIAL: Readonly<Record<SpecialEntry["kind"], string>> = {
  directory: "A link to a directory",
  pipe: "A pipe",
  device: "A socket or a device",
  dangling: "A link that leads nowhere",
  unreachable: "A name that is not UTF-8: what it holds cannot be looked at",
};

function checkSpecial({ path, kind }: SpecialEntry, place: GobPlace): Finding {
  return createFinding(kind === "pipe" ? "gob-pipe" : "gob-not-a-file", {
    ...place,
    path,
    message: SPECIAL[kind],
    detail: { kind },
  });
}

/**
 * Judges the extension of the database as a whole.
 *
 * @param layout The directory.
 * @param contents How many files are compressed, and how many are not.
 * @returns At most one finding.
 */
export function checkExtensionFlag(layout: Layout, contents: ExtensionVotes): Finding[] {
  const { extension } = layout;
  const other = otherOf(extension);
  if (contents[other] <= contents[extension]) return [];
  const total = contents[other] + contents[extension];
  const form = extension === ".gob" ? "compressed" : "not compressed";
  const flag = extension === ".gob" ? "on" : "off";
  return [createFinding("chromem-extension-wrong", {
    count: contents[other],
    message: `Most files end in ${extension}, but ${formatNumber(contents[other])} of ` +
      `${formatCount(total, "file")} are ${form}: they were written with compress ${flag}, which ` +
      `reads *${other} alone`,
    detail: { extension, expected: other },
  })];
}
