/**
 * Reading saved vectors back from the queue of the store as it will be.
 *
 * @module
 */

import type { RepairVerification } from "../../../../model/repair.ts";
import { readLayout } from "../../layout.ts";
import { openCatalogue } from "../../opened_catalogue.ts";
import type { SalvagedRecord, SegmentSalvage } from "../../salvage/salvage_request.ts";
import { salvageVectors } from "../../salvage/salvage_vectors.ts";
import type { SegmentParts } from "./segment_parts.ts";
import { listIndexes } from "./wanted_segments.ts";

/** How many problems are named. */
const MOST_NAMED = 20;

/**
 * Holds what an engine will find in the queue against what was planned: the same records, each with
 * the same vector to the last bit.
 *
 * @param view The store as it will be.
 * @param parts The index, and what was saved of it.
 * @param left Rows that have left the queue: what they held cannot be read again.
 * @returns What it shows.
 * @throws {OperationError} A file cannot be read.
 */
export function verifyQueue(
  view: string,
  parts: SegmentParts,
  left: ReadonlySet<number>,
): RepairVerification {
  const layout = readLayout(view);
  const opened = openCatalogue(layout);
  using _reading = opened?.reading;
  const { segmentId } = parts.wanted.request.subject;
  const index = opened === null
    ? undefined
    : listIndexes(layout, opened).find(({ request }) => request.subject.segmentId === segmentId);
  if (index === undefined) {
    return { recall: [], vectorsCompared: 0, problems: [`${parts.wanted.name} has no index`] };
  }
  using found = salvageVectors(index.request);
  parts.salvage.rebind(index.request.database);
  try {
    return compare(parts, found, left);
  } finally {
    parts.salvage.rebind(null);
  }
}

function compare(
  { wanted, salvage }: SegmentParts,
  found: SegmentSalvage,
  left: ReadonlySet<number>,
): RepairVerification {
  const problems = new Problems(wanted.name);
  const dimension = salvage.dimension ?? 0;
  if (salvage.counts.records > 0 && found.dimension !== salvage.dimension) {
    problems.add(`its vectors have ${found.dimension} dimensions in place of ${dimension}`);
  }
  const [expected, actual] = [new Float32Array(dimension), new Float32Array(dimension)];
  let vectorsCompared = 0;
  for (const [planned, record] of pairUp(salvage.records(), found.records())) {
    if (record === null) problems.add(`${planned.id} has no vector in the queue`);
    else if (record.source !== "queue") problems.add(`${planned.id} is not in the queue`);
    else if (!left.has(planned.queueSequence ?? 0)) {
      planned.readVector(expected);
      record.readVector(actual);
      vectorsCompared++;
      if (!isSame(expected, actual)) problems.add(`${planned.id} has another vector`);
    }
  }
  return { recall: [], vectorsCompared, problems: problems.list() };
}

/** Both come in the same order, but for a few: those wait until their counterpart comes. */
function* pairUp(
  planned: Iterable<SalvagedRecord>,
  found: Iterator<SalvagedRecord>,
): Generator<[SalvagedRecord, SalvagedRecord | null]> {
  const waiting = new Map<string, SalvagedRecord>();
  const unmatched: SalvagedRecord[] = [];
  for (const record of planned) {
    const early = waiting.get(record.id);
    if (early !== undefined) {
      waiting.delete(record.id);
      yield [record, early];
      continue;
    }
    const next = found.next();
    if (next.done !== true && next.value.id === record.id) yield [record, next.value];
    else {
      if (next.done !== true) waiting.set(next.value.id, next.value);
      unmatched.push(record);
    }
  }
  for (let next = found.next(); next.done !== true; next = found.next()) {
    waiting.set(next.value.id, next.value);
  }
  for (const record of unmatched) yield [record, waiting.get(record.id) ?? null];
}

function isSame(left: Float32Array, right: Float32Array): boolean {
  return left.every((value, axis) => Object.is(value, right[axis]));
}

class Problems {
  readonly #name: string;
  readonly #named: string[] = [];
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  add(problem: string): void {
    this.#count++;
    if (this.#named.length < MOST_NAMED) this.#named.push(`${this.#name}: ${problem}`);
  }

  list(): string[] {
    const more = this.#count - this.#named.length;
    return more === 0 ? this.#named : [...this.#named, `${this.#name}: ${more} more of this kind`];
  }
}
