/**
 * What real engines make of a store whose indexes are in quarantine, and of one that got them back.
 * Where there is no engine, these tests are left out.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { quarantineStaleHnsw } from "../../lib/quarantine/stale_hnsw.ts";
import { type GoldenStore, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { findEngine, isSound, judgeStore, type Verdict } from "../support/judge.ts";
import { runCli } from "../support/run_cli.ts";
import { unpackTarGz } from "../../scripts/fixture_archive.ts";

/** What the judge complains of without the indexes; of other collections it must not. */
const STORES: readonly {
  readonly name: GoldenStore;
  readonly engine: string;
  readonly complaints: Readonly<Record<string, RegExp>>;
}[] = [
  {
    name: "chroma-1.5.9",
    engine: "1.5.9",
    complaints: {
      notes: /^InternalError: .*Error finding id$/,
      cosine: /^InternalError: .*Error finding id$/,
      dot: /^InternalError: .*Error finding id$/,
    },
  },
  {
    name: "chroma-0.5.23",
    engine: "0.5.23",
    complaints: {
      notes: /^IndexError: /,
      cosine: /^IndexError: /,
      dot: /^IndexError: /,
    },
  },
  // 0.4 never empties its queue, so it makes every index again.
  { name: "chroma-0.4.24", engine: "0.4.24", complaints: {} },
];

async function expectedOf(name: GoldenStore): Promise<string> {
  const directory = await scratchDirectory();
  const archive = new URL(`../fixtures/chroma/${name}.tar.gz`, import.meta.url);
  await unpackTarGz(fromFileUrl(archive), directory);
  return join(directory, "expected.json");
}

/** Prints for each collection how many records it counts, and how many of ten a query finds. */
const PROGRAM = `
import json, logging, sys, chromadb
logging.disable(logging.CRITICAL)
client = chromadb.PersistentClient(path=sys.argv[1])
for name, facts in json.load(open(sys.argv[2]))["collections"].items():
    if facts["count"]:
        collection = client.get_collection(name, embedding_function=None)
        vector = [0.5] * facts["dimension"]
        found = collection.query(query_embeddings=[vector], n_results=10, include=[])["ids"][0]
        print(json.dumps([name, collection.count(), len(found)]))
`;

/** Has an engine use a store in its place, as a program at work does. */
async function useStore(
  engine: string,
  store: string,
  expected: string,
): Promise<[string, number, number][]> {
  const { success, stdout, stderr } = await new Deno.Command(findEngine(engine) ?? "", {
    args: ["-c", PROGRAM, store, expected],
    env: { ANONYMIZED_TELEMETRY: "False" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

async function must(...args: string[]): Promise<Record<string, unknown>[]> {
  const result = await runCli([...args, "--json"]);
  assertEquals(result.code, 0, result.stderr);
  return result.jsonLines;
}

/** What `quarantine` says before it moves the index of every collection. */
async function planAll(store: string): Promise<Record<string, unknown>[]> {
  const names = Array.from(Deno.readDirSync(store)).filter(({ isDirectory }) => isDirectory);
  const all = names.flatMap(({ name }) => ["--segment", name]);
  const plan = await must("quarantine", store, ...all, "--dry-run");
  return plan.filter(({ collection }) => collection !== null);
}

function assertComplaints(verdict: Verdict, complaints: Readonly<Record<string, RegExp>>): void {
  for (const [name, answer] of Object.entries(verdict)) {
    const complaint = complaints[name];
    if (complaint === undefined) assertEquals(answer, "ok", name);
    else assertMatch(answer, complaint, name);
    // The records are all there; only their vectors are not.
    assert(!/count|missing|documents|filter/.test(answer), answer);
  }
}

for (const { name, engine, complaints } of STORES) {
  Deno.test({
    name: `Chroma ${engine} does without indexes as it is told, and is sound when they are back`,
    ignore: findEngine(engine) === null,
    async fn() {
      const [store, expected] = [await goldenStore(name), await expectedOf(name)];
      assert(isSound(await judgeStore(store, expected, engine)));
      const plan = await planAll(store);
      assertEquals(plan.length, 4);
      const segments = plan.flatMap(({ segment }) => ["--segment", String(segment)]);
      const lines = await must("quarantine", store, ...segments, "--yes");
      const id = String(lines.find(({ type }) => type === "quarantine")?.id);
      assertComplaints(await judgeStore(store, expected, engine), complaints);
      // The engine makes new indexes in the same places.
      for (const [name, count, found] of await useStore(engine, store, expected)) {
        const told = plan.find(({ collection }) => collection === name);
        assertEquals(count, told?.records, name);
        assert(found <= Number(told?.replayable), `${name}: ${found}`);
        if (told?.replayable === count) assertEquals(found, 10, name);
      }
      const [restored] = await must("quarantine", "restore", store, id);
      const verdict = await judgeStore(store, expected, engine);
      assert(isSound(verdict), JSON.stringify(verdict));
      // Every record has its vector again, so what made room may go.
      const made = restored?.replacedBy;
      assertEquals(typeof made, "string");
      const purged = await must("quarantine", "purge", store, "--older-than", "0s", "--yes");
      assertEquals(purged.map(({ id, removed }) => [id, removed]), [[made, true]]);
      assert(isSound(await judgeStore(store, expected, engine)));
    },
  });

  Deno.test({
    name: `quarantineStaleHnsw() does to Chroma ${engine} what quarantine says of it`,
    ignore: findEngine(engine) === null,
    async fn() {
      const [store, expected] = [await goldenStore(name), await expectedOf(name)];
      assert(quarantineStaleHnsw(store, { staleSeconds: -1e12 }).length >= 4);
      assertComplaints(await judgeStore(store, expected, engine), complaints);
    },
  });
}
