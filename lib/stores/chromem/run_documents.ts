/**
 * Reading and judging a part of the documents of a collection.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { Finding } from "../../model/finding.ts";
import type { TaskContext, TaskFailure, TaskResult } from "../../model/store.ts";
import { checkDocument, describeDocument } from "./check_document.ts";
import { checkGobFile, isWhole } from "./check_gob_file.ts";
import { EmbeddingTally } from "./embedding_tally.ts";
import { judgeVector } from "./judge_vector.ts";
import { extensionOf } from "./layout.ts";
import { hashName } from "./name_hash.ts";
import { NameMatches } from "./names/name_matches.ts";
import { shorten } from "./shorten.ts";
import { type DocumentReading, readDocument } from "./read_gob_file.ts";
import type { DocumentsFacts, DocumentsTask, MisnamedDocument, TaskFacts } from "./tasks.ts";

/**
 * Reads and judges a part of the documents of a collection.
 *
 * @param task The part.
 * @param context Is told of progress.
 * @returns What was found, and why a file could not be read.
 */
export function runDocumentsTask(
  { payload }: DocumentsTask,
  context: TaskContext,
): TaskResult {
  const { storePath, folder, files } = payload;
  const judge = new DocumentJudge(payload);
  const checkedBytes: Record<string, number> = {};
  let failure: OperationError | null = null;
  for (const [name, sizeBytes] of files) {
    const path = `${folder}/${name}`;
    context.progress(sizeBytes);
    try {
      const reading = readDocument(storePath, { path, sizeBytes });
      if (reading.gzip?.kind !== "too-large") checkedBytes[path] = reading.sizeBytes;
      judge.add(name, path, reading);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      // One file that cannot be read hides nothing of the others.
      failure ??= error;
    }
  }
  const facts: TaskFacts = { documents: judge.facts };
  const result = { findings: judge.findings, checkedBytes, facts };
  return failure === null ? result : { ...result, failure: toFailure(failure) };
}

function toFailure({ code, message, path, hint }: OperationError): TaskFailure {
  return { code, message, path, hint };
}

/** Judges documents of one folder, one after another. */
class DocumentJudge {
  readonly findings: Finding[] = [];
  readonly #folder: string;
  readonly #collection: string | null;
  readonly #documents: Record<string, number> = {};
  readonly #tally = new EmbeddingTally();
  readonly #misnamed: MisnamedDocument[] = [];
  readonly #contents = { ".gob": 0, ".gob.gz": 0 };
  readonly #matches: NameMatches;

  constructor({ folder, collection, wanted }: DocumentsTask["payload"]) {
    this.#folder = folder;
    this.#collection = collection;
    this.#matches = new NameMatches(wanted);
  }

  add(name: string, path: string, reading: DocumentReading): void {
    const { value, fault } = reading;
    const { ID: id = "", Metadata: metadata, Embedding: embedding } = value;
    const place = { path, collection: this.#collection, segment: this.#folder };
    if (!isWhole(reading)) {
      const rescued = id === "" ? null : `it is what is left of ${describeDocument(value)}`;
      this.findings.push(...checkGobFile(reading, place, rescued));
    }
    if (reading.sizeBytes > 0) this.#contents[reading.isGzip ? ".gob.gz" : ".gob"]++;
    this.#matches.offerDocument(id, metadata ?? []);
    if (fault !== null) return;
    const extension = extensionOf(name) ?? ".gob";
    this.#documents[extension] = (this.#documents[extension] ?? 0) + 1;
    const hasEmbedding = embedding !== undefined && embedding.length > 0;
    const vector = hasEmbedding ? judgeVector(embedding) : null;
    for (const finding of checkDocument(value, vector, place)) this.findings.push(finding);
    if (vector !== null) this.#tally.add(name, embedding?.length ?? 0, vector);
    if (id === "") return;
    const expected = hashName(id) + extension;
    if (expected !== name) this.#misnamed.push({ name, id: shorten(id), expected });
  }

  get facts(): DocumentsFacts {
    return {
      folder: this.#folder,
      documents: this.#documents,
      embeddings: this.#tally.facts,
      misnamed: this.#misnamed,
      contents: this.#contents,
      matches: this.#matches.list(),
    };
  }
}
