/**
 * The stage that puts the catalogue right: rows of tenants, collections, segments, settings and
 * watermarks.
 *
 * A correction shows what the damage has hidden: a segment whose row was lost may have lost its
 * watermark as well. So the catalogue is judged again after each round, until nothing is left that
 * can be answered.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import type { RepairStep } from "../../../../model/repair.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { type Catalogue, listCollections } from "../../catalogue/catalogue.ts";
import { checkCatalogue } from "../../catalogue/check_catalogue.ts";
import { checkConfiguration } from "../../catalogue/check_configuration.ts";
import { checkMigrations } from "../../catalogue/check_migrations.ts";
import { checkWatermarks } from "../../catalogue/check_watermarks.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { CATALOGUE_NAME, type Layout, readLayout } from "../../layout.ts";
import { listVectorSegments, openCatalogue, readPickleWatermarks } from "../../opened_catalogue.ts";
import { isWanted } from "../cures.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { applyEdits } from "./apply_edits.ts";
import type { CatalogueEdit, PlanningContext } from "./catalogue_edit.ts";
import {
  CATALOGUE_FINDINGS,
  planCatalogueEdits,
  type RefusedFinding,
} from "./plan_catalogue_edits.ts";
import { readEvidence } from "./read_evidence.ts";
import { describeSteps } from "./describe_steps.ts";

/** More rounds than damages can hide behind each other. */
const MOST_ROUNDS = 6;

/**
 * Corrects the catalogue in the private copy of the database.
 *
 * @param context What the stages share.
 * @returns One step for the store, and one for each collection; none where nothing can be answered.
 * @throws {OperationError} A file cannot be read or written.
 */
export async function prepareCatalogueStage(
  context: RepairContext,
): Promise<readonly PreparedStep[]> {
  const correction = new CatalogueCorrection(context);
  const steps = await correction.run();
  return steps.map((step) => ({ step }));
}

/** A catalogue that SQLite opens. */
interface ReadableCatalogue {
  readonly catalogue: Catalogue;
  readonly engine: Engine;
  readonly database: StoreDatabase;
}

/** What a round begins with. */
interface Judgement {
  readonly planning: Omit<PlanningContext, "evidence">;
  readonly findings: readonly Finding[];
}

class CatalogueCorrection {
  readonly #context: RepairContext;
  readonly #edits: CatalogueEdit[] = [];
  readonly #attempted = new Set<string>();
  #refusals: readonly RefusedFinding[] = [];

  constructor(context: RepairContext) {
    this.#context = context;
  }

  async run(): Promise<RepairStep[]> {
    const { store, working, request } = this.#context;
    const sizeBytes = working.hasOwnDatabase ? 0 : readLayout(store.path).catalogue?.sizeBytes ?? 0;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      request.signal?.throwIfAborted();
      const edits = this.#read((opened, layout) => this.#plan(opened, layout)) ?? [];
      if (edits.length === 0) break;
      // Only now is a copy made: where nothing can be answered, the database stays.
      applyEdits(await working.openDatabase(), edits);
      this.#edits.push(...edits);
    }
    const left = new Set(
      this.#read((opened, layout) => this.#judge(opened, layout).findings.map(keyOf)),
    );
    const answered = this.#edits.filter(({ finding }) => !left.has(keyOf(finding)));
    return describeSteps(answered, this.#refusals, sizeBytes);
  }

  /** Reads the working store as it is now; null when SQLite refuses the database. */
  #read<T>(action: (opened: ReadableCatalogue, layout: Layout) => T): T | null {
    const { working } = this.#context;
    working.settle();
    const layout = readLayout(working.path);
    const opened = openCatalogue(layout);
    if (opened === null) return null;
    try {
      const { catalogue, engine, reading: { database } } = opened;
      if (catalogue === null || engine === null || database === null) return null;
      return action({ catalogue, engine, database }, layout);
    } finally {
      opened.reading.release();
    }
  }

  #plan(opened: ReadableCatalogue, layout: Layout): readonly CatalogueEdit[] {
    const { planning, findings } = this.#judge(opened, layout);
    const open = findings.filter((finding) => !this.#attempted.has(keyOf(finding)));
    if (open.length === 0) return [];
    const evidence = readEvidence({ ...opened, layout }, open);
    const { edits, refusals } = planCatalogueEdits(open, { ...planning, evidence });
    this.#refusals = refusals;
    for (const { finding } of edits) this.#attempted.add(keyOf(finding));
    return edits;
  }

  #judge({ catalogue, engine }: ReadableCatalogue, layout: Layout): Judgement {
    const { request, findings: first } = this.#context;
    const pickles = readPickleWatermarks(
      listVectorSegments(layout, catalogue, engine),
      catalogue,
    );
    const collections = listCollections(catalogue);
    const findings = [
      ...checkMigrations(catalogue, engine),
      ...checkCatalogue(catalogue, engine),
      ...checkConfiguration(catalogue, engine),
      ...checkWatermarks(catalogue, engine, pickles),
    ].filter((finding) => CATALOGUE_FINDINGS.has(finding.name) && isWanted(finding, request));
    // That one is told by header.bin, which no correction changes: only what it is held against.
    const mismatches = first.filter(({ name, segment, detail }) =>
      name === "dimension-mismatch" &&
      collections.some(({ collection, vector }) =>
        vector?.id === segment && collection.dimension !== detail.index
      )
    );
    const planning = { catalogue, collections, engine, newId: () => crypto.randomUUID() };
    return { planning, findings: [...findings, ...mismatches] };
  }
}

/** The collection and the segment belong to it: one place alone is the whole catalogue. */
function keyOf({ name, collection, segment, detail }: Finding): string {
  return JSON.stringify([CATALOGUE_NAME, name, collection, segment, detail]);
}
