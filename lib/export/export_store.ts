/**
 * Writing the records of a store into files, or to a stream.
 *
 * @module
 */

import { resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { errorCodeOf, toWriteError } from "../fs/write_errors.ts";
import { isDamage } from "../model/finding.ts";
import type { CollectionFacts, RecordBatch, SourceItem } from "../model/record_stream.ts";
import type { DetectedStore } from "../model/store.ts";
import { formatByName } from "../stores/registry.ts";
import { requireTarget, StreamPlace, withNewFiles, type WrittenFile } from "./export_place.ts";
import { LinesWriter } from "./lines_writer.ts";
import { NpyWriter } from "./npy_writer.ts";
import type { ExportedCollection, ExportOptions, ExportOutcome } from "./outcome.ts";
import type { ExportPlace, RecordWriter } from "./record_writer.ts";
import { StoreReading } from "./store_reading.ts";

/** The ending by which a path is known for that of one Parquet file. */
const PARQUET_ENDING = ".parquet";

/** Thrown when whoever reads a stream has ended: that is no failure. */
export class ReaderGone extends Error {}

/**
 * Exports a store.
 *
 * @param path The store's directory, or an export file of chromem-go.
 * @param options What is exported, in which format, and where to.
 * @returns What became of it.
 * @throws {OperationError} There is no store, it cannot be read, or is in use; or the files cannot be
 * written. Nothing is left of them then.
 */
export async function exportStore(path: string, options: ExportOptions): Promise<ExportOutcome> {
  const startedMs = performance.now();
  const { signal, target, fs = localFs } = options;
  try {
    if (typeof target === "string") await requireTarget(fs, resolve(target), path);
    // What goes to a stream cannot be taken back: the check comes first.
    const isHasty = typeof target === "string" && options.salvage !== true;
    await using reading = await StoreReading.open(path, { ...options, isHasty });
    const outcome = await runExport(reading, options);
    return { ...outcome, elapsedMs: Math.round(performance.now() - startedMs) };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (errorCodeOf(error) === "") throw error;
    throw toWriteError(error, typeof target === "string" ? target : path);
  }
}

async function runExport(
  reading: StoreReading,
  options: ExportOptions,
): Promise<TimelessOutcome> {
  try {
    if (reading.source !== null) return await new ExportRun(reading, options).run();
  } catch (error) {
    options.signal?.throwIfAborted();
    // Where damage is the reason, the check says so.
    if (await reading.isUsable()) throw error;
  }
  return describe(reading, options, { state: "damaged", ...NOTHING });
}

type TimelessOutcome = Omit<ExportOutcome, "elapsedMs">;

/** What was written. */
interface Written {
  readonly state: ExportOutcome["state"];
  readonly collections: readonly ExportedCollection[];
  readonly files: readonly WrittenFile[];
}

const NOTHING = { collections: [], files: [] } as const;

/** One export, of a store that is open. */
class ExportRun {
  readonly #reading: StoreReading;
  readonly #options: ExportOptions;
  readonly #wanted: ReadonlySet<CollectionFacts>;
  readonly #collections: ExportedCollection[] = [];
  #tally = { records: 0, withoutVector: 0 };
  #current: CollectionFacts | null = null;
  #done = 0;

  constructor(reading: StoreReading, options: ExportOptions) {
    this.#reading = reading;
    this.#options = options;
    this.#wanted = reading.selectCollections();
  }

  async run(): Promise<TimelessOutcome> {
    const { target, fs = localFs } = this.#options;
    if (typeof target === "string") return await this.#writeFiles(resolve(target), fs);
    if (this.#options.format !== "jsonl") this.#requireOne("Standard output takes one");
    const place = new StreamPlace(target);
    return await this.#write(place, await this.#createWriter(place, true));
  }

  async #writeFiles(path: string, fs: WriteFs): Promise<TimelessOutcome> {
    const { format } = this.#options;
    const isOneFile = format === "jsonl" || (format === "parquet" && path.endsWith(PARQUET_ENDING));
    if (isOneFile && format === "parquet") this.#requireOne(`${path} takes one`);
    const isAlone = isOneFile ||
      (this.#options.collection !== undefined && this.#wanted.size === 1);
    const { store } = this.#reading;
    const isDirectory = !isOneFile;
    const where = { path, isDirectory, store: store.path, mode: readMode(fs, store) };
    const outcome = await withNewFiles(fs, where, async (place) => {
      const written = await this.#write(place, await this.#createWriter(place, isAlone));
      return { ...written, isKept: written.state === "exported" };
    });
    const { isKept: _isKept, ...rest } = outcome;
    return rest;
  }

  async #createWriter(place: ExportPlace, isAlone: boolean): Promise<RecordWriter> {
    switch (this.#options.format) {
      case "jsonl":
        return new LinesWriter(place.createFile(""));
      case "parquet": {
        // What writes it is large, and no other format needs it.
        const { ParquetWriter } = await import("./parquet_writer.ts");
        return new ParquetWriter(place, isAlone);
      }
      case "npy":
        return new NpyWriter(place, isAlone);
    }
  }

  #requireOne(what: string): void {
    if (this.#wanted.size === 1) return;
    throw new OperationError(
      "usage",
      `${what} collection as a Parquet file, and there are ${this.#wanted.size}`,
      {
        path: this.#reading.store.path,
        hint: "Choose one with --collection NAME, or let -o name a directory, without the ending " +
          `${PARQUET_ENDING}.`,
      },
    );
  }

  async #write(
    place: { readonly files: readonly WrittenFile[] },
    writer: RecordWriter,
  ): Promise<TimelessOutcome> {
    const { source, turns } = this.#reading;
    try {
      for await (const item of source?.read(this.#wanted, turns) ?? []) {
        await this.#take(item, writer);
      }
      await this.#endCollection(writer);
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw error;
      return this.#finish("interrupted", place.files);
    }
    if (!await this.#reading.isUsable()) {
      return describe(this.#reading, this.#options, { state: "damaged", ...NOTHING });
    }
    this.#reading.requireUnchanged();
    return this.#finish("exported", place.files);
  }

  async #take(item: SourceItem, writer: RecordWriter): Promise<void> {
    if (item.kind === "collection") {
      await this.#endCollection(writer);
      this.#current = item.collection;
      this.#tally = { records: 0, withoutVector: 0 };
      await writer.begin(item.collection);
      return;
    }
    const { batch } = item;
    this.#tally.records += batch.count;
    this.#tally.withoutVector += countWithoutVector(batch);
    if (this.#reading.lost === null && this.#tally.withoutVector > 0) {
      throw this.#createGapError(this.#current);
    }
    await writer.add(batch);
    this.#tell(batch.count);
  }

  async #endCollection(writer: RecordWriter): Promise<void> {
    const facts = this.#current;
    if (facts === null) return;
    this.#current = null;
    await writer.end();
    this.#collections.push({ facts, ...this.#tally });
    if (this.#reading.lost === null && this.#tally.records !== facts.records) {
      throw this.#createGapError(facts);
    }
  }

  /** A check finds such a store damaged: this one has changed since, or is read wrongly. */
  #createGapError(collection: CollectionFacts | null): OperationError {
    const name = printable(collection?.name ?? "", 100);
    return new OperationError(
      "read-failed",
      `Records of the collection ${name} are not as the check has found them`,
      {
        path: this.#reading.store.path,
        hint: "Make sure that nothing uses the store, and try again; or export it with --salvage.",
      },
    );
  }

  #tell(records: number): void {
    this.#done += records;
    const total = [...this.#wanted].reduce((sum, facts) => sum + facts.records, 0);
    this.#options.onProgress?.({ title: "writing records", done: this.#done / Math.max(1, total) });
  }

  #finish(state: Written["state"], files: readonly WrittenFile[]): TimelessOutcome {
    return describe(this.#reading, this.#options, {
      state,
      collections: this.#collections,
      files: files.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    });
  }
}

function countWithoutVector({ count, hasVector }: RecordBatch): number {
  let withVector = 0;
  for (let row = 0; row < count; row++) withVector += hasVector[row] ?? 0;
  return count - withVector;
}

function describe(
  { store, checked, lost }: StoreReading,
  { format, target }: ExportOptions,
  written: Written,
): TimelessOutcome {
  const hasLost = lost !== null && lost.losses.length + lost.unanswered.length > 0;
  const hasGaps = written.collections.some(({ withoutVector }) => withoutVector > 0);
  return {
    ...written,
    store: store.path,
    storeFormat: store.format,
    format,
    path: typeof target === "string" ? resolve(target) : null,
    damage: checked.findings.filter(isDamage),
    summary: checked.summary,
    lost,
    isComplete: written.state === "exported" && !hasLost && !hasGaps,
  };
}

/** What the store may not be read by, its export may not be read by either. */
function readMode(fs: WriteFs, store: DetectedStore): number {
  const database = formatByName(store.format).lockedDatabase(store);
  return [store.path, ...(database === null ? [] : [database])]
    .map((path) => fs.look(path) === null ? null : fs.look(fs.resolve(path))?.mode ?? null)
    .reduce<number>((mode, own) => own === null ? mode : mode & own, 0o666);
}
