/**
 * Writing an index without its deleted slots: vectors and healthy links of the others stay as they
 * are, and so does the watermark. The deleted vectors are gone from the new files.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../../base/errors.ts";
import { formatCount } from "../../../base/format.ts";
import { requireRoom } from "../../../hnsw/build/room.ts";
import type { Finding } from "../../../model/finding.ts";
import type {
  OptimizationAction,
  OptimizationFigure,
  OptimizationRest,
} from "../../../model/optimization.ts";
import type { OptimizationRequest } from "../../optimize_format.ts";
import { readLayout, type SegmentDirectory } from "../layout.ts";
import { openCatalogue } from "../opened_catalogue.ts";
import { buildSegment, planSegmentBuild } from "../repair/index/build_segment.ts";
import type { IndexSource } from "../repair/index/index_source.ts";
import { isProven } from "../repair/index/proven_engines.ts";
import { sourceOfSalvage } from "../repair/index/salvage_source.ts";
import { countMissing } from "../repair/index/segment_parts.ts";
import { verifySegment } from "../repair/index/verify_segment.ts";
import { listIndexes, type StoreIndex } from "../repair/index/wanted_segments.ts";
import { salvageVectors } from "../salvage/salvage_vectors.ts";
import type { SegmentSalvage } from "../salvage/salvage_request.ts";

/** From so many deleted slots on, and such a share of all, an index is compacted unasked. */
const FEWEST_DELETED_SLOTS = 100;
const LEAST_DELETED_RATIO = 0.1;

/** An index that is compacted. */
export interface PlannedCompaction {
  /** The id of its segment. */
  readonly segmentId: string;
  /** What stands in the plan. */
  readonly action: OptimizationAction;
  /** How much room its new files need, in bytes. */
  readonly sizeBytes: number;
}

/** What becomes of the indexes. */
export interface CompactionPlan {
  /** Those that are compacted. */
  readonly compactions: readonly PlannedCompaction[];
  /** Those that stay, and why. */
  readonly rests: readonly OptimizationRest[];
}

/** What is done about one index. */
type Answer = PlannedCompaction | OptimizationRest | null;

/**
 * Plans which indexes are compacted.
 *
 * @param indexes The indexes of the store, whose catalogue is open.
 * @param request What is asked for.
 * @returns What is done and what stays.
 * @throws {OperationError} A file cannot be read.
 */
export function planCompactions(
  indexes: readonly StoreIndex[],
  request: OptimizationRequest,
): CompactionPlan {
  const answers = indexes.map((index) => {
    request.signal?.throwIfAborted();
    const deleted = countDeleted(index, request.findings);
    return deleted === 0 ? null : planCompaction(index, deleted, request);
  });
  return {
    compactions: answers.filter((answer) => answer !== null && "segmentId" in answer),
    rests: answers.filter((answer) => answer !== null && "reason" in answer),
  };
}

/** The full check has counted the deleted slots of every index. */
function countDeleted({ request: { subject } }: StoreIndex, findings: readonly Finding[]): number {
  return findings.find(({ name, segment }) =>
    (name === "deleted-slots" || name === "deleted-slots-many") && segment === subject.segmentId
  )?.count ?? 0;
}

function planCompaction(index: StoreIndex, deleted: number, request: OptimizationRequest): Answer {
  const { name, engine, place } = index;
  const isAsked = request.compactIndexes;
  const stay = (reason: string): OptimizationRest => ({
    kind: "compact-index",
    collection: name,
    count: deleted,
    measure: "deleted-slots",
    reason,
  });
  if (!isAsked && deleted < FEWEST_DELETED_SLOTS) return stay(FEW);
  if (!isProven(engine)) {
    return stay(`indexes that vecfsck builds are not proven with ${engine.name}`);
  }
  if (place.vectorWatermark === null) return stay("nothing tells how far the index is");
  using salvage = salvageVectors({ ...index.request, movedAside: [], elsewhere: [] });
  const slots = salvage.own?.slots?.declaredCount ?? 0;
  if (!isAsked && deleted < LEAST_DELETED_RATIO * slots) return stay(FEW);
  const source = sourceOf(index, salvage);
  if (source === null) return stay("not every record of it can be read with certainty");
  if (source.count === 0) return stay("no record is left in it; the engine begins it anew");
  const tooLarge = findObstacle(source, request);
  if (tooLarge !== null) return stay(tooLarge);
  const { sizeBytes } = planSegmentBuild(source);
  return { ...describe(index, source, { slots, deleted, sizeBytes }), sizeBytes };
}

