/**
 * Preparing the repair of a Chroma store: stage by stage, each on what the stage before it leaves.
 *
 * @module
 */

import { join } from "@std/path";
import type { Finding } from "../../../model/finding.ts";
import type { RepairDraft, RepairVerification, UnansweredFinding } from "../../../model/repair.ts";
import type { DetectedStore } from "../../../model/store.ts";
import type {
  PreparedRepair,
  RepairRequest,
  StagedRepair,
  StoreRepairer,
} from "../../repair_format.ts";
import { requireKnownEngine } from "../require_known_engine.ts";
import { prepareCatalogueStage } from "./catalogue/catalogue_stage.ts";
import {
  cureOf,
  hasDamagedPages,
  isWanted,
  REPAIR_STAGES,
  type RepairStageName,
  stageOf,
} from "./cures.ts";
import { prepareDatabaseStage } from "./database/database_stage.ts";
import { prepareDirectoryStage } from "./directory/directory_stage.ts";
import { prepareFulltextStage } from "./fulltext/fulltext_stage.ts";
import { prepareIndexStage } from "./index/index_stage.ts";
import { prepareRecordsStage } from "./records/records_stage.ts";
import type { PreparedStep, RepairStage, StagingArea } from "./repair_context.ts";
import { requireCollection } from "./require_collection.ts";
import { SavedFiles } from "../../saved_files.ts";
import { WorkingStore } from "./working_store.ts";

const STAGES: Readonly<Record<RepairStageName, RepairStage>> = {
  database: prepareDatabaseStage,
  catalogue: prepareCatalogueStage,
  records: prepareRecordsStage,
  fulltext: prepareFulltextStage,
  index: prepareIndexStage,
  directory: prepareDirectoryStage,
};

/** Records that come back may show what the catalogue lacks, for instance a number of dimensions. */
const RUNS: readonly RepairStageName[] = REPAIR_STAGES.flatMap((name) =>
  name === "records" ? [name, "catalogue"] : [name]
);

/** How Chroma's stores are repaired. */
export const chromaRepairer: StoreRepairer = {
  viewDirectories: "linked",
  prepare: prepareChromaRepair,
};

async function prepareChromaRepair(
  store: DetectedStore,
  request: RepairRequest,
): Promise<PreparedRepair> {
  requireKnownEngine(store, request.findings, "repaired");
  requireCollection(store, request);
  const working = new WorkingStore(store, request.scratch, request.fs);
  const saved = new SavedFiles(request.scratch, request.fs);
  const steps: PreparedStep[] = [];
  try {
    let allFindings = request.findings;
    for (const name of RUNS) {
      request.signal?.throwIfAborted();
      const findings = allFindings.filter((finding) =>
        (stageOf(finding) === name || (name === "database" && hasDamagedPages(finding))) &&
        isWanted(finding, request)
      );
      const isAsked = name === "index"
        ? request.vectorsPath !== null || request.eraseDeleted ||
          allFindings.some(({ name }) => name.startsWith("dimension-"))
        : name === "records" && working.hasLostRows;
      if (findings.length === 0 && !isAsked) continue;
      const context = { store, working, findings, allFindings, request, saved };
      const prepared = await STAGES[name](context);
      steps.push(...prepared);
      working.settle();
      if (hasChangedDatabase(name) && prepared.length > 0 && working.hasOwnDatabase) {
        allFindings = await request.check(working.path);
      }
    }
    const draft = { steps: steps.map(({ step }) => step), unanswered: [] };
    return new PreparedChromaRepair({ store, request, working, saved, steps }, {
      ...draft,
      unanswered: listUnanswered(request, allFindings, draft),
    });
  } catch (error) {
    for (const step of steps) step[Symbol.dispose]?.();
    saved[Symbol.dispose]();
    working[Symbol.dispose]();
    throw error;
  }
}

/** What neither the steps answer nor the stages have found to be gone. */
function listUnanswered(
  request: RepairRequest,
  last: readonly Finding[],
  { steps }: RepairDraft,
): UnansweredFinding[] {
  const answered = new Set(steps.flatMap(({ answers }) => answers.map(keyOf)));
  const known = new Set<string>();
  return last.flatMap((finding) => {
    const key = keyOf(finding);
    // Stages that change the database have done so: what the last check still finds is left.
    const isDone = !hasChangedDatabase(stageOf(finding)) && answered.has(key);
    const place = `${key} ${finding.collection ?? ""}`;
    if (isDone || known.has(place)) return [];
    known.add(place);
    const cure = cureOf(finding.name);
    const { code, name, severity, path, collection } = finding;
    const reason = isWanted(finding, request) ? NO_WAY : UNWANTED;
    const why = typeof cure === "string" ? { reason, isDamage: severity !== "info" } : cure;
    return [{ code, name, severity, path, collection, ...why }];
  });
}

/** Whether a stage changes the private copy of the database while it prepares. */
function hasChangedDatabase(stage: RepairStageName | null): boolean {
  return stage !== null && stage !== "index" && stage !== "directory";
}

const UNWANTED = "It was not asked for.";
const NO_WAY = "Nothing that is left tells how it was.";

function keyOf({ code, path }: { readonly code: string; readonly path: string | null }): string {
  return `${code} ${path ?? ""}`;
}

interface RepairParts {
  readonly store: DetectedStore;
  readonly request: RepairRequest;
  readonly working: WorkingStore;
  readonly saved: SavedFiles;
  readonly steps: readonly PreparedStep[];
}

class PreparedChromaRepair implements PreparedRepair {
  readonly draft: RepairDraft;
  readonly #parts: RepairParts;

  constructor(parts: RepairParts, draft: RepairDraft) {
    this.#parts = parts;
    this.draft = draft;
  }

  async stage(directory: string): Promise<StagedRepair> {
    const { store, request: { fs, signal }, working, saved, steps } = this.#parts;
    const leaving = new Set<string>();
    const area: StagingArea = {
      directory,
      working,
      saved,
      leave: (name) => void leaving.add(name),
    };
    for (const step of steps) {
      signal?.throwIfAborted();
      await step.stage?.(area);
    }
    if (working.hasOwnDatabase) {
      for (const name of working.stageDatabase(directory)) leaving.add(name);
    }
    fs.syncDirectory(directory);
    const coming = fs.list(directory);
    return {
      coming,
      leaving: [...leaving].filter((name) =>
        !coming.includes(name) && fs.look(join(store.path, name)) !== null
      ),
      saved: saved.finish(),
    };
  }

  async verify(view: string): Promise<RepairVerification> {
    const verifications: RepairVerification[] = [];
    for (const step of this.#parts.steps) {
      if (step.verify !== undefined) verifications.push(await step.verify(view));
    }
    return {
      recall: verifications.flatMap(({ recall }) => recall),
      vectorsCompared: verifications.reduce((sum, { vectorsCompared }) => sum + vectorsCompared, 0),
      problems: verifications.flatMap(({ problems }) => problems),
    };
  }

  [Symbol.dispose](): void {
    const { steps, saved, working } = this.#parts;
    for (const step of steps) step[Symbol.dispose]?.();
    saved[Symbol.dispose]();
    working[Symbol.dispose]();
  }
}
