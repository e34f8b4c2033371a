/**
 * Collections in memory that behave as the `chromadb` client does, or worse.
 *
 * @module
 */

import type {
  RecordAnswer,
  RecordColumns,
  RecordQuery,
} from "../../../lib/writing/batches/collection.ts";

/** What is kept of a record. */
export interface KeptRecord {
  readonly embedding: readonly number[] | null;
  readonly document: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** A collection in memory; what a test replaces is what goes wrong. */
export class FakeCollection {
  readonly id: string = "c0ffee";
  readonly records = new Map<string, KeptRecord>();
  /** The ids of each call that wrote or removed. */
  readonly calls: string[][] = [];

  count(): Promise<number> {
    return Promise.resolve(this.records.size);
  }

  get({ ids }: RecordQuery): Promise<RecordAnswer> {
    return Promise.resolve({ ids: ids.filter((id) => this.records.has(id)) });
  }

  upsert(columns: RecordColumns): Promise<unknown> {
    this.calls.push([...columns.ids]);
    if (new Set(columns.ids).size < columns.ids.length) {
      throw new Error("Expected ids to be unique");
    }
    this.keep(columns);
    return Promise.resolve();
  }

  delete({ ids }: { ids: string[] }): Promise<unknown> {
    this.calls.push([...ids]);
    for (const id of ids) this.records.delete(id);
    return Promise.resolve();
  }

  /** Keeps records, as a write does that succeeds. */
  keep({ ids, embeddings, documents, metadatas }: RecordColumns): void {
    for (const column of [embeddings, documents, metadatas]) {
      if (column !== undefined && column.length !== ids.length) throw new Error("Unequal lengths");
    }
    for (const [index, id] of ids.entries()) {
      this.records.set(id, {
        embedding: embeddings?.[index] ?? null,
        document: documents?.[index] ?? null,
        metadata: metadatas?.[index] ?? null,
      });
    }
  }
}

/** Gives so many records: `r0`, `r1`, … */
export function makeRecords(count: number): { id: string; embedding: number[] }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `r${index}`, embedding: [index, 1] }));
}
