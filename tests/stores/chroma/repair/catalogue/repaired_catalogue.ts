/**
 * The stage of the catalogue by itself, and a store as it leaves it.
 *
 * @module
 */

import { join } from "@std/path";
import { localFs } from "../../../../../lib/fs/platform.ts";
import type { Finding } from "../../../../../lib/model/finding.ts";
import type { RepairStep } from "../../../../../lib/model/repair.ts";
import { prepareCatalogueStage } from "../../../../../lib/stores/chroma/repair/catalogue/catalogue_stage.ts";
import { isWanted, stageOf } from "../../../../../lib/stores/chroma/repair/cures.ts";
import { SavedFiles } from "../../../../../lib/stores/saved_files.ts";
import { WorkingStore } from "../../../../../lib/stores/chroma/repair/working_store.ts";
import { requireStore } from "../../../../../lib/stores/registry.ts";
import type { RepairRequest } from "../../../../../lib/stores/repair_format.ts";
import { copyTree, scratchDirectory } from "../../../../support/fixtures.ts";
import { findAll, repairRequest } from "../repair_request.ts";

/** What the stage made of a store. */
export interface RepairedCatalogue {
  /** What was found before. */
  readonly before: readonly Finding[];
  /** What is found after. */
  readonly after: readonly Finding[];
  /** The steps. */
  readonly steps: readonly RepairStep[];
  /** Whether a database was made. */
  readonly hasOwnDatabase: boolean;
  /** A copy of the store with that database. */
  readonly path: string;
}

/**
 * Has the stage correct a store.
 *
 * @param path The store; it is not changed.
 * @param wanted What is asked for otherwise than everything.
 */
export async function repairCatalogue(
  path: string,
  wanted: Partial<RepairRequest> = {},
): Promise<RepairedCatalogue> {
  const before = await findAll(path);
  const scratch = await scratchDirectory();
  const request = repairRequest({ findings: before, scratch, ...wanted });
  const store = requireStore(path);
  using working = new WorkingStore(store, scratch, localFs);
  using saved = new SavedFiles(scratch, localFs);
  const findings = before.filter((finding) =>
    stageOf(finding) === "catalogue" && isWanted(finding, request)
  );
  const prepared = await prepareCatalogueStage({
    store,
    working,
    findings,
    allFindings: before,
    request,
    saved,
  });
  working.settle();
  const result = join(scratch, "result");
  await copyTree(path, result);
  const { hasOwnDatabase } = working;
  if (hasOwnDatabase) await Deno.copyFile(working.databasePath, join(result, "chroma.sqlite3"));
  const after = await findAll(result);
  return { before, after, steps: prepared.map(({ step }) => step), hasOwnDatabase, path: result };
}

/** Names what is wrong in a few words, without what means no damage. */
export function listDamage(findings: readonly Finding[]): string[] {
  return findings.filter(({ severity }) => severity !== "info")
    .map(({ name, collection }) => collection === null ? name : `${name} ${collection}`);
}
