/**
 * What people read about sealing a store.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatCount } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { LeftOut } from "../model/store.ts";
import type { SealOutcome } from "../seal/create_seal.ts";
import { type SealLine, toSealLine } from "./seal_json.ts";
import { renderFindings, type TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

const MOST_PATH_CHARACTERS = 4096;
const MOST_LEFT_OUT = 20;

/**
 * The line that is printed before a store is sealed.
 *
 * @param store The store, as it was named.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderSealHeading(store: string, { paint }: TextOptions): string[] {
  return [paint("heading", `Sealing ${showPath(store)}`) + " (full check first)"];
}

/**
 * Says what came of sealing a store.
 *
 * @param outcome What came of it.
 * @param store The store, as it was named.
 * @param options How text is laid out.
 * @returns The lines, the verdict last.
 */
export function renderSealOutcome(
  outcome: SealOutcome,
  store: string,
  options: TextOptions,
): string[] {
  const { file, findings, leftOut } = outcome;
  const shown = findings.filter(({ severity }) => severity !== "info");
  const lines = renderFindings(shown, options);
  if (file === null) return [...lines, ...renderRefusal(store, options)];
  const line = toSealLine(file, leftOut.length);
  return [...lines, "", ...renderSealed(line, leftOut), ...renderSealVerdict(line, options)];
}

function renderSealed(line: SealLine, leftOut: readonly LeftOut[]): string[] {
  const shown = leftOut.slice(0, MOST_LEFT_OUT);
  const more = leftOut.length - shown.length;
  return [
    `  ${formatBytes(line.sizeBytes)} in ${formatCount(line.files, "file")}, a checksum for each ` +
    `${line.blockSizeBytes} bytes: ${formatBytes(line.sealSizeBytes)}`,
    ...shown.map(({ path, reason }) => `  Not sealed: ${showPath(path)} (${printable(reason)})`),
    ...(more > 0 ? [`  … and ${formatCount(more, "more", "more")} not sealed`] : []),
  ];
}

function renderRefusal(store: string, { width, paint }: TextOptions): string[] {
  return [
    `${paint("error", "DAMAGED")}  ${showPath(store)}: not sealed`,
    ...wrapText(
      "A seal of a damaged store would vouch for the damage. `vecfsck seal --force` seals it as it " +
        "is, and says so in the seal. An older seal is as it was.",
      width,
      "  ",
    ),
  ];
}

function renderSealVerdict({ path, store, sound }: SealLine, { paint }: TextOptions): string[] {
  if (!sound) return [`${paint("error", "DAMAGED")}  ${showPath(path)}: sealed because of --force`];
  return [`${paint("good", "SEALED")}  ${showPath(store)} in ${showPath(path)}`];
}

function showPath(path: string): string {
  return printable(path, MOST_PATH_CHARACTERS);
}
