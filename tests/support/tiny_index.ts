/**
 * A small valid index, written byte by byte from the tables in lib/hnsw, for tests that break it.
 *
 * @module
 */

import { geometryOf, type HnswGeometry } from "../../lib/hnsw/geometry.ts";
import type { RandomAccessBytes } from "../../lib/hnsw/random_access.ts";

/** Bytes in memory that read like a file. */
export class MemoryBytes implements RandomAccessBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get sizeBytes(): number {
    return this.bytes.byteLength;
  }

  readAt(offset: number, target: Uint8Array): Uint8Array {
    const part = this.bytes.subarray(offset, offset + target.byteLength);
    target.set(part);
    return target.subarray(0, part.byteLength);
  }

  /** The first `sizeBytes` bytes, as a file that was cut there. */
  cut(sizeBytes: number): MemoryBytes {
    return new MemoryBytes(this.bytes.slice(0, sizeBytes));
  }
}

/** The files of a tiny index. */
export interface TinyIndex {
  readonly geometry: HnswGeometry;
  readonly count: number;
  readonly header: MemoryBytes;
  readonly data: MemoryBytes;
  readonly links: MemoryBytes;
}

/**
 * Writes an index in which every slot is linked to its two neighbours in a ring; slot 0 and slot
 * `count / 2` are on level 1 and linked to each other, slot 0 is the entry point.
 */
export function tinyIndex(count = 8, maxLinks = 2, dimension = 3): TinyIndex {
  const geometry = geometryOf(maxLinks, dimension);
  return {
    geometry,
    count,
    header: tinyHeader(geometry, count),
    data: tinyData(geometry, count),
    links: tinyLinks(geometry, count),
  };
}

function tinyHeader(geometry: HnswGeometry, count: number): MemoryBytes {
  const file = new MemoryBytes(new Uint8Array(100));
  const { view } = file;
  view.setInt32(0, 1, true);
  view.setBigUint64(12, BigInt(count + 10), true);
  view.setBigUint64(20, BigInt(count), true);
  view.setBigUint64(28, BigInt(geometry.slotSizeBytes), true);
  view.setBigUint64(36, BigInt(geometry.labelOffset), true);
  view.setBigUint64(44, BigInt(geometry.vectorOffset), true);
  view.setInt32(52, 1, true);
  view.setUint32(56, 0, true);
  view.setBigUint64(60, BigInt(geometry.maxLinks), true);
  view.setBigUint64(68, BigInt(geometry.maxLinksLevel0), true);
  view.setBigUint64(76, BigInt(geometry.maxLinks), true);
  view.setFloat64(84, 1 / Math.log(geometry.maxLinks), true);
  view.setBigUint64(92, 100n, true);
  return file;
}

function tinyData(geometry: HnswGeometry, count: number): MemoryBytes {
  const file = new MemoryBytes(new Uint8Array(count * geometry.slotSizeBytes));
  const { view } = file;
  for (let slot = 0; slot < count; slot++) {
    const start = slot * geometry.slotSizeBytes;
    view.setUint16(start, 2, true);
    view.setUint32(start + 4, (slot + 1) % count, true);
    view.setUint32(start + 8, (slot + count - 1) % count, true);
    for (let axis = 0; axis < geometry.dimension; axis++) {
      const value = axis === slot % geometry.dimension ? 1 : 0;
      view.setFloat32(start + geometry.vectorOffset + 4 * axis, value, true);
    }
    view.setBigUint64(start + geometry.labelOffset, BigInt(slot + 1), true);
  }
  return file;
}

function tinyLinks(geometry: HnswGeometry, count: number): MemoryBytes {
  const middle = count >> 1;
  const file = new MemoryBytes(new Uint8Array(4 * count + 2 * geometry.linkListSizeBytes));
  let offset = 0;
  for (let slot = 0; slot < count; slot++) {
    const partner = slot === 0 ? middle : slot === middle ? 0 : null;
    if (partner === null) {
      offset += 4;
      continue;
    }
    file.view.setUint32(offset, geometry.linkListSizeBytes, true);
    file.view.setUint16(offset + 4, 1, true);
    file.view.setUint32(offset + 8, partner, true);
    offset += 4 + geometry.linkListSizeBytes;
  }
  return file;
}
