/**
 * Repairing a damaged copy of a store, and what must hold of every repair whatever it repaired.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join, relative } from "@std/path";
import type { RepairLoss } from "../../lib/model/repair.ts";
import type { IndexStrategy } from "../../lib/model/repair.ts";
import type { RepairOutcome } from "../../lib/repair/outcome.ts";
import { repairStore } from "../../lib/repair/repair_store.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { applyDamage, DamageNotApplicable } from "../support/damages/mod.ts";
import { OUTCOME_SEED } from "../support/damages/outcomes.ts";
import { checkWhole } from "../support/findings.ts";
import { type GoldenStore, goldenStore } from "../support/fixtures.ts";

/** How indexes come back. */
export type Strategy = "auto" | IndexStrategy;

/** A damage to a golden store. */
export interface DamageCase {
  readonly golden: GoldenStore;
  /** One damage, or several, one after the other. */
  readonly damages: readonly string[];
  readonly collection: string;
  readonly seed?: number;
}

/** A line of `missing.jsonl`. */
export interface MissingLine {
  readonly collection: string;
  readonly id: string;
  readonly document: string | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly embedding: null;
  readonly reason: string;
}

/** A store that was repaired. */
export interface Repaired {
  readonly outcome: RepairOutcome;
  readonly losses: readonly RepairLoss[];
  readonly missing: readonly MissingLine[];
}

/** Whether a damage leaves a database; without one there is no store any more, only an export. */
export function hasDatabase(damage: string): boolean {
  return damage !== "sqlite_missing" && damage !== "sqlite_empty";
}

/** Whether bits of vectors may be flipped, which nothing but a seal can see. */
export function hasFlippedBits(damages: readonly string[]): boolean {
  return damages.some((name) => name.startsWith("bit_flips"));
}

/** Damages a fresh copy of a golden store; null where it has nothing that could be broken so. */
export async function damagedStore(
  { golden, damages, collection, seed = OUTCOME_SEED }: DamageCase,
): Promise<string | null> {
  const store = await goldenStore(golden);
  try {
    for (const name of damages) applyDamage(name, { store, collection }, seed);
    return store;
  } catch (error) {
    if (!(error instanceof DamageNotApplicable)) throw error;
    return null;
  }
}

/**
 * Repairs a store, and holds what must be so after every repair: no damage is left, what was planned
 * is what was done, and a second repair changes no byte.
 *
 * @param store The store's directory.
 * @param strategy How indexes come back.
 */
export async function repairWhole(store: string, strategy: Strategy): Promise<Repaired> {
  const outcome = await repairStore(store, { strategy, jobs: 1 });
  assertEquals(outcome.verification?.problems ?? [], []);
  const { findings } = await checkWhole(store);
  const damage = findings.filter(({ severity }) => severity === "error" || severity === "fatal");
  assertEquals(damage.map(({ code, name, message }) => `${code} ${name}: ${message}`), []);
  const before = await listBytes(store);
  const again = await repairStore(store, { strategy, jobs: 1 });
  assertEquals(again.plan.steps.map(({ title }) => title), [], "a second repair");
  assertEquals(await listBytes(store), before, "a second repair changed bytes");
  return {
    outcome,
    losses: outcome.plan.steps.flatMap(({ losses }) => losses),
    missing: await readMissing(outcome),
  };
}

/** Undoes the repair of a store, and holds that every byte is what it was. */
export async function undoWhole(store: string, before: readonly string[]): Promise<void> {
  const { state } = await undoRepair(store);
  assertEquals(state, "undone");
  assertEquals(await listBytes(store), before, "undo gave other bytes");
}

async function readMissing({ kept }: RepairOutcome): Promise<MissingLine[]> {
  const file = kept.find(({ name }) => name === "missing.jsonl");
  if (file === undefined) return [];
  const text = await Deno.readTextFile(file.path);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** A line for each file of a directory: its name and a digest of its bytes. */
export async function listBytes(directory: string, root = directory): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory) {
      lines.push(...await listBytes(path, root));
    } else {
      const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
      lines.push(`${relative(root, path)} ${new Uint8Array(digest).toHex()}`);
    }
  }
  return lines.sort();
}
