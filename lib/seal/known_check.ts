/**
 * What is kept of the last full check of a store, for those who only want to know how it was: when
 * it was done, whether it found damage, and whether anything that it read has changed since.
 *
 * @module
 */

import { join } from "@std/path";
import { stampFile } from "../fs/read_fs.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { isDamage } from "../model/finding.ts";
import { readState } from "./history.ts";
import { hasSameContentStamp, isPortablePath, isSameStamp } from "./stamp.ts";
import type { InputStamp, StoredResult } from "./state_format.ts";

/** The last full check of which anything is kept. */
export interface KnownCheck {
  /** When the part was read that was read longest ago, in milliseconds since 1970. */
  readonly verifiedMs: number;
  /** Whether it found nothing that is an error or worse. */
  readonly isSound: boolean;
  /** Whether every file that it read is as it was. */
  readonly isCurrent: boolean;
  /** The collections with an error or worse. */
  readonly damagedCollections: readonly string[];
}

/**
 * Reads what is kept of the last full check of a store; nothing is written.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param file The file in which checks note down what they find; beside the store when left out.
 * @returns What is known; null where no check came to its end, or nothing of one is kept.
 * @throws {OperationError} A file of the store cannot be looked at.
 */
export function readKnownCheck(fs: WriteFs, store: string, file?: string): KnownCheck | null {
  const { isSound, tasks } = readState(fs, store, file).state;
  const results = tasks.flatMap(({ whole }) => whole ?? []);
  if (results.length === 0 || results.length < tasks.length) return null;
  return {
    verifiedMs: Math.min(...results.map(({ verifiedMs }) => verifiedMs)),
    isSound,
    isCurrent: results.every(({ inputs }) =>
      inputs.every((input) => isUnchanged(store, input, isSound))
    ),
    damagedCollections: listDamaged(results),
  };
}

/**
 * Damage does not go away by a change of the name or the owner, which for a hot journal SQLite does
 * itself when root looks at it. That all is well stands only while nothing at all has changed.
 */
function isUnchanged(store: string, { path, stamp }: InputStamp, isSound: boolean): boolean {
  if (!isPortablePath(path)) return false;
  const now = stampFile(join(store, path), path);
  if (stamp === null || now === null) return stamp === now;
  return isSound ? isSameStamp(stamp, now) : hasSameContentStamp(stamp, now);
}

function listDamaged(results: readonly StoredResult[]): string[] {
  const damaged = results.flatMap(({ result }) => result.findings)
    .filter(isDamage);
  const names = damaged.flatMap(({ collection, segment }) => collection ?? segment ?? []);
  return [...new Set(names)];
}
