/**
 * Guarded writes of a real engine in a process of its own, which ends with the action. Where there is
 * no engine, these tests are left out.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";
import { type Churn, EngineServer } from "../../support/engine_server.ts";
import { goldenFacts, type GoldenStore, goldenStore } from "../../support/fixtures.ts";
import { findEngine } from "../../support/judge.ts";
import { BY_FILES, contentsOf, refusedWrite } from "./transaction_cases.ts";

const WRITER = fromFileUrl(new URL("../../backup/writer.py", import.meta.url));

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** The engines, each with a store that it wrote itself. */
const ENGINES: readonly { readonly version: string; readonly golden: GoldenStore }[] = [
  { version: "1.5.9", golden: "chroma-1.5.9" },
  ...EVERYTHING ? [{ version: "0.5.23", golden: "chroma-0.5.23" }] as const : [],
];

/** Adds, changes and deletes records, and flushes an index in between. */
const CHURN: Churn = {
  seed: 7,
  operations: 60,
  collections: [{ name: "churned", space: "cosine", dimension: 8, sync: 20, first: 50 }],
};

/** What an engine that has just been started says of the collections of a golden store. */
async function askEngine(
  version: string,
  store: string,
  golden: GoldenStore,
): Promise<Record<string, number>> {
  await using engine = new EngineServer(version);
  const { collections } = await goldenFacts(golden);
  const questions = Object.entries(collections).map(([name, { dimension = 1 }]) => ({
    name,
    dimension,
    queries: "",
    words: [],
    filters: [],
  }));
  const { names, collections: answers, error } = await engine.ask(store, questions);
  assertEquals(error, undefined);
  const known = (answers ?? []).map(({ name, count, error }) => [name, error ?? count]);
  return { ...Object.fromEntries(known), collections: names?.length ?? -1 };
}

/** Has the engine write without a pause, and kills it in the middle. */
async function writeUntilKilled(python: string, store: string): Promise<void> {
  const process = new Deno.Command(python, {
    args: [WRITER, store],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  process.kill("SIGKILL");
  await reader.cancel();
  await process.stdin.close().catch(() => {});
  await process.status;
  throw new Error("the engine was killed");
}

for (const { version, golden } of ENGINES) {
  const python = findEngine(version);
  Deno.test({
    name: `withTransactionGuard() puts back what Chroma ${version} has written`,
    ignore: python === null,
    async fn() {
      assert(python !== null);
      const store = await goldenStore(golden);
      // What an engine changes when it opens a store is part of what was there before.
      const answers = await askEngine(version, store, golden);
      const before = await contentsOf(store);
      const churn = async (): Promise<void> => {
        await using engine = new EngineServer(version);
        await engine.churn(store, CHURN);
      };
      const thrown = await refusedWrite(store, async () => {
        await churn();
        throw new Error("the import has failed");
      });
      assertEquals([thrown.reason, thrown.rolledBack], ["failed", "files"], thrown.message);
      assertEquals(await contentsOf(store), before);
      const killed = await refusedWrite(store, () => writeUntilKilled(python, store));
      assertEquals([killed.reason, killed.rolledBack], ["failed", "files"], killed.message);
      assertEquals(await contentsOf(store), before);
      assertEquals(await askEngine(version, store, golden), answers);
      const { after } = await guardTransaction(store, churn, BY_FILES);
      assertEquals(after.counts.error + after.counts.fatal, 0);
      const grown = await askEngine(version, store, golden);
      assertEquals(grown, { ...answers, collections: (answers["collections"] ?? 0) + 1 });
    },
  });
}
