/**
 * Judging an export as a file: encryption, compression, and where its gob ends.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../base/format.ts";
import { printable } from "../../base/printable.ts";
import type { GobFaultKind } from "../../codec/gob.ts";
import type { FindingName } from "../../model/codes.ts";
import { createFinding, type Finding } from "../../model/finding.ts";
import { LEAST_ENCRYPTED_BYTES } from "./decrypt_export.ts";
import type { ExportEnd } from "./read_export.ts";
import type { UnwrappedExport } from "./unwrap_export.ts";

/** How the decoding of a gob ended. */
export interface GobEnding {
  /** Where, and why. */
  readonly end: ExportEnd;
  /** How many bytes the gob has. */
  readonly sizeBytes: number;
  /** The last document that was decoded whole, or null. */
  readonly lastId: string | null;
  /** What was decoded. */
  readonly facts: { readonly collections: number; readonly documents: number };
}

const GOB_FINDINGS: Readonly<Record<GobFaultKind, FindingName>> = {
  "truncated": "gob-truncated",
  "malformed": "gob-malformed",
  "type-mismatch": "gob-type-mismatch",
  "too-large": "gob-too-large",
};

const CANNOT_IMPORT = "chromem-go cannot import it.";
const ENDS_PROCESS = "Importing it ends the process, which runs out of memory.";
const USE_ANOTHER =
  "Use another export; the documents before the damage can be read with the library (docs/chromem.md).";

/** The findings that say that an export cannot be imported as a whole. */
const UNREADABLE: ReadonlySet<FindingName> = new Set<FindingName>([
  ...Object.values(GOB_FINDINGS),
  "gob-empty",
  "gzip-malformed",
]);

/**
 * Gives a finding the words that hold for an export: there is no store to repair.
 *
 * @param finding The finding.
 * @returns The same with what it means for an export, and what to do with one.
 */
export function toExportFinding(finding: Finding): Finding {
  const { name, code, severity, repair } = finding;
  if (name === "gob-claims-memory") {
    return { ...finding, effect: ENDS_PROCESS, repair: USE_ANOTHER };
  }
  if (UNREADABLE.has(name)) return { ...finding, effect: CANNOT_IMPORT, repair: USE_ANOTHER };
  if (severity === "info" || code.startsWith("VF33")) return finding;
  return {
    ...finding,
    repair: `Import it into a database, and repair that: ${repair}`,
  };
}

/** Judges what stands in the way of the gob. */
export function checkObstacle({ obstacle }: UnwrappedExport, sizeBytes: number): Finding[] {
  if (obstacle === "too-short") {
    const message = `The file has ${formatCount(sizeBytes, "byte")}; nonce and tag of an ` +
      `encrypted export alone take ${LEAST_ENCRYPTED_BYTES}`;
    return [createFinding("export-too-short", { message, detail: { sizeBytes } })];
  }
  const message = "The key does not fit, or the file was changed: the tag at its end is not that " +
    "of what is in it";
  return [createFinding("export-undecryptable", { message, detail: { sizeBytes } })];
}

/** What is to be said of the compression. */
export interface GunzipJudgement {
  /** The findings. */
  readonly findings: readonly Finding[];
  /** Whether they say why the gob ends too early, too. */
  readonly explainsEnd: boolean;
}

/** Judges how the export was decompressed. */
export function checkGunzip(
  { gunzipped, isEncrypted }: UnwrappedExport,
  ending: GobEnding,
): GunzipJudgement {
  const fault = gunzipped?.fault ?? null;
  if (fault === null) return { findings: [], explainsEnd: false };
  const facts = {
    // Behind encryption an offset is none in the file.
    offset: isEncrypted ? null : fault.offset,
    detail: { fault: fault.kind, documents: ending.facts.documents },
  };
  if (fault.kind === "checksum") {
    const message = `Of the decompressed bytes ${fault.message}`;
    return {
      findings: [createFinding("gzip-checksum", { ...facts, message })],
      explainsEnd: false,
    };
  }
  if (fault.kind === "too-large") {
    const message = `The file is not decompressed to its end: ${fault.message}`;
    return {
      findings: [createFinding("gob-too-large", { ...facts, message })],
      explainsEnd: true,
    };
  }
  if (fault.kind === "truncated" && ending.end.fault === null) {
    const message = `The value is whole, and then ${fault.message}`;
    return {
      findings: [createFinding("gzip-checksum-missing", { ...facts, message })],
      explainsEnd: false,
    };
  }
  const message = `The file cannot be decompressed to its end: ${fault.message}` +
    describeRest(ending);
  return {
    findings: [createFinding("gzip-malformed", { ...facts, message })],
    explainsEnd: true,
  };
}

/** Judges where the gob ends; offsets are those of the file only where it is not wrapped. */
export function checkGobEnd(ending: GobEnding, isItself: boolean): Finding[] {
  const { end: { fault, endOffset }, sizeBytes, facts } = ending;
  const offset = isItself ? fault?.offset ?? endOffset : null;
  const detail = { gobOffset: fault?.offset ?? endOffset, gobBytes: sizeBytes, ...facts };
  if (sizeBytes === 0) {
    return [createFinding("gob-empty", { offset, detail, message: "There is no byte in it" })];
  }
  if (fault?.claimedEntries !== undefined) {
    const message = `A map claims ${formatNumber(fault.claimedEntries)} entries, and chromem-go ` +
      `makes room for all of them before it reads one${describeRest(ending)}`;
    return [createFinding("gob-claims-memory", { offset, detail, message })];
  }
  if (fault !== null) {
    const message = fault.message + describeRest(ending);
    return [createFinding(GOB_FINDINGS[fault.kind], { offset, detail, message })];
  }
  if (endOffset >= sizeBytes) return [];
  const message = `${formatCount(sizeBytes - endOffset, "byte")} stand behind the value`;
  return [createFinding("gob-trailing-bytes", { offset, detail, message })];
}

/** Says what stands before the damage. */
function describeRest({ facts: { documents }, lastId }: GobEnding): string {
  if (lastId === null) return "; no document stands before that";
  const last = printable(lastId, 200);
  return `; ${formatCount(documents, "document")} before that, the last is "${last}"`;
}
