/**
 * Documents whose embedding cannot be used: it is missing, has another number of dimensions than the
 * others, or numbers that are no numbers. It comes from a backup that has the same text, or from
 * what was handed in; else the document leaves.
 *
 * An embedding of another length than 1 is normalised. Where nearly all others have the length 1, it
 * may be damaged instead: a backup is asked first, then it is looked for one flipped bit, and what it
 * was goes to `conflicts.jsonl` in any case.
 *
 * @module
 */

import type { ChromemFindingName } from "../../../model/finding_names.ts";
import { isNormalised, judgeVector } from "../judge_vector.ts";
import { hashName } from "../name_hash.ts";
import type { GobDocument } from "../shapes.ts";
import type { ChromemRepair, PlannedStep } from "./chromem_repair.ts";
import { correctVectorBit } from "./correct_vector_bit.ts";
import type { DamagedParts } from "./damaged_stage.ts";
import { normaliseVector } from "./gob_files.ts";
import { isServable, type OlderDocument } from "./older_databases.ts";
import { toSalvaged } from "./salvage_document.ts";
import {
  describeCorrected,
  describeMended,
  describeMissing,
  describeNormalised,
  type Unusable,
  type VectorOutcome,
} from "./vector_steps.ts";
import type { FileSource, WorkingFolder } from "./working_database.ts";
import { isSameText, listDocuments, loadDocument } from "./working_documents.ts";

const UNUSABLE: readonly ChromemFindingName[] = [
  "document-without-embedding",
  "document-dimension",
  "embedding-not-finite",
];

/** From which share on embeddings of another length are how a collection is, and no damage. */
const USUAL_SHARE = 0.25;

/** How many embeddings are searched for a flipped bit in one repair. */
const MOST_CORRECTIONS = 200;

/**
 * Plans the steps of the stage.
 *
 * @param repair What the stage is given.
 * @param parts What it is given besides.
 * @returns The steps.
 * @throws {OperationError} The store cannot be read.
 */
export function planVectors(repair: ChromemRepair, parts: DamagedParts): PlannedStep[] {
  const stage = new VectorStage(repair, parts);
  return repair.database.folders.filter(({ fate }) => fate !== "quarantined")
    .flatMap((folder) => stage.plan(folder));
}

class VectorStage {
  readonly #repair: ChromemRepair;
  readonly #parts: DamagedParts;
  #corrections = 0;

  constructor(repair: ChromemRepair, parts: DamagedParts) {
    this.#repair = repair;
    this.#parts = parts;
  }

  plan(folder: WorkingFolder): PlannedStep[] {
    const repair = this.#repair;
    const outcome: VectorOutcome = {
      mended: [],
      corrected: [],
      missing: [],
      normalised: [],
      doubtful: [],
    };
    for (const one of this.#listUnusable(folder)) this.#settle(one, outcome);
    this.#normaliseAll(folder, outcome);
    return [
      ...describeMended(folder, outcome.mended),
      ...describeCorrected(repair, folder, outcome.corrected),
      ...describeMissing(repair, folder, outcome.missing),
      ...describeNormalised(repair, folder, outcome),
    ];
  }

  #listUnusable(folder: WorkingFolder): Unusable[] {
    const { database, findings } = this.#repair;
    return listDocuments(database, folder).flatMap(([name, file]) => {
      const own = findings.at(file.path, UNUSABLE);
      if (own.length === 0) return [];
      const { ID: id = "" } = loadDocument(database, file);
      return [{ folder, name, file, id, findings: own, before: file.source }];
    });
  }

