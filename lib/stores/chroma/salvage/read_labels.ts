/**
 * Labels from an id map that may be damaged: what was decoded before the damage, as far as the two
 * directions do not contradict each other and no label has two ids.
 *
 * The entry that was decoded last before the damage is not taken: the damage may have begun in it.
 *
 * @module
 */

import type { ByteSource, PickleFault } from "../../../codec/pickle.ts";
import type { SlotSalvage } from "../../../hnsw/salvage_slots.ts";
import { type IdMapDirection, streamIdMap } from "../segment/id_map.ts";
import { Column } from "./columns.ts";
import { RECORD, type RecordTable } from "./record_table.ts";

/** What an id map gave. */
export interface LabelReading {
  /** Why decoding ended early, or null. */
  readonly fault: PickleFault | null;
  /** Ids with a label that nothing contradicts. */
  readonly accepted: number;
  /** Ids about whose label the map contradicts itself. */
  readonly contradicted: number;
  /** The label of a record, or 0. */
  labelOf(index: number): number;
}

/** Stands for a slot whose label more than one id claims. */
const SEVERAL = 0xffff_ffff;

/** Stands for a record to which one direction gives more than one label. */
const CONFLICTING = 0xffff_ffff;

/**
 * Reads an id map.
 *
 * @param source index_metadata.pickle.
 * @param slots The slots of the same directory: labels without a slot have no vector to give.
 * @param records The records; ids that are none are added to them, marked as known to an id map alone.
 * @returns The labels that can be relied on.
 * @throws {OperationError} The file cannot be read.
 */
export function readLabels(
  source: ByteSource,
  slots: SlotSalvage | null,
  records: RecordTable,
): LabelReading {
  const collector = new LabelCollector(slots, records);
  const fault = streamIdMap(source, (direction, id, label) => {
    collector.visit(direction, id, label);
  }, { passesFrames: true });
  return { fault, ...collector.finish(fault === null || fault.kind === "truncated") };
}

/** One direction of the map: the label of each record, and the record of each slot. */
class Direction {
  readonly labels = Column.words();
  readonly owners: Uint32Array;

  constructor(slots: number) {
    this.owners = new Uint32Array(slots);
  }

  set(index: number, label: number, slot: number): void {
    const known = this.labels.get(index);
    this.labels.set(index, known === 0 || known === label ? label : CONFLICTING);
    if (slot === -1) return;
    const owner = this.owners[slot] ?? 0;
    this.owners[slot] = owner === 0 || owner === index + 1 ? index + 1 : SEVERAL;
  }
}

class LabelCollector {
  readonly #slots: SlotSalvage | null;
  readonly #records: RecordTable;
  readonly #forward: Direction;
  readonly #reverse: Direction;
  #waiting: { direction: IdMapDirection; id: string; label: number } | null = null;

  constructor(slots: SlotSalvage | null, records: RecordTable) {
    this.#slots = slots;
    this.#records = records;
    const size = slots?.labels.length ?? 0;
    this.#forward = new Direction(size);
    this.#reverse = new Direction(size);
  }

  visit(direction: IdMapDirection, id: string, label: number): void {
    this.#flush();
    this.#waiting = { direction, id, label };
  }

  finish(isLastWhole: boolean): Omit<LabelReading, "fault"> {
    if (isLastWhole) this.#flush();
    const labels = Column.words();
    let accepted = 0;
    let contradicted = 0;
    for (let index = 0; index < this.#records.count; index++) {
      const [forward, reverse] = [this.#forward.labels.get(index), this.#reverse.labels.get(index)];
      if (forward === 0 && reverse === 0) continue;
      const label = this.#decide(index, forward, reverse);
      if (label === 0) contradicted++;
      else {
        accepted++;
        labels.set(index, label);
      }
    }
    return { accepted, contradicted, labelOf: (index) => labels.get(index) };
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null || waiting.label === 0) return;
    let index = this.#records.ids.find(waiting.id);
    if (index === -1) {
      index = this.#records.ids.add(waiting.id);
      if (index === -1) return;
      this.#records.mark(index, RECORD.indexed);
    }
    const slot = this.#slots?.slotOf(waiting.label) ?? -1;
    const side = waiting.direction === "id-to-label" ? this.#forward : this.#reverse;
    side.set(index, waiting.label, slot);
  }

  /** The label on which both directions agree, or that one gives and the other does not dispute. */
  #decide(index: number, forward: number, reverse: number): number {
    const own = index + 1;
    for (const label of [forward, reverse]) {
      if (label === 0 || label === CONFLICTING) continue;
      const slot = this.#slots?.slotOf(label) ?? -1;
      const [ahead, back] = [this.#forward.owners[slot] ?? 0, this.#reverse.owners[slot] ?? 0];
      const agrees = forward === label && reverse === label;
      if (agrees && (slot === -1 || back === own)) return label;
      const isUndisputed = (ahead === own || ahead === 0) && (back === own || back === 0);
      const other = label === forward ? reverse : forward;
      if (other === 0 && isUndisputed) return label;
    }
    return 0;
  }
}
