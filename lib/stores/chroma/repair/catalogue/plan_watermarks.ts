/**
 * Watermarks. What is right for each was tried with the engines:
 *
 * - too high, and writes are skipped in silence: 1.x and 0.x read the queue from the watermark on;
 * - too low, and writes are applied again. An upsert and a delete change nothing the second time,
 *   an add is passed over where the record is there, and an update repeats what it did. Only an
 *   update that came before the add of its record would act now where it did not then. After the
 *   last write that a segment proves to have there is no such pair in it, so that number is exact
 *   enough: whatever follows can be applied twice;
 * - 0 in 0.x, and all that waits is skipped, for it counts as no number there: a row that is missing
 *   stands for the beginning.
 *
 * So the number that stands there is taken where it can be decoded, and else the highest one that is
 * proven.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { SqlValue } from "../../../../sqlite/database.ts";
import type { Catalogue, WatermarkRow } from "../../catalogue/catalogue.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { decodeWatermark, type Watermark } from "../../catalogue/watermark.ts";
import {
  type EditStatement,
  type PlannedEdit,
  type PlanningContext,
  statement,
} from "./catalogue_edit.ts";
import type { WatermarkEvidence } from "./catalogue_evidence.ts";
import { planNumbering } from "./plan_numbering.ts";

/** A poisoned number of so many digits has lost those in front. */
const POISONED_DIGITS = 8;
const POISONED_MODULUS = 10 ** POISONED_DIGITS;

const BLOB_SIZE_BYTES = 8;

const NOTHING_PROVEN: WatermarkEvidence = { proven: 0, queueFloor: 0 };

/** A watermark that is to be written, and what says so. */
interface SafeWatermark {
  readonly value: number;
  readonly reason: string;
}

/**
 * Plans the watermark of a segment.
 *
 * @param finding A finding of a watermark; it names the segment.
 * @param context What is known.
 * @returns The watermark in the form of the era.
 */
export function planWatermark(finding: Finding, context: PlanningContext): PlannedEdit {
  const { catalogue, engine, evidence, owners } = context;
  const segmentId = finding.segment ?? "";
  const row = catalogue.watermarks.find((one) => one.segmentId === segmentId) ?? null;
  const owner = owners.get(segmentId);
  if (owner === undefined) return { refused: "The segment is not there any more" };
  const numbering = planNumbering(finding, context);
  if (numbering !== null) return numbering;
  const isIndex = owner.vector?.id === segmentId;
  const last = Number(catalogue.queueBounds?.lastSequence ?? 0n);
  const chosen = chooseWatermark(
    row,
    evidence.watermarks.get(segmentId) ?? NOTHING_PROVEN,
    Math.max(last, evidence.numbering.reached),
  );
  // An index that was flushed has the first write.
  const value = isIndex && engine.era === "python" ? Math.max(1, chosen.value) : chosen.value;
  const what = isIndex ? "index" : "records";
  if (value === 0 && engine.era === "python") {
    return {
      statements: [statement("DELETE FROM max_seq_id WHERE segment_id = ?", segmentId)],
      sentence: `Remove the watermark of the ${what}: ${chosen.reason}`,
      losses: [],
    };
  }
  return {
    statements: [writeWatermark(engine, segmentId, value, row)],
    sentence: `Set the watermark of the ${what} to ${formatNumber(value)}: ${chosen.reason}`,
    losses: [],
  };
}

/**
 * Finds the number that skips no write.
 *
 * @param row What stands there, or null.
 * @param evidence How far the segment has provably got.
 * @param end The highest number that any write has had.
 * @returns The number, and what says so.
 */
export function chooseWatermark(
  row: Pick<WatermarkRow, "storage" | "text" | "hex"> | null,
  { proven, queueFloor }: WatermarkEvidence,
  end: number,
): SafeWatermark {
  const lowest = Math.max(proven, Math.min(queueFloor, end));
  const meant = row === null ? null : findMeant(decodeWatermark(row), lowest, end);
  if (meant !== null) return meant;
  const isProven = proven > 0 && proven >= queueFloor;
  return {
    value: lowest,
    reason: isProven
      ? "the last write that it provably has"
      : "what the queue still holds is applied again",
  };
}

function findMeant(watermark: Watermark, lowest: number, end: number): SafeWatermark | null {
  const { trueValue, kind, raw } = watermark;
  if (trueValue === null) return null;
  if (kind === "poisoned" && String(trueValue).length >= POISONED_DIGITS) {
    return completeDigits(trueValue, lowest, end);
  }
  // What lies beyond every write cannot have been meant.
  return trueValue <= end ? { value: trueValue, reason: `that is what ${raw} stands for` } : null;
}

/** The digits in front are those of the only number that can be. */
function completeDigits(ending: number, lowest: number, end: number): SafeWatermark | null {
  const first = ending +
    POISONED_MODULUS * Math.max(0, Math.ceil((lowest - ending) / POISONED_MODULUS));
  if (first > end || first + POISONED_MODULUS <= end) return null;
  return { value: first, reason: `the only number that ends in ${ending} and can be` };
}

/**
 * Writes a sequence number as an engine stores it.
 *
 * @param engine The engine.
 * @param value The number.
 * @returns An integer since 1.0, and 8 bytes, the highest first, before.
 */
export function storeSequence({ era }: Pick<Engine, "era">, value: number): SqlValue {
  if (era === "rust") return BigInt(value);
  const bytes = new Uint8Array(BLOB_SIZE_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function writeWatermark(
  engine: Engine,
  segmentId: string,
  value: number,
  row: WatermarkRow | null,
): EditStatement {
  const stored = storeSequence(engine, value);
  return row === null
    ? statement("INSERT INTO max_seq_id (segment_id, seq_id) VALUES (?, ?)", segmentId, stored)
    : statement("UPDATE max_seq_id SET seq_id = ? WHERE segment_id = ?", stored, segmentId);
}

/**
 * Plans the end of watermarks that belong to no segment.
 *
 * @param _finding The finding `watermark-orphan`.
 * @param context What is known.
 * @returns Their removal.
 */
export function planOrphanWatermarks(
  _finding: Finding,
  { catalogue }: PlanningContext,
): PlannedEdit {
  const orphans = listOrphans(catalogue);
  return {
    statements: [statement(
      "DELETE FROM max_seq_id WHERE segment_id NOT IN (SELECT id FROM segments)",
    )],
    sentence: `Remove ${formatCount(orphans.length, "watermark")} of segments that are not there`,
    losses: [],
  };
}

function listOrphans({ watermarks, segments }: Catalogue): WatermarkRow[] {
  const ids = new Set(segments.map(({ id }) => id));
  return watermarks.filter(({ segmentId }) => !ids.has(segmentId));
}
