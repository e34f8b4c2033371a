/**
 * Checking an export file: undoing encryption and compression, and judging every document.
 *
 * @module
 */

import { printable } from "../../base/printable.ts";
import { letOthersRun } from "../../base/turns.ts";
import { BoundedFile } from "../../fs/read_fs.ts";
import type { Finding } from "../../model/finding.ts";
import { createFinding } from "../../model/finding.ts";
import type { SkippedBytes } from "../../model/report.ts";
import type { TaskResult } from "../../model/store.ts";
import { DocumentsCheck } from "./check_documents.ts";
import { ExportFindings } from "./folded_findings.ts";
import {
  checkGobEnd,
  checkGunzip,
  checkObstacle,
  type GobEnding,
  toExportFinding,
} from "./check_wrapping.ts";
import { type ExportCollection, nameOfCollection, readExport } from "./read_export.ts";
import {
  type ExportPlace,
  type Progress,
  unwrapExport,
  type UnwrappedExport,
} from "./unwrap_export.ts";

/** How many collections and documents an export has: plain data. */
export interface ExportFacts {
  /** How many collections were found. */
  readonly collections: number;
  /** How many documents were decoded. */
  readonly documents: number;
}

/** After so many bytes others have their turn. */
const PAUSE_BYTES = 4 << 20;

/**
 * Checks an export.
 *
 * @param place The file.
 * @param progress Is told of bytes that were read.
 * @returns What was found, with {@linkcode ExportFacts}.
 * @throws {OperationError} The file cannot be read, or there is no room for what is in it.
 */
export async function checkExport(place: ExportPlace, progress: Progress): Promise<TaskResult> {
  const unwrapped = await unwrapExport(place, progress);
  const sizeBytes = fileSizeOf(place.path);
  if (unwrapped.path === null) {
    return toResult(sizeBytes, checkObstacle(unwrapped, sizeBytes), NO_FACTS, 0);
  }
  const decoding = new ExportDecoding(unwrapped.isItself);
  const ending = await decoding.run(unwrapped.path, progress);
  const wrapping = checkGunzip(unwrapped, ending);
  const gob = wrapping.explainsEnd ? [] : checkGobEnd(ending, unwrapped.isItself);
  const findings = [...wrapping.findings, ...gob, ...decoding.findings];
  const lostBytes = countLost(unwrapped, ending, sizeBytes);
  return toResult(sizeBytes, findings, decoding.facts, lostBytes);
}

const NO_FACTS: ExportFacts = { collections: 0, documents: 0 };

function fileSizeOf(path: string): number {
  using file = BoundedFile.open(path);
  return file.sizeBytes;
}

/** How many bytes of the file stand behind its damage, where nobody can tell what they are. */
function countLost(
  { isItself, gunzipped, isEncrypted }: UnwrappedExport,
  { end }: GobEnding,
  sizeBytes: number,
): number {
  if (isItself) return end.fault === null ? 0 : Math.max(0, sizeBytes - end.endOffset);
  const isCut = !isEncrypted && gunzipped !== null && gunzipped.fault !== null &&
    gunzipped.fault.kind !== "checksum";
  return isCut ? Math.max(0, sizeBytes - gunzipped.usedBytes) : 0;
}

function toResult(
  sizeBytes: number,
  findings: readonly Finding[],
  facts: ExportFacts,
  lostBytes: number,
): TaskResult {
  const skipped: SkippedBytes[] = lostBytes === 0
    ? []
    : [{ reason: "behind the damage", sizeBytes: lostBytes }];
  return {
    findings: findings.map(toExportFinding),
    // An export is a file and has no name within itself.
    checkedBytes: { "": sizeBytes - lostBytes },
    skipped,
    facts,
  };
}

/** The decoding of one export, and what was found on the way. */
class ExportDecoding {
  readonly #isItself: boolean;
  readonly #findings = new ExportFindings();
  #collections = 0;
  #documents = 0;

  constructor(isItself: boolean) {
    this.#isItself = isItself;
  }

  /** What was found in collections and documents. */
  get findings(): readonly Finding[] {
    return this.#findings.all;
  }

  get facts(): ExportFacts {
    return { collections: this.#collections, documents: this.#documents };
  }

  async run(path: string, progress: Progress): Promise<GobEnding> {
    using source = BoundedFile.open(path);
    const items = readExport(source);
    let documents = new DocumentsCheck();
    let open: ExportCollection | null = null;
    let lastId: string | null = null;
    let toldBytes = 0;
    for (;;) {
      const { done, value } = items.next();
      if (done) {
        if (open !== null) this.#finish(open, documents, false);
        return { end: value, sizeBytes: source.sizeBytes, lastId, facts: this.facts };
      }
      if (value.kind === "collection") {
        open = value.collection;
        documents = new DocumentsCheck();
        this.#collections++;
      } else if (value.kind === "end") {
        this.#finish(value.collection, documents, value.isWhole);
        open = null;
      } else if (value.isWhole) {
        const { key, document } = value;
        documents.add({ key, document, offset: this.#isItself ? value.offset : null });
        lastId = key;
        this.#documents++;
        if (value.offset - toldBytes > PAUSE_BYTES) {
          progress(value.offset - toldBytes);
          toldBytes = value.offset;
          await letOthersRun();
        }
      }
    }
  }

  #finish(collection: ExportCollection, documents: DocumentsCheck, isWhole: boolean): void {
    const { key, value } = collection;
    const name = nameOfCollection(collection);
    // Behind a damage there may have been a name.
    if ((value.Name ?? "") !== key && (isWhole || value.Name !== undefined)) {
      const own = value.Name === undefined || value.Name === ""
        ? "has no name"
        : `is named "${printable(value.Name, 200)}"`;
      this.#findings.add([createFinding("export-name-differs", {
        collection: name,
        message: `The collection that is filed as "${printable(key, 200)}" ${own}`,
        detail: { key, name: value.Name ?? null },
      })]);
    }
    this.#findings.add(documents.finish(name));
  }
}
