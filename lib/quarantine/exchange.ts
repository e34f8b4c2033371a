/**
 * Exchanging entries of a store for others, as a repair does it and its undoing, and a restore of
 * metadata: what leaves goes into a new entry of the quarantine of kind `repair`.
 *
 * The entry with its manifest is on the disk before anything moves; then everything is exchanged in
 * one step of the journal, while no engine can use the store.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { keepEnginesOut } from "../engine/own_store.ts";
import { digestTree } from "../fs/copy.ts";
import { listStanding, type SwapNames } from "../fs/entry_names.ts";
import { pathsOf } from "../fs/journal.ts";
import { listInterruptedChanges } from "../fs/recover.ts";
import { swapEntries } from "../fs/swap_entries.ts";
import { isCompanionName } from "../fs/swap_steps.ts";
import { isAbove, removeTree } from "../fs/tree.ts";
import { removeIfEmpty } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import { formatByName } from "../stores/registry.ts";
import { type PreparedEntry, prepareEntry } from "./entry.ts";
import { measureTree } from "./list_quarantine.ts";
import { DATA_NAME, type QuarantineItem, type RepairFacts } from "./manifest.ts";
import { stampEntries } from "./store_stamps.ts";

/** What is exchanged, and why. */
export interface ExchangeRequest {
  /** The store. */
  readonly store: DetectedStore;
  /** The directory from which entries come. */
  readonly directory: string;
  /** Which entries. */
  readonly names: SwapNames;
  /** Makes sure that the store is still as it was when this was planned. */
  readonly requireUnchanged: () => void;
  /** Why, for people. */
  readonly reason: string;
  /** The codes of the findings that are answered. */
  readonly findings: readonly string[];
  /** Tells the collection to which an entry belongs that leaves, or null. */
  readonly collectionOf: (name: string) => string | null;
  /** What the manifest says besides. */
  readonly facts: Pick<RepairFacts, "holdsOnlyCopies" | "records">;
}

/** How it is done. */
export interface ExchangeOptions {
  /** The file system. */
  readonly fs: WriteFs;
  /** The clock. */
  readonly now: () => Date;
}

/** An exchange that is prepared: what leaves has a place. */
export interface PreparedExchange {
  /** What was asked for. */
  readonly request: ExchangeRequest;
  /** Where what leaves goes. */
  readonly entry: PreparedEntry;
  /** The name of the database, or null where the format has none. */
  readonly database: string | null;
}

/**
 * Tells the path of the database by whose lock engines are kept out.
 *
 * @param store The store.
 * @returns The path, or null where the format has none.
 */
export function databaseOf(store: DetectedStore): string | null {
  return formatByName(store.format).lockedDatabase(store);
}

/**
 * Makes the entry of the quarantine for what leaves. The caller holds the store's lock.
 *
 * @param request What is exchanged.
 * @param options The clock.
 * @returns The exchange, which is then carried out or discarded.
 * @throws {OperationError} The entry cannot be made; nothing is left of it.
 */
export function prepareExchange(
  request: ExchangeRequest,
  { fs, now }: ExchangeOptions,
): PreparedExchange {
  const { store, directory, names, reason, findings, facts } = request;
  const path = databaseOf(store);
  const database = path === null ? null : basename(path);
  const leaving = listLeaving(fs, request, database);
  const old = new Set(leaving);
  const entry = prepareEntry(store.path, {
    kind: "repair",
    reason,
    findings,
    items: leaving.map((name) => toItem(fs, request, name)),
    repair: {
      added: names.coming.filter((name) => !old.has(name)),
      came: stampEntries(fs, directory, names.coming)
        .map(({ path, sizeBytes, modifiedMs }) => ({ path, sizeBytes, modifiedMs })),
      ...facts,
    },
  }, { fs, now });
  return { request, entry, database };
}

/** What leaves: also what something comes for, and what belongs to a database that leaves. */
function listLeaving(
  fs: WriteFs,
  { store, names: { leaving, coming } }: ExchangeRequest,
  database: string | null,
): string[] {
  const out = new Set([...leaving, ...coming]);
  const withDatabase = database !== null && out.has(database);
  return listStanding(fs, store.path, out).filter((name) =>
    out.has(name) || (withDatabase && isCompanionName(name, database))
  );
}

function toItem(
  fs: WriteFs,
  { store, collectionOf }: ExchangeRequest,
  name: string,
): QuarantineItem {
  const path = join(store.path, name);
  return {
    from: name,
    to: `${DATA_NAME}/${name}`,
    sizeBytes: measureTree(fs, path),
    sha256: digestOrNull(fs, path),
    collection: collectionOf(name),
    records: null,
    onlyCopies: null,
  };
}

function digestOrNull(fs: WriteFs, path: string): string | null {
  try {
    return digestTree(fs, path);
  } catch {
    // What cannot be read can still be renamed.
    return null;
  }
}

/**
 * Exchanges the entries.
 *
 * @param exchange The exchange.
 * @param options The clock.
 * @throws {OperationError} The store has changed, is in use, or something failed: then everything is
 * where it was, unless the error says otherwise.
 */
export function carryOutExchange(
  { request, entry, database }: PreparedExchange,
  { fs, now }: ExchangeOptions,
): void {
  const { store, directory, names } = request;
  const leaving = listLeaving(fs, request, database);
  keepEnginesOut(store, { fs }, () => {
    request.requireUnchanged();
    swapEntries(store.path, directory, {
      store: store.path,
      aside: entry.dataPath,
      database,
      names: { leaving, coming: names.coming },
      fs,
      now,
    });
  });
}

/**
 * Prepares an exchange and carries it out.
 *
 * @param request What is exchanged.
 * @param options The clock.
 * @returns The name of the entry of the quarantine that holds what has left.
 * @throws {OperationError} As {@linkcode carryOutExchange}; nothing of the entry is left then.
 */
export function exchangeEntries(request: ExchangeRequest, options: ExchangeOptions): string {
  const exchange = prepareExchange(request, options);
  try {
    carryOutExchange(exchange, options);
  } catch (error) {
    discardExchange(exchange, options);
    throw error;
  }
  return exchange.entry.id;
}

/**
 * Removes the entry of an exchange that did not take place. It stays where something of the store
 * may be in it.
 *
 * @param exchange The exchange.
 * @param options The file system.
 */
export function discardExchange(
  { request, entry }: PreparedExchange,
  { fs }: Pick<ExchangeOptions, "fs">,
): void {
  const { directory, dataPath } = entry;
  if (fs.look(dataPath) !== null || isUnsettled(fs, request.store.path, directory)) return;
  try {
    removeTree(fs, directory);
  } catch {
    // It holds nothing and says so: a purge removes it.
  }
  removeIfEmpty(fs, dirname(directory), dirname(dirname(directory)));
}

/**
 * Whether a change of a store was begun and is neither done nor undone that needs something: the
 * next run goes by the journal.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param path What may be needed, with all that is in it.
 * @returns Whether there is a record of such a change.
 */
export function isUnsettled(fs: WriteFs, store: string, path: string): boolean {
  return listInterruptedChanges(store, { fs }).flatMap(pathsOf)
    .some((inner) => isAbove(path, inner));
}
