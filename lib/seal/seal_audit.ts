/**
 * A store held against its seal. What is found:
 *
 * - a file whose stamps are those of the seal has the sealed bytes, or it has rotted;
 * - a file that was copied or given away since (its time of writing is the sealed one, its inode or
 *   its time of change is not) has the sealed bytes, or the copy is wrong;
 * - a file that was written since is named, and nothing is said of its bytes;
 * - a file that has gone is named, and so is one that the seal does not know.
 *
 * @module
 */

import { join } from "@std/path";
import type { OperationError } from "../base/errors.ts";
import { formatBytes, formatCount } from "../base/format.ts";
import { runAtOnce } from "../base/turns.ts";
import type { AuditContext, AuditResult, StoreAudit } from "../engine/audit.ts";
import { isPartial } from "../engine/task_run.ts";
import { BoundedFile } from "../fs/read_fs.ts";
import type { FindingName } from "../model/codes.ts";
import { createFinding, type Finding } from "../model/finding.ts";
import type { DetectedStore } from "../model/store.ts";
import type { ByteOwners, ByteRange } from "../model/byte_owners.ts";
import { formatByName } from "../stores/registry.ts";
import { BLOCK_SIZE_BYTES, sumBlocks } from "./block_sums.ts";
import type { Seal, SealedFile } from "./seal_format.ts";
import { hasSameContentStamp, isSameStamp, type Stamp } from "./stamp.ts";

/** How many ranges of one file have a finding of their own; all others share one. */
const MOST_RANGES = 50;

/** Of how many ranges it is told what stands there, for that reads other files. */
const MOST_DESCRIBED = 8;

/**
 * Makes the audit that holds a store against a seal.
 *
 * @param seal The seal.
 * @returns The audit, for the options of a check.
 */
export function createSealAudit(seal: Seal): StoreAudit {
  return {
    sizeBytes: seal.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    run: (store, context) => new SealAudit(seal, store, context).run(),
  };
}

class SealAudit {
  readonly #seal: Seal;
  readonly #store: DetectedStore;
  readonly #context: AuditContext;
  readonly #findings: Finding[] = [];
  readonly #checkedBytes: Record<string, number> = {};
  readonly #failures: OperationError[] = [];
  #describedLeft = MOST_DESCRIBED;

  constructor(seal: Seal, store: DetectedStore, context: AuditContext) {
    this.#seal = seal;
    this.#store = store;
    this.#context = context;
  }

  async run(): Promise<AuditResult> {
    const { files } = runAtOnce(formatByName(this.#store.format).planSnapshot(this.#store));
    const present = new Map<string, Stamp>(files.map((file) => [file.path, file]));
    for (const sealed of this.#seal.files) {
      const stamp = present.get(sealed.path);
      present.delete(sealed.path);
      if (stamp === undefined) this.#add("seal-file-missing", sealed.path, "it is gone");
      else await this.#tryToHold(sealed, stamp);
    }
    for (const path of present.keys()) {
      this.#add("seal-file-new", path, "the seal does not know it");
    }
    return {
      findings: this.#findings,
      checkedBytes: this.#checkedBytes,
      failures: this.#failures,
    };
  }

  /** A file that cannot be read hides nothing of what has happened to the others. */
  async #tryToHold(sealed: SealedFile, stamp: Stamp): Promise<void> {
    try {
      await this.#holdAgainst(sealed, stamp);
    } catch (error) {
      if (!isPartial(error)) throw error;
      this.#failures.push(error);
    }
  }

  #add(name: FindingName, path: string, what: string): void {
    const message = `Since the seal of ${this.#seal.createdAt} ${what}`;
    this.#findings.push(createFinding(name, { path, message }));
  }

  async #holdAgainst(sealed: SealedFile, stamp: Stamp): Promise<void> {
    if (!hasSameContentStamp(sealed, stamp)) {
      return this.#add("seal-file-changed", sealed.path, describeChange(sealed, stamp));
    }
    const { signal, onRead } = this.#context;
    using file = BoundedFile.open(join(this.#store.path, sealed.path));
    const sums = await sumBlocks(file, { signal, onRead });
    this.#checkedBytes[sealed.path] = sealed.sizeBytes;
    const ranges = findRanges(sealed, sums);
    const name = isSameStamp(sealed, stamp) ? "seal-bytes-rotted" : "seal-copy-differs";
    for (const range of ranges.slice(0, MOST_RANGES)) this.#report(name, sealed.path, range);
    const rest = ranges.slice(MOST_RANGES);
    const [next] = rest;
    if (next === undefined) return;
    const sizeBytes = rest.reduce((sum, range) => sum + range.sizeBytes, 0);
    this.#findings.push(createFinding(name, {
      path: sealed.path,
      offset: next.offset,
      count: rest.length,
      message: `${formatBytes(sizeBytes)} in ${formatCount(rest.length, "more range")} are not ` +
        `those of the seal of ${this.#seal.createdAt}`,
      detail: { sizeBytes },
    }));
  }

  #report(name: FindingName, path: string, range: ByteRange): void {
    const owners = this.#describe(path, range);
    const blocks = Math.ceil(range.sizeBytes / BLOCK_SIZE_BYTES);
    const last = range.offset + range.sizeBytes - 1;
    this.#findings.push(createFinding(name, {
      path,
      collection: owners?.collection ?? null,
      segment: owners?.segment ?? null,
      offset: range.offset,
      count: blocks,
      message: `Among the bytes ${range.offset} to ${last} are some that are not those of the ` +
        `seal of ${this.#seal.createdAt}${owners === null ? "" : `; there: ${owners.description}`}`,
      detail: { sizeBytes: range.sizeBytes, ...owners?.detail },
    }));
  }

  #describe(path: string, range: ByteRange): ByteOwners | null {
    if (this.#describedLeft === 0) return null;
    this.#describedLeft--;
    try {
      return formatByName(this.#store.format).describeBytes(this.#store, path, range);
    } catch (error) {
      // What was found holds without it.
      if (isPartial(error)) return null;
      throw error;
    }
  }
}

function describeChange(sealed: Stamp, stamp: Stamp): string {
  const grown = stamp.sizeBytes - sealed.sizeBytes;
  const size = grown === 0
    ? "with the same length"
    : `and has ${formatBytes(Math.abs(grown))} ${grown > 0 ? "more" : "less"}`;
  return `it was written, at ${new Date(stamp.modifiedMs).toISOString()}, ${size}`;
}

/** Finds the blocks that differ, adjacent ones as one range. */
function findRanges({ sums, sizeBytes }: SealedFile, now: Uint32Array): ByteRange[] {
  const ranges: { offset: number; sizeBytes: number }[] = [];
  for (let block = 0; block < sums.length; block++) {
    if (block < now.length && sums[block] === now[block]) continue;
    const offset = block * BLOCK_SIZE_BYTES;
    const blockSizeBytes = Math.min(BLOCK_SIZE_BYTES, sizeBytes - offset);
    const previous = ranges.at(-1);
    if (previous !== undefined && previous.offset + previous.sizeBytes === offset) {
      previous.sizeBytes += blockSizeBytes;
    } else ranges.push({ offset, sizeBytes: blockSizeBytes });
  }
  return ranges;
}
