/**
 * How stores are repaired, for each format. It is apart from `registry.ts`, so that the threads of a
 * check do not load what they never run.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { FormatName } from "../model/report.ts";
import { chromaRepairer } from "./chroma/repair/prepare_repair.ts";
import { chromemRepairer } from "./chromem/repair/prepare_repair.ts";
import type { StoreRepairer } from "./repair_format.ts";

const REPAIRERS: Readonly<Partial<Record<FormatName, StoreRepairer>>> = {
  chroma: chromaRepairer,
  chromem: chromemRepairer,
};

/**
 * Finds out how stores of a format are repaired.
 *
 * @param name The name of the format.
 * @returns What repairs them.
 * @throws {OperationError} Nothing does.
 */
export function repairerByName(name: FormatName): StoreRepairer {
  const repairer = REPAIRERS[name];
  if (repairer !== undefined) return repairer;
  throw new OperationError("unsupported", `Stores of the format ${name} are not repaired`);
}
