import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import type { StoreAudit } from "../../lib/engine/audit.ts";
import { runCheck } from "../../lib/engine/run_check.ts";
import type { FindingEvent } from "../../lib/model/report.ts";
import { BLOCK_SIZE_BYTES } from "../../lib/seal/block_sums.ts";
import { createSealAudit } from "../../lib/seal/seal_audit.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { checkWhole } from "../support/findings.ts";
import {
  copyTree,
  GOLDEN_STORES,
  goldenFacts,
  goldenStore,
  REPOSITORY,
  scratchDirectory,
} from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { auditAsIfUntouched, flipBit, sealStore } from "../support/seals.ts";
import { snapshotTree } from "../support/snapshot.ts";

const FILES = [
  "header.bin",
  "data_level0.bin",
  "length.bin",
  "link_lists.bin",
  "index_metadata.pickle",
] as const;

function ofSeal(findings: readonly FindingEvent[]): FindingEvent[] {
  return findings.filter(({ name }) => name.startsWith("seal-"));
}

for (const name of GOLDEN_STORES) {
  Deno.test(`a store that is ${name} is what its seal says`, async () => {
    const store = await goldenStore(name);
    const seal = await sealStore(store);
    const before = await snapshotTree(store);
    for (const level of ["full", "quick"] as const) {
      const audits = [createSealAudit(seal)];
      const { findings, summary } = await checkWhole(store, { level, audits });
      assertEquals(ofSeal(findings), []);
      assertEquals([summary.verdict, summary.bytesSkipped], ["clean", 0]);
    }
    assertEquals(await snapshotTree(store), before);
  });
}

for (const golden of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
  for (const file of [...FILES, "chroma.sqlite3"] as const) {
    Deno.test(`a flipped bit in ${file} of ${golden} is found and located`, async () => {
      const store = await BrokenStore.copyOf(golden);
      const seal = await sealStore(store.path);
      const path = file === "chroma.sqlite3" ? store.catalogue() : store.file(file);
      const { size } = await Deno.stat(path);
      for (const offset of [0, size >> 1, size - 1]) {
        flipBit(path, offset);
        const audits = [auditAsIfUntouched(seal)];
        const { findings, summary } = await checkWhole(store.path, { level: "quick", audits });
        const [found, ...others] = ofSeal(findings);
        assertEquals(others, []);
        assertEquals(found?.name, "seal-bytes-rotted");
        assertEquals(found?.path, path.slice(store.path.length + 1));
        assertEquals(found?.offset, offset - offset % BLOCK_SIZE_BYTES);
        const sizeBytes = Number(found?.detail.sizeBytes);
        assert((found?.offset ?? 0) + sizeBytes <= size && sizeBytes <= BLOCK_SIZE_BYTES);
        assert(["damaged", "unsafe"].includes(summary.verdict));
        flipBit(path, offset);
      }
    });
  }
}

Deno.test("a flipped bit in a vector is named with the slots and ids that stand there", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const { collections } = await goldenFacts("chroma-1.5.9");
  const seal = await sealStore(store.path);
  const path = store.file("data_level0.bin");
  // In the last block: its slots are few.
  flipBit(path, (await Deno.stat(path)).size - 20);
  const { findings } = await checkWhole(store.path, { audits: [auditAsIfUntouched(seal)] });
  const [found] = ofSeal(findings);
  const detail = found?.detail ?? {};
  assertEquals(found?.segment, store.segment());
  const ids = detail.ids as string[];
  assert(ids.length > 0 && ids.length <= 20);
  for (const id of ids) assert(collections.notes?.ids.includes(id), id);
  const slots = Number(detail.lastSlot) - Number(detail.firstSlot) + 1;
  assert(slots >= ids.length);
});

Deno.test("a flipped bit in the database is named with its pages and their tables", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const seal = await sealStore(store.path);
  flipBit(store.catalogue(), 4096 * 3 + 5);
  const audits = [auditAsIfUntouched(seal)];
  const { findings } = await checkWhole(store.path, { level: "quick", audits });
  const { firstPage, lastPage, pagesByTable } = ofSeal(findings)[0]?.detail ?? {};
  assertEquals([firstPage, lastPage], [1, 16]);
  const pages = Object.values(pagesByTable as Record<string, number>);
  assertEquals(pages.reduce((sum, count) => sum + count, 0), 16);
});

