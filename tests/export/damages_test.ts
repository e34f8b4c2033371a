/**
 * Every damage of the library, exported: never a wrong vector, never a word of a bug. The ordinary run
 * takes a few of them; `VECFSCK_TEST_EVERYTHING=1` all.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { exportStore } from "../../lib/export/export_store.ts";
import type { ExportOutcome } from "../../lib/export/outcome.ts";
import { applyDamage, DamageNotApplicable, DAMAGES } from "../support/damages/mod.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { type ExportLine, readLines } from "./exported_files.ts";

const TRIES_EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** One in so many is tried in the ordinary run. */
const STEP = TRIES_EVERYTHING ? 1 : 14;

const SEED = 20_261_121;

async function run(
  store: string,
  salvage: boolean,
): Promise<{ outcome: ExportOutcome; records: Map<string, ExportLine> } | null> {
  const target = join(await scratchDirectory(), "export.jsonl");
  try {
    const outcome = await exportStore(store, { format: "jsonl", salvage, target });
    const { records } = outcome.state === "exported" ? readLines(target) : { records: [] };
    return { outcome, records: new Map(records.map((one) => [keyOf(one), one])) };
  } catch (error) {
    // What this program is at fault for has another code.
    assert(error instanceof OperationError && error.code !== "internal", String(error));
    return null;
  }
}

function keyOf({ collection, id }: ExportLine): string {
  return JSON.stringify([collection, id]);
}

/** A cosine vector may have come from the queue, as it was written. */
function isSameVector(now: ExportLine, then: ExportLine | undefined): boolean {
  const [left, right] = [now.embedding, then?.embedding];
  if (left === null || left === undefined || right === null || right === undefined) return true;
  return left.length === right.length &&
    left.every((value, axis) => Math.abs(value - (right[axis] ?? NaN)) < 1e-5);
}

Deno.test("exportStore() exports no wrong vector whatever is damaged", async () => {
  const healthy = await run(await goldenStore("chroma-1.5.9"), false);
  const wrong: string[] = [];
  let tried = 0;
  for (const { name } of DAMAGES.filter((_, index) => index % STEP === 0)) {
    const store = await goldenStore("chroma-1.5.9");
    try {
      applyDamage(name, { store, collection: "notes" }, SEED);
    } catch (error) {
      if (error instanceof DamageNotApplicable) continue;
      throw error;
    }
    tried++;
    for (const salvage of [false, true]) {
      const result = await run(store, salvage);
      if (result === null) continue;
      const { outcome, records } = result;
      if (!salvage && outcome.damage.length > 0) assertEquals(outcome.state, "damaged", name);
      for (const [key, record] of records) {
        if (record.collection === null) continue;
        const then = healthy?.records.get(key);
        // A bit that flips within a vector is seen by nobody who has no seal.
        const isHidden = name.startsWith("bit_flips");
        if (!isHidden && !isSameVector(record, then)) wrong.push(`${name} ${salvage} ${key}`);
      }
      if (outcome.isComplete && records.size < (healthy?.records.size ?? 0)) {
        wrong.push(`${name} ${salvage}: ${records.size} records pass for all`);
      }
    }
  }
  assertEquals(wrong.slice(0, 30), []);
  assert(tried > 5, `${tried}`);
});