  #settle(one: Unusable, outcome: VectorOutcome): void {
    if (this.#mend(one, outcome) || this.#correct(one, outcome)) return;
    outcome.missing.push(one);
    if (!this.#repair.request.keepUnsearchable) one.folder.files.delete(one.name);
  }

  /** Takes the embedding from elsewhere. */
  #mend(one: Unusable, { mended }: VectorOutcome): boolean {
    const { database } = this.#repair;
    const { folder, file, id, before } = one;
    const document = loadDocument(database, file);
    const copy = this.#findCopy(one, document);
    if (copy !== null) {
      file.source = { kind: "copy", path: copy.path, sizeBytes: copy.reading.sizeBytes };
      mended.push({ ...one, label: copy.label });
      return true;
    }
    const load = this.#parts.handedIn?.complete(folder, id, toSalvaged(document)) ?? null;
    if (load === null) return false;
    file.source = { kind: "document", sizeBytes: before.sizeBytes, load };
    mended.push({ ...one, label: "the file of --vectors" });
    return true;
  }

  #findCopy({ folder, id }: Unusable, document: GobDocument): OlderDocument | null {
    return this.#repair.older.findDocument(
      [folder.origin.name, folder.name],
      hashName(id),
      ({ value }) =>
        isServable(value, this.#parts.dimensions.of(folder)) && isSameText(value, document),
    );
  }

  /** Puts right an embedding of which one bit was flipped. */
  #correct(one: Unusable, { corrected }: VectorOutcome): boolean {
    if (this.#corrections++ >= MOST_CORRECTIONS) return false;
    const { database } = this.#repair;
    const { folder, file, before } = one;
    const vector = loadDocument(database, file).Embedding;
    if (vector === undefined || vector.length !== this.#parts.dimensions.of(folder)) return false;
    if (correctVectorBit(vector) === null) return false;
    file.source = this.#changeVector(before, correctVectorBit);
    corrected.push(one);
    return true;
  }

  /** Looks at every document of a folder of which some are not normalised. */
  #normaliseAll(folder: WorkingFolder, outcome: VectorOutcome): void {
    const findings = this.#repair.findings.at(folder.origin.name, ["embedding-not-normalised"]);
    if (findings.length === 0) return;
    const { documents, others } = this.#listOthers(folder);
    const isUsual = others.length > USUAL_SHARE * documents;
    let isLeft = false;
    for (const { one, length } of others) {
      const unusable = { ...one, findings };
      isLeft = true;
      if (!isUsual && this.#mend(unusable, outcome)) continue;
      if (!isUsual && this.#correct(unusable, outcome)) continue;
      if (length === 0) this.#settle(unusable, outcome);
      else {
        one.file.source = this.#changeVector(one.before, normaliseVector);
        (isUsual ? outcome.normalised : outcome.doubtful).push(unusable);
      }
    }
    // Those that were not normalised have left for other reasons.
    if (!isLeft) this.#repair.settled.push(...findings);
  }

  #listOthers(folder: WorkingFolder): {
    readonly documents: number;
    readonly others: { readonly one: Unusable; readonly length: number }[];
  } {
    const { database } = this.#repair;
    const others: { readonly one: Unusable; readonly length: number }[] = [];
    let documents = 0;
    for (const [name, file] of listDocuments(database, folder)) {
      if (file.origin?.isSpecial === true) continue;
      const { ID: id = "", Embedding: embedding } = loadDocument(database, file);
      if (id === "" || embedding === undefined || embedding.length === 0) continue;
      documents++;
      const { notFinite, length } = judgeVector(embedding);
      if (notFinite > 0 || isNormalised(length, embedding.length)) continue;
      const one = { folder, name, file, id, findings: [], before: file.source };
      others.push({ one, length });
    }
    return { documents, others };
  }

  #changeVector(
    before: FileSource,
    change: (vector: Float32Array) => Float32Array<ArrayBuffer> | null,
  ): FileSource {
    const { database } = this.#repair;
    return {
      kind: "document",
      sizeBytes: before.sizeBytes,
      load: () => {
        const document = loadDocument(database, { source: before });
        const embedding = change(document.Embedding ?? new Float32Array());
        return { ...document, Embedding: embedding ?? document.Embedding };
      },
    };
  }
}
