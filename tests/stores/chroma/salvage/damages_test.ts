/**
 * Every damage to the files of an index, on golden stores: what can be recovered is, no id ever gets
 * another one's vector, and what is ambiguous is said to be.
 */
import { assert, assertEquals } from "@std/assert";
import {
  applyDamage,
  type Damage,
  DamageNotApplicable,
  DAMAGES,
} from "../../../support/damages/mod.ts";
import { OUTCOME_SEED } from "../../../support/damages/outcomes.ts";
import { goldenFacts, type GoldenStore, goldenStore } from "../../../support/fixtures.ts";
import {
  compare,
  type Comparison,
  countDifferences,
  type ReadSalvage,
  salvage,
  vectorsOf,
} from "./salvage_cases.ts";

const INDEX_DAMAGES = DAMAGES.filter(({ file }) => file !== "sqlite");

/** What the Python era's order of labels cannot tell: only the queue and what is left of the map. */
const LOSES_MAP = /^(index_metadata_(empty|missing|zeros|random)|pickle_code_execution)$/;

/** At least this part of the vectors is left when the slots themselves are hit. */
const LEFT_OF_SLOTS: Readonly<Record<string, number>> = {
  data_level0_half: 0.45,
  data_one_record_short: 0.99,
  label_duplicate: 0.98,
  vectors_nan: 0.75,
  vectors_zeroed_tail: 0.7,
  page_of_zeros_in_data: 0.85,
  bit_flips_1: 0.98,
  bit_flips_4: 0.98,
  bit_flips_32: 0,
};

for (const store of ["chroma-0.4.24", "chroma-0.5.23", "chroma-1.5.9"] as const) {
  for (const damage of INDEX_DAMAGES) {
    Deno.test(`salvageVectors() saves what ${damage.name} leaves of ${store}`, async () => {
      for (const collection of ["notes", "cosine"]) await check(store, damage, collection);
    });
  }
}

for (const store of ["chroma-0.5.23-then-1.5.9", "chroma-1.0.21-configuration"] as const) {
  for (const damage of DAMAGES.filter(({ file }) => file === "index_metadata")) {
    Deno.test(`salvageVectors() saves what ${damage.name} leaves of ${store}`, async () => {
      for (const collection of ["notes", "cosine"]) await check(store, damage, collection);
    });
  }
}

async function check(store: GoldenStore, damage: Damage, collection: string): Promise<void> {
  const path = await goldenStore(store);
  const facts = (await goldenFacts(store)).collections[collection];
  if (facts === undefined) throw new Error(`No ${collection}`);
  const untouched = salvage(path, collection);
  try {
    applyDamage(damage.name, { store: path, collection }, OUTCOME_SEED);
  } catch (error) {
    if (error instanceof DamageNotApplicable) return;
    throw error;
  }
  const salvaged = salvage(path, collection);
  const expected = vectorsOf(facts);
  const compared = compare(salvaged, expected);
  checkWrong(damage, compared, expected);
  assertEquals(
    salvaged.records.length + salvaged.missing.length,
    facts.count,
    "a record is neither saved nor missing",
  );
  checkRecovered(store, damage, salvaged, compared, untouched);
}

/** A flipped bit in a vector or a length is damage that nothing shows; it is the record's own. */
function checkWrong(
  { name }: Damage,
  { wrong }: Comparison,
  expected: ReadonlyMap<string, Float32Array>,
): void {
  if (!name.startsWith("bit_flips")) {
    assertEquals(wrong.map(({ id }) => id), []);
    return;
  }
  for (const { id, vector } of wrong) {
    const right = expected.get(id) ?? new Float32Array();
    const product = vector.reduce((sum, value, axis) => sum + value * (right[axis] ?? 0), 0);
    const cosine = product / Math.hypot(...vector) / Math.hypot(...right);
    const isOwn = countDifferences(vector, right) <= 1 || cosine > 0.99;
    assertEquals(isOwn, true, `${id} has another vector`);
  }
}

function checkRecovered(
  store: GoldenStore,
  { name, file }: Damage,
  { counts, order }: ReadSalvage,
  { right, unit, wrong, expected }: Comparison,
  untouched: ReadSalvage,
): void {
  const fromQueue = untouched.records.filter(({ source }) => source === "queue").length;
  const isPurged = store !== "chroma-0.4.24";
  if (!isPurged && file !== "segment") {
    // Nothing was ever purged: the queue has every vector.
    assertEquals(right, expected);
  } else if (LOSES_MAP.test(name) && store.startsWith("chroma-0.5.23")) {
    const ordered = order.refusal === null ? order.assigned : 0;
    assertAtLeast(right, fromQueue + ordered);
    assertEquals(counts.missing.ambiguous, expected - right);
  } else if (name === "index_metadata_half" && store.startsWith("chroma-0.5.23")) {
    assertAtLeast(right, 0.75 * expected);
  } else if (file === "length") {
    assertEquals(right + unit, expected);
  } else if (name in LEFT_OF_SLOTS) {
    assertAtLeast(right + wrong.length, (LEFT_OF_SLOTS[name] ?? 0) * expected);
  } else if (/^data_level0_|^segment_(missing|is_a_file)$/.test(name)) {
    assertAtLeast(right, fromQueue);
  } else {
    assertEquals(right, expected);
  }
}

function assertAtLeast(actual: number, least: number): void {
  assert(actual >= least, `${actual} is less than ${least}`);
}
