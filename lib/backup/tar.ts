/**
 * A backup as a tar stream, for restic, rclone, ssh or the client of an object store.
 *
 * The stream holds the directory of the backup under its name: the manifest and its digest first,
 * then the files. Unpacked into a directory of backups it is a backup again. Every file is held
 * against its digest while it is sent.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";
import { join } from "@std/path";
import { createTarPacker, type TarHeader, type TarPackController } from "modern-tar";
import { OperationError } from "../base/errors.ts";
import { CHUNK_SIZE_BYTES } from "../fs/read_fs.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { ListedBackup } from "./catalogue.ts";
import { pathInBackup } from "./copy_entry.ts";
import { FILES_DIRECTORY_NAME, MANIFEST_DIGEST_NAME, MANIFEST_NAME } from "./manifest.ts";

const DIRECTORY_MODE = 0o700;
const OWN_FILE_MODE = 0o400;
/** What a file of a backup may be: read, and not written. */
const READ_BITS = 0o444;

/** A file of the stream. */
interface TarFile {
  /** Its path in the stream. */
  readonly name: string;
  /** Where it is. */
  readonly path: string;
  readonly modifiedMs: number;
  /** Its permissions. */
  readonly mode: number;
  /** Its length and its digest, or null for what the manifest does not say itself. */
  readonly expected: { readonly sizeBytes: number; readonly sha256: string } | null;
}

/**
 * Streams a backup as tar.
 *
 * @param fs The file system.
 * @param backup The backup.
 * @yields The bytes; memory stays flat, for nothing is read before it is asked for.
 * @throws {OperationError} A file cannot be read, or is not what the manifest says: what was sent
 * so far is no whole archive then.
 */
export async function* streamTar(
  fs: WriteFs,
  backup: ListedBackup,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, controller } = createTarPacker();
  const fed = feed(fs, backup, controller);
  // An error of the feed is thrown by the stream as well, and told once.
  fed.catch((error) => controller.error(error));
  for await (const chunk of readable) yield chunk;
  await fed;
}

async function feed(
  fs: WriteFs,
  { id, directory, manifest }: ListedBackup,
  controller: TarPackController,
): Promise<void> {
  const mtime = new Date(manifest.createdAt);
  const names = [id, `${id}/${FILES_DIRECTORY_NAME}`].concat(
    manifest.directories.map(({ path }) => `${id}/${FILES_DIRECTORY_NAME}/${path}`),
  );
  for (const name of names) {
    const header: TarHeader = { name: `${name}/`, type: "directory", size: 0, mtime };
    await controller.add({ ...header, mode: DIRECTORY_MODE }).close();
  }
  for (const file of listFiles(id, directory, manifest)) await feedFile(fs, file, controller);
  controller.finalize();
}

function* listFiles(
  id: string,
  directory: string,
  manifest: ListedBackup["manifest"],
): Generator<TarFile, void, undefined> {
  for (const name of [MANIFEST_NAME, MANIFEST_DIGEST_NAME]) {
    const modifiedMs = Date.parse(manifest.createdAt);
    const path = join(directory, name);
    yield { name: `${id}/${name}`, path, modifiedMs, mode: OWN_FILE_MODE, expected: null };
  }
  for (const { path, modifiedMs, mode, sizeBytes, sha256 } of manifest.files) {
    yield {
      name: `${id}/${FILES_DIRECTORY_NAME}/${path}`,
      path: pathInBackup(directory, path),
      modifiedMs,
      mode: ((mode ?? 0) & READ_BITS) | OWN_FILE_MODE,
      expected: { sizeBytes, sha256 },
    };
  }
}

async function feedFile(
  fs: WriteFs,
  { name, path, modifiedMs, mode, expected }: TarFile,
  controller: TarPackController,
): Promise<void> {
  using file = fs.openForReading(path);
  const size = expected?.sizeBytes ?? file.sizeBytes;
  if (file.sizeBytes !== size) throw createDamageError(path);
  const hash = createHash("sha256");
  const mtime = new Date(modifiedMs);
  const writer = controller.add({ name, type: "file", size, mtime, mode }).getWriter();
  for (let offset = 0; offset < size;) {
    // The stream keeps what it is given until it was read: each chunk has memory of its own.
    const chunk = file.readAt(offset, new Uint8Array(Math.min(CHUNK_SIZE_BYTES, size - offset)));
    if (chunk.byteLength === 0) throw createDamageError(path);
    hash.update(chunk);
    await writer.write(chunk);
    offset += chunk.byteLength;
  }
  if (expected !== null && hash.digest("hex") !== expected.sha256) throw createDamageError(path);
  await writer.close();
}

function createDamageError(path: string): OperationError {
  return new OperationError("read-failed", `${path} is not what the manifest says`, {
    path,
    hint: "The archive was not finished. Use another backup, or make a new one.",
  });
}
