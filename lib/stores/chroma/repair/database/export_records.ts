/**
 * Saving what the indexes of a store hold whose database is lost, and of which there is no backup:
 * ids and vectors. Nothing in the store is replaced, and the finding stays: names of collections,
 * documents and metadata stood in the database alone.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { RepairGain, RepairLoss } from "../../../../model/repair.ts";
import { readLayout } from "../../layout.ts";
import type { SalvageRequest, SegmentSalvage } from "../../salvage/salvage_request.ts";
import { salvageVectors } from "../../salvage/salvage_vectors.ts";
import type { PreparedStep, RepairContext, StagingArea } from "../repair_context.ts";
import { ExportFile } from "./export_lines.ts";
import { listIndexRequests } from "./written_since.ts";

/** A number in a line of JSON has some eleven characters. */
const BYTES_PER_NUMBER = 22;

/** What the index of one segment holds. */
interface IndexContents {
  readonly segmentId: string;
  readonly ids: readonly string[];
  readonly vectors: number;
  /** Records whose vector is of length 1, for its own is lost: their ids. */
  readonly lengthsLost: readonly string[];
  readonly unclaimed: number;
  readonly sizeBytes: number;
}

/**
 * Plans the files.
 *
 * @param context What the stage was given.
 * @returns The step; null where no index holds an id.
 * @throws {OperationError} A file cannot be read.
 */
export function planExport(context: RepairContext): PreparedStep | null {
  const contents = listRequests(context).map((request) => {
    using salvage = salvageVectors(request);
    return readContents(request, salvage);
  }).filter(({ ids, unclaimed }) => ids.length + unclaimed > 0);
  if (contents.length === 0) return null;
  return {
    step: {
      kind: "export-records",
      title: "Save ids and vectors of the indexes into files",
      details: listDetails(contents),
      collection: null,
      segment: null,
      strategy: null,
      answers: [],
      reads: contents.map(({ segmentId }) => segmentId),
      replaces: [],
      gains: listGains(contents),
      losses: listLosses(contents),
      sizeBytes: contents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    stage: (area) => exportAll(context, area),
  };
}

function listRequests({ store }: RepairContext): SalvageRequest[] {
  return listIndexRequests(readLayout(store.path), null);
}

function readContents({ subject }: SalvageRequest, salvage: SegmentSalvage): IndexContents {
  const ids: string[] = [];
  const lengthsLost: string[] = [];
  let vectors = 0;
  let idBytes = 0;
  for (const record of salvage.records()) {
    ids.push(record.id);
    if (record.isLengthLost) lengthsLost.push(record.id);
    idBytes += record.id.length;
    vectors++;
  }
  for (const record of salvage.missing()) ids.push(record.id);
  const { unclaimedSlots } = salvage.counts;
  return {
    segmentId: subject.segmentId,
    ids,
    vectors,
    lengthsLost,
    unclaimed: unclaimedSlots,
    sizeBytes: idBytes + ids.length * 100 + vectors * (salvage.dimension ?? 0) * BYTES_PER_NUMBER,
  };
}

function listDetails(contents: readonly IndexContents[]): string[] {
  const sum = (of: (index: IndexContents) => number): number =>
    contents.reduce((total, index) => total + of(index), 0);
  const unclaimed = sum((index) => index.unclaimed);
  return [
    "The names of collections, documents and metadata stood in chroma.sqlite3 alone: without a " +
    "backup they do not come back",
    "So did what was written, changed or deleted after the last flush of each index",
    ...contents.map(({ segmentId, ids }) =>
      `Write ${formatCount(ids.length, "record")} into export-${segmentId}.jsonl`
    ),
    ...(unclaimed === 0 ? [] : [
      `${formatCount(unclaimed, "vector")} without an id ${
        unclaimed === 1 ? "stays" : "stay"
      } in ` +
      "the directories of the indexes",
    ]),
  ];
}

function listGains(contents: readonly IndexContents[]): RepairGain[] {
  const source = "the indexes";
  const count = (of: (index: IndexContents) => number): number =>
    contents.reduce((total, index) => total + of(index), 0);
  return [
    { what: "ids", count: count(({ ids }) => ids.length), source },
    { what: "vectors", count: count(({ vectors }) => vectors), source },
  ].filter((gain) => gain.count > 0);
}

function listLosses(contents: readonly IndexContents[]): RepairLoss[] {
  return contents.flatMap(({ segmentId, ids, lengthsLost }) => [
    {
      kind: "row" as const,
      outcome: "gone" as const,
      reason: `the name and the settings of the collection of ${segmentId} stood in chroma.sqlite3`,
      collection: null,
      table: "collections",
      count: 1,
      ids: [],
    },
    {
      kind: "document" as const,
      outcome: "gone" as const,
      reason: "documents and metadata stood in chroma.sqlite3",
      collection: null,
      table: "embedding_metadata",
      count: ids.length,
      ids,
    },
    {
      kind: "length" as const,
      outcome: "gone" as const,
      reason: "the vectors are of length 1, and the lengths that they may have had are damaged",
      collection: null,
      table: null,
      count: lengthsLost.length,
      ids: lengthsLost,
    },
  ]).filter((loss) => loss.count > 0);
}

function exportAll(context: RepairContext, { saved }: StagingArea): Promise<void> {
  for (const request of listRequests(context)) {
    context.request.signal?.throwIfAborted();
    using salvage = salvageVectors(request);
    const { segmentId } = request.subject;
    const file = new ExportFile(saved, {
      segmentId,
      collection: null,
      dimension: salvage.dimension,
    });
    for (const record of salvage.records()) file.add(record.id, record);
    for (const { id } of salvage.missing()) file.add(id, null);
  }
  return Promise.resolve();
}
