/**
 * Damages to max_seq_id, the watermarks: how far each segment has applied the write-ahead queue.
 *
 * Chroma before 1.0 writes a sequence number as 8 bytes, big-endian; since 1.0 as an integer. The
 * migration metadb-00005 turns the one into the other. Applied to an integer it takes the ASCII
 * digits for the bytes and pads them with 0x11 to eight: 502498 becomes 0x1111353032343938.
 *
 * @module
 */

import { DamageNotApplicable, type DamageTarget } from "../damage.ts";
import type { Breakage } from "./chroma_damage.ts";
import { viewOf } from "../patch_file.ts";
import { rowDamage } from "./sqlite.ts";
import { changeRows, vectorSegmentId, withDatabase } from "./targets.ts";

const WIDTH_BYTES = 8;
const PADDING = 0x11;

/** The damages to max_seq_id. */
export const WATERMARKS: readonly Breakage[] = [
  {
    name: "max_seq_poisoned",
    description: "The collection's watermark is what a migration makes of one that was migrated.",
    file: "sqlite",
    scope: "collection",
    apply: (target) => setWatermark(target, poison(readWatermark(target).value)),
  },
  {
    name: "max_seq_blob",
    description: "The collection's watermark is a BLOB, as Chroma before 1.0 writes it.",
    file: "sqlite",
    scope: "collection",
    apply(target) {
      const { value, isBlob } = readWatermark(target);
      if (isBlob) throw new DamageNotApplicable("The watermarks of this store are BLOBs");
      const bytes = new Uint8Array(WIDTH_BYTES);
      viewOf(bytes).setBigUint64(0, value);
      setWatermark(target, bytes);
    },
  },
  rowDamage({
    name: "max_seq_lost",
    description: "The watermarks of all segments are gone.",
    sql: "DELETE FROM max_seq_id",
  }),
];

function readWatermark(target: DamageTarget): { value: bigint; isBlob: boolean } {
  const segmentId = vectorSegmentId(target);
  return withDatabase(target, (database) => {
    const [row] = database.bigintRows(
      "SELECT seq_id FROM max_seq_id WHERE segment_id = ?",
      segmentId,
    );
    const value = row?.[0];
    if (typeof value === "bigint") return { value, isBlob: false };
    if (value instanceof Uint8Array && value.byteLength === WIDTH_BYTES) {
      return { value: viewOf(value).getBigUint64(0), isBlob: true };
    }
    throw new DamageNotApplicable(`The collection ${target.collection} has no watermark`);
  });
}

function setWatermark(target: DamageTarget, value: bigint | Uint8Array): void {
  const sql = "UPDATE max_seq_id SET seq_id = ? WHERE segment_id = ?";
  changeRows(target, sql, value, vectorSegmentId(target));
}

function poison(value: bigint): bigint {
  const bytes = new Uint8Array(WIDTH_BYTES).fill(PADDING);
  const digits = new TextEncoder().encode(value.toString()).slice(-WIDTH_BYTES);
  bytes.set(digits, WIDTH_BYTES - digits.byteLength);
  return viewOf(bytes).getBigUint64(0);
}
