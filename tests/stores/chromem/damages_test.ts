/**
 * Every damage of the library, done to golden databases: it hits files of the place that it says, a
 * check names one of them and says what is expected, and chromem-go, where there is one, refuses the
 * database or reads something else in it.
 *
 * With `VECFSCK_TEST_EVERYTHING=1` a file is cut at each of its bytes, and each of its bits flipped.
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { chromemDamages } from "../../../lib/drill/damages/chromem/library.ts";
import type { Damage } from "../../../lib/drill/damages/damage.ts";
import type { FindingEvent } from "../../../lib/model/report.ts";
import { type DamagedChromem, damagedChromem, readBoth } from "../../repair/chromem_cases.ts";
import { compareContents } from "../../support/chromem_contents.ts";
import {
  CHROMEM_STORES,
  chromemFacts,
  type ChromemStore,
  chromemStore,
} from "../../support/chromem_stores.ts";
import { checkWhole } from "../../support/findings.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";
const SEED = Number(Deno.env.get("VECFSCK_TEST_SEED") ?? 20_261_121);
const SEVERITIES = ["info", "warning", "error", "fatal"];

/** What the engine makes of a damage that a check sees. */
type EngineOutcome = "refuses" | "misreads" | "notices nothing";

/** What it makes of those that do not make it refuse the database. */
const OUTCOMES: Readonly<Record<string, EngineOutcome>> = {
  metadata_swapped: "misreads",
  metadata_copied: "misreads",
  folder_copied: "misreads",
  document_of_metadata: "misreads",
  documents_swapped_between: "misreads",
  extension_wrong: "misreads",
  extension_of_collection: "misreads",
  extension_of_documents: "misreads",
  embedding_missing: "misreads",
  embedding_half: "misreads",
  embedding_nan: "misreads",
  document_id_empty: "misreads",
  document_tail_garbage: "notices nothing",
  document_renamed: "notices nothing",
  document_copied: "notices nothing",
  documents_swapped: "notices nothing",
  leftover_temporary: "notices nothing",
  folder_renamed: "notices nothing",
  gzip_trailer_cut: "notices nothing",
  gzip_checksum_flipped: "notices nothing",
};

/** What depends on the bit that is flipped. */
const UNDECIDED = new Set(["gzip_data_flipped"]);

Deno.test("chromemDamages has no name twice and describes every damage", () => {
  const names = chromemDamages.damages.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const { name, description } of chromemDamages.damages) {
    assert(/^[a-z_]+$/.test(name), name);
    assert(/^[A-Z].*\.$/.test(description), description);
  }
});

for (const [index, damage] of chromemDamages.damages.entries()) {
  const kind = damage.name.startsWith("gzip_") ? "gzip" : CHROMEM_STORES[index % 2] ?? "plain";
  // Knowledge-base or sessions, of which neither holds most of the files.
  const collection = damage.scope === "store" || index % 3 === 0 ? "1225ae6c" : "2f8ca0d3";

  Deno.test(`check sees ${damage.name} where it is, as chromem-go does`, async () => {
    const chosen = { kind, damages: [damage], collection, seed: SEED };
    const damaged = await damagedChromem(chosen);
    const again = await damagedChromem(chosen);
    assert(damaged !== null && again !== null, "not applicable");
    assertEquals(damaged.hit, again.hit);
    assertNotEquals(damaged.hit.size, 0);
    if (damage.expected.hidden !== null) return;
    const { findings } = await checkWhole(damaged.store);
    assertExpected(damage, findings);
    assert(
      findings.some((finding) => isAbout(finding, damaged)),
      "No finding is about what was hit",
    );
    await assertOutcome(damage, damaged);
  });
}

for (const kind of CHROMEM_STORES) {
  Deno.test(`check sees every cut of a document in the database ${kind}`, async () => {
    const { store, path } = await oneDocument(kind);
    const bytes = await Deno.readFile(join(store, path));
    // The library does not look at what comes behind the compressed value.
    const end = bytes.length - (kind === "gzip" ? 13 : 0);
    for (let size = 0; size < end; size += EVERYTHING ? 1 : 1 + Math.floor(end / 10)) {
      await Deno.writeFile(join(store, path), bytes.subarray(0, size));
      const { findings } = await checkWhole(store);
      assert(isSeen(findings, path), `cut at ${size}`);
      assertEquals(await readBoth(store, kind), null, `cut at ${size}`);
    }
  });

  Deno.test(`check sees every flipped bit that chromem-go stumbles over, and all in ${kind}`, async () => {
    const { store, path } = await oneDocument(kind);
    const bytes = await Deno.readFile(join(store, path));
    const before = await readBoth(store, kind) ?? [];
    for (let bit = 0; bit < 8 * bytes.length; bit += EVERYTHING ? 1 : 67) {
      const flipped = bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      await Deno.writeFile(join(store, path), flipped);
      const { findings } = await checkWhole(store);
      const after = await readBoth(store, kind);
      const isRead = after !== null;
      const isOther = isRead && compareContents(before, after).length > 0;
      if (!isRead || (isOther && kind === "gzip")) assert(isSeen(findings, path), `bit ${bit}`);
    }
  });
}

function assertExpected({ expected }: Damage, findings: readonly FindingEvent[]): void {
  const worst = Math.max(-1, ...findings.map(({ severity }) => SEVERITIES.indexOf(severity)));
  const told = findings.map(({ severity, name, path }) => `${severity} ${name} ${path}`).join("\n");
  assert(worst >= SEVERITIES.indexOf(expected.severity), told);
  const { findings: names } = expected;
  assert(names.length === 0 || findings.some(({ name }) => names.includes(name)), told);
}

/** Whether a finding is about a file that was hit, or about its folder or the whole database. */
function isAbout({ path, name, detail }: FindingEvent, { hit }: DamagedChromem): boolean {
  if (name === "chromem-extension-wrong") return true;
  // Of two folders with one name the finding is about the one that is not loaded.
  const named = [path, detail?.loaded];
  return [...hit].some((file) => named.includes(file) || named.includes(file.split("/")[0]));
}

async function assertOutcome({ name }: Damage, { store, kind }: DamagedChromem): Promise<void> {
  if (UNDECIDED.has(name)) return;
  const after = await readBoth(store, kind);
  const { collections } = await chromemFacts();
  const outcome = after === null
    ? "refuses"
    : compareContents(collections, after).length > 0
    ? "misreads"
    : "notices nothing";
  assertEquals(outcome, OUTCOMES[name] ?? "refuses");
}

/** A database with one collection of two documents, so that a check takes no time. */
async function oneDocument(kind: ChromemStore): Promise<{ store: string; path: string }> {
  const store = await chromemStore(kind);
  for (const { name } of [...Deno.readDirSync(store)]) {
    if (name !== "1225ae6c") await Deno.remove(join(store, name), { recursive: true });
  }
  const [, first = "", second = "", ...others] = [...Deno.readDirSync(join(store, "1225ae6c"))]
    .map(({ name }) => name).sort();
  for (const name of others) await Deno.remove(join(store, "1225ae6c", name));
  assert(second !== "");
  return { store, path: `1225ae6c/${first}` };
}

function isSeen(findings: readonly FindingEvent[], damaged: string): boolean {
  return findings.some(({ severity, path }) =>
    path === damaged && (severity === "error" || severity === "fatal" || severity === "warning")
  );
}
