/**
 * Guarded writes through a real server with the real JavaScript client, in a process of its own, for
 * the tests themselves lack the permission to use the network.
 *
 * usage: deno run … write_with_client.ts MODULE STORE PORT
 *
 * Prints one line of JSON for each write that was refused: its name, and what the error says.
 */
import { readStoreContents } from "../../../lib/engine/contents.ts";
import type { RecordColumns } from "../../../lib/writing/batches/collection.ts";
import type {
  RecordsClient,
  RollbackCollection,
} from "../../../lib/writing/transaction/records_client.ts";
import { recoverInterrupted } from "../../../lib/writing/transaction/recover_transaction.ts";
import { TransactionError } from "../../../lib/writing/transaction/transaction_error.ts";
import type { TransactionAction } from "../../../lib/writing/transaction/transaction_options.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";

/** What is used of the client; that it fits is checked by the compiler elsewhere. */
interface Collection extends Omit<RollbackCollection, "get"> {
  get(query: {
    ids?: string[];
    limit?: number;
    include?: "embeddings"[];
  }): Promise<{ readonly ids: string[]; readonly embeddings?: readonly number[][] }>;
  add(records: RecordColumns): Promise<unknown>;
  update(records: RecordColumns): Promise<unknown>;
}
interface Client extends RecordsClient {
  heartbeat(): Promise<number>;
  getCollection(options: { name: string }): Promise<Collection>;
  createCollection(options: { name: string; embeddingFunction: null }): Promise<unknown>;
}

const [module = "", store = "", port = ""] = Deno.args;
const { ChromaClient }: {
  ChromaClient: new (options: { host: string; port: number; ssl: boolean }) => Client;
} = await import(module);
const client = new ChromaClient({ host: "127.0.0.1", port: Number(port), ssl: false });

/** A server that has just been started does not answer at once. */
async function waitForServer(): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return void await client.heartbeat();
    } catch (error) {
      if (tries === 300) throw error;
      await new Promise((resume) => setTimeout(resume, 200));
    }
  }
}

/** How many records an action changes. */
const SOME = 30;

async function hashes(): Promise<Record<string, string>> {
  const contents = await readStoreContents(store);
  return Object.fromEntries(contents.map(({ name, hash }) => [name, hash]));
}

async function attempt(
  name: string,
  action: TransactionAction<unknown>,
  timeoutMs = 30_000,
): Promise<void> {
  const before = await hashes();
  try {
    await guardTransaction(store, action, { rollback: { client }, timeoutMs });
    say(name, { state: "accepted" });
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    const { state, rolledBack, records, reason, backup, unrestored, rollbackFailure } = error;
    const after = await hashes();
    const isSame = JSON.stringify(after) === JSON.stringify(before);
    say(name, {
      state,
      rolledBack,
      reason,
      records,
      isSame,
      keepsBackup: backup !== null,
      problems: unrestored.map(({ problem, ids }) => [problem, ids.length]),
      failure: rollbackFailure?.message ?? null,
    });
  }
}

function say(name: string, facts: Record<string, unknown>): void {
  console.log(JSON.stringify({ name, ...facts }));
}

function fail(): never {
  throw new Error("the writer has failed");
}

/** The server goes away while records are put back; what is left is put back when it is there again. */
async function attemptInterrupted(): Promise<void> {
  const collection = await client.getCollection({ name: "notes" });
  const { ids } = await collection.get({ limit: 250 });
  try {
    await guardTransaction(store, async () => {
      await collection.delete({ ids });
      fail();
    }, { rollback: { client: failingClient() } });
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    const { state, rollbackFailure } = error;
    say("interrupted", { state, failure: rollbackFailure?.message ?? null });
  }
  const recovered = await recoverInterrupted(store, { rollback: { client } });
  const { state = "", records } = recovered ?? {};
  say("recovered", { state, records });
}

/** A client that fails with the second batch that it writes. */
function failingClient(): RecordsClient {
  return {
    deleteCollection: (options) => client.deleteCollection(options),
    getCollection: async (options) => {
      const collection = await client.getCollection(options);
      let batches = 0;
      const upsert = (records: RecordColumns): Promise<unknown> =>
        ++batches > 1 ? Promise.reject(new Error("it is gone")) : collection.upsert(records);
      return {
        id: collection.id ?? "",
        count: () => collection.count(),
        get: (query) => collection.get(query),
        delete: (query) => collection.delete(query),
        upsert,
      };
    },
  };
}

/** Vectors of numbers that a float has exactly. */
function makeVectors(count: number, dimension: number): number[][] {
  return Array.from(
    { length: count },
    (_, row) => Array.from({ length: dimension }, (_, column) => (row + 1) / (column + 2)),
  );
}

await waitForServer();
for (const name of ["notes", "cosine"]) {
  const collection = await client.getCollection({ name });
  const first = await collection.get({ limit: SOME, include: ["embeddings"] });
  const { ids } = first;
  const dimension = first.embeddings?.[0]?.length ?? 0;
  await attempt(`${name} add`, async () => {
    await collection.add({
      ids: ["new-1", "new-2"],
      embeddings: makeVectors(2, dimension),
      documents: ["one", "two"],
      metadatas: [{ page: 1 }, { page: 2 }],
    });
    fail();
  });
  await attempt(`${name} update metadata`, async () => {
    await collection.update({ ids, metadatas: ids.map(() => ({ kind: "another" })) });
    fail();
  });
  await attempt(`${name} add keys`, async () => {
    await collection.update({ ids, metadatas: ids.map(() => ({ another: 7 })) });
    fail();
  });
  await attempt(`${name} update vectors`, async () => {
    const embeddings = makeVectors(ids.length, dimension);
    await collection.update({ ids, embeddings, documents: ids.map(() => "another") });
    fail();
  });
  await attempt(`${name} delete`, async () => {
    await collection.delete({ ids });
    fail();
  });
  await attempt(`${name} timeout`, async ({ signal }) => {
    await collection.delete({ ids: ids.slice(0, 5) });
    if (!signal.aborted) await new Promise((end) => signal.addEventListener("abort", end));
  }, 100);
}
await attemptInterrupted();
await attempt("new collection", async () => {
  await client.createCollection({ name: "fresh", embeddingFunction: null });
  fail();
});
await attempt("good", async () => {
  const collection = await client.getCollection({ name: "dot" });
  await collection.delete({ ids: (await collection.get({ limit: 3 })).ids });
});
await attempt("delete collection", async () => {
  await client.deleteCollection({ name: "dot" });
  fail();
});
say("keep", { state: (await recoverInterrupted(store, { keep: true }))?.state });
