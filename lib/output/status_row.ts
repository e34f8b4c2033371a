/**
 * A row of the state of a store.
 *
 * @module
 */

import type { Style } from "./paint.ts";

/** A text with what it is about. */
export interface StatusRow {
  /** What it is about, in a word; empty for a text that goes on under the one before. */
  readonly label: string;
  /** The text. */
  readonly text: string;
  /** How the label looks. */
  readonly style: Style;
}
