/**
 * A step that brings records back that have left the store: they were handed in with their vectors,
 * documents and metadata, and come in through the queue as any new record does.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { RepairStep, RepairVerification } from "../../../../model/repair.ts";
import type { RepairRequest } from "../../../repair_format.ts";
import { CATALOGUE_NAME, readLayout } from "../../layout.ts";
import { openCatalogue } from "../../opened_catalogue.ts";
import { RecordAdder } from "../records/added_rows.ts";
import { encodeQueueMetadata } from "../records/queue_metadata.ts";
import type { PreparedStep, StagingArea } from "../repair_context.ts";
import type { HandedInVectors } from "./handed_in_vectors.ts";
import type { WantedIndex } from "./wanted_segments.ts";

/** What a row of the queue takes besides its vector, with a document of the usual length. */
const ROW_SIZE_BYTES = 2000;

/** What the records come from. */
interface AddedParts {
  readonly wanted: WantedIndex;
  readonly handedIn: HandedInVectors;
  readonly ids: readonly string[];
  readonly dimension: number;
}

/** A step that puts records into a store. */
export class AddRecordsStep implements PreparedStep {
  readonly step: RepairStep;
  readonly #parts: AddedParts;

  private constructor(step: RepairStep, parts: AddedParts) {
    this.step = step;
    this.#parts = parts;
  }

  /**
   * Plans the step.
   *
   * @param wanted The index of the collection.
   * @param handedIn What was handed in.
   * @param ids The records.
   * @param request What was asked for.
   * @returns The step.
   * @throws {OperationError} `usage`: the engine cannot store what a line says.
   */
  static prepare(
    wanted: WantedIndex,
    handedIn: HandedInVectors,
    ids: readonly string[],
    { vectorsPath }: Pick<RepairRequest, "vectorsPath">,
  ): AddRecordsStep {
    const { name, engine, request: { subject } } = wanted;
    for (const id of ids) handedIn.checkText(name, id, (text) => encodeQueueMetadata(text, engine));
    const dimension = handedIn.dimensionOf(name) ?? 0;
    const records = formatCount(ids.length, "record");
    return new AddRecordsStep({
      kind: "add-records",
      title: `Put ${records} back into ${name}`,
      details: ["they go into the queue, from which the engine takes them in at its next start"],
      collection: name,
      segment: subject.segmentId,
      strategy: null,
      answers: [],
      reads: vectorsPath === null ? [] : [vectorsPath],
      replaces: [CATALOGUE_NAME],
      gains: [{ what: "records", count: ids.length, source: "the file that was handed in" }],
      losses: [],
      sizeBytes: ids.length * (4 * dimension + ROW_SIZE_BYTES),
    }, { wanted, handedIn, ids, dimension });
  }

  /** Puts the rows into the queue. */
  async stage(area: StagingArea): Promise<void> {
    const { wanted: { name, collection, engine }, handedIn, ids, dimension } = this.#parts;
    const database = await area.working.openDatabase();
    database.execute("SAVEPOINT add_records");
    // An engine applies nothing to a collection that has no dimension.
    database.prepare("UPDATE collections SET dimension = ? WHERE id = ? AND dimension IS NULL")(
      dimension,
      collection.id,
    );
    const adder = new RecordAdder(database, collection.id, engine);
    const vector = new Float32Array(dimension);
    for (const id of ids) {
      handedIn.readVector(name, id, vector);
      adder.add({ id, vector, text: handedIn.readText(name, id) });
    }
    database.execute("RELEASE add_records");
  }

  /** Looks whether all of them wait in the queue. */
  verify(view: string): Promise<RepairVerification> {
    return Promise.resolve().then(() => {
      const { wanted: { name }, ids } = this.#parts;
      const missing = ids.length - this.#countWaiting(view);
      const problems = missing === 0
        ? []
        : [`${name}: ${formatCount(missing, "record")} that should come back are not in the queue`];
      return { recall: [], vectorsCompared: 0, problems };
    });
  }

  #countWaiting(view: string): number {
    const { wanted: { collection }, ids } = this.#parts;
    const opened = openCatalogue(readLayout(view));
    if (opened === null) return 0;
    using reading = opened.reading;
    const rows = reading.database?.iterate(
      "SELECT DISTINCT id FROM embeddings_queue WHERE substr(topic, -36) = ?",
      collection.id,
    ) ?? [];
    const wanted = new Set(ids);
    for (const [id] of rows) wanted.delete(String(id));
    return ids.length - wanted.size;
  }
}
