/**
 * The best vector of every record, and what is left over.
 *
 * A row of the queue newer than the watermark of the index comes first, for it is the newest version;
 * then the record's slot, unless the queue holds the same version and says otherwise; then the row of
 * the queue; then a directory that was moved aside, the newest first.
 *
 * @module
 */

import { SLOT_STATE } from "../../../hnsw/salvage_slots.ts";
import { SlotBitmap } from "../../../hnsw/slot_bitmap.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { isCosine } from "../segment/segment_reading.ts";
import { Column } from "./columns.ts";
import { labelEvidence } from "./label_evidence.ts";
import type { IndexDirectory } from "./index_directory.ts";
import type { OrderReport } from "./order_report.ts";
import { describeDirectory, listUnclaimed, type OpenedIndex } from "./opened_index.ts";
import { isFiniteVector } from "./queue_vectors.ts";
import { RECORD, type RecordTable } from "./record_table.ts";
import type {
  DatabaseReport,
  DirectoryReport,
  GhostVector,
  MissingReason,
  MissingRecord,
  SalvageCounts,
  SalvagedRecord,
  SegmentSalvage,
  VectorSource,
} from "./salvage_request.ts";
import type { SalvageParts } from "./salvage_parts.ts";
import { SalvageTally } from "./salvage_tally.ts";
import { factsOf, holdsSame, isMadeLater, listGhostIds, recordSourceOf } from "./record_facts.ts";

/** What was chosen for a record: nothing, a reason, the queue, or a directory by its place. */
const CHOICE = { none: 0, gone: 1, ambiguous: 2, notFinite: 3, damaged: 4, queue: 5, directory: 6 };

const REASONS: readonly (MissingReason | null)[] = [
  null,
  "gone",
  "ambiguous",
  "not-finite",
  "slot-damaged",
];

/** What is said of a chosen vector, bit by bit. */
const MARK = { lengthLost: 1, perhapsOutdated: 2 } as const;

/** The result of a salvage. */
export class ChosenVectors implements SegmentSalvage {
  readonly #parts: SalvageParts;
  readonly #records: RecordTable;
  readonly #own: OpenedIndex | null;
  readonly #choices = Column.bytes();
  readonly #marks = Column.bytes();
  /** The slot of a vector in the directory that was chosen. */
  readonly #slots = Column.words();
  readonly #claimed: SlotBitmap;
  #slotsDisputed = 0;
  readonly dimension: number | null;
  readonly counts: SalvageCounts;
  readonly directories: readonly DirectoryReport[];
  readonly database: DatabaseReport;
  readonly order: OrderReport;

