/**
 * Ids that may be those of segments whose rows are lost: no row claims them for a collection, or the
 * row of a collection that has two of a kind; but records, watermarks or directories carry them. Whose they are tell the queue, where the write of a
 * record still stands, and the ids that both halves of a collection share.
 *
 * A number of the queue alone is a weak sign: the engine gives numbers out anew when the collection
 * that was written last is deleted (measured with 0.5.23).
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../../../fs/read_fs.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { type Catalogue, listCollections, listOwnedSegments } from "../../catalogue/catalogue.ts";
import { decodeWatermark } from "../../catalogue/watermark.ts";
import { type Layout, SEGMENT_FILES, type SegmentDirectory } from "../../layout.ts";
import { readIdMap } from "../../segment/id_map.ts";
import type { SegmentCandidate } from "./catalogue_evidence.ts";
import { countContents, countKnownIds, readIndexEvidence } from "./read_index_evidence.ts";

const COLLECTION_OF_TOPIC = "substr(q.topic, -36)";

/** The segments that are the only one of their half of a collection: nobody else lacks them. */
function listSoleSegments(catalogue: Catalogue): Set<string> {
  const owned = listOwnedSegments(catalogue);
  for (const { segments } of listCollections(catalogue)) {
    for (const { id, scope } of segments) {
      if (segments.filter((other) => other.scope === scope).length > 1) owned.delete(id);
    }
  }
  return owned;
}

/** The candidates for both halves. */
export interface SegmentCandidates {
  /** For METADATA segments. */
  readonly metadata: readonly SegmentCandidate[];
  /** For VECTOR segments. */
  readonly vector: readonly SegmentCandidate[];
}

/**
 * Reads what may be segments that have lost their rows.
 *
 * @param database The database.
 * @param layout The store's directory.
 * @param catalogue The catalogue.
 * @returns The candidates.
 * @throws {SqliteError} A table cannot be read.
 * @throws {OperationError} A file cannot be read.
 */
export function readSegmentCandidates(
  database: StoreDatabase,
  layout: Layout,
  catalogue: Catalogue,
): SegmentCandidates {
  return new CandidateReader(database, layout, catalogue).read();
}

class CandidateReader {
  readonly #database: StoreDatabase;
  readonly #layout: Layout;
  readonly #catalogue: Catalogue;
  readonly #owned: ReadonlySet<string>;
  readonly #rows: ReadonlyMap<string, string>;
  readonly #records = new Map<string, number>();
  readonly #directories: ReadonlyMap<string, SegmentDirectory>;

