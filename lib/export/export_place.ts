/**
 * Where an export goes: a stream, or files that are made under a temporary name and get their own
 * when all of them are on the disk.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { clearTemporaries, withTemporaryDirectory } from "../backup/temporaries.ts";
import { requireSize, writeAll } from "../fs/copy.ts";
import { ensureDirectory } from "../fs/work_directory.ts";
import type { WritableFile, WriteFs } from "../fs/write_fs.ts";
import { requireFreePath } from "../repair/keep_files.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import type { ByteSink, ExportFile, ExportPlace } from "./record_writer.ts";

/** Permissions to read and to write, and those of directories besides. */
const FILE_BITS = 0o666;
const ENTER_BITS = 0o111;

/** The name in the temporary directory of an export that is one file. */
const ONLY_NAME = "export";

/** A file that an export has made. */
export interface WrittenFile {
  /** Its path, relative to where the export goes; empty where the export is one file. */
  readonly name: string;
  /** How many bytes it has. */
  readonly sizeBytes: number;
}

/** A stream as the place of an export that is one file. */
export class StreamPlace implements ExportPlace {
  readonly #sink: ByteSink;
  readonly #files: { name: string; sizeBytes: number }[] = [];

  /** Takes the stream. */
  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** What was written. */
  get files(): readonly WrittenFile[] {
    return this.#files;
  }

  /** Begins the file. */
  createFile(name: string): ExportFile {
    const sink = this.#sink;
    const file = { name, sizeBytes: 0 };
    this.#files.push(file);
    return {
      name,
      get sizeBytes(): number {
        return file.sizeBytes;
      },
      async write(bytes: Uint8Array): Promise<void> {
        file.sizeBytes += bytes.byteLength;
        await sink.write(bytes);
      },
      overwriteStart(): void {
        throw new TypeError("What was sent cannot be written over");
      },
    };
  }
}

/** Files in a directory. */
export class DirectoryPlace implements ExportPlace, Disposable {
  readonly #fs: WriteFs;
  readonly #directory: string;
  readonly #mode: number;
  readonly #files: DiskFile[] = [];
  readonly #inner = new Set<string>();

  /**
   * Takes a directory.
   *
   * @param fs The file system.
   * @param directory The directory, which is there.
   * @param mode The permissions of files.
   */
  constructor(fs: WriteFs, directory: string, mode: number) {
    this.#fs = fs;
    this.#directory = directory;
    this.#mode = mode;
  }

  /** What was written. */
  get files(): readonly WrittenFile[] {
    return this.#files;
  }

  /** Makes a file, and the directory in which it is. */
  createFile(name: string): ExportFile {
    const path = join(this.#directory, name === "" ? ONLY_NAME : name);
    const directory = dirname(path);
    if (directory !== this.#directory && !this.#inner.has(directory)) {
      ensureDirectory(this.#fs, directory);
      this.#inner.add(directory);
    }
    const file = new DiskFile(name, path, this.#fs.createFile(path, this.#mode));
    this.#files.push(file);
    return file;
  }

  /** Waits until everything is on the disk, and gives directories their permissions. */
  finish(): void {
    for (const file of this.#files) file.finish();
    const mode = toDirectoryMode(this.#mode);
    for (const directory of [...this.#inner, this.#directory]) {
      this.#fs.setMode(directory, mode);
      this.#fs.syncDirectory(directory);
    }
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }
}

/** Small pieces are gathered up to so many bytes. */
const PIECE_SIZE_BYTES = 1 << 18;

class DiskFile implements ExportFile, Disposable {
  readonly name: string;
  readonly #path: string;
  readonly #file: WritableFile;
  readonly #gathered = new ByteBuffer();
  #isClosed = false;
  sizeBytes = 0;

  constructor(name: string, path: string, file: WritableFile) {
    this.name = name;
    this.#path = path;
    this.#file = file;
  }

  write(bytes: Uint8Array): Promise<void> {
    this.sizeBytes += bytes.byteLength;
    if (this.#gathered.length + bytes.byteLength > PIECE_SIZE_BYTES) this.#flush();
    if (bytes.byteLength < PIECE_SIZE_BYTES) this.#gathered.addBytes(bytes);
    else writeAll(this.#file, bytes, this.#path);
    return Promise.resolve();
  }

  overwriteStart(bytes: Uint8Array): void {
    this.#flush();
    this.#file.seek(0);
    writeAll(this.#file, bytes, this.#path);
    this.#file.seek(this.sizeBytes);
  }

  finish(): void {
    this.#flush();
    requireSize(this.#file, this.sizeBytes, this.#path);
    this.#file.sync();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#file[Symbol.dispose]();
    this.#isClosed = true;
  }

  #flush(): void {
    if (this.#gathered.length > 0) writeAll(this.#file, this.#gathered.bytes, this.#path);
    this.#gathered.clear();
  }
}

/** Whoever may read may enter as well. */
function toDirectoryMode(fileMode: number): number {
  return fileMode | ((fileMode >>> 2) & ENTER_BITS);
}

/** Where files go. */
export interface Target {
  /** The file, or the directory: there is nothing of that name. */
  readonly path: string;
  /** Whether it is a directory. */
  readonly isDirectory: boolean;
  /** The store, which it may not be in. */
  readonly store: string;
  /** Who may read it: the permissions of the store. */
  readonly mode: number;
}

/**
 * Makes sure that files can be made, before any work is done for them, and removes what a run that
 * was killed has left of them.
 *
 * @param fs The file system.
 * @param path Where they go.
 * @param store The store.
 * @throws {OperationError} There is something of that name, nothing to put it into, or it would be in
 * the store.
 */
export async function requireTarget(fs: WriteFs, path: string, store: string): Promise<void> {
  const prefix = `.${basename(path)}.vecfsck-`;
  await clearTemporaries(fs, dirname(path), { prefix, isOwn: false });
  requireFreePath(fs, store, path);
}

/**
 * Makes files whole or not at all, after a power cut too.
 *
 * @param fs The file system.
 * @param target Where they go.
 * @param write Writes them; it says whether they are to be kept.
 * @returns What `write` returns.
 * @throws {OperationError} They cannot be made; nothing is left of them.
 */
export async function withNewFiles<Result extends { readonly isKept: boolean }>(
  fs: WriteFs,
  { path, isDirectory, store, mode }: Target,
  write: (place: DirectoryPlace) => Promise<Result>,
): Promise<Result> {
  await requireTarget(fs, path, store);
  return await withTemporaryDirectory(fs, path, async (directory) => {
    using place = new DirectoryPlace(fs, directory, mode & FILE_BITS);
    const result = await write(place);
    if (!result.isKept) return result;
    place.finish();
    requireFreePath(fs, store, path);
    fs.rename(isDirectory ? directory : join(directory, ONLY_NAME), path);
    fs.syncDirectory(dirname(path));
    return result;
  });
}