  /** Chooses for every record. */
  constructor(parts: SalvageParts) {
    this.#parts = parts;
    this.#records = parts.records;
    this.#own = parts.opened.find(({ isOwn }) => isOwn) ?? null;
    this.#claimed = new SlotBitmap(this.#own?.index.slots?.labels.length ?? 0);
    this.dimension = parts.dimension;
    this.order = parts.order;
    this.database = { rows: parts.rows, operations: parts.operations };
    this.directories = parts.opened.map(describeDirectory);
    for (let record = 0; record < this.#records.count; record++) {
      if (this.#isRecord(record)) this.#choose(record);
    }
    const left = this.#listLeft().length;
    this.#nameReasons(left);
    this.counts = this.#count(left);
  }

  /** The segment's own directory. */
  get own(): IndexDirectory | null {
    return this.#own?.index ?? null;
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const { index } of this.#parts.opened) index[Symbol.dispose]();
  }

  /** Has the vectors of the queue read from another connection from now on. */
  rebind(database: StoreDatabase | null): void {
    this.#parts.queue.rebind(database);
  }

  /** Yields the records whose vectors are saved. */
  *records(): Generator<SalvagedRecord, void, undefined> {
    for (let record = 0; record < this.#records.count; record++) {
      if (this.#choices.get(record) >= CHOICE.queue) yield this.#describe(record);
    }
  }

  /** Yields the records whose vectors are not. */
  *missing(): Generator<MissingRecord, void, undefined> {
    for (let record = 0; record < this.#records.count; record++) {
      const reason = REASONS[this.#choices.get(record)] ?? null;
      if (reason === null) continue;
      const sequence = this.#records.vectorSequences.get(record);
      const queueSequence = sequence === -1 ? null : sequence;
      const isPending = this.#isMadeLater(record);
      yield { ...factsOf(this.#records, record), isPending, queueSequence, reason };
    }
  }

  /** Yields the vectors of the segment's own index that belong to no record. */
  *ghosts(): Generator<GhostVector, void, undefined> {
    const slots = this.#own?.index.slots ?? null;
    if (slots === null) return;
    const ids = listGhostIds(this.#records, (record) => this.#isRecord(record));
    for (const slot of this.#listLeft()) {
      const label = slots.labels[slot] ?? 0;
      const record = ids.get(label);
      yield { slot, label, id: record === undefined ? null : this.#records.ids.text(record) };
    }
  }

  /** Whether an id is a record; where rows are lost, those that id maps alone know count too. */
  #isRecord(record: number): boolean {
    if (this.#records.has(record, RECORD.live)) return true;
    const areRowsLost = this.#parts.rows === null || this.#parts.rows.damagedPlaces > 0;
    return areRowsLost && this.#records.has(record, RECORD.indexed) &&
      !this.#records.has(record, RECORD.touched);
  }

  #choose(record: number): void {
    const sequence = this.#records.vectorSequences.get(record);
    const queued = this.#parts.queue.read(sequence);
    const slot = this.#ownSlotOf(record);
    if (slot !== -1) this.#claimed.add(slot);
    if (queued !== null) {
      if (!isFiniteVector(queued)) return this.#choices.set(record, CHOICE.notFinite);
      const isInIndex = sequence <= (this.#parts.request.place?.vectorWatermark ?? -1);
      if (slot === -1 || !isInIndex) return this.#choices.set(record, CHOICE.queue);
      if (!holdsSame(this.#own, slot, queued, isCosine(this.#parts.request.subject))) {
        this.#slotsDisputed++;
        return this.#choices.set(record, CHOICE.queue);
      }
      // Where the length is lost, the queue still has the vector as it was.
      if (this.#own?.index.isLengthLost(slot)) return this.#choices.set(record, CHOICE.queue);
    }
    if (slot !== -1) return this.#take(record, this.#own, slot);
    this.#chooseOlder(record);
  }

  /** The slot in the segment's own index whose vector can be used, or -1. */
  #ownSlotOf(record: number): number {
    return this.#own?.index.usableSlotOf(this.#records.labels.get(record)) ?? -1;
  }

  #chooseOlder(record: number): void {
    for (const opened of this.#parts.opened) {
      if (opened.isOwn) continue;
      const slot = opened.index.usableSlotOf(opened.labels?.labelOf(record) ?? 0);
      if (slot !== -1) return this.#take(record, opened, slot);
    }
    const label = this.#records.labels.get(record);
    const slot = label === 0 ? -1 : this.#own?.index.slots?.slotOf(label) ?? -1;
    const isNotFinite = slot !== -1 && this.#own?.index.hasState(slot, SLOT_STATE.notFinite);
    const isUndecided = this.#records.has(record, RECORD.undecided);
    const unlabelled = isUndecided ? CHOICE.ambiguous : CHOICE.gone;
    const reason = isNotFinite ? CHOICE.notFinite : label === 0 ? unlabelled : CHOICE.damaged;
    this.#choices.set(record, reason);
  }

  #take(record: number, opened: OpenedIndex | null, slot: number): void {
    if (opened === null) return;
    const place = this.#parts.opened.indexOf(opened);
    this.#choices.set(record, CHOICE.directory + place);
    this.#slots.set(record, slot);
    const marks = (opened.index.isLengthLost(slot) ? MARK.lengthLost : 0) |
      (this.#isPerhapsOutdated(record, opened, slot) ? MARK.perhapsOutdated : 0);
    this.#marks.set(record, marks);
  }

  /**
   * Whether a newer version can have been lost. The queue holds all that came after the watermark of
   * the segment's own index. How far one that was moved aside had got is known only while no engine
   * has begun another: the watermark is still its own.
   */
  #isPerhapsOutdated(record: number, { index, isOwn }: OpenedIndex, slot: number): boolean {
    if (index.hasState(slot, SLOT_STATE.deleted)) return true;
    if (isOwn) return this.#records.has(record, RECORD.undecided) && this.#isLate(record);
    const isNewest = this.#parts.opened[0]?.index === index;
    return !isNewest || this.#isLate(record) && this.#records.has(record, RECORD.undecided);
  }

  #isMadeLater(record: number): boolean {
    const watermark = this.#parts.request.place?.vectorWatermark ?? null;
    return isMadeLater(this.#records, record, watermark);
  }

  #isLate(record: number): boolean {
    const watermark = this.#parts.request.place?.vectorWatermark ?? -1;
    return this.#records.sequences.get(record) > watermark;
  }

  /** The usable live slots that no record has claimed. */
  #listLeft(): number[] {
    return listUnclaimed(this.#own?.index.slots ?? null, this.#claimed);
  }

  /** Where vectors are left that no id is known for, a record without one may own one of them. */
  #nameReasons(left: number): void {
    if (left === 0) return;
    const known = listGhostIds(this.#records, (record) => this.#isRecord(record));
    const slots = this.#own?.index.slots ?? null;
    let unnamed = 0;
    for (const slot of this.#listLeft()) if (!known.has(slots?.labels[slot] ?? 0)) unnamed++;
    if (unnamed === 0) return;
    for (let record = 0; record < this.#records.count; record++) {
      if (this.#choices.get(record) !== CHOICE.gone) continue;
      const isIn = this.#parts.request.place?.vectorWatermark === null ||
        this.#records.has(record, RECORD.atWatermark | RECORD.maybeAtWatermark);
      if (isIn) this.#choices.set(record, CHOICE.ambiguous);
    }
  }

  #describe(record: number): SalvagedRecord {
    const choice = this.#choices.get(record);
    const opened = this.#parts.opened[choice - CHOICE.directory] ?? null;
    const ownSlot = this.#ownSlotOf(record);
    const label = this.#records.labels.get(record);
    const marks = this.#marks.get(record);
    return {
      ...factsOf(this.#records, record),
      isPending: choice === CHOICE.queue && this.#isMadeLater(record),
      source: this.#sourceOf(record),
      directory: opened?.index.directory.name ?? null,
      queueSequence: choice === CHOICE.queue ? this.#records.vectorSequences.get(record) : null,
      label: label === 0 ? null : label,
      slot: ownSlot === -1 ? null : ownSlot,
      evidence: labelEvidence(this.#records.labelSources.get(record)),
      isLengthLost: (marks & MARK.lengthLost) !== 0,
      isPerhapsOutdated: (marks & MARK.perhapsOutdated) !== 0,
      readVector: (target) => this.#readVector(record, opened, target),
      readStored: (target) => this.#readStored(record, opened, target),
    };
  }

  #readVector(record: number, opened: OpenedIndex | null, target: Float32Array): Float32Array {
    if (opened === null) {
      return this.#parts.queue.require(this.#records.vectorSequences.get(record), target);
    }
    opened.index.requireOriginal(this.#slots.get(record), target);
    return target;
  }

  #readStored(record: number, opened: OpenedIndex | null, target: Float32Array): number {
    if (opened === null) {
      this.#parts.queue.require(this.#records.vectorSequences.get(record), target);
      return NaN;
    }
    const slot = this.#slots.get(record);
    opened.index.requireStored(slot, target);
    return isCosine(this.#parts.request.subject) ? opened.index.lengthOf(slot) : NaN;
  }

  #sourceOf(record: number): VectorSource {
    const choice = this.#choices.get(record);
    if (choice === CHOICE.queue) return "queue";
    return this.#parts.opened[choice - CHOICE.directory]?.isOwn ? "index" : "moved-aside";
  }

  #count(left: number): SalvageCounts {
    const tally = new SalvageTally();
    for (let record = 0; record < this.#records.count; record++) {
      const choice = this.#choices.get(record);
      if (choice === CHOICE.none) continue;
      const reason = REASONS[choice] ?? null;
      const marks = this.#marks.get(record);
      tally.add({
        recordSource: recordSourceOf(this.#records, record),
        evidence: labelEvidence(this.#records.labelSources.get(record)),
        outcome: reason ?? this.#sourceOf(record),
        isLengthLost: (marks & MARK.lengthLost) !== 0,
        isPerhapsOutdated: (marks & MARK.perhapsOutdated) !== 0,
      });
    }
    return tally.finish(this.#slotsDisputed, left);
  }
}
