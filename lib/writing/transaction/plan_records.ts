/**
 * Planning to put the records of a store back through a client: what is different, and whether a
 * client can make all of it what it was. Nothing is changed here.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { readStoreContents } from "../../engine/contents.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import type { CollectionContents, DetectedStore } from "../../model/store.ts";
import { listChanged, stampStore } from "../../quarantine/store_stamps.ts";
import type { RecordReader, RecordVectors } from "../../model/stored_record.ts";
import { openRecords } from "../../stores/record_reader.ts";
import { findRecordChanges, type RecordChanges } from "./record_changes.ts";
import type { RecordsClient, RollbackCollection } from "./records_client.ts";
import { getCollection } from "./rollback_way.ts";
import type { Unrestored } from "./transaction_options.ts";

/** What is planned, and from what. */
export interface RecordsRequest {
  /** The store as it is. */
  readonly store: DetectedStore;
  /** The copy of it as it was. */
  readonly copy: DetectedStore;
  /** What the collections held. */
  readonly then: readonly CollectionContents[];
  /** The client of the server that serves the store. */
  readonly client: RecordsClient;
  /** The file system. */
  readonly fs: WriteFs;
}

/** A collection whose records are put back, with the files open from which they come. */
export interface ChangedCollection {
  /** Its name. */
  readonly name: string;
  /** The collection, through the client. */
  readonly collection: RollbackCollection;
  /** The records as they were. */
  readonly then: RecordReader;
  /** Their vectors. */
  readonly vectors: RecordVectors;
  /** What has become of them. */
  readonly changes: RecordChanges;
}

/** What is going to be done. */
export interface RecordsPlan extends Disposable {
  /** The names of collections that are new, and are removed. */
  readonly newCollections: readonly string[];
  /** The collections whose records are put back. */
  readonly changed: readonly ChangedCollection[];
  /** What a client cannot make what it was; nothing is done then. */
  readonly obstacles: readonly Unrestored[];
}

/** How often a store is read that others write to meanwhile. */
const MOST_TRIES = 3;

/**
 * Finds out what has to be put back.
 *
 * @param request The store, and the copy of it.
 * @returns The plan; the caller disposes of it.
 * @throws {OperationError} Something cannot be read, others write to the store, or the client is not
 * one of its server.
 */
export async function planRecords(request: RecordsRequest): Promise<RecordsPlan> {
  const { fs, store } = request;
  for (let tries = 1;; tries++) {
    const before = stampStore(fs, store.path);
    const plan = await planOnce(request);
    const written = listChanged(before, stampStore(fs, store.path));
    if (written.length === 0) return plan;
    plan[Symbol.dispose]();
    if (tries < MOST_TRIES) continue;
    throw new OperationError("busy", `Others write to the store meanwhile: ${written[0]}`, {
      path: store.path,
      hint: "Keep other clients from writing until this has been put back.",
    });
  }
}

async function planOnce(request: RecordsRequest): Promise<RecordsPlan> {
  const now = await readStoreContents(request.store.path);
  const { newCollections, changed, obstacles } = compareCollections(request.then, now);
  using opened = new DisposableStack();
  const collections: ChangedCollection[] = [];
  for (const contents of changed) {
    const planned = await planCollection(request, contents, opened);
    collections.push(planned);
    const lost = listWithoutVector(planned);
    if (lost.length === 0) continue;
    obstacles.push({
      collection: planned.name,
      problem: "their vectors are lost in the copy too",
      ids: lost,
    });
  }
  for (const contents of newCollections) await requireSame(request.client, contents);
  const release = opened.move();
  return {
    newCollections: newCollections.map(({ name }) => name),
    changed: collections,
    obstacles,
    [Symbol.dispose]: () => release.dispose(),
  };
}

/** What has become of the collections. */
interface ComparedCollections {
  readonly newCollections: readonly CollectionContents[];
  /** Those that hold something else, as they are now. */
  readonly changed: readonly CollectionContents[];
  readonly obstacles: Unrestored[];
}

function compareCollections(
  then: readonly CollectionContents[],
  now: readonly CollectionContents[],
): ComparedCollections {
  const left = new Map(now.map((collection) => [collection.id, collection]));
  const changed: CollectionContents[] = [];
  const obstacles: Unrestored[] = [];
  for (const { id, name, hash } of then) {
    const current = left.get(id);
    left.delete(id);
    if (current === undefined) {
      const problem = "it was removed, and a server gives a new one another id";
      obstacles.push({ collection: name, problem, ids: [] });
    } else if (current.name !== name) {
      obstacles.push({ collection: name, problem: `it is called "${current.name}" now`, ids: [] });
    } else if (current.hash !== hash) changed.push(current);
  }
  return { newCollections: [...left.values()], changed, obstacles };
}

async function planCollection(
  { store, copy, client }: RecordsRequest,
  contents: CollectionContents,
  opened: DisposableStack,
): Promise<ChangedCollection> {
  const collection = await requireSame(client, contents);
  const then = opened.use(openRecords(copy, contents.id));
  using now = openRecords(store, contents.id);
  const changes = findRecordChanges(then, now);
  const wanted = new Set([...changes.removed, ...changes.changed.keys()]);
  const vectors = opened.use(then.openVectors(wanted));
  return { name: contents.name, collection, then, vectors, changes };
}

function listWithoutVector({ vectors, changes }: ChangedCollection): string[] {
  return [...changes.removed, ...changes.changed.keys()].filter((id) => !vectors.has(id));
}

/** What is removed and written is removed and written in this store, and in no other. */
async function requireSame(
  client: RecordsClient,
  { id, name, records }: CollectionContents,
): Promise<RollbackCollection> {
  const collection = await getCollection(() => client.getCollection({ name }), name);
  const count = await getCollection(() => collection.count(), name);
  if (collection.id === id && count === records) return collection;
  const difference = collection.id === id
    ? `it counts ${count} records, and the store has ${records}`
    : `its id is ${collection.id}, and the store has ${id}`;
  throw new OperationError(
    "usage",
    `The client's collection "${name}" is not the one of the store: ${difference}`,
    { hint: "Connect it to the server of this store, and keep others from writing." },
  );
}
