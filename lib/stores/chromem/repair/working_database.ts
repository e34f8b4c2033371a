/**
 * The database as a repair is going to leave it: which file stands where, and where its bytes come
 * from. Nothing is written here; the steps of a plan move files about in it, and what has changed in
 * the end is staged.
 *
 * @module
 */

import { join } from "@std/path";
import type { WriteFs } from "../../../fs/write_fs.ts";
import type { FileStamp } from "../../../model/store.ts";
import { type CollectionFolder, type Extension, type Layout, QUARANTINE_NAME } from "../layout.ts";
import type { GobDocument, GobMetadata } from "../shapes.ts";

/** Where the bytes of a file come from; the size is about that of the file. */
export type FileSource =
  /** They stand in the store; the path is relative to it. */
  | { readonly kind: "store"; readonly path: string; readonly sizeBytes: number }
  /** They stand in an older copy; the path is absolute. */
  | { readonly kind: "copy"; readonly path: string; readonly sizeBytes: number }
  /** They are made of a document, which is read when it is needed. */
  | { readonly kind: "document"; readonly sizeBytes: number; readonly load: () => GobDocument }
  /** They are made of the name and the metadata of a collection. */
  | { readonly kind: "metadata"; readonly sizeBytes: number; readonly metadata: GobMetadata };

/** Where a file stands before the repair. */
export interface FileOrigin extends Omit<FileStamp, "changedMs" | "inode"> {
  /** Its name in the folder. */
  readonly name: string;
  /** Whether it is no regular file, and cannot be read. */
  readonly isSpecial: boolean;
}

/** How many files were made: each is known by a number of its own. */
let made = 0;

/** A file with the name of a gob, or one that comes beside it. */
export class WorkingFile {
  /** Where it stands before the repair, or null for one that is new. */
  readonly origin: FileOrigin | null;
  /** Where its bytes come from. */
  source: FileSource;
  readonly #key = `new ${++made}`;

  /**
   * Makes a file that stands in no folder so far.
   *
   * @param origin Where it stands before the repair, or null.
   * @param source Where its bytes come from.
   */
  constructor(origin: FileOrigin | null, source: FileSource) {
    this.origin = origin;
    this.source = source;
  }

  /** Where it stands before the repair; for one that is new what no file is called. */
  get path(): string {
    return this.origin?.path ?? this.#key;
  }
}

/** What becomes of a folder: it stays, under whatever name, or its files go elsewhere. */
export type FolderFate = "stays" | "merged" | "quarantined";

/** The folder of a collection. */
export class WorkingFolder {
  /** As it stands before the repair. */
  readonly origin: CollectionFolder;
  /** The name that it is going to have. */
  name: string;
  /** The name of its collection, as it is going to be; null while nothing tells it. */
  collection: string | null = null;
  /** What becomes of it. */
  fate: FolderFate = "stays";
  /** Its files by the names that they are going to have. */
  readonly files = new Map<string, WorkingFile>();

  /**
   * Takes a folder as it stands.
   *
   * @param origin The folder.
   */
  constructor(origin: CollectionFolder) {
    this.origin = origin;
    this.name = origin.name;
    for (const { path, name, sizeBytes, modifiedMs } of origin.files) {
      const file = { path, name, sizeBytes, modifiedMs, isSpecial: false };
      this.files.set(name, new WorkingFile(file, { kind: "store", path, sizeBytes }));
    }
    for (const { path } of origin.special) {
      const name = path.slice(origin.name.length + 1);
      const file = { path, name, sizeBytes: 0, modifiedMs: 0, isSpecial: true };
      this.files.set(name, new WorkingFile(file, { kind: "store", path, sizeBytes: 0 }));
    }
  }

  /** Whether it holds files of a collection, and not just the name of one. */
  get isCollection(): boolean {
    return this.fate === "stays" && this.origin.files.length + this.origin.special.length > 0;
  }

  /** What plans and messages call its collection. */
  get label(): string {
    return this.collection ?? this.origin.name;
  }
}

/** What a repair changes in a database. */
export interface Changes {
  /** Files that come, by their paths in the store. */
  readonly files: ReadonlyMap<string, WorkingFile>;
  /** Folders that come as a whole: their new names, and what of the old ones comes along. */
  readonly folders: readonly NewFolder[];
  /** What leaves, and nothing of its name comes. */
  readonly leaving: readonly string[];
}

/** A folder that comes under a name that no directory of the database has. */
export interface NewFolder {
  /** Its name; with `.quarantine/` before it where it is moved aside. */
  readonly name: string;
  /** The folder of which it is made. */
  readonly from: WorkingFolder;
  /** Whether it is the folder as it stands, whatever the working files say. */
  readonly isCopy: boolean;
}

