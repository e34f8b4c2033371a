import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Finding } from "../../../../lib/model/finding.ts";
import { checkWatermarks } from "../../../../lib/stores/chroma/catalogue/check_watermarks.ts";
import { inferEngine } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import type { PickleWatermarks } from "../../../../lib/stores/chroma/catalogue/watermark.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, type GoldenStore, goldenStore } from "../../../support/fixtures.ts";
import { catalogueOf, nameOf } from "../../../support/opened_catalogue.ts";

function findIn(path: string, pickles: PickleWatermarks | null = null): Finding[] {
  const catalogue = catalogueOf(path);
  return checkWatermarks(catalogue, inferEngine(catalogue), pickles);
}

async function findAfter(golden: GoldenStore, ...statements: string[]): Promise<Finding[]> {
  const store = await BrokenStore.copyOf(golden);
  store.sql(...statements);
  return findIn(store.path).filter(({ severity }) => severity !== "info");
}

/** The watermark of a collection's segment, for SQL. */
function watermarkOf(collection: string, scope: string): string {
  return "segment_id = (SELECT s.id FROM segments s JOIN collections c ON c.id = s.collection " +
    `WHERE c.name = '${collection}' AND s.scope = '${scope}')`;
}

Deno.test("checkWatermarks() finds leftovers of deleted collections and nothing else", async () => {
  const leftovers: Record<GoldenStore, number> = {
    "chroma-0.4.24": 1,
    "chroma-0.5.23": 2,
    "chroma-0.5.23-then-1.5.9": 2,
    "chroma-1.0.21-configuration": 0,
    "chroma-1.5.9": 0,
    "chroma-1.5.9-configuration": 0,
  };
  for (const golden of GOLDEN_STORES) {
    const findings = findIn(await goldenStore(golden), new Map());
    const found = findings.map(({ name, count }) => `${name} ${count}`);
    const count = leftovers[golden];
    assertEquals(found, count === 0 ? [] : [`watermark-orphan ${count}`], golden);
  }
});

Deno.test("checkWatermarks() finds a number that a migration garbled, and the true one", async () => {
  const [finding, ...others] = await findAfter(
    "chroma-1.5.9",
    `UPDATE max_seq_id SET seq_id = 1229822654365841720 WHERE ${watermarkOf("notes", "VECTOR")}`,
  );
  assertEquals([finding?.name, finding?.collection, others.length], [
    "watermark-poisoned",
    "notes",
    0,
  ]);
  assertEquals(finding?.detail.trueValue, 502498);
  assertStringIncludes(finding?.message ?? "", "the true number is 502498");
});

Deno.test("checkWatermarks() says where a garbled number cannot be told for certain", async () => {
  const set = (value: bigint): string =>
    `UPDATE max_seq_id SET seq_id = ${value} WHERE ${watermarkOf("notes", "METADATA")}`;
  const [cut] = await findAfter("chroma-1.5.9", set(0x3132333435363738n));
  assertStringIncludes(cut?.message ?? "", "ends in 12345678");
  const [gone] = await findAfter("chroma-1.5.9", set(0x1111111111111111n));
  assertStringIncludes(gone?.message ?? "", "is gone");
});

Deno.test("checkWatermarks() finds a BLOB only where the engine writes integers", async () => {
  const blob = "UPDATE max_seq_id SET seq_id = x'0000000000000200' WHERE " +
    watermarkOf("cosine", "VECTOR");
  for (const golden of ["chroma-1.5.9", "chroma-0.5.23-then-1.5.9"] as const) {
    const findings = await findAfter(golden, blob);
    assertEquals(findings.map(nameOf), ["watermark-blob cosine"], golden);
    assertStringIncludes(findings[0]?.message ?? "", "stands for 512");
  }
  assertEquals(await findAfter("chroma-0.5.23", blob), []);
  // 0.5 reads an integer as well.
  const integer = `UPDATE max_seq_id SET seq_id = 500 WHERE ${watermarkOf("cosine", "VECTOR")}`;
  assertEquals(await findAfter("chroma-0.5.23", integer), []);
});

Deno.test("checkWatermarks() finds what is no sequence number in any store", async () => {
  for (const golden of ["chroma-0.5.23", "chroma-1.5.9"] as const) {
    for (const value of ["-1", "'many'", "6.5", "x'02ae'", "9223372036854775807"]) {
      const found = await findAfter(
        golden,
        `UPDATE max_seq_id SET seq_id = ${value} WHERE ${watermarkOf("dot", "METADATA")}`,
      );
      assertEquals(found.map(nameOf), ["watermark-invalid dot"], `${golden} ${value}`);
    }
  }
});

Deno.test("checkWatermarks() finds a watermark that the queue has not reached", async () => {
  const ahead = `UPDATE max_seq_id SET seq_id = 690 WHERE ${watermarkOf("dot", "METADATA")}`;
  const [finding, ...others] = await findAfter("chroma-1.5.9", ahead);
  assertEquals([finding?.name, others.length], ["watermark-ahead", 0]);
  assertEquals(finding?.detail, { watermark: 690, queueLast: 686 });
  assertStringIncludes(finding?.message ?? "", "the next 4 writes");
});

Deno.test("checkWatermarks() finds every watermark ahead when the queue was emptied", async () => {
  for (const golden of ["chroma-0.4.24", "chroma-0.5.23", "chroma-1.5.9"] as const) {
    const findings = await findAfter(golden, "DELETE FROM embeddings_queue");
    const names = new Set(findings.map(({ name }) => name));
    assertEquals([...names], ["watermark-ahead"], golden);
    assertStringIncludes(findings[0]?.message ?? "", "will begin at 1 again");
  }
});

Deno.test("checkWatermarks() finds the watermark of a pickle ahead of the queue", async () => {
  const store = await BrokenStore.copyOf("chroma-0.4.24");
  const findings = findIn(store.path, new Map([[store.segment(), 687]]));
  assertEquals(findings.map(nameOf), ["watermark-ahead notes", "watermark-orphan"]);
  assertEquals(findIn(store.path, new Map([[store.segment(), 686]])).length, 1);
});

Deno.test("checkWatermarks() finds METADATA watermarks missing where there are records", async () => {
  for (const golden of GOLDEN_STORES) {
    const findings = await findAfter(golden, "DELETE FROM max_seq_id");
    const expected = ["notes", "cosine", "dot", "unflushed"].map((name) =>
      `watermark-missing ${name}`
    );
    assertEquals(findings.map(nameOf).sort(), expected.sort(), golden);
  }
});

Deno.test("checkWatermarks() finds a VECTOR watermark missing where it is nowhere else", async () => {
  for (const golden of ["chroma-0.5.23", "chroma-1.5.9"] as const) {
    const store = await BrokenStore.copyOf(golden);
    const segment = store.segment();
    store.sql(`DELETE FROM max_seq_id WHERE segment_id = '${segment}'`);
    const find = (pickles: PickleWatermarks | null): string[] =>
      findIn(store.path, pickles).filter(({ severity }) => severity === "error").map(nameOf);
    assertEquals(find(new Map([[segment, null]])), ["watermark-missing notes"], golden);
    // Upgraded and not loaded since, never flushed, or not looked at.
    assertEquals(find(new Map([[segment, 400]])), [], golden);
    assertEquals(find(new Map()), [], golden);
    assertEquals(find(null), [], golden);
  }
  const old = await BrokenStore.copyOf("chroma-0.4.24");
  const pickles = new Map([[old.segment(), null]]);
  assertEquals(findIn(old.path, pickles).map(({ name }) => name), ["watermark-orphan"]);
});
