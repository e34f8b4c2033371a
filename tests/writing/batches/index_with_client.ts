/**
 * Writes records to a real server through the real `chromadb` client, and tells on standard output
 * how far it has come: one JSON line after each batch, and one with the outcome.
 *
 * index_with_client.ts MODULE PORT COUNT CHECKPOINT
 *
 * @module
 */

import { type BatchLimitClient, safeBatchIndex, type UpsertCollection } from "../../../mod.ts";

/** What is used of the client; that it fits is checked by the compiler elsewhere. */
interface Client extends BatchLimitClient {
  heartbeat(): Promise<number>;
  getOrCreateCollection(options: {
    name: string;
    embeddingFunction: null;
  }): Promise<UpsertCollection>;
}

const [module = "", port, count, checkpoint = ""] = Deno.args;

const { ChromaClient }: {
  ChromaClient: new (options: { host: string; port: number; ssl: boolean }) => Client;
} = await import(module);

const client = new ChromaClient({ host: "127.0.0.1", port: Number(port), ssl: false });
await waitForServer();
const collection = await client.getOrCreateCollection({ name: "words", embeddingFunction: null });
const records = Array.from({ length: Number(count) }, (_, index) => ({
  id: `word-${index}`,
  embedding: Float32Array.of(Math.sin(index), Math.cos(index), index % 7),
  ...(index % 3 === 0 ? {} : { document: `the word number ${index}` }),
  ...(index % 2 === 0 ? {} : { metadata: { number: index } }),
}));
const outcome = await safeBatchIndex(collection, records, {
  client,
  checkpoint,
  size: 20,
  memory: null,
  onProgress: ({ offset }) => console.log(JSON.stringify({ offset })),
});
console.log(JSON.stringify({ outcome }));

async function waitForServer(): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      await client.heartbeat();
      return;
    } catch (error) {
      if (tries === 600) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
