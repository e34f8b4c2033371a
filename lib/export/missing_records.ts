/**
 * Records that a repair takes out of a store, among the records of that store: their vectors are
 * gone, and everything else of them is in `missing.jsonl`.
 *
 * @module
 */

import type { Turns } from "../base/turns.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type {
  CollectionFacts,
  RecordBatch,
  RecordSource,
  SourceItem,
} from "../model/record_stream.ts";
import { readFileLines } from "../stores/json_lines.ts";

/** So many records are read at a time. */
const RECORDS_PER_BATCH = 256;

const decoder = new TextDecoder();

/** A line, as far as it is used. */
interface MissingLine {
  readonly collection: string | null;
  readonly id: string | null;
  readonly document: string | null;
  readonly metadataJson: string | null;
  readonly reason: string | null;
}

/** The records of a store, and behind those of each collection what was taken out of it. */
export class SourceWithMissing implements RecordSource {
  readonly #source: RecordSource;
  readonly #path: string;
  readonly #fs: Pick<WriteFs, "openForReading">;
  /** The collections by what the source has of them; null where it has none of that name. */
  readonly #collections = new Map<CollectionFacts, CollectionFacts | null>();
  /** The collections that have lines, with the name by which lines name them. */
  readonly #names = new Map<CollectionFacts, string | null>();

  /**
   * Adds lines to a source.
   *
   * @param source The records that are left; it is disposed of with this.
   * @param path The file of lines.
   * @param fs The file system.
   * @throws {OperationError} The file cannot be read.
   */
  constructor(source: RecordSource, path: string, fs: Pick<WriteFs, "openForReading">) {
    this.#source = source;
    this.#path = path;
    this.#fs = fs;
    const counts = new Map<string | null, number>();
    for (const { collection } of this.#lines()) {
      counts.set(collection, (counts.get(collection) ?? 0) + 1);
    }
    for (const own of source.collections) {
      const missing = counts.get(own.name) ?? 0;
      const facts = { ...own, records: own.records + missing };
      this.#collections.set(facts, own);
      if (missing > 0) this.#names.set(facts, own.name);
      counts.delete(own.name);
    }
    for (const [name, records] of counts) {
      const facts = { ...NOTHING_KNOWN, id: name ?? "", name, records };
      this.#collections.set(facts, null);
      this.#names.set(facts, name);
    }
  }

  /** The collections, those last of which nothing else is left. */
  get collections(): readonly CollectionFacts[] {
    return [...this.#collections.keys()];
  }

  /** Reads collections. */
  async *read(
    wanted: ReadonlySet<CollectionFacts>,
    turns: Turns,
  ): AsyncGenerator<SourceItem, void, undefined> {
    for (const [collection, own] of this.#collections) {
      if (!wanted.has(collection)) continue;
      yield { kind: "collection", collection };
      if (own !== null) {
        for await (const item of this.#source.read(new Set([own]), turns)) {
          if (item.kind === "records") yield item;
        }
      }
      if (!this.#names.has(collection)) continue;
      for (const batch of this.#batches(collection)) {
        yield { kind: "records", batch };
        await turns.take();
      }
    }
  }

  /** Disposes of the source. */
  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }

  *#batches(collection: CollectionFacts): Generator<RecordBatch, void, undefined> {
    const name = this.#names.get(collection) ?? null;
    let lines: MissingLine[] = [];
    for (const line of this.#lines()) {
      if (line.collection !== name) continue;
      lines.push(line);
      if (lines.length < RECORDS_PER_BATCH) continue;
      yield toBatch(lines, collection);
      lines = [];
    }
    if (lines.length > 0) yield toBatch(lines, collection);
  }

  *#lines(): Generator<MissingLine, void, undefined> {
    using file = this.#fs.openForReading(this.#path);
    for (const { bytes } of readFileLines(file, this.#path)) {
      yield parseLine(decoder.decode(bytes));
    }
  }
}

const NOTHING_KNOWN = {
  tenant: null,
  database: null,
  dimension: null,
  space: null,
  metadataJson: null,
} as const;

/** This program has written the line. */
function parseLine(text: string): MissingLine {
  const line: Readonly<Record<string, unknown>> = JSON.parse(text);
  const { metadata = null } = line;
  return {
    collection: textOrNull(line.collection),
    id: textOrNull(line.id),
    document: textOrNull(line.document),
    metadataJson: metadata === null ? null : JSON.stringify(metadata),
    reason: textOrNull(line.reason),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function toBatch(lines: readonly MissingLine[], { dimension }: CollectionFacts): RecordBatch {
  return {
    count: lines.length,
    ids: lines.map(({ id }) => id),
    documents: lines.map(({ document }) => document),
    uris: lines.map(() => null),
    metadataJsons: lines.map(({ metadataJson }) => metadataJson),
    dimension: dimension ?? 0,
    vectors: new Float32Array(lines.length * (dimension ?? 0)),
    hasVector: new Uint8Array(lines.length),
    reasons: lines.map(({ reason }) => reason),
  };
}