Deno.test("blocks that rotted side by side are one finding, others have their own", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const extra = join(store, "extra.bin");
  await Deno.writeFile(extra, new Uint8Array(250 * BLOCK_SIZE_BYTES + 7));
  const seal = await sealStore(store);
  const blocks = [3, 4, 5, ...Array.from({ length: 60 }, (_, index) => 8 + 2 * index), 250];
  for (const block of blocks) flipBit(extra, block * BLOCK_SIZE_BYTES);
  const audits = [auditAsIfUntouched(seal)];
  const { findings } = await checkWhole(store, { level: "quick", audits });
  const found = ofSeal(findings);
  assertEquals(found.length, 51);
  assertEquals([found[0]?.offset, found[0]?.count], [3 * BLOCK_SIZE_BYTES, 3]);
  assertEquals([found[1]?.offset, found[1]?.count], [8 * BLOCK_SIZE_BYTES, 1]);
  assertEquals(found[50]?.count, 12);
  assertEquals(found[50]?.detail.sizeBytes, 11 * BLOCK_SIZE_BYTES + 7);
});

Deno.test("a copy of a sealed store is held against the same seal", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const seal = await sealStore(store);
  const copy = join(await scratchDirectory(), "copy");
  await copyTree(store, copy);
  const audits = [createSealAudit(seal)];
  const { findings } = await checkWhole(copy, { level: "quick", audits });
  assertEquals(ofSeal(findings), []);
  const database = join(copy, "chroma.sqlite3");
  flipBit(database, (await Deno.stat(database)).size - 1);
  const again = await checkWhole(copy, { level: "quick", audits });
  assertEquals(ofSeal(again.findings).map(({ name }) => name), ["seal-copy-differs"]);
});

for (const version of ["1.5.9", "0.5.23"]) {
  const python = findEngine(version);
  Deno.test({
    name: `files that ${version} has rewritten are told apart from rotten ones`,
    ignore: python === null,
    async fn() {
      const store = await goldenStore(`chroma-${version}` as "chroma-1.5.9");
      const seal = await sealStore(store);
      const { code, stderr } = await new Deno.Command(python ?? "", {
        args: [join(REPOSITORY, "tests", "seal", "rewrite.py"), store],
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      const { findings, summary } = await checkWhole(store, { audits: [createSealAudit(seal)] });
      const found = ofSeal(findings);
      assert(found.length > 0);
      assertEquals(found.filter(({ severity }) => severity !== "info"), []);
      assert(
        found.some(({ name, path }) => name === "seal-file-changed" && path === "chroma.sqlite3"),
      );
      assertEquals(summary.verdict, "clean");
    },
  });
}

Deno.test("a sealed file that cannot be read hides nothing of the others", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const extra = join(store.path, "extra.bin");
  await Deno.writeFile(extra, new Uint8Array(10));
  const seal = await sealStore(store.path);
  flipBit(store.file("data_level0.bin"), 1000);
  const sound = auditAsIfUntouched(seal);
  const audit: StoreAudit = {
    ...sound,
    run: async (...args) => {
      const open = Deno.openSync;
      Deno.openSync = (path, options) => {
        if (path === extra) throw Object.assign(new Error("I/O error"), { code: "EIO" });
        return open(path, options);
      };
      try {
        return await sound.run(...args);
      } finally {
        Deno.openSync = open;
      }
    },
  };
  const findings: string[] = [];
  const error = await assertRejects(async () => {
    for await (const event of runCheck(store.path, { level: "quick", audits: [audit] })) {
      if (event.type === "finding") findings.push(event.name);
    }
  }, OperationError);
  assertEquals([error.code, error.path], ["read-failed", extra]);
  assert(findings.includes("seal-bytes-rotted"));
});
