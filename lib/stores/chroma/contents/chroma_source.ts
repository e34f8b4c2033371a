/**
 * The records of a store of Chroma as a stream: what an engine's `get` answers once it has applied
 * the queue. What their logical hash is made of is read by `read_contents.ts`.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import type { Turns } from "../../../base/turns.ts";
import type {
  CollectionFacts,
  RecordBatch,
  RecordSource,
  SourceItem,
} from "../../../model/record_stream.ts";
import type { ContentsPlan, DetectedStore } from "../../../model/store.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { openLocation } from "../../../sqlite/reading.ts";
import type { ContentsTask } from "../tasks.ts";
import { type CollectionOwner, readCollectionOwners } from "./collection_facts.ts";
import { toUnreadable } from "./page_fields.ts";
import { planChromaContents } from "./plan_contents.ts";
import type { CollectionPlace } from "./read_contents.ts";
import { CollectionRecords, countRecords } from "./record_batches.ts";
import { readDimension } from "./served_vectors.ts";

/** How records are read. */
interface ChromaSourceSettings {
  /** Whether vectors that wait in the queue are given as they were written. */
  readonly isAsWritten?: boolean;
}

/**
 * Opens the records of a store.
 *
 * @param store The store.
 * @param settings How they are read.
 * @returns The records; the caller disposes of them.
 * @throws {OperationError} The store cannot be read, is in use, or its catalogue is damaged.
 */
export function openChromaSource(
  store: DetectedStore,
  settings: ChromaSourceSettings,
): RecordSource {
  const plan = planChromaContents(store);
  try {
    return new ChromaSource(plan, settings);
  } catch (error) {
    plan.release();
    throw error;
  }
}

class ChromaSource implements RecordSource {
  readonly #plan: ContentsPlan;
  readonly #database: StoreDatabase | null;
  readonly #isAsWritten: boolean;
  readonly #places = new Map<CollectionFacts, CollectionPlace>();

  constructor(plan: ContentsPlan, { isAsWritten = false }: ChromaSourceSettings) {
    this.#plan = plan;
    this.#isAsWritten = isAsWritten;
    const places = (plan.tasks as readonly ContentsTask[]).map(({ payload }) => payload);
    const [first] = places;
    this.#database = first === undefined ? null : openLocation(first.location);
    try {
      const owners = this.#database === null ? new Map() : readCollectionOwners(this.#database);
      for (const place of places) this.#add(place, owners.get(place.id));
    } catch (error) {
      this.#database?.close();
      throw explain(error, first);
    }
  }

  get collections(): readonly CollectionFacts[] {
    return [...this.#places.keys()];
  }

  async *read(
    wanted: ReadonlySet<CollectionFacts>,
    turns: Turns,
  ): AsyncGenerator<SourceItem, void, undefined> {
    for (const [collection, place] of this.#places) {
      if (!wanted.has(collection)) continue;
      yield { kind: "collection", collection };
      using records = this.#open(place);
      for (const batch of guardedBatches(records, place)) {
        yield { kind: "records", batch };
        await turns.take();
      }
    }
  }

  [Symbol.dispose](): void {
    this.#database?.close();
    this.#plan.release();
  }

  #add(place: CollectionPlace, owner: CollectionOwner | undefined): void {
    if (this.#database === null) return;
    this.#places.set({
      id: place.id,
      name: place.name,
      tenant: owner?.tenant ?? null,
      database: owner?.database ?? null,
      dimension: readDimension(place.subject),
      space: place.subject?.settings?.space ?? null,
      metadataJson: owner?.metadataJson ?? null,
      records: countRecords(this.#database, place),
    }, place);
  }

  #open(place: CollectionPlace): CollectionRecords {
    if (this.#database === null) throw new TypeError("A store without a collection has no records");
    try {
      return new CollectionRecords(this.#database, place, this.#isAsWritten);
    } catch (error) {
      throw explain(error, place);
    }
  }
}

function* guardedBatches(
  records: CollectionRecords,
  place: CollectionPlace,
): Generator<RecordBatch, void, undefined> {
  try {
    yield* records.batches();
  } catch (error) {
    throw explain(error, place);
  }
}

function explain(error: unknown, place: CollectionPlace | undefined): unknown {
  if (error instanceof OperationError || place === undefined) return error;
  return toUnreadable(error, place.location.path);
}
