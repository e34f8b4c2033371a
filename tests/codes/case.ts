/**
 * One case for each finding code: what is done to a healthy store, and what must be found.
 *
 * @module
 */

import type { FindingName } from "../../lib/model/codes.ts";
import type { CheckLevel } from "../../lib/model/report.ts";
import type { BrokenStore } from "../support/broken_store.ts";
import type { GoldenStore } from "../support/fixtures.ts";

/** A way to make a finding appear. */
export interface CodeCase {
  /** The store that is broken; chroma-1.5.9 unless told otherwise. */
  readonly store?: GoldenStore;
  /** How much is looked at; full unless told otherwise. */
  readonly level?: CheckLevel;
  /**
   * Whether it is sealed before it is broken, and held against that seal: as it is, or as if nothing
   * had written its files since.
   */
  readonly sealed?: "as it was" | "untouched since";
  /** Breaks the store. */
  readonly damage: (store: BrokenStore) => void;
  /** The end of the path that the finding must name. */
  readonly path?: string;
  /** The offset that it must name. */
  readonly offset?: number;
  /** How many places it must count. */
  readonly count?: number;
  /** What its message must contain. */
  readonly says?: string;
}

/** Cases by the name of the finding. */
export type CodeCases = Partial<Record<FindingName, CodeCase>>;
