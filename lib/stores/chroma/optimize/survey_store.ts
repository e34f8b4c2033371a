/**
 * Optimising a Chroma store: what there is to do, and doing it beside the store.
 *
 * @module
 */

import type { OptimizationAction, OptimizationDraft } from "../../../model/optimization.ts";
import type { DetectedStore } from "../../../model/store.ts";
import type {
  OptimizationArea,
  OptimizationRequest,
  StagedOptimization,
  StoreOptimizer,
  SurveyedStore,
} from "../../optimize_format.ts";
import { type Layout, readLayout } from "../layout.ts";
import { openCatalogue } from "../opened_catalogue.ts";
import { listIndexes } from "../repair/index/wanted_segments.ts";
import { WorkingStore } from "../repair/working_store.ts";
import { requireKnownEngine } from "../require_known_engine.ts";
import { compactIndex, type CompactionPlan, planCompactions } from "./compact_index.ts";
import { type DatabasePlan, listDatabaseActions, NOTHING, planDatabase } from "./plan_database.ts";
import { rewriteDatabase } from "./rewrite_database.ts";

/** How Chroma's stores are optimised. */
export const chromaOptimizer: StoreOptimizer = {
  viewDirectories: "linked",
  survey: (store, request) => Promise.resolve().then(() => surveyStore(store, request)),
};

interface ChromaPlan {
  readonly database: DatabasePlan;
  readonly indexes: CompactionPlan;
}

/** A copy of the database is made, and a fresh one of it. */
const DATABASES_WRITTEN = 2;

function surveyStore(store: DetectedStore, request: OptimizationRequest): SurveyedStore {
  requireKnownEngine(store, request.findings, "optimised");
  const layout = readLayout(store.path);
  const opened = openCatalogue(layout);
  using _reading = opened?.reading;
  const plan: ChromaPlan = opened === null ? EMPTY : {
    database: planDatabase(layout, opened, request),
    indexes: planCompactions(listIndexes(layout, opened), request),
  };
  return new ChromaOptimization(store, request, plan, draftOf(plan, layout));
}

const EMPTY: ChromaPlan = { database: NOTHING, indexes: { compactions: [], rests: [] } };

function draftOf({ database, indexes }: ChromaPlan, layout: Layout): OptimizationDraft {
  const ofDatabase = listDatabaseActions(database);
  const { compactions } = indexes;
  const written = ofDatabase.length === 0
    ? 0
    : DATABASES_WRITTEN * (layout.catalogue?.sizeBytes ?? 0);
  return {
    actions: [...ofDatabase, ...compactions.map(({ action }) => action)],
    rests: [...database.rests, ...indexes.rests],
    sizeBytes: compactions.reduce((sum, { sizeBytes }) => sum + sizeBytes, written),
  };
}

class ChromaOptimization implements SurveyedStore {
  readonly draft: OptimizationDraft;
  readonly #store: DetectedStore;
  readonly #request: OptimizationRequest;
  readonly #plan: ChromaPlan;

  constructor(
    store: DetectedStore,
    request: OptimizationRequest,
    plan: ChromaPlan,
    draft: OptimizationDraft,
  ) {
    this.#store = store;
    this.#request = request;
    this.#plan = plan;
    this.draft = draft;
  }

  async stage({ staged, scratch }: OptimizationArea): Promise<StagedOptimization> {
    const { fs } = this.#request;
    const { actions, leaving } = await this.#stageDatabase({ staged, scratch });
    const compacted: OptimizationAction[] = [];
    for (const planned of this.#plan.indexes.compactions) {
      compacted.push(await compactIndex(this.#store.path, planned, staged, this.#request));
    }
    fs.syncDirectory(staged);
    return { coming: fs.list(staged), leaving, actions: [...actions, ...compacted] };
  }

  async #stageDatabase(
    { staged, scratch }: OptimizationArea,
  ): Promise<Omit<StagedOptimization, "coming">> {
    const { database } = this.#plan;
    if (listDatabaseActions(database).length === 0) return { actions: [], leaving: [] };
    using working = new WorkingStore(this.#store, scratch, this.#request.fs);
    const context = { working, scratch, staged, request: this.#request };
    return await rewriteDatabase(database, context);
  }
}
