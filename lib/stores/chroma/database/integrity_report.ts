/**
 * What SQLite's own check found in chroma.sqlite3, folded by table; plain data.
 *
 * @module
 */

import type { IntegrityKind, IntegrityMessage } from "../../../sqlite/integrity_message.ts";

/** SQLite stops after this many messages for one table. */
const MOST_MESSAGES = 100;

/** One kind of damage of one table. */
export interface IntegrityProblem {
  /** The table, or null for the list of free pages. */
  readonly table: string | null;
  /** What kind of damage it is; `fulltext` for what the full text says of itself. */
  readonly kind: IntegrityKind | "fulltext";
  /** How many messages there were. */
  readonly count: number;
  /** Whether SQLite stopped counting there. */
  readonly isLowerBound: boolean;
  /** The damaged pages that were named, each once and ascending. */
  readonly pages: readonly number[];
  /** The b-trees, indexes or columns that were named. */
  readonly subjects: readonly string[];
  /** The first message. */
  readonly message: string;
}

/** What one part of the check found. */
export interface IntegrityReport {
  /** The page size, by which a page number becomes an offset. */
  readonly pageSizeBytes: number;
  /** The damage, by table and kind; empty when all is well. */
  readonly problems: readonly IntegrityProblem[];
  /**
   * Pages that belong to nothing: more than 0 are lost space, fewer than 0 stand in more than one
   * b-tree; null where it was not counted.
   */
  readonly unaccountedPages: number | null;
}

/** Collects the messages about one table. */
export class IntegrityTally {
  readonly #table: string;
  readonly #treeNames: ReadonlyMap<number, string>;
  readonly #problems = new Map<string, ProblemTally>();
  #messages = 0;

  /**
   * Makes an empty tally.
   *
   * @param table The table that is checked.
   * @param treeNames The names of tables and indexes by their root pages.
   */
  constructor(table: string, treeNames: ReadonlyMap<number, string>) {
    this.#table = table;
    this.#treeNames = treeNames;
  }

  /** Adds a message; `kind` overrides the kind that its words tell. */
  add(message: IntegrityMessage, kind: IntegrityProblem["kind"] = message.kind): void {
    this.#messages++;
    const key = message.freelist ? "freelist" : kind;
    let problem = this.#problems.get(key);
    if (problem === undefined) {
      problem = new ProblemTally(message.freelist ? null : this.#table, kind, message.text);
      this.#problems.set(key, problem);
    }
    const tree = message.rootPage === null ? undefined : this.#treeNames.get(message.rootPage);
    problem.add(message, tree ?? message.subject);
  }

  /** The problems so far. */
  get problems(): IntegrityProblem[] {
    const isLowerBound = this.#messages >= MOST_MESSAGES;
    return Array.from(this.#problems.values(), (problem) => problem.describe(isLowerBound));
  }
}

class ProblemTally {
  readonly #table: string | null;
  readonly #kind: IntegrityProblem["kind"];
  readonly #message: string;
  readonly #pages = new Set<number>();
  readonly #subjects = new Set<string>();
  #count = 0;

  constructor(table: string | null, kind: IntegrityProblem["kind"], message: string) {
    this.#table = table;
    this.#kind = kind;
    this.#message = message;
  }

  add(message: IntegrityMessage, subject: string | null): void {
    this.#count++;
    if (message.page !== null) this.#pages.add(message.page);
    if (subject !== null) this.#subjects.add(subject);
  }

  describe(isLowerBound: boolean): IntegrityProblem {
    return {
      table: this.#table,
      kind: this.#kind,
      count: this.#count,
      isLowerBound,
      pages: [...this.#pages].sort((a, b) => a - b),
      subjects: [...this.#subjects],
      message: this.#message,
    };
  }
}
