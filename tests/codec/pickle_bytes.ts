/**
 * Pickles for tests: some that Python wrote, and the means to write others by hand.
 *
 * @module
 */

import type { ByteSource } from "../../lib/codec/pickle.ts";

/** The class that pickles of the Python era are instances of. */
export const CLASS_NAME = "chromadb.segment.impl.vector.local_persistent_hnsw.PersistentData";

/** The ids and labels in {@linkcode PYTHON_PICKLES}: every integer opcode, every kind of UTF-8. */
export const PYTHON_ENTRIES: readonly (readonly [string, number])[] = [
  ["plain", 1],
  ["ключ é", 300],
  ["😀\\u\n\0", 70_000],
  ["one \ufeffmark", 4_294_967_295],
];

/**
 * One object in the protocols 0 to 5, written by CPython 3.11.7. `PersistentData` is an empty class
 * of that name in an empty module of that name:
 *
 * ```python
 * ids = ["plain", "ключ é", "\U0001f600\\u\n\0", "one \ufeffmark"]
 * p = PersistentData()
 * p.dimensionality = 32
 * p.total_elements_added = 70000
 * p.max_seq_id = 2**70
 * p.id_to_label = dict(zip(ids, [1, 300, 70000, 4294967295]))
 * p.label_to_id = {label: id for id, label in p.id_to_label.items()}
 * p.id_to_seq_id = {ids[0]: 7}
 * [base64.b64encode(pickle.dumps(p, protocol)) for protocol in range(6)]
 * ```
 */
export const PYTHON_PICKLES: readonly Uint8Array[] = [
  Uint8Array.fromBase64(
    "Y2NvcHlfcmVnCl9yZWNvbnN0cnVjdG9yCnAwCihjY2hyb21hZGIuc2VnbWVudC5pbXBsLnZlY3Rvci5sb2NhbF9wZXJz" +
      "aXN0ZW50X2huc3cKUGVyc2lzdGVudERhdGEKcDEKY19fYnVpbHRpbl9fCm9iamVjdApwMgpOdHAzClJwNAooZHA1ClZk" +
      "aW1lbnNpb25hbGl0eQpwNgpJMzIKc1Z0b3RhbF9lbGVtZW50c19hZGRlZApwNwpJNzAwMDAKc1ZtYXhfc2VxX2lkCnA4" +
      "CkwxMTgwNTkxNjIwNzE3NDExMzAzNDI0TApzVmlkX3RvX2xhYmVsCnA5CihkcDEwClZwbGFpbgpwMTEKSTEKc1ZcdTA0" +
      "M2FcdTA0M2JcdTA0NGVcdTA0NDcg6QpwMTIKSTMwMApzVlxVMDAwMWY2MDBcdTAwNWN1XHUwMDBhXHUwMDAwCnAxMwpJ" +
      "NzAwMDAKc1ZvbmUgXHVmZWZmbWFyawpwMTQKTDQyOTQ5NjcyOTVMCnNzVmxhYmVsX3RvX2lkCnAxNQooZHAxNgpJMQpn" +
      "MTEKc0kzMDAKZzEyCnNJNzAwMDAKZzEzCnNMNDI5NDk2NzI5NUwKZzE0CnNzVmlkX3RvX3NlcV9pZApwMTcKKGRwMTgK" +
      "ZzExCkk3CnNzYi4=",
  ),
  Uint8Array.fromBase64(
    "Y2NvcHlfcmVnCl9yZWNvbnN0cnVjdG9yCnEAKGNjaHJvbWFkYi5zZWdtZW50LmltcGwudmVjdG9yLmxvY2FsX3BlcnNp" +
      "c3RlbnRfaG5zdwpQZXJzaXN0ZW50RGF0YQpxAWNfX2J1aWx0aW5fXwpvYmplY3QKcQJOdHEDUnEEfXEFKFgOAAAAZGlt" +
      "ZW5zaW9uYWxpdHlxBksgWBQAAAB0b3RhbF9lbGVtZW50c19hZGRlZHEHSnARAQBYCgAAAG1heF9zZXFfaWRxCEwxMTgw" +
      "NTkxNjIwNzE3NDExMzAzNDI0TApYCwAAAGlkX3RvX2xhYmVscQl9cQooWAUAAABwbGFpbnELSwFYCwAAANC60LvRjtGH" +
      "IMOpcQxNLAFYCAAAAPCfmIBcdQoAcQ1KcBEBAFgLAAAAb25lIO+7v21hcmtxDkw0Mjk0OTY3Mjk1TAp1WAsAAABsYWJl" +
      "bF90b19pZHEPfXEQKEsBaAtNLAFoDEpwEQEAaA1MNDI5NDk2NzI5NUwKaA51WAwAAABpZF90b19zZXFfaWRxEX1xEmgL" +
      "SwdzdWIu",
  ),
  Uint8Array.fromBase64(
    "gAJjY2hyb21hZGIuc2VnbWVudC5pbXBsLnZlY3Rvci5sb2NhbF9wZXJzaXN0ZW50X2huc3cKUGVyc2lzdGVudERhdGEK" +
      "cQApgXEBfXECKFgOAAAAZGltZW5zaW9uYWxpdHlxA0sgWBQAAAB0b3RhbF9lbGVtZW50c19hZGRlZHEESnARAQBYCgAA" +
      "AG1heF9zZXFfaWRxBYoJAAAAAAAAAABAWAsAAABpZF90b19sYWJlbHEGfXEHKFgFAAAAcGxhaW5xCEsBWAsAAADQutC7" +
      "0Y7RhyDDqXEJTSwBWAgAAADwn5iAXHUKAHEKSnARAQBYCwAAAG9uZSDvu79tYXJrcQuKBf////8AdVgLAAAAbGFiZWxf" +
      "dG9faWRxDH1xDShLAWgITSwBaAlKcBEBAGgKigX/////AGgLdVgMAAAAaWRfdG9fc2VxX2lkcQ59cQ9oCEsHc3ViLg==",
  ),
  Uint8Array.fromBase64(
    "gANjY2hyb21hZGIuc2VnbWVudC5pbXBsLnZlY3Rvci5sb2NhbF9wZXJzaXN0ZW50X2huc3cKUGVyc2lzdGVudERhdGEK" +
      "cQApgXEBfXECKFgOAAAAZGltZW5zaW9uYWxpdHlxA0sgWBQAAAB0b3RhbF9lbGVtZW50c19hZGRlZHEESnARAQBYCgAA" +
      "AG1heF9zZXFfaWRxBYoJAAAAAAAAAABAWAsAAABpZF90b19sYWJlbHEGfXEHKFgFAAAAcGxhaW5xCEsBWAsAAADQutC7" +
      "0Y7RhyDDqXEJTSwBWAgAAADwn5iAXHUKAHEKSnARAQBYCwAAAG9uZSDvu79tYXJrcQuKBf////8AdVgLAAAAbGFiZWxf" +
      "dG9faWRxDH1xDShLAWgITSwBaAlKcBEBAGgKigX/////AGgLdVgMAAAAaWRfdG9fc2VxX2lkcQ59cQ9oCEsHc3ViLg==",
  ),
  Uint8Array.fromBase64(
    "gASVKwEAAAAAAACMMmNocm9tYWRiLnNlZ21lbnQuaW1wbC52ZWN0b3IubG9jYWxfcGVyc2lzdGVudF9obnN3lIwOUGVy" +
      "c2lzdGVudERhdGGUk5QpgZR9lCiMDmRpbWVuc2lvbmFsaXR5lEsgjBR0b3RhbF9lbGVtZW50c19hZGRlZJRKcBEBAIwK" +
      "bWF4X3NlcV9pZJSKCQAAAAAAAAAAQIwLaWRfdG9fbGFiZWyUfZQojAVwbGFpbpRLAYwL0LrQu9GO0Ycgw6mUTSwBjAjw" +
      "n5iAXHUKAJRKcBEBAIwLb25lIO+7v21hcmuUigX/////AHWMC2xhYmVsX3RvX2lklH2UKEsBaApNLAFoC0pwEQEAaAyK" +
      "Bf////8AaA11jAxpZF90b19zZXFfaWSUfZRoCksHc3ViLg==",
  ),
  Uint8Array.fromBase64(
    "gAWVKwEAAAAAAACMMmNocm9tYWRiLnNlZ21lbnQuaW1wbC52ZWN0b3IubG9jYWxfcGVyc2lzdGVudF9obnN3lIwOUGVy" +
      "c2lzdGVudERhdGGUk5QpgZR9lCiMDmRpbWVuc2lvbmFsaXR5lEsgjBR0b3RhbF9lbGVtZW50c19hZGRlZJRKcBEBAIwK" +
      "bWF4X3NlcV9pZJSKCQAAAAAAAAAAQIwLaWRfdG9fbGFiZWyUfZQojAVwbGFpbpRLAYwL0LrQu9GO0Ycgw6mUTSwBjAjw" +
      "n5iAXHUKAJRKcBEBAIwLb25lIO+7v21hcmuUigX/////AHWMC2xhYmVsX3RvX2lklH2UKEsBaApNLAFoC0pwEQEAaAyK" +
      "Bf////8AaA11jAxpZF90b19zZXFfaWSUfZRoCksHc3ViLg==",
  ),
];

