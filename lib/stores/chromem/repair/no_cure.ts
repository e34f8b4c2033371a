/**
 * Why a finding is left alone.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { FindingName } from "../../../model/finding_names.ts";
import type { UnansweredFinding } from "../../../model/repair.ts";
import { type NoCure, SHARED_NO_CURES } from "../../no_cure.ts";
import type { RepairRequest } from "../../repair_format.ts";
import { isWanted } from "./finding_index.ts";

const NO_CURES: Readonly<Partial<Record<FindingName, NoCure>>> = {
  "chromem-collection-empty": { reason: "A collection may be empty.", isDamage: false },
  "chromem-folder-empty": { reason: "The engine passes over it.", isDamage: false },
  "chromem-leftover": { reason: "The engine passes over it.", isDamage: false },
  "chromem-not-a-folder": {
    reason: "What stands there belongs to nobody but you: put the folder itself in its place.",
    isDamage: true,
  },
  "chromem-metadata-exchanged": {
    reason: "Nothing tells whether the metadata files or the folders were exchanged; with " +
      "--only VF3004 the files are put back.",
    isDamage: true,
  },
  "gob-trailing-bytes": { reason: "The engine passes over them.", isDamage: false },
  "file-unreadable": {
    reason: "What stands there cannot be read; nobody but you knows why.",
    isDamage: true,
  },
  ...SHARED_NO_CURES,
};

const UNWANTED = "It was not asked for.";
const NO_WAY = "Nothing that is left tells how it was.";

/**
 * Says of the findings that no step answers why.
 *
 * @param findings The findings that are left.
 * @param request What was asked for.
 * @param toNewPath Tells where a path is after the repair.
 * @returns The findings, each with why it is left.
 */
export function listUnanswered(
  findings: readonly Finding[],
  request: RepairRequest,
  toNewPath: (path: string) => string,
): UnansweredFinding[] {
  return findings.map((finding) => {
    const { code, name, severity, path, collection } = finding;
    const cure = NO_CURES[name] ?? { reason: NO_WAY, isDamage: severity !== "info" };
    const isUnwanted = cure.isDamage && !isWanted(finding, request);
    return {
      code,
      name,
      severity,
      path: path === null ? null : toNewPath(path),
      collection,
      ...cure,
      ...(isUnwanted ? { reason: UNWANTED } : {}),
    };
  });
}
