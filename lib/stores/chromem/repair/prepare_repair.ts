/**
 * The repair of a chromem-go database, as `lib/repair` asks for it.
 *
 * @module
 */

import type { RepairDraft, RepairVerification } from "../../../model/repair.ts";
import type { DetectedStore } from "../../../model/store.ts";
import type {
  PreparedRepair,
  RepairRequest,
  StagedRepair,
  StoreRepairer,
} from "../../repair_format.ts";
import { requireKnownName } from "../../require_known_name.ts";
import { SavedFiles } from "../../saved_files.ts";
import { readLayout } from "../layout.ts";
import type { ChromemRepair, PlannedStep } from "./chromem_repair.ts";
import { FindingIndex } from "./finding_index.ts";
import { FlippedBits } from "./flipped_bits.ts";
import { OlderDatabases } from "./older_databases.ts";
import { planRounds } from "./plan_rounds.ts";
import { DocumentSalvage } from "./salvage_document.ts";
import { stageChanges } from "./stage_changes.ts";
import { verifyChanges } from "./verify_changes.ts";
import { WorkingDatabase } from "./working_database.ts";

/** How chromem-go's databases are repaired. */
export const chromemRepairer: StoreRepairer = {
  viewDirectories: "mirrored",
  prepare: prepareChromemRepair,
};

async function prepareChromemRepair(
  store: DetectedStore,
  request: RepairRequest,
): Promise<PreparedRepair> {
  const layout = readLayout(store.path);
  const flipped = new FlippedBits(store.path);
  const repair: ChromemRepair = {
    store,
    request,
    layout,
    database: new WorkingDatabase(layout, request.fs),
    findings: new FindingIndex([]),
    older: new OlderDatabases(request.olderCopies),
    salvage: new DocumentSalvage(store.path, flipped),
    flipped,
    settled: [],
  };
  const { steps, unanswered } = await planRounds(repair);
  requireCollection(repair);
  return new PreparedChromemRepair(repair, steps, {
    steps: steps.map(({ step }) => step),
    unanswered,
  });
}

/** A collection can be asked for by its folder as well: its name may be lost. */
function requireCollection({ store, request, database }: ChromemRepair): void {
  const { onlyCollection } = request;
  if (onlyCollection === null) return;
  const folders = database.folders.map(({ origin }) => origin.name);
  const names = database.folders.flatMap(({ collection }) => collection ?? []);
  const known = request.findings.flatMap(({ collection }) => collection ?? []);
  if (folders.includes(onlyCollection) || known.includes(onlyCollection)) return;
  requireKnownName(store, onlyCollection, names);
}

class PreparedChromemRepair implements PreparedRepair {
  readonly draft: RepairDraft;
  readonly #repair: ChromemRepair;
  readonly #steps: readonly PlannedStep[];
  readonly #saved: SavedFiles;

  constructor(repair: ChromemRepair, steps: readonly PlannedStep[], draft: RepairDraft) {
    this.#repair = repair;
    this.#steps = steps;
    this.#saved = new SavedFiles(repair.request.scratch, repair.request.fs);
    this.draft = draft;
  }

  stage(directory: string): Promise<StagedRepair> {
    return Promise.resolve().then(() => this.#stage(directory));
  }

  verify(view: string): Promise<RepairVerification> {
    const { database, request } = this.#repair;
    return Promise.resolve().then(() => verifyChanges(database, view, request.fs));
  }

  [Symbol.dispose](): void {
    this.#saved[Symbol.dispose]();
  }

  #stage(directory: string): StagedRepair {
    const { database, request: { fs, signal } } = this.#repair;
    const staged = stageChanges(database.listChanges(), { database, directory, fs, signal });
    for (const { save } of this.#steps) {
      signal?.throwIfAborted();
      save?.(this.#saved);
    }
    return { ...staged, saved: this.#saved.finish() };
  }
}
