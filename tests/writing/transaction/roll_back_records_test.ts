/**
 * Putting records back through a client that writes to the store as a server does, without one.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import { readStoreContents } from "../../../lib/engine/contents.ts";
import type { StoredRecord } from "../../../lib/model/stored_record.ts";
import { openRecords } from "../../../lib/stores/record_reader.ts";
import { requireStore } from "../../../lib/stores/registry.ts";
import type { RecordColumns } from "../../../lib/writing/batches/collection.ts";
import { putRecordsBack } from "../../../lib/writing/transaction/put_records_back.ts";
import { findRecordChanges } from "../../../lib/writing/transaction/record_changes.ts";
import type {
  RecordsClient,
  RollbackCollection,
} from "../../../lib/writing/transaction/records_client.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";
import { copyTree, goldenFacts, goldenStore, scratchDirectory } from "../../support/fixtures.ts";
import { chromemStore } from "../../support/chromem_stores.ts";
import { refusedWrite, write } from "./transaction_cases.ts";

const GOLDEN = "chroma-1.5.9";

async function idOf(store: string, name: string): Promise<string> {
  const contents = await readStoreContents(store);
  return contents.find((collection) => collection.name === name)?.id ?? "";
}

/** A collection that keeps what it is told, and holds records by their ids alone. */
class NotingCollection implements RollbackCollection {
  readonly id: string;
  readonly calls: [string, RecordColumns][] = [];
  readonly #ids: Set<string>;

  constructor(id: string, ids: Iterable<string>) {
    this.id = id;
    this.#ids = new Set(ids);
  }

