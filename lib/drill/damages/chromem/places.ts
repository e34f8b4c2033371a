/**
 * What damages to databases of chromem-go are made with: folders, metadata files and documents.
 *
 * @module
 */

import { join } from "@std/path";
import { type Extension, extensionOf, isMetadataFile } from "../../../stores/chromem/layout.ts";
import { DamageNotApplicable, type DamagePlace, type DamageTarget } from "../damage.ts";
import { listFileNames, readWhole, rename, writeWhole } from "../patch_file.ts";

/** A gob file of a collection. */
export interface TargetFile {
  /** The folder of the collection. */
  readonly folder: string;
  /** The name of the file. */
  readonly name: string;
  /** How the name ends. */
  readonly extension: Extension;
  /** Where it is. */
  readonly path: string;
}

/** The files of one collection. */
export interface TargetFolder {
  /** Its metadata file, or null. */
  readonly metadata: TargetFile | null;
  /** Its documents, in the order of their names. */
  readonly documents: readonly TargetFile[];
}

/**
 * Lists the gob files of a folder.
 *
 * @param place The copy of a database, and the file system.
 * @param folder The name of the folder.
 * @returns Its metadata file and its documents.
 * @throws {DamageNotApplicable} There is no such folder, for instance after another damage.
 */
export function readTargetFolder(
  { store, fs }: Pick<DamagePlace, "store" | "fs">,
  folder: string,
): TargetFolder {
  if (fs.look(join(store, folder))?.kind !== "directory") {
    throw new DamageNotApplicable(`There is no folder ${folder}`);
  }
  const documents: TargetFile[] = [];
  let metadata: TargetFile | null = null;
  for (const name of listFileNames(fs, join(store, folder))) {
    const extension = extensionOf(name);
    if (extension === null) continue;
    const file = { folder, name, extension, path: join(store, folder, name) };
    if (isMetadataFile(file)) metadata = file;
    else documents.push(file);
  }
  return { metadata, documents };
}

/**
 * Lists the folders of collections that can be hit: those with a metadata file and documents.
 *
 * @param place The copy of a database, and the file system.
 * @returns Their names, sorted.
 */
export function listTargetFolders(place: Pick<DamagePlace, "store" | "fs">): string[] {
  const { store, fs } = place;
  return fs.list(store).filter((name) => {
    if (fs.look(join(store, name))?.kind !== "directory") return false;
    const { metadata, documents } = readTargetFolder(place, name);
    return metadata !== null && documents.length > 0;
  });
}

/** The metadata file of the collection that is hit. */
export function metadataFile(place: DamagePlace): TargetFile {
  const { metadata } = readTargetFolder(place, place.collection);
  if (metadata === null) {
    throw new DamageNotApplicable(`The collection ${place.collection} has no metadata file`);
  }
  return metadata;
}

/** The documents of the collection that is hit, of which there are so many at the least. */
export function documentFiles(place: DamagePlace, count = 1): readonly TargetFile[] {
  const { documents } = readTargetFolder(place, place.collection);
  if (documents.length < count) {
    throw new DamageNotApplicable(
      `The collection ${place.collection} has fewer than ${count} document${
        count === 1 ? "" : "s"
      }`,
    );
  }
  return documents;
}

/** Some of the documents of the collection that is hit, in the order of their names. */
export function pickDocuments(target: DamageTarget, count: number): TargetFile[] {
  const documents = documentFiles(target, count);
  const chosen = new Set(target.random.distinct(count, documents.length));
  return documents.filter((_, index) => chosen.has(index));
}

/** One of the documents of the collection that is hit. */
export function pickDocument(target: DamageTarget): TargetFile {
  return target.random.pick(documentFiles(target));
}

/** The folder of another collection than the one that is hit. */
export function pickOtherFolder(target: DamageTarget): string {
  const others = listTargetFolders(target).filter((name) => name !== target.collection);
  if (others.length === 0) throw new DamageNotApplicable("The database has only one collection");
  return target.random.pick(others);
}

/** The same collection, with another folder in its place. */
export function inFolder(target: DamageTarget, collection: string): DamageTarget {
  const { store, fs, random } = target;
  return { store, fs, random, collection };
}

/** The other extension. */
function otherExtension(extension: Extension): Extension {
  return extension === ".gob" ? ".gob.gz" : ".gob";
}

/** Gives a gob file the extension that it does not have. */
export function renameToOtherExtension(target: DamageTarget, file: TargetFile): void {
  const stem = file.name.slice(0, -file.extension.length);
  const name = stem + otherExtension(file.extension);
  rename(target.fs, file.path, join(target.store, file.folder, name));
}

/** Exchanges the contents of two files. */
export function exchangeContents(target: DamageTarget, one: TargetFile, two: TargetFile): void {
  const [left, right] = [readWhole(target.fs, one.path), readWhole(target.fs, two.path)];
  if (left.every((byte, index) => byte === right[index])) {
    throw new DamageNotApplicable(`${one.path} and ${two.path} hold the same`);
  }
  writeWhole(target.fs, one.path, right);
  writeWhole(target.fs, two.path, left);
}

/** A path in the folder that is hit at which nothing stands yet. */
export function freePath(target: DamageTarget, name: string): string {
  const path = join(target.store, target.collection, name);
  if (target.fs.look(path) !== null) {
    throw new DamageNotApplicable(`There is ${path} already`);
  }
  return path;
}
