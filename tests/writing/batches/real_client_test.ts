/**
 * Batches through the real JavaScript client to a real server.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { readStoreContents } from "../../../lib/engine/contents.ts";
import { collectCheck } from "../../../lib/engine/collect_check.ts";
import type { BatchIndexOutcome } from "../../../lib/writing/batches/safe_batch_index.ts";
import { ChromaServer, clientModule, findClient } from "../../support/chroma_server.ts";
import { REPOSITORY, scratchDirectory } from "../../support/fixtures.ts";
import { findEngine } from "../../support/judge.ts";

const VERSION = "1.5.9";
const COUNT = 240;
const PROGRAM = fromFileUrl(new URL("./index_with_client.ts", import.meta.url));
const COLLECTION = join(REPOSITORY, "lib", "writing", "batches", "collection.ts");
const RECORDS_CLIENT = join(REPOSITORY, "lib", "writing", "transaction", "records_client.ts");

/** A line that the program prints. */
interface Line {
  readonly offset?: number;
  readonly outcome?: BatchIndexOutcome;
}

/** Runs the program; with `killAt` it is killed as soon as so many records are there. */
async function indexWords(
  port: number,
  checkpoint: string,
  killAt = Infinity,
): Promise<BatchIndexOutcome | null> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-prompt", "--config", join(REPOSITORY, "deno.json")],
      ...["--allow-net=127.0.0.1", "--allow-read", "--allow-write", "--allow-env"],
      ...[PROGRAM, clientModule("chromadb.mjs"), `${port}`, `${COUNT}`, checkpoint],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let outcome: BatchIndexOutcome | null = null;
  let text = "";
  for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines.map((line): Line => JSON.parse(line))) {
      outcome = line.outcome ?? outcome;
      if ((line.offset ?? 0) >= killAt) kill(process);
    }
  }
  await process.status;
  return outcome;
}

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended in the same moment.
  }
}

// Checking types takes seconds: with `VECFSCK_TEST_EVERYTHING=1` alone.
const ignore = findEngine(VERSION) === null || findClient() === null;

Deno.test({
  name: "safeBatchIndex() goes on through the real client after its process was killed",
  ignore: ignore || Deno.build.os === "windows",
  async fn() {
    const directory = await scratchDirectory();
    const store = join(directory, "store");
    const checkpoint = join(directory, "words.checkpoint");
    {
      await using server = await ChromaServer.start(store, VERSION);
      assertEquals(await indexWords(server.port, checkpoint, 100), null);
      const outcome = await indexWords(server.port, checkpoint);
      assert(outcome !== null && outcome.resumedAt >= 100, JSON.stringify(outcome));
      const { records, added, replaced, count } = outcome;
      assertEquals([records, count], [COUNT, COUNT]);
      // One batch may have been there before it was noted down.
      assertEquals(added + replaced, COUNT - outcome.resumedAt);
      assert(replaced <= 20);
    }
    const { summary } = await collectCheck(store);
    assertEquals([summary.verdict, summary.records], ["clean", COUNT]);
    const [contents] = await readStoreContents(store);
    assertEquals([contents?.name, contents?.records], ["words", COUNT]);
  },
});

Deno.test({
  name: "the types of the real client fit those that functions of ours take",
  ignore: ignore || Deno.env.get("VECFSCK_TEST_EVERYTHING") !== "1",
  async fn() {
    const directory = await scratchDirectory();
    const script = join(directory, "fits.ts");
    const config = join(directory, "deno.json");
    await Deno.writeTextFile(config, JSON.stringify({ compilerOptions: { strict: true } }));
    await Deno.writeTextFile(
      script,
      `import type { ChromaClient, Collection } from ${
        JSON.stringify(clientModule("chromadb.d.ts"))
      };
       import type * as ours from ${JSON.stringify(COLLECTION)};
       import type { RecordsClient } from ${JSON.stringify(RECORDS_CLIENT)};
       declare const collection: Collection;
       declare const client: ChromaClient;
       export const upsert: ours.UpsertCollection = collection;
       export const add: ours.AddCollection = collection;
       export const remove: ours.DeleteCollection = collection;
       export const index: ours.IndexCollection = collection;
       export const limit: ours.BatchLimitClient = client;
       export const records: RecordsClient = client;`,
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-lock", "--config", config, script],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  },
});
