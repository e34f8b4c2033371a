/**
 * Opening the records of a store for an export. It is checked in full, before that or meanwhile, and
 * what is read of it is what was checked.
 *
 * @module
 */

import { basename, dirname } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { Turns } from "../base/turns.ts";
import type { CollectedCheck } from "../engine/collect_check.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { isDamage } from "../model/finding.ts";
import type { CollectionFacts, RecordSource } from "../model/record_stream.ts";
import type { DetectedStore, FileStamp } from "../model/store.ts";
import { listChanged, nameFirst, stampEntries, stampStore } from "../quarantine/store_stamps.ts";
import { toRepairError } from "../repair/prepare_plan.ts";
import { openRecordSource } from "../stores/record_source.ts";
import { requireStore } from "../stores/registry.ts";
import type { ExportLosses, ReadOptions } from "./outcome.ts";
import { BUSY_HINT, RunningCheck } from "./running_check.ts";
import { salvageStore } from "./salvaged_store.ts";

/** How many names of collections a message has. */
const MOST_NAMED = 10;

/** How a store is opened. */
export interface OpenReadingOptions extends ReadOptions {
  /** Whether records may be read while the check still runs; who reads them waits for its end. */
  readonly isHasty?: boolean;
}

/** The records of a store, and what is known of it. */
export class StoreReading implements AsyncDisposable {
  readonly #fs: WriteFs;
  readonly #stamps: readonly FileStamp[];
  readonly #options: ReadOptions;
  #opened: Disposable | null = null;
  /** The store. */
  readonly store: DetectedStore;
  readonly #check: RunningCheck;
  /** Lets others run meanwhile. */
  readonly turns: Turns;
  /** Its records; null where it is damaged and was not to be salvaged. */
  source: RecordSource | null = null;
  /** What is lost; null where the store is whole. */
  lost: ExportLosses | null = null;

  private constructor(store: DetectedStore, options: ReadOptions) {
    this.store = store;
    this.#fs = options.fs ?? localFs;
    this.#stamps = stamp(this.#fs, store);
    this.#options = options;
    this.turns = new Turns(options.signal);
    this.#check = new RunningCheck(store, options);
  }

  /**
   * Checks a store, and opens its records.
   *
   * @param path The store's directory, or an export file of chromem-go.
   * @param options Which records are read, and how.
   * @returns The records; the caller disposes of them.
   * @throws {OperationError} There is no store, it cannot be read, or is in use.
   */
  static async open(path: string, options: OpenReadingOptions): Promise<StoreReading> {
    const { key, signal, isHasty = false } = options;
    const store = requireStore(path, { files: true, hasKey: key !== undefined });
    const reading = new StoreReading(store, options);
    try {
      if (isHasty) await reading.#openHastily();
      else await reading.#openChecked();
      return reading;
    } catch (error) {
      await reading[Symbol.asyncDispose]();
      throw options.salvage === true ? toRepairError(error, store.path, signal, "salvage") : error;
    }
  }

  /** What a full check has found; it has ended. */
  get checked(): CollectedCheck {
    return this.#check.result;
  }

  /** Whether the check, which has ended, has found damage. */
  get isDamaged(): boolean {
    return this.checked.findings.some(isDamage);
  }

  /**
   * Waits for the end of the check.
   *
   * @returns Whether what was read may be used: the store is whole, or it was to be salvaged.
   * @throws {OperationError} The store cannot be read, or is in use.
   */
  async isUsable(): Promise<boolean> {
    await this.#check.settle();
    return this.#options.salvage === true || !this.isDamaged;
  }

  /**
   * Chooses the collections that are wanted.
   *
   * @returns Those with the name or the id that was asked for; all where none was.
   * @throws {OperationError} `not-found`: there is none.
   */
  selectCollections(): Set<CollectionFacts> {
    const collections = this.source?.collections ?? [];
    const { collection: wanted } = this.#options;
    if (wanted === undefined) return new Set(collections);
    const named = collections.filter(({ name }) => name === wanted);
    const found = named.length > 0 ? named : collections.filter(({ id }) => id === wanted);
    if (found.length > 0) return new Set(found);
    const names = collections.slice(0, MOST_NAMED).map(({ name, id }) => printable(name ?? id, 60));
    throw new OperationError(
      "not-found",
      `There is no collection ${printable(wanted, 200)} in ${this.store.path}`,
      {
        path: this.store.path,
        hint: names.length === 0
          ? "There is no collection in it at all."
          : `There ${collections.length === 1 ? "is" : "are"}: ${names.join(", ")}${
            collections.length > MOST_NAMED ? ", …" : ""
          }`,
      },
    );
  }

  /**
   * Makes sure that what was read is what was checked.
   *
   * @throws {OperationError} `busy`: something has written to the store.
   */
  requireUnchanged(): void {
    const changed = listChanged(this.#stamps, stamp(this.#fs, this.store));
    if (changed.length === 0) return;
    throw new OperationError(
      "busy",
      `The store was written to during the export: ${nameFirst(changed, "more", "more")}`,
      {
        path: this.store.path,
        hint: BUSY_HINT,
      },
    );
  }

  /** Ends the check, closes the records, and removes private copies. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#check[Symbol.asyncDispose]();
    this.#opened?.[Symbol.dispose]();
    this.#opened = null;
  }

  async #openChecked(): Promise<void> {
    if (!await this.isUsable()) return;
    const isFile = this.store.format === "chromem-export";
    if (!this.isDamaged || isFile) {
      await this.#openSource();
      this.lost = this.isDamaged ? this.#listUnread() : null;
      return;
    }
    const { store, checked } = this;
    const salvaged = await salvageStore({ store, checked, fs: this.#fs }, this.#options);
    this.#opened = salvaged;
    this.source = salvaged.source;
    this.lost = salvaged.lost;
  }

  async #openHastily(): Promise<void> {
    try {
      await this.#openSource();
    } catch (error) {
      // Where damage is the reason, the check says so.
      if (await this.isUsable()) throw error;
    }
  }

  async #openSource(): Promise<void> {
    const { key = null } = this.#options;
    const source = await openRecordSource(this.store, { key }, this.turns);
    this.#opened = source;
    this.source = source;
  }

  /** An export file is read up to its damage. */
  #listUnread(): ExportLosses {
    const damage = this.checked.findings.filter(isDamage);
    return {
      losses: [],
      unanswered: damage.map(({ code, message }) => ({ code, reason: message })),
    };
  }
}

function stamp(fs: WriteFs, { path, format }: DetectedStore): FileStamp[] {
  if (format !== "chromem-export") return stampStore(fs, path);
  return stampEntries(fs, dirname(path), [basename(path)]);
}
