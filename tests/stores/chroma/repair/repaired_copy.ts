/**
 * Repairing a store in a test as far as its format goes: what was staged is laid over the copy that
 * the test has, without the swap that `lib/repair` does.
 *
 * @module
 */

import { join } from "@std/path";
import type { Finding } from "../../../../lib/model/finding.ts";
import type { RepairDraft, RepairStep, RepairVerification } from "../../../../lib/model/repair.ts";
import { requireStore } from "../../../../lib/stores/registry.ts";
import { chromaRepairer } from "../../../../lib/stores/chroma/repair/prepare_repair.ts";
import type { RepairRequest, StagedRepair } from "../../../../lib/stores/repair_format.ts";
import { scratchDirectory } from "../../../support/fixtures.ts";
import { findAll, repairRequest } from "./repair_request.ts";

/** What a repair made of a store. */
export interface RepairedCopy {
  /** The plan. */
  readonly draft: RepairDraft;
  /** What took the place of what. */
  readonly staged: StagedRepair;
  /** The lines of the files for people, by the name of the file. */
  readonly saved: Readonly<Record<string, readonly Record<string, unknown>[]>>;
  /** What was found before. */
  readonly before: readonly Finding[];
  /** What is found now. */
  readonly after: readonly Finding[];
  /** What the steps themselves say of it. */
  readonly verification: RepairVerification;
  /** Where entries are that were moved aside or replaced. */
  readonly aside: string;
}

/**
 * Repairs a store.
 *
 * @param store The directory, which the test may change.
 * @param wanted What is otherwise than for everything.
 */
export async function repairCopy(
  store: string,
  wanted: Partial<RepairRequest> = {},
): Promise<RepairedCopy> {
  const [scratch, staging, aside] = [
    await scratchDirectory(),
    await scratchDirectory(),
    await scratchDirectory(),
  ];
  const before = await findAll(store);
  const request = repairRequest({ findings: before, scratch, ...wanted });
  using prepared = await chromaRepairer.prepare(requireStore(store), request);
  const staged = await prepared.stage(staging);
  for (const name of [...staged.coming, ...staged.leaving]) {
    if (await exists(join(store, name))) await Deno.rename(join(store, name), join(aside, name));
  }
  for (const name of staged.coming) await Deno.rename(join(staging, name), join(store, name));
  const verification = await prepared.verify(store);
  const saved: Record<string, Record<string, unknown>[]> = {};
  for (const { name, path } of staged.saved) {
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    saved[name] = lines.map((line) => JSON.parse(line));
  }
  const after = await findAll(store);
  return { draft: prepared.draft, staged, saved, before, after, verification, aside };
}

/** The codes of some findings, by the names. */
export function codesOf(findings: readonly Finding[], ...names: string[]): ReadonlySet<string> {
  return new Set(findings.filter(({ name }) => names.includes(name)).map(({ code }) => code));
}

/** The findings that mean damage, in a few words. */
export function damageOf(findings: readonly Finding[]): string[] {
  return findings.filter(({ severity }) => severity === "error" || severity === "fatal")
    .map(({ name, collection, message }) => `${name} ${collection ?? "-"}: ${message}`);
}

/** The steps without what changes from run to run. */
export function briefSteps({ steps }: RepairDraft): Pick<RepairStep, "kind" | "collection">[] {
  return steps.map(({ kind, collection }) => ({ kind, collection }));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