/** Opcodes that pickles are written with by hand. */
export const PROTO_3: readonly number[] = [0x80, 3];
export const STOP = 0x2e;
export const MARK = 0x28;
export const EMPTY_DICT = 0x7d;
export const SETITEMS = 0x75;
export const NONE = 0x4e;

/** Makes a source of bytes that gives at most `most` of them at a time. */
export function sourceOf(bytes: Uint8Array, most = Infinity): ByteSource {
  return {
    sizeBytes: bytes.byteLength,
    readAt(offset, target) {
      const count = Math.min(most, target.byteLength, Math.max(0, bytes.byteLength - offset));
      target.set(bytes.subarray(offset, offset + count));
      return target.subarray(0, count);
    },
  };
}

/** Writes a string as 1.x does: BINUNICODE. */
export function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [0x58, ...littleEndian(bytes.byteLength, 4), ...bytes];
}

/** Writes an integer as 1.x does: BININT, or LONG1 of eight bytes. */
export function integer(value: number): number[] {
  return Math.abs(value) < 2 ** 31
    ? [0x4a, ...littleEndian(value, 4)]
    : [0x8a, 8, ...littleEndian(value, 8)];
}

/** Writes a dictionary as 1.x does, from keys and values that are written already. */
export function dictionary(entries: readonly (readonly [number[], number[]])[]): number[] {
  if (entries.length === 0) return [EMPTY_DICT];
  return [EMPTY_DICT, MARK, ...entries.flatMap(([key, value]) => [...key, ...value]), SETITEMS];
}

/** Writes ASCII. */
export function ascii(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

function littleEndian(value: number, sizeBytes: number): number[] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigInt64(0, BigInt(value), true);
  return [...new Uint8Array(bytes.buffer, 0, sizeBytes)];
}
