/**
 * What Deno has of Node's library and nothing of its own for, loaded when it is used first. To load
 * any of it takes a third of the time that a quick check takes, and most calls of the program use
 * none of it; so no other module imports these parts by itself.
 *
 * @module
 */

import type * as NodeCrypto from "node:crypto";
import type * as NodeFs from "node:fs";
import type * as NodeZlib from "node:zlib";

/** What is used of `node:fs`: writing has one place, which is `lib/fs/write_fs.ts`. */
export type NodeFileFunctions = Pick<
  typeof NodeFs,
  | "closeSync"
  | "constants"
  | "fstatSync"
  | "lchownSync"
  | "lutimesSync"
  | "openSync"
  | "readSync"
  | "statfsSync"
>;

/** A digest that is fed piece by piece. */
export type Hash = NodeCrypto.Hash;

/** A decompressor of raw deflate. */
export type InflateRaw = NodeZlib.InflateRaw;

let loadedFs: NodeFileFunctions | null = null;
let loadedCrypto: typeof NodeCrypto | null = null;
let loadedZlib: typeof NodeZlib | null = null;

/**
 * Gives what is used of `node:fs`.
 *
 * @returns The functions.
 */
export function nodeFs(): NodeFileFunctions {
  return loadedFs ??= globalThis.process.getBuiltinModule("node:fs");
}

function nodeCrypto(): typeof NodeCrypto {
  return loadedCrypto ??= globalThis.process.getBuiltinModule("node:crypto");
}

function nodeZlib(): typeof NodeZlib {
  return loadedZlib ??= globalThis.process.getBuiltinModule("node:zlib");
}

/**
 * Begins a digest.
 *
 * @param algorithm For instance `sha256`.
 * @returns The digest of nothing.
 */
export function createHash(algorithm: string): Hash {
  return nodeCrypto().createHash(algorithm);
}

/**
 * Digests bytes at once.
 *
 * @param algorithm For instance `sha256`.
 * @param data The bytes, or a text of which those of UTF-8 are taken.
 * @returns The digest in hexadecimal.
 */
export function hashHex(algorithm: string, data: Uint8Array | string): string {
  return nodeCrypto().hash(algorithm, data, "hex");
}

/**
 * Begins to decrypt AES-256-GCM.
 *
 * @param key The key.
 * @param nonce The nonce.
 * @returns What decrypts.
 */
export function createAesDecipher(key: Uint8Array, nonce: Uint8Array): NodeCrypto.DecipherGCM {
  return nodeCrypto().createDecipheriv("aes-256-gcm", key, nonce);
}

/**
 * Sums up bytes by CRC-32.
 *
 * @param data The bytes.
 * @param value The sum of what stands before them.
 * @returns The sum.
 */
export function crc32(data: Uint8Array, value?: number): number {
  return nodeZlib().crc32(data, value);
}

/**
 * Compresses bytes by gzip.
 *
 * @param data The bytes.
 * @returns A file of one member.
 */
export function gzipSync(data: Uint8Array): Uint8Array {
  return nodeZlib().gzipSync(data);
}

/**
 * Decompresses a gzip file.
 *
 * @param data The file.
 * @param options How many bytes at the most, and how many at once.
 * @returns The bytes.
 * @throws {Error} What zlib says of a damaged file.
 */
export function gunzipSync(data: Uint8Array, options: NodeZlib.ZlibOptions): Uint8Array {
  return nodeZlib().gunzipSync(data, options);
}

/**
 * Begins to decompress raw deflate.
 *
 * @returns What decompresses.
 */
export function createInflateRaw(): InflateRaw {
  return nodeZlib().createInflateRaw();
}

/**
 * Tells the limit of this process's memory, where it has one.
 *
 * @returns How many bytes.
 */
export function constrainedMemory(): number {
  return globalThis.process.constrainedMemory();
}
