/**
 * The findings that a repair answers, by the places that they name.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { ChromemFindingName } from "../../../model/finding_names.ts";
import type { RepairRequest } from "../../repair_format.ts";

/** Findings in a gob file of which the value is whole: something is wrong behind it. */
export const SURPLUS: readonly ChromemFindingName[] = [
  "gob-trailing-bytes",
  "gzip-checksum-missing",
];

/** The codes of findings in a gob file begin so. */
const OF_GOB_FILES = "VF31";

/**
 * Whether a finding is to be answered. Those that mean no damage are only when they are asked for: a
 * healthy database stays as it is.
 *
 * @param finding The finding.
 * @param request What was asked for.
 */
export function isWanted(
  { collection, segment, code, severity }: Finding,
  { onlyCodes, onlyCollection }: Pick<RepairRequest, "onlyCodes" | "onlyCollection">,
): boolean {
  // A collection that has lost its name is called by its folder.
  if (onlyCollection !== null && ![collection, segment].includes(onlyCollection)) return false;
  return onlyCodes === null ? severity !== "info" : onlyCodes.has(code);
}

/** Findings by their paths. */
export class FindingIndex {
  readonly #byPath = new Map<string, Finding[]>();

  /**
   * Takes findings.
   *
   * @param findings The findings.
   * @param toKey Tells by which path the stages know what stands at a path.
   */
  constructor(findings: Iterable<Finding>, toKey: (path: string) => string = (path) => path) {
    for (const finding of findings) {
      const path = finding.path === null ? "" : toKey(finding.path);
      const others = this.#byPath.get(path);
      if (others === undefined) this.#byPath.set(path, [finding]);
      else others.push(finding);
    }
  }

  /**
   * Lists the findings in one place.
   *
   * @param path The path; empty for the database as a whole.
   * @param names The names of the findings that are asked for.
   */
  at(path: string, names: readonly ChromemFindingName[]): Finding[] {
    return (this.#byPath.get(path) ?? [])
      .filter(({ name }) => (names as readonly string[]).includes(name));
  }

  /**
   * Lists the findings in a gob file that does not decode, or not to what was written.
   *
   * @param path The file.
   */
  undecodable(path: string): Finding[] {
    return (this.#byPath.get(path) ?? []).filter(({ code, name }) =>
      code.startsWith(OF_GOB_FILES) && !(SURPLUS as readonly string[]).includes(name)
    );
  }
}
