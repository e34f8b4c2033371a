/**
 * Damages to what documents say: files that decode, with embeddings that no query can use.
 *
 * @module
 */

import type { FindingName } from "../../../model/finding_names.ts";
import { readDocument } from "../../../stores/chromem/read_gob_file.ts";
import { makeDocumentFile } from "../../../stores/chromem/repair/gob_files.ts";
import type { GobDocument } from "../../../stores/chromem/shapes.ts";
import { type Damage, DamageNotApplicable, type DamageTarget } from "../damage.ts";
import { writeWhole } from "../patch_file.ts";
import { expectError } from "./chromem_damage.ts";
import { documentFiles, pickDocument } from "./places.ts";

/** Fewer do not tell which number of dimensions is the usual one. */
const LEAST_DOCUMENTS = 3;

/** The damages to what documents say. */
export const VALUES: readonly Damage[] = [
  valueDamage({
    name: "embedding_missing",
    description: "A document has no embedding.",
    finding: "document-without-embedding",
    change: ({ Embedding: _, ...document }) => ({ ...document, Embedding: undefined }),
  }),
  valueDamage({
    name: "embedding_half",
    description: "A document has half of its embedding.",
    finding: "document-dimension",
    change: (document, embedding) => ({
      ...document,
      Embedding: embedding.slice(0, embedding.length >> 1),
    }),
  }),
  valueDamage({
    name: "embedding_nan",
    description: "A number of an embedding is none.",
    finding: "embedding-not-finite",
    change: (document, embedding, { random }) => ({
      ...document,
      Embedding: embedding.with(random.below(embedding.length), NaN),
    }),
  }),
  valueDamage({
    name: "document_id_empty",
    description: "A document has no id.",
    finding: "document-without-id",
    change: (document) => ({ ...document, ID: undefined }),
  }),
];

interface ValueDamage extends Pick<Damage, "name" | "description"> {
  readonly finding: FindingName;
  readonly change: (
    document: GobDocument,
    embedding: Float32Array<ArrayBuffer>,
    target: DamageTarget,
  ) => GobDocument;
}

/** A damage that writes one document again, with another value. */
function valueDamage({ name, description, finding, change }: ValueDamage): Damage {
  return {
    name,
    description,
    scope: "collection",
    expected: expectError(finding),
    apply(target) {
      documentFiles(target, LEAST_DOCUMENTS);
      const { folder, name, path, extension } = pickDocument(target);
      const sizeBytes = target.fs.look(path)?.sizeBytes ?? 0;
      const { value, fault } = readDocument(target.store, { path: `${folder}/${name}`, sizeBytes });
      const embedding = value.Embedding;
      if (fault !== null || embedding === undefined || embedding.length < 2) {
        throw new DamageNotApplicable(`${path} holds no document with an embedding`);
      }
      writeWhole(target.fs, path, makeDocumentFile(change(value, embedding, target), extension));
    },
  };
}