interface ChangeLists {
  readonly files: Map<string, WorkingFile>;
  readonly folders: NewFolder[];
  readonly leaving: string[];
}

/**
 * From so many files on all of a folder is exchanged when most of it comes anew anyway: one directory
 * is moved faster than its files one by one.
 */
const LEAST_WHOLE_FOLDER = 1000;

/** From so many files on it is exchanged as a whole however many stay. */
const MOST_SINGLE_FILES = 20_000;

/** The database as it is going to be. */
export class WorkingDatabase {
  /** The folders of collections. */
  readonly folders: readonly WorkingFolder[];
  /** The extension that its files are going to have. */
  extension: Extension;
  /** The database's directory. */
  readonly path: string;
  readonly #fs: WriteFs;
  readonly #setAside: string[] = [];

  /**
   * Takes a database as it stands.
   *
   * @param layout What stands in its directory.
   * @param fs The file system.
   */
  constructor(layout: Layout, fs: WriteFs) {
    this.folders = layout.folders.map((folder) => new WorkingFolder(folder));
    this.extension = layout.extension;
    this.path = layout.path;
    this.#fs = fs;
  }

  /**
   * Finds a folder by the name that it is going to have.
   *
   * @param name The name.
   * @returns The folder, or undefined.
   */
  folderNamed(name: string): WorkingFolder | undefined {
    return this.folders.find((folder) => folder.fate === "stays" && folder.name === name);
  }

  /**
   * Has an entry leave that belongs to no collection.
   *
   * @param path Its path in the store.
   */
  setAside(path: string): void {
    this.#setAside.push(path);
  }

  /** Lists what is going to be different. */
  listChanges(): Changes {
    const files = new Map<string, WorkingFile>();
    const folders: NewFolder[] = [];
    const leaving: string[] = [...this.#setAside];
    for (const folder of this.folders) {
      const { origin, name, fate } = folder;
      if (fate === "stays" && name === origin.name) {
        this.#compare(folder, { files, folders, leaving });
      } else {
        leaving.push(origin.name);
        if (fate === "quarantined") folders.push({ name, from: folder, isCopy: true });
        else if (fate === "stays") this.#come(folder, files, folders);
      }
    }
    const coming = new Set(folders.map(({ name }) => name));
    const gone = new Set(leaving);
    return {
      files,
      folders,
      // What stands in a folder that leaves goes with it.
      leaving: leaving.filter((name) =>
        !coming.has(name) && !gone.has(name.slice(0, Math.max(0, name.indexOf("/"))))
      ),
    };
  }

  /** Finds the name that a folder gets in the quarantine of the database. */
  freeQuarantineName(folder: string): string {
    const directory = join(this.path, QUARANTINE_NAME);
    const isThere = this.#fs.look(directory)?.kind === "directory";
    let name = folder;
    for (let number = 2; isThere && this.#fs.look(join(directory, name)) !== null; number++) {
      name = `${folder}-${number}`;
    }
    return `${QUARANTINE_NAME}/${name}`;
  }

  #compare(folder: WorkingFolder, changes: ChangeLists): void {
    const { origin, files } = folder;
    const coming: [string, WorkingFile][] = [];
    for (const [name, file] of files) {
      const path = `${origin.name}/${name}`;
      const isSame = file.origin?.path === path && file.source.kind === "store" &&
        file.source.path === path;
      if (!isSame) coming.push([path, file]);
    }
    const gone = [...origin.files, ...origin.special].map(({ path }) => path)
      .filter((path) => !files.has(path.slice(origin.name.length + 1)));
    const changed = coming.length + gone.length;
    const isMost = changed > LEAST_WHOLE_FOLDER && 2 * coming.length > files.size;
    if (isMost || changed > MOST_SINGLE_FILES) {
      changes.folders.push({ name: origin.name, from: folder, isCopy: false });
      changes.leaving.push(origin.name);
      return;
    }
    for (const [path, file] of coming) changes.files.set(path, file);
    changes.leaving.push(...gone);
  }

  /** A folder gets another name: as a whole, unless a directory of others has that name already. */
  #come(folder: WorkingFolder, files: Map<string, WorkingFile>, folders: NewFolder[]): void {
    const { name } = folder;
    const isFree = this.#fs.look(join(this.path, name))?.kind !== "directory";
    const isLeft = this.folders.some(({ origin, ...other }) =>
      origin.name === name && (other.name !== name || other.fate !== "stays")
    );
    if (isFree || isLeft) folders.push({ name, from: folder, isCopy: false });
    else for (const [inner, file] of folder.files) files.set(`${name}/${inner}`, file);
  }
}
