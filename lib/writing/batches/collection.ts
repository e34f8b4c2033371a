/**
 * What a collection has to be able to do for its records to be written and read in batches: as much
 * of the `chromadb` JavaScript client as is needed, so that anything of the same shape fits.
 *
 * The functions are declared as methods on purpose: the parameters of a client may then be narrower
 * than those here, such as arrays of texts alone.
 *
 * @module
 */

/** A record as it is written. */
export interface IndexRecord {
  /** Its id. */
  id: string;
  /** Its vector; without one the client has to make it of the document. */
  embedding?: ArrayLike<number> | null;
  /** Its text. */
  document?: string | null;
  /** Its metadata, as the client takes it. */
  metadata?: RecordMetadata | null;
  /** Where it comes from. */
  uri?: string | null;
}

/** The metadata of a record. */
export type RecordMetadata = Readonly<Record<string, unknown>>;

/** Records as a client takes them: every column has as many values as there are ids. */
export interface RecordColumns {
  /** The ids. */
  ids: string[];
  /** The vectors. */
  embeddings?: number[][];
  /** The texts. */
  documents?: string[];
  /** The metadata. */
  metadatas?: RecordMetadata[];
  /** Where the records come from. */
  uris?: string[];
}

/** Which records are asked for, and nothing of them but whether they are there. */
export interface RecordQuery {
  /** Their ids. */
  ids: string[];
  /** What is wanted besides the ids: nothing. */
  include: [];
}

/** What a client answers, and whatever else it has. */
export interface RecordAnswer {
  /** The ids of the records that there are. */
  readonly ids: readonly string[];
}

/** A collection that can be read. */
export interface ReadableCollection {
  /** Its id, where it has one. */
  readonly id?: string;
  /** Its name, where it has one. */
  readonly name?: string;
  /** Counts the records. */
  count(): Promise<number>;
  /** Tells which of some records there are. */
  get(query: RecordQuery): Promise<RecordAnswer>;
}

/** A collection whose records can be put in and replaced. */
export interface UpsertCollection extends ReadableCollection {
  /** Puts records in; one whose id is there already is replaced. */
  upsert(records: RecordColumns): Promise<unknown>;
}

/** A collection that records can only be added to. */
export interface AddCollection extends ReadableCollection {
  /** Adds records; one whose id is there already stays as it is. */
  add(records: RecordColumns): Promise<unknown>;
}

/** A collection that records can be removed from. */
export interface DeleteCollection extends ReadableCollection {
  /** Removes records. */
  delete(query: { ids: string[] }): Promise<unknown>;
}

/** A collection that records can be written to, by `upsert` where it has that, else by `add`. */
export type IndexCollection = UpsertCollection | AddCollection;

/** Knows how many records a server takes at once. */
export interface BatchLimitClient {
  /** Asks for the most records that one request may have. */
  getMaxBatchSize(): Promise<number>;
}

/** Puts records into columns; those of one call have the same fields, see {@linkcode shapeOf}. */
export function toColumns(records: readonly IndexRecord[]): RecordColumns {
  const columns: RecordColumns = { ids: records.map(({ id }) => id) };
  const embeddings = records.flatMap(({ embedding }) => embedding ? [Array.from(embedding)] : []);
  const documents = records.flatMap(({ document }) => document ?? []);
  const metadatas = records.flatMap(({ metadata }) => hasFields(metadata) ? [metadata] : []);
  const uris = records.flatMap(({ uri }) => uri ?? []);
  if (embeddings.length > 0) columns.embeddings = embeddings;
  if (documents.length > 0) columns.documents = documents;
  if (metadatas.length > 0) columns.metadatas = metadatas;
  if (uris.length > 0) columns.uris = uris;
  return columns;
}

/** Says which fields a record has: a client wants each column to be full or missing. */
export function shapeOf({ embedding, document, metadata, uri }: IndexRecord): string {
  const fields = [Boolean(embedding), isText(document), hasFields(metadata), isText(uri)];
  return fields.map(Number).join("");
}

function isText(text: string | null | undefined): text is string {
  return text !== null && text !== undefined;
}

/** Clients refuse metadata that has no field. */
function hasFields(metadata: RecordMetadata | null | undefined): metadata is RecordMetadata {
  return metadata !== null && metadata !== undefined && Object.keys(metadata).length > 0;
}
