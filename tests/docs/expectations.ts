/**
 * What can be said of a page and of its statements in the table of pages.
 *
 * @module
 */

import type { Preparation } from "./prepare.ts";

/** What is particular about a statement. */
export interface StatementExpectation {
  /** Its exit code, when that is not 0. */
  readonly exit?: number;
  /** Whether it needs Chroma itself: then it is run only where `VECFSCK_ENGINES` is set. */
  readonly needsEngine?: true;
  /** The permissions that it needs on top of the two, as options of Deno. */
  readonly grant?: readonly string[];
  /** What is prepared right before it. */
  readonly before?: readonly Preparation[];
  /** Why it is parsed and not run, and the test that holds what it does. */
  readonly instead?: { readonly why: string; readonly heldBy: string };
}

/** What is particular about a page. */
export interface PageExpectation {
  /** What is on the machine at the beginning. */
  readonly prepare?: readonly Preparation[];
  /** The time of day; that of the machine when left out. */
  readonly now?: string;
  /**
   * By the name of the statement (`nameOf`): without comments, spaces folded. A statement that stands
   * in the page several times can have a list, in the order of the page.
   */
  readonly statements?: Readonly<
    Record<string, StatementExpectation | readonly StatementExpectation[]>
  >;
}
