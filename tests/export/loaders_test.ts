/**
 * The scripts of docs/export load exports into real databases, which answer the same queries with the
 * same records. `VECFSCK_LOADERS` names a Python that has pgserver, psycopg, lancedb, qdrant-client,
 * pymilvus and milvus-lite (`.ci/install_engines loaders`); where it is not set, these are ignored.
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { exportStore } from "../../lib/export/export_store.ts";
import { ChromaServer } from "../support/chroma_server.ts";
import { goldenStore, REPOSITORY, scratchDirectory, unpackFixture } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";

const ASK = fromFileUrl(new URL("./ask_loaded.py", import.meta.url));
const SERVE_PGVECTOR = fromFileUrl(new URL("./serve_pgvector.py", import.meta.url));
const CHROMA = "1.5.9";

const python = Deno.env.get("VECFSCK_LOADERS") ?? "";

/** Waits for a server that has just been started. */
const UNTIL_READY = `
import sys, time, urllib.request
for _ in range(300):
    try:
        urllib.request.urlopen(f"http://{sys.argv[1]}/api/v2/heartbeat")
        break
    except OSError:
        time.sleep(0.1)
`;

/** How a database answered the queries of one collection. */
interface Answers {
  readonly count: number;
  readonly expected: number;
  readonly queries: number;
  readonly wrong: number;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** An export of the golden store, and a place for the database. */
async function prepare(format: "jsonl" | "parquet"): Promise<{ path: string; place: string }> {
  const directory = await scratchDirectory();
  const path = join(directory, "export");
  const store = await goldenStore("chroma-1.5.9");
  const { state } = await exportStore(store, { format, target: path });
  assertEquals(state, "exported");
  return { path, place: join(directory, "database") };
}

async function load(name: string, args: readonly string[], program = python): Promise<void> {
  await run(program, [join(REPOSITORY, "docs", "export", name), ...args]);
}

/** Holds the answers against those that the engine has given. */
async function assertSameAnswers(kind: string, place: string, program = python): Promise<void> {
  const facts = join(await unpackFixture("chroma/chroma-1.5.9.tar.gz"), "expected.json");
  const answers: Record<string, Answers> = JSON.parse(
    await run(program, [ASK, kind, place, facts]),
  );
  assertEquals(Object.keys(answers).sort(), ["cosine", "dot", "notes", "unflushed"]);
  for (const [name, { count, expected, queries, wrong }] of Object.entries(answers)) {
    assertEquals([count, wrong, queries > 5], [expected, 0, true], `${kind} ${name}`);
  }
}

const isWithout = { ignore: python === "" };

Deno.test("load_pgvector.py loads what PostgreSQL then answers", isWithout, async () => {
  const { path, place } = await prepare("jsonl");
  const server = new Deno.Command(python, {
    args: [SERVE_PGVECTOR, place],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const uri = (await reader.read()).value?.trim() ?? "";
    await load("load_pgvector.py", [path, uri]);
    await assertSameAnswers("pgvector", uri);
    await reader.cancel();
  } finally {
    await server.stdin.close();
    await server.status;
  }
});

Deno.test("load_lancedb.py loads what LanceDB then answers", isWithout, async () => {
  const { path, place } = await prepare("parquet");
  await load("load_lancedb.py", [path, place]);
  await assertSameAnswers("lancedb", place);
});

Deno.test("load_qdrant.py loads what Qdrant's own client then answers", isWithout, async () => {
  const { path, place } = await prepare("jsonl");
  await load("load_qdrant.py", [path, place]);
  await assertSameAnswers("qdrant", place);
});

Deno.test("load_milvus.py loads what Milvus Lite then answers", isWithout, async () => {
  const { path, place } = await prepare("jsonl");
  await load("load_milvus.py", [path, `${place}.db`]);
  await assertSameAnswers("milvus", `${place}.db`);
});

Deno.test({
  name: "load_chroma.py loads what a server of Chroma then answers",
  ignore: findEngine(CHROMA) === null,
  fn: async () => {
    const engine = findEngine(CHROMA) ?? "";
    const { path, place } = await prepare("jsonl");
    await using server = await ChromaServer.start(place, CHROMA);
    const address = `127.0.0.1:${server.port}`;
    await run(engine, ["-c", UNTIL_READY, address]);
    await load("load_chroma.py", [path, address], engine);
    await assertSameAnswers("chroma", address, engine);
  },
});
