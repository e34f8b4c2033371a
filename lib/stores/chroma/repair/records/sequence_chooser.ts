/**
 * The number of the last write of a record whose row comes back. Where it is known, it is that; where
 * not, one that no other write has, between those of its neighbours: nothing but the order of writes
 * follows from it, and a repair by the queue needs each of them once.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";

/** The first migration of metadb that only 1.x has; before it an engine reads nothing but BLOBs. */
const FIRST_METADB_OF_RUST = 5;

/** The bytes of a number as the Python era writes it. */
const BLOB_SIZE_BYTES = 8;

/** How far a free number is looked for. */
const MOST_STEPS = 1 << 16;

/** What stands in the row of a record besides its id. */
export interface ChosenSequence {
  /** `seq_id`, in the form that the neighbours have. */
  readonly sequence: SqlValue;
  /** `created_at` of the neighbour, or null without one. */
  readonly createdAt: SqlValue;
}

/** A row beside the one that comes back. */
interface Neighbour {
  readonly row: number;
  readonly sequence: number;
  readonly isBlob: boolean;
  readonly createdAt: SqlValue;
}

/** Chooses numbers for rows of one segment. */
export class SequenceChooser {
  readonly #database: StoreDatabase;
  readonly #segmentId: string;
  readonly #isPython: boolean;
  #rows: Float64Array | null = null;
  #used: Set<number> | null = null;
  #highest = 0;

  /** Takes the METADATA segment. */
  constructor(database: StoreDatabase, segmentId: string) {
    this.#database = database;
    this.#segmentId = segmentId;
    const metadb = database.number("SELECT max(version) FROM migrations WHERE dir = 'metadb'");
    this.#isPython = (metadb ?? FIRST_METADB_OF_RUST) < FIRST_METADB_OF_RUST;
  }

  /**
   * Chooses the number of a row.
   *
   * @param row The row, `embeddings.id`.
   * @param known The number, where it is known.
   * @param highest The highest that it can have.
   * @param likely A number that it has if its neighbours have those next to it.
   * @returns What stands in the row.
   * @throws {SqliteError} The database cannot be read.
   */
  choose(
    row: number,
    known: number | null,
    highest = Infinity,
    likely: number | null = null,
  ): ChosenSequence {
    const before = this.#neighbour(row, "before");
    const nearest = before ?? this.#neighbour(row, "behind");
    const isNext = before !== null && likely === before.sequence + row - before.row;
    const sequence = known ?? (isNext ? likely : this.#findFree(row, before, nearest, highest));
    this.#used?.add(sequence);
    return {
      // As a bigint: the column takes a number as a float.
      sequence: this.#isPython || nearest?.isBlob === true ? toBlob(sequence) : BigInt(sequence),
      createdAt: nearest?.createdAt ?? null,
    };
  }

  /** The nearest row on one side that was there from the beginning. */
  #neighbour(row: number, side: "before" | "behind"): Neighbour | null {
    const rows = this.#rows ??= Float64Array.from(
      this.#database.rows("SELECT id FROM embeddings WHERE segment_id = ?", this.#segmentId),
      ([id]) => Number(id),
    ).sort();
    const at = lowerBound(rows, row);
    const other = rows[side === "before" ? at - 1 : at + (rows[at] === row ? 1 : 0)];
    if (other === undefined) return null;
    const [storage, hex, createdAt = null] = this.#database.row(
      `SELECT typeof(seq_id), iif(typeof(seq_id) = 'blob', hex(seq_id), printf('%X', seq_id)),
         created_at FROM embeddings WHERE id = ?`,
      other,
    ) ?? [];
    const sequence = parseInt(String(hex), 16);
    if (!Number.isSafeInteger(sequence)) return null;
    return { row: other, sequence, isBlob: storage === "blob", createdAt };
  }

  #findFree(
    row: number,
    before: Neighbour | null,
    nearest: Neighbour | null,
    highest: number,
  ): number {
    const used = this.#used ??= this.#readUsed();
    const likely = Math.min(
      highest,
      before === null ? (nearest?.sequence ?? row) - 1 : before.sequence + row - before.row,
    );
    for (let step = 0; step < MOST_STEPS; step++) {
      for (const sequence of [likely - step, likely + step]) {
        if (sequence > 0 && sequence <= highest && !used.has(sequence)) return sequence;
      }
    }
    return Math.max(1, likely);
  }

  #readUsed(): Set<number> {
    const used = new Set<number>();
    const rows = this.#database.iterate(
      `SELECT iif(typeof(seq_id) = 'blob', hex(seq_id), printf('%X', seq_id)) FROM embeddings
       UNION ALL SELECT printf('%X', seq_id) FROM embeddings_queue`,
    );
    for (const [hex] of rows) {
      const sequence = parseInt(String(hex), 16);
      used.add(sequence);
      this.#highest = Math.max(this.#highest, sequence);
    }
    return used;
  }
}

function toBlob(sequence: number): Uint8Array {
  const bytes = new Uint8Array(BLOB_SIZE_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(sequence));
  return bytes;
}

/** The first place at which a row stands, or would stand. */
function lowerBound(rows: Float64Array, row: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle] ?? Infinity) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}
