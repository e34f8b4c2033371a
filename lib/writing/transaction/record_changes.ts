/**
 * What an action has done to the records of a collection: found by holding the store against the
 * copy of it, record by record.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { KeyTable, NO_VALUE } from "../../base/key_table.ts";
import { StringHash } from "../../base/multiset_hash.ts";
import type { RecordReader, StoredRecord, StoredValue } from "../../model/stored_record.ts";

/** What has become of the records of a collection. */
export interface RecordChanges {
  /** The ids of those that are new. */
  readonly added: readonly string[];
  /** Those that hold something else, as they are now. */
  readonly changed: ReadonlyMap<string, ChangedRecord>;
  /** The ids of those that are gone. */
  readonly removed: ReadonlySet<string>;
  /** The ids of those whose vectors have other last bits, as none is written again without. */
  readonly rounded: readonly string[];
}

/** A record that holds something else than it did. */
export interface ChangedRecord {
  /** What it holds now. */
  readonly now: StoredRecord;
  /** Whether its vector is what it was, but for last bits where those are rounded. */
  readonly hasSameVector: boolean;
}

/** A digest has 32 digits, eight for each of the words that are kept of it. */
const DIGITS_PER_WORD = 8;
const WORDS = 4;

/** A float is exact to 2^-24 of itself; it is rounded when it is normalised, and when it is read. */
const LARGEST_ROUNDING = 2 ** -20;

/**
 * Finds out what has become of the records of a collection. Memory grows by some forty bytes for each
 * record, and with those that are not as they were.
 *
 * @param then The records as they were.
 * @param now The records as they are.
 * @returns What is different.
 * @throws {OperationError} They cannot be read.
 */
export function findRecordChanges(then: RecordReader, now: RecordReader): RecordChanges {
  const digests = new RecordDigests();
  for (const record of then.list()) digests.add(record);
  const added: string[] = [];
  const different = new Map<string, StoredRecord>();
  for (const record of now.list()) {
    const found = digests.meet(record);
    if (found === "unknown") added.push(record.id);
    else if (found === "different") different.set(record.id, record);
  }
  const removed = new Set<string>();
  if (digests.hasUnmet) {
    for (const { id } of then.list()) if (!digests.wasMet(id)) removed.add(id);
  }
  return { added, removed, ...compareDifferent(then, now, different) };
}

/** Says of the records that hold something else what that is. */
function compareDifferent(
  then: RecordReader,
  now: RecordReader,
  different: ReadonlyMap<string, StoredRecord>,
): { changed: Map<string, ChangedRecord>; rounded: string[] } {
  const changed = new Map<string, ChangedRecord>();
  const rounded: string[] = [];
  if (different.size === 0) return { changed, rounded };
  const ids = new Set(different.keys());
  using vectorsThen = then.openVectors(ids);
  using vectorsNow = now.openVectors(ids);
  const rounding = then.roundsVectors ? LARGEST_ROUNDING : 0;
  for (const record of then.list()) {
    const { id } = record;
    const current = different.get(id);
    if (current === undefined) continue;
    const [left, right] = [vectorsThen.read(id), vectorsNow.read(id)];
    const hasSameVector = left !== null && right !== null && isNear(left, right, rounding);
    if (hasSameVector && holdsSameText(record, current)) rounded.push(id);
    else changed.set(id, { now: current, hasSameVector });
  }
  return { changed, rounded };
}

function holdsSameText(left: StoredRecord, right: StoredRecord): boolean {
  return left.document === right.document && left.uri === right.uri &&
    left.metadata.size === right.metadata.size &&
    left.metadata.entries().every(([key, value]) => isSameValue(value, right.metadata.get(key)));
}

/**
 * Whether two values of metadata are the same, of one type.
 *
 * @param left The one.
 * @param right The other; undefined where there is none.
 */
export function isSameValue(left: StoredValue, right: StoredValue | undefined): boolean {
  return right !== undefined && left.type === right.type && left.value !== null &&
    JSON.stringify(left.value) === JSON.stringify(right.value);
}

function isNear(left: Float32Array, right: Float32Array, rounding: number): boolean {
  if (left.length !== right.length) return false;
  let squares = 0;
  let most = 0;
  for (const [index, value] of left.entries()) {
    squares += value * value;
    most = Math.max(most, Math.abs(value - (right[index] ?? NaN)));
  }
  return most <= rounding * Math.sqrt(squares);
}

/** The digests of records by their ids, and which of them have been met again. */
class RecordDigests {
  readonly #places = new KeyTable();
  readonly #hash = new StringHash();
  #words = new Uint32Array(1024 * WORDS);
  #met = new Uint8Array(1024);
  #count = 0;
  #metCount = 0;

  /** Whether there are records that have not been met. */
  get hasUnmet(): boolean {
    return this.#metCount < this.#count;
  }

  /** Adds a record. */
  add({ id, digest }: StoredRecord): void {
    const { low, high } = this.#hash.ofText(id);
    if (this.#places.get(low, high) !== NO_VALUE) {
      throw new OperationError("internal", `Two ids cannot be told from each other: ${id}`);
    }
    if (this.#count === this.#met.length) this.#grow();
    this.#places.set(low, high, this.#count);
    this.#words.set(toWords(digest), this.#count * WORDS);
    this.#count++;
  }

  /** Compares a record with the one of its id. */
  meet({ id, digest }: StoredRecord): "same" | "different" | "unknown" {
    const place = this.#placeOf(id);
    if (place === NO_VALUE) return "unknown";
    this.#met[place] = 1;
    this.#metCount++;
    const start = place * WORDS;
    const isSame = toWords(digest).every((word, index) => word === this.#words[start + index]);
    return isSame ? "same" : "different";
  }

  /** Whether a record was met. */
  wasMet(id: string): boolean {
    return this.#met[this.#placeOf(id)] === 1;
  }

  #placeOf(id: string): number {
    const { low, high } = this.#hash.ofText(id);
    return this.#places.get(low, high);
  }

  #grow(): void {
    const [words, met] = [this.#words, this.#met];
    this.#words = new Uint32Array(2 * words.length);
    this.#words.set(words);
    this.#met = new Uint8Array(2 * met.length);
    this.#met.set(met);
  }
}

function toWords(digest: string): number[] {
  return Array.from(
    { length: WORDS },
    (_, index) =>
      parseInt(digest.slice(DIGITS_PER_WORD * index, DIGITS_PER_WORD * (index + 1)), 16),
  );
}
