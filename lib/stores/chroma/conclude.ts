/**
 * The last step of a check: what only the results of all parts together show.
 *
 * @module
 */

import type { Conclusion } from "../../model/store.ts";
import { checkFulltext } from "./database/check_fulltext.ts";
import { checkIntegrity } from "./database/check_integrity.ts";
import type { TaskFacts } from "./tasks.ts";

/**
 * Concludes a check of a Chroma store.
 *
 * @param facts What the tasks have left.
 * @returns The findings that are left, and how many records there are.
 */
export function concludeChroma(facts: readonly TaskFacts[]): Conclusion {
  const integrity = facts.flatMap((fact) => fact.integrity ?? []);
  const fulltext = facts.flatMap((fact) => fact.fulltext ?? []);
  const counts = facts.flatMap((fact) => fact.records ?? []);
  return {
    findings: [
      ...checkIntegrity(integrity),
      ...fulltext.flatMap((comparison) => checkFulltext(comparison, integrity)),
    ],
    records: counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0),
  };
}
