/**
 * Boards for the tests of what is served.
 *
 * @module
 */

import type { Board, ServedStore } from "../../lib/serve/board.ts";
import { DAMAGED, EXAMPLE_TIME, WELL } from "../output/status_examples.ts";

/** A store that is well. */
export const SERVED_WELL: ServedStore = {
  store: WELL.store,
  state: "sound",
  findings: [],
  status: WELL,
  failure: null,
  isBusy: false,
  isElsewhere: false,
  isAtWork: false,
  staleAfterMs: 900_000,
};

/** A store that is damaged. */
export const SERVED_DAMAGED: ServedStore = {
  ...SERVED_WELL,
  store: DAMAGED.store,
  state: "damaged",
  findings: ["VF3001 chromem-metadata-missing (2 times)"],
  status: DAMAGED,
};

/** A board of stores that are well. */
export const WELL_BOARD: Board = {
  at: EXAMPLE_TIME,
  stores: [SERVED_WELL],
  events: [{ at: EXAMPLE_TIME, text: "/srv/chroma: backup made", style: "faint" }],
};

/** A board of a store that is well and one that is not. */
export const MIXED_BOARD: Board = { ...WELL_BOARD, stores: [SERVED_WELL, SERVED_DAMAGED] };
