/**
 * Findings in flat memory: one for each kind and collection however many documents that has, and so
 * many of a kind however many collections there are.
 *
 * @module
 */

import { formatCount } from "../../base/format.ts";
import type { FindingName } from "../../model/codes.ts";
import { createFinding, type Finding } from "../../model/finding.ts";

/** How many ids a finding names; what comes later is only counted. */
const MOST_IDS = 64;

/** An id that is longer is counted only: somebody may have made it up to fill the memory. */
const LONGEST_ID = 4096;

/** A document in which something was found. */
export interface FoundDocument {
  /** Its id, or the key under which it is filed. */
  readonly id: string;
  /** Where it begins in the file, or null where that cannot be told. */
  readonly offset: number | null;
  /** What is wrong with it, as a sentence without a final period. */
  readonly message: string;
}

interface Fold {
  count: number;
  readonly first: FoundDocument;
  readonly ids: string[];
}

/** Collects what is found in the documents of one collection, in flat memory. */
export class FoldedFindings {
  readonly #folds = new Map<FindingName, Fold>();

  /** Adds a document; the first of a kind is the one that the finding describes. */
  add(name: FindingName, found: FoundDocument): void {
    const fold = this.#folds.get(name) ?? { count: 0, first: found, ids: [] };
    fold.count++;
    if (fold.ids.length < MOST_IDS && found.id.length <= LONGEST_ID) fold.ids.push(found.id);
    this.#folds.set(name, fold);
  }

  /** Adds documents of which only the number is known besides those with an id. */
  addMany(name: FindingName, first: FoundDocument, ids: readonly string[], count: number): void {
    this.#folds.set(name, { count, first, ids: ids.slice(0, MOST_IDS) });
  }

  /**
   * Makes the findings.
   *
   * @param collection The name of the collection.
   * @returns One for each kind.
   */
  finish(collection: string): Finding[] {
    return Array.from(this.#folds, ([name, { count, first, ids }]) => {
      const more = count === 1 ? "" : `; and ${count - 1} more of this collection`;
      return createFinding(name, {
        collection,
        offset: first.offset,
        count,
        message: first.message + more,
        detail: { ids },
      });
    });
  }
}

/** How many findings of one kind an export has at the most; those of more collections are counted. */
const MOST_OF_A_KIND = 1000;

/** The findings of all collections of an export. */
export class ExportFindings {
  readonly #kept: Finding[] = [];
  readonly #kinds = new Map<FindingName, { kept: number; more: number }>();

  /** Adds findings. */
  add(findings: readonly Finding[]): void {
    for (const finding of findings) {
      const kind = this.#kinds.get(finding.name) ?? { kept: 0, more: 0 };
      this.#kinds.set(finding.name, kind);
      if (kind.kept < MOST_OF_A_KIND) {
        kind.kept++;
        this.#kept.push(finding);
      } else kind.more += finding.count;
    }
  }

  /** What was added, and of what kinds there is more. */
  get all(): Finding[] {
    const others = Array.from(this.#kinds).filter(([, { more }]) => more > 0);
    return [
      ...this.#kept,
      ...others.map(([name, { more }]) =>
        createFinding(name, {
          count: more,
          message: `${formatCount(more, "more place")} of this kind in further collections`,
        })
      ),
    ];
  }
}
