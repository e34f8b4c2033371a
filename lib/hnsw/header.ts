/**
 * header.bin of a persisted hnswlib index: 100 bytes, little-endian.
 *
 * | offset | type | name in hnswlib        | meaning                                          |
 * | -----: | ---- | ---------------------- | ------------------------------------------------ |
 * |      0 | i32  | PERSISTENCE_VERSION    | 1                                                |
 * |      4 | u64  | offsetLevel0_          | 0                                                |
 * |     12 | u64  | max_elements_          | slots there is room for                          |
 * |     20 | u64  | cur_element_count      | slots in use, deleted ones included              |
 * |     28 | u64  | size_data_per_element_ | bytes of a slot: 4 + 4 maxM0 + 4 dimension + 8   |
 * |     36 | u64  | label_offset_          | where the label stands in a slot                 |
 * |     44 | u64  | offsetData_            | where the vector stands in a slot: 4 + 4 maxM0   |
 * |     52 | i32  | maxlevel_              | highest level of the graph, -1 when it is empty  |
 * |     56 | u32  | enterpoint_node_       | slot at which every search begins                |
 * |     60 | u64  | maxM_                  | links of a node on the levels above 0: M         |
 * |     68 | u64  | maxM0_                 | links of a node on level 0: 2 M                  |
 * |     76 | u64  | M_                     | links that a new node is given                   |
 * |     84 | f64  | mult_                  | 1 / ln(M), spreads the levels                    |
 * |     92 | u64  | ef_construction_       | candidates that are looked at for a new node     |
 *
 * Source: `persistDirty` and `loadPersistedIndex` in chroma-core/hnswlib, measured on stores of
 * Chroma 0.4 to 1.5.
 *
 * @module
 */

import { ByteCursor } from "../base/bytes.ts";

/** How long header.bin is, in bytes. */
export const HEADER_SIZE_BYTES = 100;

/** The only persistence version that exists. */
export const PERSISTENCE_VERSION = 1;

/** Where each field begins, in bytes from the start of header.bin. */
export const HEADER_OFFSETS = {
  persistenceVersion: 0,
  offsetLevel0: 4,
  capacity: 12,
  count: 20,
  slotSizeBytes: 28,
  labelOffset: 36,
  vectorOffset: 44,
  maxLevel: 52,
  entryPoint: 56,
  maxLinks: 60,
  maxLinksLevel0: 68,
  linksPerNode: 76,
  levelMultiplier: 84,
  efConstruction: 92,
} as const;

/** header.bin as it stands in the file: nothing has been held against anything. */
export interface HnswHeader {
  /** PERSISTENCE_VERSION */
  readonly persistenceVersion: number;
  /** offsetLevel0_ */
  readonly offsetLevel0: bigint;
  /** max_elements_ */
  readonly capacity: bigint;
  /** cur_element_count */
  readonly count: bigint;
  /** size_data_per_element_ */
  readonly slotSizeBytes: bigint;
  /** label_offset_ */
  readonly labelOffset: bigint;
  /** offsetData_ */
  readonly vectorOffset: bigint;
  /** maxlevel_ */
  readonly maxLevel: number;
  /** enterpoint_node_ */
  readonly entryPoint: number;
  /** maxM_ */
  readonly maxLinks: bigint;
  /** maxM0_ */
  readonly maxLinksLevel0: bigint;
  /** M_ */
  readonly linksPerNode: bigint;
  /** mult_ */
  readonly levelMultiplier: number;
  /** ef_construction_ */
  readonly efConstruction: bigint;
}

/**
 * Reads the fields of header.bin.
 *
 * @param bytes The file from its start; more than 100 bytes are ignored.
 * @returns The fields as they stand there, or null when there are fewer than 100 bytes.
 */
export function parseHeader(bytes: Uint8Array): HnswHeader | null {
  if (bytes.byteLength < HEADER_SIZE_BYTES) return null;
  const cursor = new ByteCursor(bytes);
  return {
    persistenceVersion: cursor.i32(),
    offsetLevel0: cursor.u64(),
    capacity: cursor.u64(),
    count: cursor.u64(),
    slotSizeBytes: cursor.u64(),
    labelOffset: cursor.u64(),
    vectorOffset: cursor.u64(),
    maxLevel: cursor.i32(),
    entryPoint: cursor.u32(),
    maxLinks: cursor.u64(),
    maxLinksLevel0: cursor.u64(),
    linksPerNode: cursor.u64(),
    levelMultiplier: cursor.f64(),
    efConstruction: cursor.u64(),
  };
}

/**
 * Writes the fields of header.bin.
 *
 * @param header The fields.
 * @returns The 100 bytes of the file.
 */
export function encodeHeader(header: HnswHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  const u64 = (offset: number, value: bigint): void => view.setBigUint64(offset, value, true);
  view.setInt32(HEADER_OFFSETS.persistenceVersion, header.persistenceVersion, true);
  u64(HEADER_OFFSETS.offsetLevel0, header.offsetLevel0);
  u64(HEADER_OFFSETS.capacity, header.capacity);
  u64(HEADER_OFFSETS.count, header.count);
  u64(HEADER_OFFSETS.slotSizeBytes, header.slotSizeBytes);
  u64(HEADER_OFFSETS.labelOffset, header.labelOffset);
  u64(HEADER_OFFSETS.vectorOffset, header.vectorOffset);
  view.setInt32(HEADER_OFFSETS.maxLevel, header.maxLevel, true);
  view.setUint32(HEADER_OFFSETS.entryPoint, header.entryPoint, true);
  u64(HEADER_OFFSETS.maxLinks, header.maxLinks);
  u64(HEADER_OFFSETS.maxLinksLevel0, header.maxLinksLevel0);
  u64(HEADER_OFFSETS.linksPerNode, header.linksPerNode);
  view.setFloat64(HEADER_OFFSETS.levelMultiplier, header.levelMultiplier, true);
  u64(HEADER_OFFSETS.efConstruction, header.efConstruction);
  return bytes;
}