const FEW = "they are too few to be worth the work; --compact-indexes does it all the same";

function describe(
  { name, request: { subject } }: StoreIndex,
  { count }: IndexSource,
  { slots, deleted, sizeBytes }: {
    readonly slots: number;
    readonly deleted: number;
    readonly sizeBytes: number;
  },
): Pick<PlannedCompaction, "segmentId" | "action"> {
  const figures: OptimizationFigure[] = [
    { measure: "slots", before: slots, after: count },
    { measure: "deleted-slots", before: deleted, after: 0 },
    { measure: "index-bytes", before: sizeOf(subject.directory), after: sizeBytes },
  ];
  return {
    segmentId: subject.segmentId,
    action: {
      kind: "compact-index",
      title: `write the index of ${name} without its ${formatCount(deleted, "deleted slot")}`,
      collection: name,
      segment: subject.segmentId,
      figures,
      replaces: [subject.segmentId],
    },
  };
}

/** What an index is made of; null where anything about its records is in doubt. */
function sourceOf(
  { request: { subject }, place, engine }: StoreIndex,
  salvage: SegmentSalvage,
): IndexSource | null {
  const { counts, database: { rows, operations } } = salvage;
  const isReadThrough = rows?.damagedPlaces === 0 && operations?.damagedPlaces === 0;
  const isCertain = countMissing(salvage) + counts.slotsDisputed + counts.lengthsLost === 0;
  if (!isReadThrough || !isCertain) return null;
  return sourceOfSalvage(salvage, subject, {
    engine,
    vectorWatermark: place.vectorWatermark,
    lastSequence: null,
  });
}

function findObstacle(
  { settings, count }: IndexSource,
  { jobs, maxMemoryBytes }: OptimizationRequest,
): string | null {
  try {
    requireRoom({
      settings,
      count,
      jobs,
      readVectors: () => {},
      ...(maxMemoryBytes === null ? {} : { maxMemoryBytes }),
    });
    return null;
  } catch (error) {
    if (error instanceof OperationError && ["no-memory", "unsupported"].includes(error.code)) {
      return error.message;
    }
    throw error;
  }
}

/**
 * Writes an index without its deleted slots, and reads it back.
 *
 * @param store The store's directory.
 * @param planned The index.
 * @param directory The directory that gets that of the index.
 * @param request What is asked for.
 * @returns What was done.
 * @throws {OperationError} A file cannot be read or written, the work was cancelled, or what was
 * written is not what was read.
 */
export async function compactIndex(
  store: string,
  { segmentId, action }: PlannedCompaction,
  directory: string,
  request: OptimizationRequest,
): Promise<OptimizationAction> {
  const { jobs, maxMemoryBytes, signal, onProgress, fs } = request;
  const layout = readLayout(store);
  const opened = openCatalogue(layout);
  using _reading = opened?.reading;
  const index = opened === null
    ? undefined
    : listIndexes(layout, opened).find(({ request: { subject } }) =>
      subject.segmentId === segmentId
    );
  if (index === undefined) throw createGoneError(store, segmentId);
  using salvage = salvageVectors({ ...index.request, movedAside: [], elsewhere: [] });
  const source = sourceOf(index, salvage);
  if (source === null) throw createGoneError(store, segmentId);
  const target = join(directory, segmentId);
  const title = `writing the index of ${index.name}`;
  await buildSegment(source, target, {
    jobs,
    maxMemoryBytes,
    signal,
    onProgress: (done) => onProgress?.({ title, done }),
    fs,
  });
  const { problems } = await verifySegment(target, source, signal);
  if (problems.length > 0) {
    throw new OperationError(
      "internal",
      `The new index is not what it was made of: ${problems[0]}`,
      {
        path: target,
      },
    );
  }
  return { ...action, figures: measure(action.figures, directory, segmentId) };
}

function createGoneError(store: string, segmentId: string): OperationError {
  return new OperationError("busy", `The index ${segmentId} has changed since it was looked at`, {
    path: store,
    hint: "Nothing was changed. Stop every process that uses the store, and try again.",
  });
}

function measure(
  figures: readonly OptimizationFigure[],
  directory: string,
  segmentId: string,
): OptimizationFigure[] {
  const made = readLayout(directory).segments.find((segment) => segment.segmentId === segmentId);
  const after = sizeOf(made ?? null);
  return figures.map((figure) => figure.measure === "index-bytes" ? { ...figure, after } : figure);
}

function sizeOf(directory: SegmentDirectory | null): number {
  return Object.values(directory?.files ?? {}).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
