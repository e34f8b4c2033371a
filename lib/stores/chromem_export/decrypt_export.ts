/**
 * Decrypting an export file: AES-256-GCM.
 *
 * | offset | bytes | what it is                      |
 * | ------ | ----- | ------------------------------- |
 * | 0      | 12    | the nonce                       |
 * | 12     |       | the encrypted bytes             |
 * | −16    | 16    | the tag, by which the key proves that nothing was changed |
 *
 * Web Crypto has no other way than the whole file at once: measured, that takes three times the size
 * of the file in memory. The tag is the last of a file that can be read anywhere, so it is read
 * first, and the rest goes through in chunks. Nothing of it is used before the tag was found right.
 *
 * @module
 */

import { createAesDecipher } from "../../base/node_library.ts";
import type { ByteSource } from "../../codec/byte_source.ts";

const NONCE_SIZE_BYTES = 12;
const TAG_SIZE_BYTES = 16;

/** The length of an export without a single byte in it. */
export const LEAST_ENCRYPTED_BYTES: number = NONCE_SIZE_BYTES + TAG_SIZE_BYTES;

/** The length of a key. */
export const KEY_SIZE_BYTES = 32;

const CHUNK_SIZE_BYTES = 1 << 20;

/** How an export is decrypted. */
export interface DecryptOptions {
  /** The key: {@linkcode KEY_SIZE_BYTES}. */
  readonly key: Uint8Array;
  /** Takes decrypted bytes, in their order; nothing may be made of them yet. */
  readonly write: (bytes: Uint8Array) => void;
  /** Is told how many bytes were read, and may give others their turn. */
  readonly onRead: (sizeBytes: number) => Promise<void>;
}

/**
 * Decrypts an export file.
 *
 * @param source The file, of {@linkcode LEAST_ENCRYPTED_BYTES} or more.
 * @param options The key, and where the bytes go.
 * @returns Whether the tag proves them right; if not, the key is another one or the file is damaged.
 * @throws What reading and writing throw.
 */
export async function decryptExport(
  source: ByteSource,
  { key, write, onRead }: DecryptOptions,
): Promise<boolean> {
  const end = source.sizeBytes - TAG_SIZE_BYTES;
  const nonce = source.readAt(0, new Uint8Array(NONCE_SIZE_BYTES));
  const decipher = createAesDecipher(key, nonce);
  decipher.setAuthTag(source.readAt(end, new Uint8Array(TAG_SIZE_BYTES)));
  const buffer = new Uint8Array(CHUNK_SIZE_BYTES);
  for (let offset = NONCE_SIZE_BYTES; offset < end;) {
    const wanted = Math.min(buffer.byteLength, end - offset);
    const chunk = source.readAt(offset, buffer.subarray(0, wanted));
    if (chunk.byteLength === 0) break;
    write(decipher.update(chunk));
    offset += chunk.byteLength;
    await onRead(chunk.byteLength);
  }
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
