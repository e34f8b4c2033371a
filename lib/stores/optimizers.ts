/**
 * How stores are optimised, for each format. It is apart from `registry.ts`, so that the threads of
 * a check do not load what they never run.
 *
 * @module
 */

import type { FormatName } from "../model/report.ts";
import { chromaOptimizer } from "./chroma/optimize/survey_store.ts";
import type { StoreOptimizer, SurveyedStore } from "./optimize_format.ts";

/** A format whose files hold nothing but what is in the store. */
const NOTHING_TO_OPTIMIZE: StoreOptimizer = {
  viewDirectories: "linked",
  survey: () => Promise.resolve(NOTHING),
};

const NOTHING: SurveyedStore = {
  draft: { actions: [], rests: [], sizeBytes: 0 },
  stage: () => Promise.resolve({ coming: [], leaving: [], actions: [] }),
};

const OPTIMIZERS: Readonly<Partial<Record<FormatName, StoreOptimizer>>> = {
  chroma: chromaOptimizer,
};

/**
 * Finds out how stores of a format are optimised.
 *
 * @param name The name of the format.
 * @returns What optimises them; for a format without anything to optimise, what finds nothing.
 */
export function optimizerByName(name: FormatName): StoreOptimizer {
  return OPTIMIZERS[name] ?? NOTHING_TO_OPTIMIZE;
}