  constructor(database: StoreDatabase, layout: Layout, catalogue: Catalogue) {
    this.#database = database;
    this.#layout = layout;
    this.#catalogue = catalogue;
    this.#owned = listSoleSegments(catalogue);
    this.#rows = new Map(catalogue.segments.map(({ id, scope }) => [id, scope]));
    for (
      const [id, count] of database.rows(
        "SELECT segment_id, count(*) FROM embeddings GROUP BY segment_id",
      )
    ) {
      this.#records.set(String(id), Number(count));
    }
    this.#directories = new Map(
      layout.segments.filter(({ movedAside }) => !movedAside)
        .map((directory) => [directory.segmentId, directory]),
    );
  }

  read(): SegmentCandidates {
    const unclaimed = new Set(
      [
        ...this.#records.keys(),
        ...this.#directories.keys(),
        ...this.#catalogue.watermarks.map(({ segmentId }) => segmentId),
        ...this.#rows.keys(),
      ].filter((id) => !this.#owned.has(id)),
    );
    const [metadata, vector]: [string[], string[]] = [[], []];
    for (const id of unclaimed) {
      if (this.#isIndex(id)) vector.push(id);
      else metadata.push(id);
    }
    const writers = this.#findWriters(metadata);
    return {
      metadata: metadata.map((id) => this.#describeRecords(id, writers.get(id) ?? [])),
      vector: vector.map((id) => this.#describeIndex(id)),
    };
  }

  #isIndex(id: string): boolean {
    if (this.#directories.has(id)) return true;
    return !this.#records.has(id) && this.#rows.get(id) === "VECTOR";
  }

  /** Records whose number in the queue is the write of that very record. */
  #findWriters(ids: readonly string[]): Map<string, string[]> {
    const writers = new Map<string, string[]>();
    const rows = this.#database.rows(
      `SELECT DISTINCT e.segment_id, ${COLLECTION_OF_TOPIC} FROM embeddings_queue q ` +
        "JOIN embeddings e ON e.segment_id IN (SELECT value FROM json_each(?)) " +
        "AND e.embedding_id = q.id " +
        "WHERE e.seq_id = q.seq_id OR hex(e.seq_id) = printf('%016X', q.seq_id)",
      JSON.stringify(ids),
    );
    for (const [id, collection] of rows) {
      const found = writers.get(String(id));
      if (found === undefined) writers.set(String(id), [String(collection)]);
      else found.push(String(collection));
    }
    return writers;
  }

  #watermarkOf(id: string): number | null {
    const row = this.#catalogue.watermarks.find(({ segmentId }) => segmentId === id);
    if (row !== undefined) return decodeWatermark(row).trueValue;
    const directory = this.#directories.get(id);
    const file = directory?.files[SEGMENT_FILES.idMap];
    if (file === undefined) return null;
    using source = BoundedFile.open(join(this.#layout.path, file.path));
    const { maxSeqId, highestSequence } = readIdMap(source);
    return maxSeqId ?? (highestSequence === 0 ? null : highestSequence);
  }

  #markedBy(id: string): string | null {
    const sequence = this.#watermarkOf(id);
    if (sequence === null) return null;
    const sql = `SELECT ${COLLECTION_OF_TOPIC} FROM embeddings_queue q WHERE q.seq_id = ?`;
    const row = this.#database.row(sql, sequence);
    return row === null ? null : String(row[0]);
  }

  #describeRecords(id: string, writers: readonly string[]): SegmentCandidate {
    const overlaps = new Map<string, number>();
    for (const { collection, vector, metadata } of listCollections(this.#catalogue)) {
      const directory = vector === null ? undefined : this.#directories.get(vector.id);
      if (metadata !== null || directory === undefined || !this.#records.has(id)) continue;
      const { ids } = readIndexEvidence(this.#layout.path, directory);
      const known = countKnownIds(this.#layout.path, directory, this.#database, [id]).get(id) ?? 0;
      if (ids > 0) overlaps.set(collection.id, known / ids);
    }
    const contents = this.#records.get(id) ?? 0;
    return {
      id,
      hasRow: this.#rows.has(id),
      contents,
      dimension: null,
      writers,
      markedBy: this.#markedBy(id),
      overlaps,
    };
  }

  #describeIndex(id: string): SegmentCandidate {
    const directory = this.#directories.get(id) ?? null;
    const evidence = readIndexEvidence(this.#layout.path, directory);
    const overlaps = new Map<string, number>();
    const lacking = listCollections(this.#catalogue).filter(({ vector }) => vector === null);
    const segments = lacking.flatMap(({ metadata }) => metadata === null ? [] : [metadata.id]);
    const known = directory === null
      ? new Map<string, number>()
      : countKnownIds(this.#layout.path, directory, this.#database, segments);
    for (const { collection, metadata } of lacking) {
      if (metadata === null || evidence.ids === 0) continue;
      overlaps.set(collection.id, (known.get(metadata.id) ?? 0) / evidence.ids);
    }
    return {
      id,
      hasRow: this.#rows.has(id),
      contents: countContents(evidence),
      dimension: evidence.dimension,
      writers: [],
      markedBy: this.#markedBy(id),
      overlaps,
    };
  }
}
