/**
 * Saving the vectors of one index from every place at once: slots of its directory, the write-ahead
 * queue, directories of it that were moved aside. Nothing is written.
 *
 * What is done, in this order:
 *
 * 1. rows of `embeddings`, then the queue over them: which records there are, and for which of them
 *    the queue has the newest vector;
 * 2. slots of every directory, each judged by itself;
 * 3. labels: the id map, what is left of it, id maps that were moved aside, vectors of the queue that
 *    stand in exactly one slot, and last the order rule;
 * 4. for every record the best source.
 *
 * @module
 */

import { isCosine } from "../segment/segment_reading.ts";
import { assignByOrder } from "./assign_by_order.ts";
import { IndexDirectory } from "./index_directory.ts";
import { LABEL_SOURCE } from "./label_evidence.ts";
import type { OrderReport } from "./order_report.ts";
import { isQueueComplete } from "./queue_completeness.ts";
import { QueueVectors } from "./queue_vectors.ts";
import { type LabelReading, readLabels } from "./read_labels.ts";
import { decideOpenAdds, type OperationsReading, readOperations } from "./read_operations.ts";
import { readRows, type RowReading } from "./read_rows.ts";
import { RecordTable } from "./record_table.ts";
import type { SalvageRequest, SegmentSalvage } from "./salvage_request.ts";
import { ChosenVectors } from "./chosen_vectors.ts";
import type { OpenedIndex } from "./opened_index.ts";
import { QueueWitnesses } from "./queue_witnesses.ts";
import { adoptOlderLabels } from "./older_labels.ts";

/**
 * Finds out what can be saved of an index.
 *
 * @param request The index, and where its records stand.
 * @returns What there is, with the files open; the caller disposes of it.
 * @throws {OperationError} A file cannot be read, or the store is in use.
 */
export function salvageVectors(request: SalvageRequest): SegmentSalvage {
  const salvager = new Salvager(request);
  try {
    return salvager.salvage();
  } catch (error) {
    salvager.release();
    throw error;
  }
}

class Salvager {
  readonly #request: SalvageRequest;
  readonly #records = new RecordTable();
  readonly #opened: OpenedIndex[] = [];
  #rows: RowReading | null = null;
  #operations: OperationsReading | null = null;

  constructor(request: SalvageRequest) {
    this.#request = request;
  }

  release(): void {
    for (const { index } of this.#opened) index[Symbol.dispose]();
  }

  salvage(): SegmentSalvage {
    const queue = this.#readDatabase();
    this.#openDirectories(queue);
    const dimension = this.#request.subject.dimension ??
      this.#opened.map(({ index }) => index.layout?.geometry.dimension)[0] ?? queue.dimension;
    const order = this.#findLabels(queue);
    return new ChosenVectors({
      request: this.#request,
      records: this.#records,
      opened: this.#opened,
      queue,
      dimension,
      order,
      rows: this.#rows,
      operations: this.#operations,
    });
  }

  #readDatabase(): QueueVectors {
    const { database, place, subject, engine } = this.#request;
    if (database === null || place === null || engine === null) {
      return new QueueVectors(null, subject.dimension);
    }
    this.#rows = readRows(database, place.metadataSegmentId, this.#records);
    const isRowsWhole = this.#rows.damagedPlaces === 0;
    const { directory } = subject;
    this.#operations = readOperations(database, this.#records, {
      collectionId: place.collectionId,
      dimension: subject.dimension,
      engine,
      metadataWatermark: place.metadataWatermark,
      vectorWatermark: place.vectorWatermark,
      isRowsWhole,
      isComplete: isQueueComplete(database, { place, engine, directory, isRowsWhole }),
    });
    const queue = new QueueVectors(database, subject.dimension);
    if (subject.dimension === null) queue.learnDimension(this.#records);
    return queue;
  }

  #openDirectories(queue: QueueVectors): void {
    const { subject, movedAside, elsewhere } = this.#request;
    const root = subject.storePath;
    const newestFirst = [...movedAside.map((directory) => ({ root, directory })), ...elsewhere]
      .sort(({ directory: left }, { directory: right }) =>
        modifiedMs(right) - modifiedMs(left) || (left.name < right.name ? -1 : 1)
      );
    const directories = subject.directory === null
      ? newestFirst
      : [{ root, directory: subject.directory }, ...newestFirst];
    for (const { root, directory } of directories) {
      const dimensions = queue.dimension === null ? [] : [queue.dimension];
      const index = new IndexDirectory({ ...subject, storePath: root }, directory, dimensions);
      this.#opened.push({ index, labels: null, isOwn: directory === subject.directory });
    }
  }

  #findLabels(queue: QueueVectors): OrderReport {
    for (const opened of this.#opened) {
      const { idMap, slots } = opened.index;
      if (idMap !== null) opened.labels = readLabels(idMap, slots, this.#records);
    }
    const own = this.#opened.find(({ isOwn }) => isOwn);
    const isMapWhole = own?.labels?.fault === null && own.labels.contradicted === 0;
    decideOpenAdds(
      this.#records,
      (record) => isMapWhole ? own?.labels?.labelOf(record) !== 0 : null,
      this.#request.place?.vectorWatermark ?? null,
    );
    if (own === undefined) return { ...NO_ORDER };
    if (own.labels !== null) this.#takeLabels(own.labels);
    const witnesses = new QueueWitnesses(own.index, queue, isCosine(this.#request.subject));
    for (const older of this.#opened) {
      if (!older.isOwn) adoptOlderLabels(this.#records, own.index, older);
    }
    witnesses.assign(this.#records, this.#request.place?.vectorWatermark ?? null);
    return assignByOrder({
      records: this.#records,
      index: own.index,
      metadataWatermark: this.#request.place?.metadataWatermark ?? 0,
      vectorWatermark: this.#request.place?.vectorWatermark ?? null,
      isWhole: this.#rows?.damagedPlaces === 0 && this.#operations?.damagedPlaces === 0,
      madeByRust: this.#request.madeByRust,
      deletedLater: this.#operations?.deletedLater ?? 0,
      witnessOf: (record) => witnesses.find(this.#records.vectorSequences.get(record)),
    });
  }

  #takeLabels(labels: LabelReading): void {
    const source = labels.fault === null ? LABEL_SOURCE.idMap : LABEL_SOURCE.tornIdMap;
    for (let record = 0; record < this.#records.count; record++) {
      const label = labels.labelOf(record);
      if (label === 0) continue;
      this.#records.labels.set(record, label);
      this.#records.labelSources.set(record, source);
    }
  }
}

const NO_ORDER: OrderReport = {
  refusal: "no-slots",
  assigned: 0,
  witnesses: 0,
  strays: 0,
  firstLabel: null,
};

function modifiedMs({ files }: SalvageRequest["movedAside"][number]): number {
  return Math.max(0, ...Object.values(files).map((file) => file.modifiedMs));
}