  count(): Promise<number> {
    return Promise.resolve(this.#ids.size);
  }

  get({ ids = [] }: { ids?: string[] }): Promise<{ ids: string[] }> {
    return Promise.resolve({ ids: ids.filter((id) => this.#ids.has(id)) });
  }

  upsert(records: RecordColumns): Promise<void> {
    for (const id of records.ids) this.#ids.add(id);
    this.calls.push(["upsert", records]);
    return Promise.resolve();
  }

  update(records: RecordColumns): Promise<void> {
    this.calls.push(["update", records]);
    return Promise.resolve();
  }

  delete(records: { ids: string[] }): Promise<void> {
    for (const id of records.ids) this.#ids.delete(id);
    this.calls.push(["delete", records]);
    return Promise.resolve();
  }
}

Deno.test("openRecords() gives the records as the engine does", async () => {
  const store = requireStore(await goldenStore(GOLDEN));
  const { collections } = await goldenFacts(GOLDEN);
  for (const name of ["notes", "cosine", "unflushed"]) {
    const facts = collections[name];
    assert(facts?.documents !== undefined && facts.embeddings_f32_base64 !== undefined);
    const { ids, documents, metadatas, dimension = 0 } = facts;
    const all = new Float32Array(Uint8Array.fromBase64(facts.embeddings_f32_base64).buffer);
    using reader = openRecords(store, await idOf(store.path, name));
    const records = new Map(reader.list().map((record) => [record.id, record]));
    assertEquals(records.size, facts.count);
    using vectors = reader.openVectors(new Set(ids));
    for (const [index, id] of ids.entries()) {
      const record = records.get(id);
      assertEquals(record?.document, documents[index]);
      const values = record?.metadata.entries().map(([key, { value }]) => [key, value]);
      assertEquals(Object.fromEntries(values ?? []), metadatas?.[index]);
      const wanted = all.subarray(index * dimension, (index + 1) * dimension);
      const vector = vectors.read(id);
      assert(vector?.every((value, place) => Math.abs(value - (wanted[place] ?? NaN)) < 1e-6));
    }
    assertEquals([vectors.has("no such id"), vectors.read("no such id")], [false, null]);
    assertEquals(reader.roundsVectors, name === "cosine");
  }
});

Deno.test("openRecords() tells a float that is whole from an integer", async () => {
  const store = requireStore(await goldenStore(GOLDEN));
  using reader = openRecords(store, await idOf(store.path, "notes"));
  const first = reader.list().find(({ id }) => id === "notes-00000");
  assertEquals(first?.metadata.get("score"), { type: "float", value: 0, isExact: false });
  assertEquals(first?.metadata.get("page"), { type: "integer", value: 0, isExact: true });
});

Deno.test("openRecords() refuses what has no such records", async () => {
  const chromem = requireStore(await chromemStore("plain"));
  const chroma = requireStore(await goldenStore(GOLDEN));
  const cases = [[chromem, "unsupported"], [chroma, "not-found"]] as const;
  for (const [store, code] of cases) {
    try {
      openRecords(store, "4481995c-0000-4e5e-ba4c-e5aba777648d");
      throw new Error("nothing was thrown");
    } catch (error) {
      assert(error instanceof OperationError);
      assertEquals(error.code, code);
    }
  }
});

/** Two copies of a store, of which the second was written to. */
async function twoStores(...statements: readonly string[]): Promise<[string, string]> {
  const then = await goldenStore(GOLDEN);
  const now = join(await scratchDirectory(), "store");
  await copyTree(then, now);
  for (const statement of statements) write(now, statement);
  return [then, now];
}

/** The row of a record of the collection "notes". */
const ROW = (id: string): string => `(SELECT id FROM embeddings WHERE embedding_id = '${id}')`;

const REMOVE = (id: string): string =>
  `DELETE FROM embedding_metadata WHERE id = ${ROW(id)};
   DELETE FROM embeddings WHERE embedding_id = '${id}'`;

/** One record less, one under another id, one with another value. */
const ONE_OF_EACH = [
  REMOVE("notes-00001"),
  "UPDATE embeddings SET embedding_id = 'notes-new' WHERE embedding_id = 'notes-00002'",
  `UPDATE embedding_metadata SET int_value = 99 WHERE key = 'page' AND id = ${ROW("notes-00003")}`,
];

Deno.test("findRecordChanges() finds what is new, other and gone, and what of it", async () => {
  const [then, now] = await twoStores(
    ...ONE_OF_EACH,
  );
  const id = await idOf(then, "notes");
  using before = openRecords(requireStore(then), id);
  using after = openRecords(requireStore(now), id);
  const { added, changed, removed, rounded } = findRecordChanges(before, after);
  assertEquals([...added], ["notes-new"]);
  assertEquals([...removed].sort(), ["notes-00001", "notes-00002"]);
  assertEquals([...changed.keys()], ["notes-00003"]);
  assertEquals(changed.get("notes-00003")?.hasSameVector, true);
  assertEquals(rounded, []);
  const none = findRecordChanges(before, before);
  assertEquals([none.added.length, none.changed.size, none.removed.size], [0, 0, 0]);
});

Deno.test("putRecordsBack() sends no more than what is different", async () => {
  const [then, now] = await twoStores(
    ...ONE_OF_EACH,
    `UPDATE embedding_metadata SET string_value = 'other'
       WHERE key = 'chroma:document' AND id = ${ROW("notes-00004")}`,
    `INSERT INTO embedding_metadata (id, key, int_value) VALUES (${
      ROW("notes-00006")
    }, 'extra', 1)`,
  );
  const id = await idOf(then, "notes");
  using before = openRecords(requireStore(then), id);
  using after = openRecords(requireStore(now), id);
  const changes = findRecordChanges(before, after);
  const wanted = new Set([...changes.removed, ...changes.changed.keys()]);
  using vectors = before.openVectors(wanted);
  const collection = new NotingCollection(
    id,
    after.list().map((record: StoredRecord) => record.id),
  );
  const inexact = await putRecordsBack({
    collection,
    then: before,
    vectors,
    changes,
    removesFirst: false,
  });
  const sent = collection.calls.map(([call, { ids, metadatas, documents }]) =>
    [call, ids, metadatas?.map((metadata) => Object.keys(metadata)), documents?.length] as const
  );
  const keys = ["kept", "kind", "page", "score"];
  assertEquals(sent[0], ["delete", ["notes-new"], undefined, undefined]);
  // What cannot be taken away is written as a whole.
  assertEquals(sent[1], ["delete", ["notes-00006"], undefined, undefined]);
  assertEquals(sent.at(-1), ["update", ["notes-00003"], [["page"]], undefined]);
  const whole = sent.slice(2, -1).flatMap(([, ids]) => ids).sort();
  assertEquals(whole, ["notes-00001", "notes-00002", "notes-00004", "notes-00006"]);
  for (const [call, ids, metadatas] of sent.slice(2, -1)) {
    assertEquals(call, "upsert");
    const expected = ids.includes("notes-00004") ? undefined : ids.map(() => keys);
    assertEquals(metadatas?.map((names) => [...names].sort()), expected);
  }
  assertEquals(
    collection.calls.find(([, { ids }]) => ids.includes("notes-00004"))?.[1].metadatas,
    undefined,
  );
  assertEquals(inexact.every((id) => whole.includes(id)), true);
});

Deno.test("withTransactionGuard() writes through no client that is another store's", async () => {
  const store = await goldenStore(GOLDEN);
  let isBegun = false;
  const client: RecordsClient = {
    getCollection: () => Promise.resolve(new NotingCollection("another id", [])),
    deleteCollection: () => Promise.resolve(),
  };
  const error = await assertRejects(
    () => guardTransaction(store, () => void (isBegun = true), { rollback: { client } }),
    OperationError,
  );
  assertEquals([error.code, isBegun], ["usage", false]);
  assertStringIncludes(error.message, "is not the one of the store");
  assertEquals([...Deno.readDirSync(join(store, ".."))].map(({ name }) => name), ["store"]);
});

/** A client of a server that has the collections of a store. */
async function clientOf(store: string): Promise<RecordsClient & { readonly calls: string[] }> {
  const calls: string[] = [];
  const contents = await readStoreContents(store);
  return {
    calls,
    getCollection: ({ name }) => {
      const { id = "", records = 0 } = contents.find((one) => one.name === name) ?? {};
      const ids = Array.from({ length: records }, (_, index) => String(index));
      const collection = new NotingCollection(id, ids);
      return Promise.resolve(collection);
    },
    deleteCollection: ({ name }) => {
      calls.push(name);
      return Promise.resolve();
    },
  };
}

Deno.test("withTransactionGuard() puts nothing back where a client cannot put back all of it", async () => {
  const store = await goldenStore(GOLDEN);
  const client = await clientOf(store);
  const error = await refusedWrite(store, () => {
    write(store, "UPDATE collections SET name = 'other' WHERE name = 'notes'");
    throw new Error("no");
  }, { rollback: { client } });
  assertEquals([error.state, error.rolledBack, client.calls], ["written", null, []]);
  assertEquals(error.rollbackFailure?.code, "unsupported");
  assertEquals(error.unrestored.map(({ collection }) => collection), ["notes"]);
  assert(error.backup !== null && error.hint?.includes(error.backup));
});

Deno.test("withTransactionGuard() says that records are partly back when the server fails in between", async () => {
  const store = await goldenStore(GOLDEN);
  const client = await clientOf(store);
  const error = await refusedWrite(store, () => {
    write(store, `UPDATE embedding_metadata SET int_value = 99 WHERE key = 'page' AND id < 5`);
    throw new Error("no");
  }, { rollback: { client } });
  // The client says that it has written, and the store does not have it.
  assertEquals([error.state, error.rolledBack], ["partly", "records"]);
  assertStringIncludes(error.rollbackFailure?.message ?? "", "did not come back as before");
  assert(error.backup !== null);
});
