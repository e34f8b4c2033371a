/**
 * What stands in the plan for an index that comes back.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { AnsweredFinding, RepairStep } from "../../../../model/repair.ts";
import { CATALOGUE_NAME } from "../../layout.ts";
import type { SegmentSalvage } from "../../salvage/salvage_request.ts";
import type { CuredRow } from "../records/queue_faults.ts";
import type { RepairContext } from "../repair_context.ts";
import type { ChosenStrategy } from "./choose_strategy.ts";
import { listGains, listLosses } from "./segment_losses.ts";
import { countMissing, lacksWatermark } from "./segment_parts.ts";
import { listFaultLosses } from "./settled_faults.ts";
import type { WantedIndex } from "./wanted_segments.ts";

/** What a row of the queue takes besides its vector. */
const ROW_SIZE_BYTES = 200;

/** What is known of an index that comes back. */
export interface IndexStepFacts {
  /** The index. */
  readonly wanted: WantedIndex;
  /** What the stage was given. */
  readonly context: RepairContext;
  /** What was saved. */
  readonly salvage: SegmentSalvage;
  /** The way that was chosen. */
  readonly strategy: ChosenStrategy;
  /** Rows of the queue that no engine can apply, where one will have to. */
  readonly faults: readonly CuredRow[];
}

/**
 * Describes the step.
 *
 * @param facts What is known.
 * @returns What stands in the plan.
 */
export function describeIndexStep(facts: IndexStepFacts): RepairStep {
  const { wanted, context, salvage, faults, strategy: { chosen, reason, build } } = facts;
  const { name, findings, request: { subject } } = wanted;
  const { keepUnsearchable } = context.request;
  return {
    kind: build?.kind ?? "queue-vectors",
    title: nameStep(facts),
    details: listDetails(facts),
    collection: name,
    segment: subject.segmentId,
    strategy: { chosen, reason },
    answers: findings.filter((finding) => isCured(finding, facts)).map(toAnswered),
    reads: listRead(facts),
    replaces: listReplaced(facts),
    gains: listGains(salvage),
    losses: [
      ...listLosses(salvage, { collection: name, keepUnsearchable }),
      ...listFaultLosses(faults, name),
    ],
    sizeBytes: estimateSize(facts),
  };
}

/** The shape in which a step names a finding that it answers. */
export function toAnswered({ code, name, severity, path }: Finding): AnsweredFinding {
  return { code, name, severity, path };
}

function nameStep({ wanted: { name }, salvage, strategy: { build } }: IndexStepFacts): string {
  const saved = formatCount(salvage.counts.records - countMissing(salvage), "saved vector");
  if (build === null) {
    return `Have the engine build the index of ${name} at its next start, of ${saved}`;
  }
  if (build.kind === "build-index") return `Build the index of ${name} anew, of ${saved}`;
  if (build.linkedIn > 0) {
    return `Link ${formatCount(build.linkedIn, "record")} of ${name} in again`;
  }
  return `Write the files of the index of ${name} anew around its links, with ${saved}`;
}

/** Where records without a vector stay, what says that they lack it stays true. */
function isCured({ name }: Finding, { context, salvage, strategy }: IndexStepFacts): boolean {
  if (!context.request.keepUnsearchable || countMissing(salvage) === 0) return true;
  if (name === "segment-missing") return strategy.build !== null;
  return name !== "vectors-missing" && name !== "vector-not-finite";
}

function listDetails({ salvage, strategy: { build } }: IndexStepFacts): string[] {
  const { byEvidence } = salvage.counts;
  const details = build === null
    ? ["the vectors go into the queue, and the directory of the old index is set aside"]
    : [build.reason];
  const unowned = salvage.ghosts().reduce((sum) => sum + 1, 0);
  if (byEvidence.order > 0) {
    const { witnesses } = salvage.order;
    const borneOut = witnesses === 0
      ? ""
      : `, as ${formatCount(witnesses, "record")} whose vectors are known bear out`;
    details.push(
      `which vector belongs to ${formatCount(byEvidence.order, "record")} follows from the order ` +
        `in which this engine gives rows and labels${borneOut}`,
    );
  }
  if (unowned > 0) {
    details.push(`${formatCount(unowned, "vector")} of the old index without a record stay out`);
  }
  return details;
}

/** What was read: entries of the store, and what was handed in. */
function listRead({ wanted, context, salvage }: IndexStepFacts): string[] {
  const { olderCopies, vectorsPath } = context.request;
  const inStore = wanted.request.movedAside.map(({ name }) => name);
  const own = wanted.request.subject.directory;
  const { bySource } = salvage.counts;
  const copies = olderCopies.filter(({ isWhole }) =>
    bySource[isWhole ? "older-copy" : "moved-aside"] > 0
  )
    .map(({ directory }) => directory);
  return [
    CATALOGUE_NAME,
    ...(own === null ? [] : [own.name]),
    ...inStore,
    ...copies,
    ...(vectorsPath === null || bySource["handed-in"] === 0 ? [] : [vectorsPath]),
  ];
}

/** Whether the database changes, too. */
function changesDatabase(
  { wanted, context, salvage, strategy: { build } }: IndexStepFacts,
): boolean {
  const { bySource } = salvage.counts;
  const { keepUnsearchable, eraseDeleted } = context.request;
  return build === null || eraseDeleted || lacksWatermark(wanted) ||
    bySource["older-copy"] + bySource["handed-in"] > 0 ||
    !keepUnsearchable && countMissing(salvage) > 0;
}

function listReplaced(facts: IndexStepFacts): string[] {
  const { subject } = facts.wanted.request;
  const isThere = subject.directory !== null ||
    facts.wanted.findings.some(({ name }) => name === "segment-not-a-directory");
  return [
    ...(changesDatabase(facts) ? [CATALOGUE_NAME] : []),
    ...(isThere || facts.strategy.build !== null ? [subject.segmentId] : []),
  ];
}

function estimateSize(facts: IndexStepFacts): number {
  const { context: { working }, salvage, strategy: { build } } = facts;
  const { bySource } = salvage.counts;
  const queued = build !== null
    ? 0
    : salvage.counts.records - countMissing(salvage) - bySource.queue;
  const database = changesDatabase(facts) ? working.claimDatabaseSize() : 0;
  return (build?.sizeBytes ?? 0) + database +
    queued * (4 * (salvage.dimension ?? 0) + ROW_SIZE_BYTES);
}
