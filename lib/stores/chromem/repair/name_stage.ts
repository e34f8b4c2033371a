/**
 * Names of collections and of their folders: metadata files are written again, folders renamed, and
 * collections that share a name kept apart. What stood in the place of a metadata file is kept
 * beside it as well, as `00000000.gob.backup`.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { printable } from "../../../base/printable.ts";
import type { Finding } from "../../../model/finding.ts";
import type { RepairLoss, RepairStep } from "../../../model/repair.ts";
import { listAnswers } from "../../repair_steps.ts";
import { BACKUP_SUFFIX, METADATA_STEM } from "../layout.ts";
import { type ChromemRepair, PLAIN_LOSS, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import { readDimension } from "./dimensions.ts";
import { isContained } from "./contained_folder.ts";
import { decideNames, type NameDecision } from "./decide_names.ts";
import { describeName } from "./describe_name.ts";
import { planEmptyFolders } from "./empty_folders.ts";
import { type Applied, findValues } from "./metadata_values.ts";
import { type CollectionMetadata, gatherNames, readAllMetadata } from "./name_states.ts";
import { WorkingFile, type WorkingFolder } from "./working_database.ts";
import { listDocuments } from "./working_documents.ts";

/** How many bytes a metadata file has, about. */
const METADATA_SIZE_BYTES = 1024;

/**
 * Plans the steps of the stage.
 *
 * @param repair What the stage is given.
 * @returns The steps.
 * @throws {OperationError} The store cannot be read.
 */
export function planNames(repair: ChromemRepair): PlannedStep[] {
  const all = readAllMetadata(repair);
  for (const { folder, reading } of all) folder.collection = nameIn(reading);
  if (all.every(({ findings }) => findings.length === 0)) return [];
  const { request } = repair;
  const states = gatherNames(repair, all);
  const decisions = decideNames(states, {
    unnamed: request.unnamed,
    shadowed: request.shadowed,
    canMerge: (folder, keeper) => canMerge(repair, folder, keeper),
    isContained: (folder, keeper) => isContained(repair.database, folder, keeper),
    isRestricted: request.onlyCodes !== null || request.onlyCollection !== null,
    isExchangeForced: request.onlyCodes?.has("VF3004") === true,
  });
  requireSomeLeft(repair, decisions);
  const steps = states.flatMap((state, index) => {
    const decision = decisions.get(state.folder);
    const metadata = all[index];
    if (!state.hasDocuments) repair.settled.push(...state.findings.filter(isAboutFolder));
    if (decision === undefined || metadata === undefined) return [];
    const applied = { storePath: repair.store.path, decision, state, metadata, all };
    return [{ step: applyDecision(repair, applied) }];
  });
  return [...steps, ...planEmptyFolders(repair, all)];
}

/** A database without any collection is none that could be told from an empty directory. */
function requireSomeLeft(
  { store, database }: ChromemRepair,
  decisions: ReadonlyMap<string, NameDecision>,
): void {
  const staying = database.folders.filter(({ name, fate }) =>
    fate !== "quarantined" && decisions.get(name)?.fate !== "quarantined"
  );
  if (staying.length > 0) return;
  throw new OperationError(
    "usage",
    `Nothing tells the name of any collection in ${store.path}: all of them would go to quarantine`,
    {
      path: store.path,
      hint: "Nothing was changed. Without --quarantine they get names; names to try are given " +
        "with --names.",
    },
  );
}

/** What is said of a folder no longer holds when nothing of a collection is left in it. */
function isAboutFolder({ name }: Finding): boolean {
  return name === "chromem-metadata-missing";
}

function nameIn(reading: CollectionMetadata["reading"]): string | null {
  const name = reading?.fault === null ? reading.value.Name ?? "" : "";
  return name === "" ? null : name;
}

function canMerge(repair: ChromemRepair, folder: string, keeper: string): boolean {
  const [one, other] = [folder, keeper].map((name) => {
    const working = repair.database.folderNamed(name);
    return working === undefined ? null : readDimension(repair.database, working);
  });
  return one === null || other === null || one === other;
}

function applyDecision(repair: ChromemRepair, applied: Applied): RepairStep {
  const { decision, metadata: { folder }, state } = applied;
  const { fate, name, target, findings } = decision;
  folder.collection = name === "" ? null : name;
  const step = {
    ...PLAIN_STEP,
    ...describeName(decision, state, repair),
    collection: folder.collection,
    segment: folder.origin.name,
    answers: listAnswers(findings),
  };
  if (fate === "quarantined") {
    folder.fate = "quarantined";
    folder.name = repair.database.freeQuarantineName(folder.origin.name);
    return {
      ...step,
      losses: [{
        ...PLAIN_LOSS,
        kind: "record",
        outcome: "moved-aside",
        reason: `nothing tells the name of the collection in the folder ${folder.origin.name}`,
        collection: folder.origin.name,
        count: listDocuments(repair.database, folder).length,
      }],
      replaces: [folder.origin.name, folder.name],
      sizeBytes: sizeOf(folder),
    };
  }
  if (fate === "merged") {
    folder.fate = "merged";
    folder.name = target;
    return { ...step, replaces: [folder.origin.name, target] };
  }
  const isRenamed = target !== folder.name;
  folder.name = target;
  const written = fate === "renamed" ? NOTHING_WRITTEN : writeMetadata(repair, applied);
  return {
    ...step,
    ...written,
    details: [...step.details, ...written.details],
    losses: [...listNameLosses(decision), ...written.losses],
    replaces: isRenamed ? [folder.origin.name, target] : written.replaces,
    sizeBytes: isRenamed ? sizeOf(folder) : METADATA_SIZE_BYTES,
  };
}

function sizeOf({ origin: { files } }: WorkingFolder): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

type Written = Pick<RepairStep, "details" | "reads" | "replaces" | "losses">;

const NOTHING_WRITTEN: Written = { details: [], reads: [], replaces: [], losses: [] };

function writeMetadata({ database, older }: ChromemRepair, applied: Applied): Written {
  const { decision: { name }, metadata: { folder } } = applied;
  const fileName = METADATA_STEM + database.extension;
  const values = findValues(older, applied);
  const replaced = folder.files.get(fileName);
  if (replaced?.origin?.isSpecial === false) {
    folder.files.set(fileName + BACKUP_SUFFIX, new WorkingFile(null, replaced.source));
  }
  folder.files.set(
    fileName,
    new WorkingFile(null, {
      kind: "metadata",
      sizeBytes: METADATA_SIZE_BYTES,
      metadata: { Name: name, Metadata: values.metadata },
    }),
  );
  const path = `${folder.name}/${fileName}`;
  return {
    details: values.detail === null ? [] : [values.detail],
    reads: values.path === null ? [] : [values.path],
    replaces: replaced === undefined ? [path] : [path, path + BACKUP_SUFFIX],
    losses: values.lost === null ? [] : [{
      ...PLAIN_LOSS,
      kind: "collection-metadata",
      outcome: "kept",
      reason: values.lost,
      collection: name,
    }],
  };
}

function listNameLosses({ fate, name, folder }: NameDecision): RepairLoss[] {
  if (fate !== "made-up") return [];
  return [{
    ...PLAIN_LOSS,
    kind: "collection-name",
    outcome: "kept",
    reason: `nothing tells the name of the collection in ${folder}, and it is called ` +
      `${printable(name)} now`,
    collection: name,
  }];
}
