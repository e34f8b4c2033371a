/**
 * What a comparison of the full text with the documents found; plain data.
 *
 * A document is the value of `chroma:document` in `embedding_metadata`; its text stands once more in
 * `embedding_fulltext_search_content`, under the same `id`, which is that of the record in
 * `embeddings`.
 *
 * @module
 */

/** How many records are named for each group. */
const MOST_SAMPLES = 20;

/** A record that is named as an example. */
export interface RecordSample {
  /** `embeddings.id`, in digits: it may be larger than a number can hold. */
  readonly row: string;
  /** `embeddings.embedding_id`, the id that the user gave; null where the record is gone. */
  readonly id: string | null;
}

/** Records of one segment that have the same fault. */
export interface RecordGroup {
  /** `embeddings.segment_id`, the METADATA segment. */
  readonly segment: string;
  /** The name of the collection, or null where it is not known. */
  readonly collection: string | null;
  /** How many records. */
  readonly count: number;
  /**
   * Of these, how many have the text of another row: Chroma 0.4.15 filled the full text by the
   * number of the row in `embedding_metadata` when it upgraded a store (metadb/00003).
   */
  readonly misnumbered: number;
  /** The first of them. */
  readonly samples: readonly RecordSample[];
}

/** Full-text rows without a record. */
export interface FulltextLeftover {
  /** How many rows. */
  readonly rows: number;
  /** How many bytes their texts take. */
  readonly textBytes: number;
  /** Of these, how many have their document in `embedding_metadata` still. */
  readonly withDocument: number;
  /**
   * Of these, how many have a number that the next records will get, in a store that 1.x has opened:
   * it cannot give a number whose full-text row is there already.
   */
  readonly inTheWay: number;
  /** The first of those with a document. */
  readonly samples: readonly RecordSample[];
}

/** The whole comparison. */
export interface FulltextComparison {
  /** Whether the version of the store has the full-text table. */
  readonly expected: boolean;
  /** The full-text table and the tables behind it, as far as they are missing. */
  readonly missingTables: readonly string[];
  /** How many documents there are, or null where they were not counted. */
  readonly documents: number | null;
  /** Documents without a full-text row. */
  readonly rowsMissing: readonly RecordGroup[];
  /** Documents whose full-text row has another text. */
  readonly textDiffers: readonly RecordGroup[];
  /** Records whose document is gone while their full-text row is there. */
  readonly documentsMissing: readonly RecordGroup[];
  /** Full-text rows without a record. */
  readonly leftover: FulltextLeftover;
  /** Why not all could be compared, in SQLite's words; null where all was. */
  readonly failure: string | null;
}

/** Counts the records of each segment and keeps the first of them. */
export class RecordTally {
  readonly #collections: ReadonlyMap<string, string | null> | null;
  readonly #groups = new Map<
    string,
    { count: number; misnumbered: number; samples: RecordSample[] }
  >();

  /**
   * Makes an empty tally.
   *
   * @param collections The names of the live collections by their METADATA segments; null where
   * they cannot be read, and then every segment counts as live.
   */
  constructor(collections: ReadonlyMap<string, string | null> | null) {
    this.#collections = collections;
  }

  /** Adds a record; those of deleted collections are passed over, for nobody can reach them. */
  add(segment: string, sample: RecordSample, misnumbered = false): void {
    if (this.#collections !== null && !this.#collections.has(segment)) return;
    let group = this.#groups.get(segment);
    if (group === undefined) {
      group = { count: 0, misnumbered: 0, samples: [] };
      this.#groups.set(segment, group);
    }
    group.count++;
    if (misnumbered) group.misnumbered++;
    if (group.samples.length < MOST_SAMPLES) group.samples.push(sample);
  }

  /** The groups, one for each segment. */
  get groups(): RecordGroup[] {
    return Array.from(this.#groups, ([segment, group]) => ({
      segment,
      collection: this.#collections?.get(segment) ?? null,
      ...group,
    }));
  }
}

/** Adds up full-text rows without a record. */
export class LeftoverTally {
  #rows = 0;
  #textBytes = 0;
  #withDocument = 0;
  readonly #samples: RecordSample[] = [];

  /** Adds a row. */
  add(row: string, textBytes: number, hasDocument: boolean): void {
    this.#rows++;
    this.#textBytes += textBytes;
    if (!hasDocument) return;
    this.#withDocument++;
    if (this.#samples.length < MOST_SAMPLES) this.#samples.push({ row, id: null });
  }

  /** The sums so far, as plain data. */
  get leftover(): FulltextLeftover {
    return {
      rows: this.#rows,
      textBytes: this.#textBytes,
      withDocument: this.#withDocument,
      inTheWay: 0,
      samples: this.#samples,
    };
  }
}
