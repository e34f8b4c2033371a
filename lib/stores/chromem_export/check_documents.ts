/**
 * Judging the documents of one collection of an export, one after another.
 *
 * @module
 */

import { formatCount } from "../../base/format.ts";
import { printable } from "../../base/printable.ts";
import type { Finding } from "../../model/finding.ts";
import { isNormalised, judgeVector } from "../chromem/judge_vector.ts";
import type { GobDocument } from "../chromem/shapes.ts";
import { FoldedFindings, type FoundDocument } from "./folded_findings.ts";

/** A document, and where it stands. */
export interface PlacedDocument {
  /** Under which key it is filed. */
  readonly key: string;
  /** What was decoded; to its end. */
  readonly document: GobDocument;
  /** Where it begins in the file, or null where that cannot be told. */
  readonly offset: number | null;
}

/** Documents whose embeddings have one number of dimensions. */
interface Group {
  count: number;
  readonly first: FoundDocument;
  readonly ids: string[];
}

/** How many ids of a number of dimensions are kept. */
const MOST_IDS = 64;

/** How many numbers of dimensions are told apart; a collection has one. */
const MOST_DIMENSIONS = 64;

/** What was seen of the documents of one collection. */
export class DocumentsCheck {
  readonly #found = new FoldedFindings();
  readonly #groups = new Map<number, Group>();

  /** Judges a document. */
  add({ key, document, offset }: PlacedDocument): void {
    const id = document.ID ?? "";
    const name = `The document "${printable(id === "" ? key : id, 200)}"`;
    const place = { id: id === "" ? key : id, offset };
    if (id === "") {
      const message = `The document that is filed as "${printable(key, 200)}" has no id`;
      this.#found.add("document-without-id", { ...place, message });
    } else if (id !== key) {
      const message = `${name} is filed as "${printable(key, 200)}"`;
      this.#found.add("export-name-differs", { ...place, message });
    }
    const embedding = document.Embedding;
    if (embedding === undefined || embedding.length === 0) {
      const message = `${name} has no embedding`;
      this.#found.add("document-without-embedding", { ...place, message });
    } else this.#addEmbedding(embedding, name, place);
  }

  #addEmbedding(
    embedding: Float32Array,
    name: string,
    place: Omit<FoundDocument, "message">,
  ): void {
    const dimension = embedding.length;
    this.#addDimension(dimension, {
      ...place,
      message: `${name} has an embedding of ${formatCount(dimension, "dimension")}`,
    });
    const { notFinite, firstNotFinite, length } = judgeVector(embedding);
    if (notFinite > 0) {
      const message =
        `${name}: ${notFinite} of the ${dimension} numbers of its embedding are not ` +
        `finite, the first is number ${firstNotFinite}`;
      this.#found.add("embedding-not-finite", { ...place, message });
    } else if (!isNormalised(length, dimension)) {
      const message = `${name}: its embedding has the length ${length.toPrecision(6)}, not 1`;
      this.#found.add("embedding-not-normalised", { ...place, message });
    }
  }

  #addDimension(dimension: number, found: FoundDocument): void {
    const group = this.#groups.get(dimension) ?? { count: 0, first: found, ids: [] };
    group.count++;
    if (group.ids.length < MOST_IDS) group.ids.push(found.id);
    if (this.#groups.size < MOST_DIMENSIONS) this.#groups.set(dimension, group);
  }

  /**
   * Ends the collection.
   *
   * @param collection Its name.
   * @returns What was found in it.
   */
  finish(collection: string): Finding[] {
    const groups = Array.from(this.#groups)
      .sort(([one, { count }], [other, group]) => group.count - count || other - one);
    const [usual, ...others] = groups;
    if (usual !== undefined && others.length > 0) {
      const [first] = others.map(([, group]) => group.first);
      const count = others.reduce((sum, [, group]) => sum + group.count, 0);
      const ids = others.flatMap(([, group]) => group.ids);
      if (first !== undefined) {
        const message = `${first.message}; most of the collection have ${usual[0]}`;
        this.#found.addMany("document-dimension", { ...first, message }, ids, count);
      }
    }
    return this.#found.finish(collection);
  }
}
