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
import {
  type Catalogue,
  collectionLabel,
  type CollectionSegments,
  listCollections,
} from "../../catalogue/catalogue.ts";
import { checkCatalogue } from "../../catalogue/check_catalogue.ts";
import { checkConfiguration } from "../../catalogue/check_configuration.ts";
import { checkMetadataFaults } from "../../catalogue/metadata_faults.ts";
import { checkMigrations } from "../../catalogue/check_migrations.ts";
import { checkWatermarks } from "../../catalogue/check_watermarks.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import type { PickleWatermarks } from "../../catalogue/watermark.ts";
import { tolerateDamage } from "../../catalogue/stored_values.ts";
import { CATALOGUE_NAME, type Layout, readLayout } from "../../layout.ts";
import { listVectorSegments, openCatalogue, readPickleWatermarks } from "../../opened_catalogue.ts";
import { isWanted } from "../cures.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { applyEdits } from "./apply_edits.ts";
import { type CatalogueEdit, listOwners, type PlanningContext } from "./catalogue_edit.ts";
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
 * @returns One step, or none where nothing can be answered.
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
  readonly pickles: PickleWatermarks;
}

class CatalogueCorrection {
  readonly #context: RepairContext;
  readonly #edits: CatalogueEdit[] = [];
  readonly #attempted = new Set<string>();
  /** What could not be planned in the last round. */
  #refusals: readonly RefusedFinding[] = [];
  /** What SQLite has refused in any round. */
  readonly #rejected: RefusedFinding[] = [];

  /** What indexes and the queue say of dimensions, which a correction does not change. */
  #mismatches: readonly Finding[];

  constructor(context: RepairContext) {
    this.#context = context;
    this.#mismatches = listMismatches(context.findings);
  }

  async run(): Promise<RepairStep[]> {
    const { working, request } = this.#context;
    await this.#correct();
    // An index whose row was lost has not been read before.
    if (this.#edits.some(({ finding }) => finding.name === "segment-row-missing")) {
      working.settle();
      this.#mismatches = listMismatches(await request.check(working.path))
        .filter((finding) => isWanted(finding, request));
      await this.#correct();
    }
    const left = this.#read((opened, layout) => this.#judge(opened, layout));
    if (left === null) return [];
    const open = new Set(left.findings.map(keyOf));
    const answered = this.#edits.filter(({ finding }) => !open.has(keyOf(finding)));
    const sizeBytes = answered.length === 0 ? 0 : working.claimDatabaseSize();
    const refusals = [...this.#refusals, ...this.#rejected];
    const labels = new Map(
      left.planning.collections.map(({ collection }) => [
        collection.id,
        collectionLabel(collection),
      ]),
    );
    return describeSteps(answered, { refusals, labels, sizeBytes });
  }

  async #correct(): Promise<void> {
    const { working, request } = this.#context;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      request.signal?.throwIfAborted();
      const edits = this.#read((opened, layout) => this.#plan(opened, layout)) ?? [];
      if (edits.length === 0) return;
      // Only now is a copy made: where nothing can be answered, the database stays.
      const { applied, refused } = applyEdits(await working.openDatabase(), edits);
      this.#edits.push(...applied);
      this.#rejected.push(...refused);
      if (applied.length === 0) return;
    }
  }

  /** Reads the working store as it is now; null when the database is too damaged for that. */
  #read<T>(action: (opened: ReadableCatalogue, layout: Layout) => T): T | null {
    const { working } = this.#context;
    working.settle();
    const layout = readLayout(working.path);
    const opened = openCatalogue(layout);
    if (opened === null) return null;
    try {
      const { catalogue, engine, reading: { database } } = opened;
      if (catalogue === null || engine === null || database === null) return null;
      return tolerateDamage(() => action({ catalogue, engine, database }, layout), () => {});
    } finally {
      opened.reading.release();
    }
  }

  #plan(opened: ReadableCatalogue, layout: Layout): readonly CatalogueEdit[] {
    const { planning, findings, pickles } = this.#judge(opened, layout);
    const open = findings.filter((finding) => !this.#attempted.has(keyOf(finding)));
    if (open.length === 0) return [];
    const evidence = readEvidence({ ...opened, layout, pickles }, open);
    const { edits, refusals } = planCatalogueEdits(open, { ...planning, evidence });
    this.#refusals = refusals;
    for (const { finding } of edits) this.#attempted.add(keyOf(finding));
    return edits;
  }

  #judge({ catalogue, engine }: ReadableCatalogue, layout: Layout): Judgement {
    const { request } = this.#context;
    const segments = listVectorSegments(layout, catalogue, engine);
    const pickles = readPickleWatermarks(segments, catalogue);
    const collections = listCollections(catalogue);
    const findings = [
      ...checkMigrations(catalogue, engine),
      ...checkCatalogue(catalogue, engine),
      ...checkConfiguration(catalogue, engine),
      ...checkMetadataFaults(catalogue),
      ...checkWatermarks(catalogue, engine, pickles),
    ].filter((finding) => CATALOGUE_FINDINGS.has(finding.name) && isWanted(finding, request));
    const mismatches = this.#mismatches.filter((finding) => isOpenMismatch(finding, collections));
    const owners = listOwners(collections);
    const newId = (): string => crypto.randomUUID();
    const planning = { catalogue, collections, owners, engine, newId };
    return { planning, findings: [...findings, ...mismatches], pickles };
  }
}

function listMismatches(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ name }) => name === "dimension-mismatch");
}

function isOpenMismatch(
  { segment, collection: label, detail }: Finding,
  collections: readonly CollectionSegments[],
): boolean {
  return collections.some(({ collection, vector }) =>
    (segment === null ? collectionLabel(collection) === label : vector?.id === segment) &&
    collection.dimension === detail.catalogue
  );
}

/** The collection and the segment belong to it: one place alone is the whole catalogue. */
function keyOf({ name, collection, segment, detail }: Finding): string {
  return JSON.stringify([CATALOGUE_NAME, name, collection, segment, detail]);
}
