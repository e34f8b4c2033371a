/**
 * Damaged copies of the golden databases of chromem-go, and what must hold after every repair of one.
 *
 * @module
 */

import { hash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { decodeGobText } from "../../lib/codec/gob/text.ts";
import type { Damage } from "../../lib/drill/damages/damage.ts";
import { DamageNotApplicable } from "../../lib/drill/damages/damage.ts";
import { applyDamage } from "../../lib/drill/damages/libraries.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { RepairPlan } from "../../lib/model/repair.ts";
import type { RepairOutcome } from "../../lib/repair/outcome.ts";
import { repairStore } from "../../lib/repair/repair_store.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { hashName } from "../../lib/stores/chromem/name_hash.ts";
import { findChromemJudge, judgeChromem } from "../support/chromem_judge.ts";
import { compareContents, findCollection } from "../support/chromem_contents.ts";
import { readChromem } from "../support/chromem_model.ts";
import {
  type ChromemCollection,
  chromemFacts,
  type ChromemStore,
  chromemStore,
} from "../support/chromem_stores.ts";
import { checkWhole } from "../support/findings.ts";

/** Damages to a golden database, one after the other. */
export interface ChromemCase {
  readonly kind: ChromemStore;
  readonly damages: readonly Damage[];
  /** The folder that is hit. */
  readonly collection: string;
  readonly seed: number;
}

/** A damaged database. */
export interface DamagedChromem {
  readonly store: string;
  readonly kind: ChromemStore;
  /** The files that a damage changed, removed or added: `<folder>/<file>`. */
  readonly hit: ReadonlySet<string>;
  /** Every entry as the damages left it. */
  readonly entries: readonly string[];
}

/** Damages a fresh copy; null where it has nothing that could be broken so. */
export async function damagedChromem(damage: ChromemCase): Promise<DamagedChromem | null> {
  const { kind, damages, collection, seed } = damage;
  const store = await chromemStore(kind);
  const before = describeTree(store);
  try {
    for (const one of damages) applyDamage(one, { store, collection, fs: localFs }, seed);
  } catch (error) {
    if (!(error instanceof DamageNotApplicable)) throw error;
    await Deno.remove(store, { recursive: true });
    return null;
  }
  const after = describeTree(store);
  const hit = new Set(
    [...before.keys(), ...after.keys()].filter((path) => before.get(path) !== after.get(path)),
  );
  return { store, kind, hit, entries: listTree(store) };
}

/**
 * Repairs a database, and holds what must be so after every repair: no damage is left, what was
 * planned is what was done, and a second repair changes nothing, not even a time.
 */
export async function repairChromem(store: string): Promise<RepairOutcome> {
  const outcome = await repairStore(store, { jobs: 1 });
  assertEquals(outcome.verification?.problems ?? [], []);
  const { findings } = await checkWhole(store);
  const damage = findings.filter(({ severity }) => severity === "error" || severity === "fatal");
  assertEquals(damage.map(({ code, name, message }) => `${code} ${name}: ${message}`), []);
  const before = listTree(store);
  const again = await repairStore(store, { jobs: 1 });
  assertEquals(again.plan.steps.map(({ title }) => title), [], "a second repair");
  assertEquals(listTree(store), before, "a second repair changed the database");
  return outcome;
}

/** Undoes a repair, and holds that every entry is what it was, times and permissions included. */
export async function undoChromem({ store, entries }: DamagedChromem): Promise<void> {
  const { state } = await undoRepair(store);
  assertEquals(state, "undone");
  assertEquals(listTree(store), entries, "undo gave something else");
}

/** Reads a database, with the engine as well where there is one: both must agree. */
export async function readBoth(
  store: string,
  kind: ChromemStore,
): Promise<readonly ChromemCollection[] | null> {
  const reading = readChromem(store, kind);
  if (findChromemJudge() !== null) {
    const verdict = await judgeChromem(store, kind);
    assertEquals(reading.opens, verdict.opens, JSON.stringify([reading, verdict]).slice(0, 500));
    if (reading.opens && verdict.opens) {
      assertEquals(compareContents(reading.collections, verdict.collections), []);
    }
  }
  return reading.opens ? reading.collections : null;
}

/**
 * Holds that a repaired database has every document that was not hit, bit for bit, in the collection
 * of its name; and that what is gone was listed.
 */
export async function holdContents(
  { store, kind, hit }: DamagedChromem,
  { plan }: RepairOutcome,
): Promise<void> {
  const after = await readBoth(store, kind);
  assert(after !== null, "The repaired database does not open");
  const extension = kind === "gzip" ? ".gob.gz" : ".gob";
  const { collections: golden } = await chromemFacts();
  let goneCount = 0;
  for (const difference of compareContents(golden, after)) {
    const name = difference.collection;
    if (findCollection(golden, name) === undefined) continue;
    const folder = hashName(name);
    const pathOf = (idBytes: string): string => {
      const bytes = Uint8Array.fromBase64(idBytes);
      return `${folder}/${hashName(decodeGobText(bytes, 0, bytes.length))}${extension}`;
    };
    // A collection whose name nothing tells has its documents under another one.
    const isNamed = findCollection(after, name) !== undefined || !isNameLost(plan);
    const gone = isNamed ? difference.gone : difference.gone.filter((id) => !isHeld(after, id));
    const lost = [...gone, ...difference.changed];
    assertEquals(lost.map(pathOf).filter((path) => !hit.has(path)), [], `documents of ${name}`);
    assertEquals(difference.added, [], `documents that ${name} never had`);
    const metadataPath = `${folder}/00000000${extension}`;
    assert(!difference.metadata || hit.has(metadataPath), `the metadata of ${name}`);
    goneCount += gone.length;
  }
  const listed = plan.steps.flatMap(({ losses }) => losses)
    .filter(({ outcome }) => outcome === "taken-out" || outcome === "gone")
    .reduce((sum, { count }) => sum + count, 0);
  assert(goneCount <= listed, `${goneCount} documents are gone, and ${listed} were listed`);
}

function isNameLost({ steps }: RepairPlan): boolean {
  return steps.some(({ losses }) => losses.some(({ kind }) => kind === "collection-name"));
}

function isHeld(collections: readonly ChromemCollection[], idBytes: string): boolean {
  return collections.some(({ documents }) =>
    documents.some((document) => document.idBytes === idBytes)
  );
}

/** A line for each entry below a directory: kind, length, time, permissions and digest. */
function listTree(path: string): string[] {
  return [...describeTree(path)].map(([name, facts]) => `${name} ${facts}`).sort();
}

function describeTree(root: string, inner = ""): Map<string, string> {
  const entries = new Map<string, string>();
  for (const { name } of Deno.readDirSync(join(root, inner))) {
    const path = join(root, inner, name);
    const { isDirectory, isFile, mtime, mode } = Deno.lstatSync(path);
    const inside = inner === "" ? name : `${inner}/${name}`;
    if (isDirectory) {
      entries.set(inside, `directory ${mode}`);
      for (const [below, facts] of describeTree(root, inside)) entries.set(below, facts);
    } else {
      const content = isFile ? hash("sha256", Deno.readFileSync(path)) : Deno.readLinkSync(path);
      entries.set(inside, `${mtime?.getTime()} ${mode} ${content}`);
    }
  }
  return entries;
}
