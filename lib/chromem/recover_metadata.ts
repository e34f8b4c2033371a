/**
 * The part of a repair that brings collections of chromem-go back which have lost their metadata.
 *
 * @module
 */

import type { Finding } from "../model/finding.ts";
import type { ChromemFindingName } from "../model/finding_names.ts";
import type { DetectedStore } from "../model/store.ts";
import type { RepairOutcome, RepairSettings } from "../repair/outcome.ts";
import { runRepair } from "../repair/repair_store.ts";
import { METADATA_STEM } from "../stores/chromem/layout.ts";
import { repairerByName } from "../stores/repairers.ts";
import type { PreparedRepair, RepairRequest, StoreRepairer } from "../stores/repair_format.ts";
import { requireChromem } from "./list_collections.ts";

/** How metadata is recovered. */
export type RecoverMetadataSettings = Pick<
  RepairSettings,
  | "collection"
  | "confirm"
  | "jobs"
  | "keepReplaced"
  | "names"
  | "now"
  | "onProgress"
  | "signal"
  | "unnamed"
>;

/** What is said of metadata files and of nothing else. */
const METADATA_FINDINGS: ReadonlySet<string> = new Set<ChromemFindingName>([
  "chromem-metadata-missing",
  "chromem-name-empty",
  "chromem-metadata-exchanged",
]);

/**
 * Writes metadata files of collections again that are lost or damaged, so that chromem-go finds their
 * names. A name is found by its hash, which is the name of the folder: among those that are given,
 * those that documents, backups and the databases beside it tell, and a built-in list. Nothing else in
 * the database is touched; what was replaced can be brought back with {@linkcode undoRepair}.
 *
 * @example
 * ```ts
 * import { recoverChromemMetadata } from "@vecfsck/vecfsck";
 *
 * async function recover(path: string): Promise<void> {
 *   const { state, plan } = await recoverChromemMetadata(path, {
 *     names: ["memories", "checkpoints"],
 *     confirm: ({ steps }) => Promise.resolve(steps.every(({ losses }) => losses.length === 0)),
 *   });
 *   console.log(state, plan.steps.map(({ title }) => title));
 * }
 * console.log(typeof recover);
 * ```
 *
 * @param path The database's directory.
 * @param settings Names to try, what becomes of a collection whose name nothing tells, who is asked.
 * @returns What became of it.
 * @throws {OperationError} There is no database of chromem-go, it cannot be read or written, or is in
 * use; then it is as it was, unless the error says otherwise.
 */
export async function recoverChromemMetadata(
  path: string,
  settings: RecoverMetadataSettings = {},
): Promise<RepairOutcome> {
  requireChromem(path, {});
  return await runRepair(path, { ...settings, repairer: metadataOnly(repairerByName("chromem")) });
}

/** A repairer that is told of what is said of metadata files, and of nothing else. */
function metadataOnly(repairer: StoreRepairer): StoreRepairer {
  return {
    ...repairer,
    prepare: (store: DetectedStore, request: RepairRequest): Promise<PreparedRepair> =>
      repairer.prepare(store, {
        ...request,
        findings: request.findings.filter(isOfMetadata),
        check: async (view) => (await request.check(view)).filter(isOfMetadata),
      }),
  };
}

function isOfMetadata({ name, path }: Finding): boolean {
  return METADATA_FINDINGS.has(name) ||
    path?.split("/")[1]?.startsWith(`${METADATA_STEM}.`) === true;
}
