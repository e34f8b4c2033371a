/**
 * Records that had lost their vectors, put back by `repair --vectors`, as real engines see them.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { applyDamage } from "../support/damages/mod.ts";
import {
  type GoldenFacts,
  goldenFacts,
  goldenStore,
  scratchDirectory,
} from "../support/fixtures.ts";
import { findEngine, judgeStore } from "../support/judge.ts";
import { runMain } from "./run_main.ts";

for (const version of ["1.5.9", "0.5.23"] as const) {
  Deno.test({
    name: `chroma ${version} finds every record again that repair --vectors has put back`,
    ignore: findEngine(version) === null,
    async fn() {
      const golden = `chroma-${version}` as const;
      const store = await goldenStore(golden);
      const facts = await goldenFacts(golden);
      const directory = await scratchDirectory();
      const missing = join(directory, "missing.jsonl");
      const filled = join(directory, "filled.jsonl");
      const factsPath = join(directory, "expected.json");
      await Deno.writeTextFile(factsPath, JSON.stringify(facts));
      for (const collection of ["notes", "cosine"]) {
        applyDamage("segment_missing", { store, collection }, 1);
      }
      const taken = await runMain(["repair", "--yes", "--missing", missing, store]);
      assertEquals(taken.code, 1, taken.stderr.text);
      await Deno.writeTextFile(filled, fillIn(await Deno.readTextFile(missing), facts));
      const back = await runMain(["repair", "--yes", "--vectors", filled, store]);
      assertEquals(back.code, 1, back.stderr.text);
      const verdict = await judgeStore(store, factsPath, version);
      assertEquals(Object.entries(verdict).filter(([, answer]) => !isGood(answer)), []);
    },
  });
}

/** An index that an engine builds with several threads finds another few of the nearest each time. */
function isGood(answer: string): boolean {
  const [, hits, total] = /^query (\d+)\/(\d+)$/.exec(answer) ?? [];
  return answer === "ok" || Number(hits) >= 0.75 * Number(total);
}

/** Does what an embedder does: looks up the vector that every record had. */
function fillIn(text: string, { collections }: GoldenFacts): string {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const record = JSON.parse(line);
    const { ids = [], embeddings_f32_base64: base64 = "" } = collections[record.collection] ?? {};
    const vectors = new Float32Array(Uint8Array.fromBase64(base64).buffer);
    const dimension = vectors.length / ids.length;
    const start = ids.indexOf(record.id) * dimension;
    const embedding = [...vectors.subarray(start, start + dimension)];
    return `${JSON.stringify({ ...record, embedding })}\n`;
  }).join("");
}
