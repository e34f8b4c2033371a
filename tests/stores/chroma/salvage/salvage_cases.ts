/**
 * Salvaging a collection of a store, and holding what comes out against what an engine returned.
 *
 * @module
 */

import { openCatalogue } from "../../../../lib/stores/chroma/opened_catalogue.ts";
import { readLayout } from "../../../../lib/stores/chroma/layout.ts";
import { listSalvageRequests } from "../../../../lib/stores/chroma/salvage/list_requests.ts";
import type {
  MissingRecord,
  SalvageCounts,
  SalvagedRecord,
  SegmentSalvage,
} from "../../../../lib/stores/chroma/salvage/salvage_request.ts";
import { salvageVectors } from "../../../../lib/stores/chroma/salvage/salvage_vectors.ts";
import type { CollectionFacts } from "../../../support/fixtures.ts";

/** A record that came out, with its vector. */
export type ReadRecord = Omit<SalvagedRecord, "readVector" | "readStored"> & {
  readonly vector: Float32Array;
};

/** All that came out of one collection. */
export interface ReadSalvage {
  readonly records: readonly ReadRecord[];
  readonly missing: readonly MissingRecord[];
  readonly counts: SalvageCounts;
  readonly order: SegmentSalvage["order"];
  readonly ghosts: readonly { label: number; id: string | null }[];
  readonly directories: SegmentSalvage["directories"];
}

/** How the vectors of a salvage compare with those that an engine returned. */
export interface Comparison {
  /** Records whose vector is right. */
  readonly right: number;
  /** Records whose vector points in the right direction and has length 1, and that say so. */
  readonly unit: number;
  /** Everything else that came out. */
  readonly wrong: readonly ReadRecord[];
  /** How many records there should be. */
  readonly expected: number;
}

/** Salvages a collection of a store. */
export function salvage(store: string, collection: string): ReadSalvage {
  const layout = readLayout(store);
  const opened = openCatalogue(layout);
  if (opened === null) throw new Error("No catalogue");
  using _reading = opened.reading;
  const request = listSalvageRequests(layout, opened).find(({ subject }) =>
    subject.collection === collection
  );
  if (request === undefined) throw new Error(`No index of ${collection}`);
  using salvaged = salvageVectors(request);
  const dimension = salvaged.dimension ?? 0;
  return {
    records: Array.from(
      salvaged.records(),
      ({ readVector, readStored: _readStored, ...record }) => ({
        ...record,
        vector: readVector(new Float32Array(dimension)),
      }),
    ),
    missing: [...salvaged.missing()],
    ghosts: [...salvaged.ghosts()],
    counts: salvaged.counts,
    order: salvaged.order,
    directories: salvaged.directories,
  };
}

/** The vectors that an engine returned, by id. */
export function vectorsOf(facts: CollectionFacts): Map<string, Float32Array> {
  const bytes = Uint8Array.from(atob(facts.embeddings_f32_base64 ?? ""), (c) => c.charCodeAt(0));
  const all = new Float32Array(bytes.buffer);
  const dimension = facts.dimension ?? 0;
  return new Map(
    facts.ids.map((id, at) => [id, all.subarray(at * dimension, (at + 1) * dimension)]),
  );
}

/** Holds a salvage against the vectors that an engine returned. */
export function compare(
  { records }: ReadSalvage,
  expected: ReadonlyMap<string, Float32Array>,
): Comparison {
  let right = 0;
  let unit = 0;
  const wrong: ReadRecord[] = [];
  for (const record of records) {
    const vector = expected.get(record.id) ?? new Float32Array();
    const wanted = record.isLengthLost ? scaled(vector, 1 / Math.hypot(...vector)) : vector;
    if (!isClose(record.vector, wanted)) wrong.push(record);
    else if (record.isLengthLost) unit++;
    else right++;
  }
  return { right, unit, wrong, expected: expected.size };
}

/** How many components of two vectors differ. */
export function countDifferences(left: Float32Array, right: Float32Array): number {
  return left.filter((value, axis) => Math.abs(value - (right[axis] ?? NaN)) > 1e-5).length;
}

function isClose(left: Float32Array, right: Float32Array): boolean {
  return left.length === right.length && countDifferences(left, right) === 0;
}

function scaled(vector: Float32Array, factor: number): Float32Array {
  return vector.map((value) => value * factor);
}
