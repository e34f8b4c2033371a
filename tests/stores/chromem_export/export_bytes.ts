/**
 * Exports that no engine writes, for tests: golden ones changed at known places.
 *
 * @module
 */

import { createCipheriv } from "node:crypto";
import { nameOfCollection, readExport } from "../../../lib/stores/chromem_export/read_export.ts";

/** A document of an export, and where it begins. */
export interface ExportDocument {
  readonly collection: string;
  readonly id: string;
  readonly offset: number;
}

/** Lists the documents of an export in their order, which is by chance. */
export function listDocuments(bytes: Uint8Array): ExportDocument[] {
  const source = {
    sizeBytes: bytes.byteLength,
    readAt(offset: number, target: Uint8Array): Uint8Array {
      const part = bytes.subarray(offset, offset + target.byteLength);
      target.set(part);
      return target.subarray(0, part.byteLength);
    },
  };
  return Array.from(readExport(source)).flatMap((item) =>
    item.kind !== "document"
      ? []
      : [{ collection: nameOfCollection(item.collection), id: item.key, offset: item.offset }]
  );
}

/** Encrypts bytes as chromem-go does, with a nonce of zeros. */
export function encryptExport(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const encrypted = cipher.update(bytes);
  cipher.final();
  return Uint8Array.from([...nonce, ...encrypted, ...cipher.getAuthTag()]);
}

/**
 * Finds a text in bytes.
 *
 * @param bytes The bytes.
 * @param text The text.
 * @param from Where to begin.
 * @returns Where it begins.
 * @throws {Error} It is not there.
 */
export function findText(bytes: Uint8Array, text: string, from = 0): number {
  const found = new TextDecoder("latin1").decode(bytes).indexOf(text, from);
  if (found === -1) throw new Error(`No such text: ${text}`);
  return found;
}

/** A copy of bytes with others from `offset` on. */
export function patch(bytes: Uint8Array, offset: number, others: Uint8Array | string): Uint8Array {
  const patched = bytes.slice();
  patched.set(typeof others === "string" ? new TextEncoder().encode(others) : others, offset);
  return patched;
}

/** A copy of bytes with one bit changed. */
export function flip(bytes: Uint8Array, offset: number, bit = 0): Uint8Array {
  return patch(bytes, offset, Uint8Array.of((bytes[offset] ?? 0) ^ (1 << bit)));
}
