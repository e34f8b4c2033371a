/**
 * From an export file to the gob in it: what is encrypted is decrypted, and what is compressed
 * decompressed, into a directory for temporary files.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../base/errors.ts";
import { letOthersRun } from "../../base/turns.ts";
import { type GunzipOutcome, gunzipStream } from "../../codec/gunzip_stream.ts";
import { isGzip } from "../../codec/gzip_frame.ts";
import { BoundedFile } from "../../fs/read_fs.ts";
import { localFs } from "../../fs/platform.ts";
import { ScratchDirectory, ScratchFile } from "../../fs/scratch.ts";
import { decryptExport, KEY_SIZE_BYTES, LEAST_ENCRYPTED_BYTES } from "./decrypt_export.ts";
import { type ExportWrapping, recogniseExport } from "./detect.ts";

/** An export file, and what is needed to read it: plain data. */
export interface ExportPlace {
  /** The file. */
  readonly path: string;
  /** What has to be undone first. */
  readonly wrapping: ExportWrapping;
  /** The key, or null. */
  readonly key: Uint8Array | null;
  /** An empty directory for temporary files; null where the file is a gob as it is. */
  readonly scratch: string | null;
}

/** What became of undoing the encryption and the compression of an export. */
export interface UnwrappedExport {
  /** What stands in the way of the gob; null where there is one. */
  readonly obstacle: "too-short" | "undecryptable" | null;
  /** The file with the gob; null behind an obstacle. */
  readonly path: string | null;
  /** Whether that is the export file itself, so that an offset in the gob is one in the file. */
  readonly isItself: boolean;
  /** What became of decompressing, where the bytes were compressed. */
  readonly gunzipped: GunzipOutcome | null;
  /** Whether the bytes were encrypted. */
  readonly isEncrypted: boolean;
}

/** Is told how many bytes of work are done; it may throw to end that. */
export type Progress = (sizeBytes: number) => void;

/**
 * Embeddings hardly get smaller by compression, and texts by some factor of ten. A file that becomes
 * larger than both of these was made to fill a disk.
 */
const MOST_GROWTH = 200;
const MOST_SMALL_BYTES = 256 << 20;

/** An export file, with a directory for what is unwrapped, which is removed at the end. */
export class PreparedExport implements Disposable {
  readonly #scratch: ScratchDirectory | null;
  /** What is needed to read it. */
  readonly place: ExportPlace;

  private constructor(place: ExportPlace, scratch: ScratchDirectory | null) {
    this.place = place;
    this.#scratch = scratch;
  }

  /**
   * Prepares a file.
   *
   * @param path The file, which was recognised as an export.
   * @param key The key, or null.
   * @returns The file; its owner releases it.
   * @throws {OperationError} It cannot be read, the key is none, or there is no room.
   */
  static open(path: string, key: Uint8Array | null): PreparedExport {
    requireKey(key, path);
    const wrapping = recogniseExport(path, key !== null) ?? "gob";
    const scratch = wrapping === "gob" ? null : ScratchDirectory.create();
    return new PreparedExport({ path, wrapping, key, scratch: scratch?.path ?? null }, scratch);
  }

  /** Removes what was unwrapped; does nothing the second time. */
  release(): void {
    this.#scratch?.remove();
  }

  /** Releases it at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

function requireKey(key: Uint8Array | null, path: string): void {
  if (key === null || key.byteLength === KEY_SIZE_BYTES) return;
  throw new OperationError("usage", `A key has 32 bytes, not ${key.byteLength}`, {
    path,
    hint: "Give the key just as the program gives it to chromem-go.",
  });
}

/**
 * Undoes encryption and compression.
 *
 * @param place The file.
 * @param progress Is told of bytes that were read.
 * @returns Where the gob is.
 * @throws {OperationError} The file cannot be read, or there is no room for what is in it.
 */
export async function unwrapExport(
  place: ExportPlace,
  progress: Progress,
): Promise<UnwrappedExport> {
  const { path, wrapping, scratch } = place;
  if (scratch === null || wrapping === "gob") return { ...NOTHING, path, isItself: true };
  const target = join(scratch, "gob");
  if (wrapping === "gzip") return await gunzipInto(target, path, progress);
  const decrypted = await decryptInto(join(scratch, "decrypted"), place, progress);
  if (decrypted.path === null || !startsAsGzip(decrypted.path)) return decrypted;
  const unwrapped = await gunzipInto(target, decrypted.path, progress);
  localFs.removeFile(decrypted.path);
  return { ...unwrapped, isEncrypted: true };
}

const NOTHING: UnwrappedExport = {
  obstacle: null,
  path: null,
  isItself: false,
  gunzipped: null,
  isEncrypted: false,
};

async function decryptInto(
  targetPath: string,
  { path, key }: ExportPlace,
  progress: Progress,
): Promise<UnwrappedExport> {
  using source = BoundedFile.open(path);
  const wrapped = { ...NOTHING, isEncrypted: true };
  if (source.sizeBytes < LEAST_ENCRYPTED_BYTES) return { ...wrapped, obstacle: "too-short" };
  if (key === null) return { ...wrapped, obstacle: "undecryptable" };
  using target = ScratchFile.create(targetPath);
  const isProven = await decryptExport(source, {
    key,
    write: (bytes) => target.write(bytes),
    onRead: pausing(progress),
  });
  if (!isProven) return { ...wrapped, obstacle: "undecryptable" };
  return { ...wrapped, path: target.path };
}

async function gunzipInto(
  targetPath: string,
  path: string,
  progress: Progress,
): Promise<UnwrappedExport> {
  using source = BoundedFile.open(path);
  using target = ScratchFile.create(targetPath);
  const gunzipped = await gunzipStream(source, {
    write: (bytes) => target.write(bytes),
    mostBytes: Math.max(MOST_SMALL_BYTES, MOST_GROWTH * source.sizeBytes),
    onRead: pausing(progress),
  });
  return { ...NOTHING, path: target.path, gunzipped };
}

function startsAsGzip(path: string): boolean {
  using file = BoundedFile.open(path);
  return isGzip(file.read(0, 2));
}

/** After so many bytes others have their turn. */
const PAUSE_BYTES = 4 << 20;

/** Tells of progress, and lets others have their turn now and then. */
function pausing(progress: Progress): (sizeBytes: number) => Promise<void> {
  let untoldBytes = 0;
  return async (sizeBytes) => {
    untoldBytes += sizeBytes;
    if (untoldBytes < PAUSE_BYTES) return;
    progress(untoldBytes);
    untoldBytes = 0;
    await letOthersRun();
  };
}
