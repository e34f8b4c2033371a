/**
 * How well a store is: a check just now, and what is known of the last full one.
 *
 * @module
 */

import type { ListedBackup } from "../backup/catalogue.ts";
import {
  type CheckHistory,
  type FinishedCheck,
  NOTHING_KNOWN,
  type RecalledTask,
} from "../engine/check_history.ts";
import { runCheck, type RunCheckOptions } from "../engine/run_check.ts";
import { OperationError } from "../base/errors.ts";
import { FINDING_CODES, type FindingName } from "../model/codes.ts";
import { isDamage, SEVERITIES, type Verdict } from "../model/finding.ts";
import type { CheckEvent, CheckLevel, SummaryEvent } from "../model/report.ts";
import type { FileStamp } from "../model/store.ts";
import type { KnownCheck } from "../seal/known_check.ts";
import type { FindingKindStatus, FullCheckStatus } from "./system_status.ts";

/** The findings that tell how many records have no vector. */
const WITHOUT_VECTOR: readonly FindingName[] = [
  "segment-missing",
  "vectors-missing",
  "document-without-embedding",
];

/** The findings for which an engine refuses a store as a whole, as far as only a check finds them. */
const REFUSED_FOR: readonly FindingName[] = [
  "gob-empty",
  "gob-truncated",
  "gob-malformed",
  "gob-type-mismatch",
  "gob-not-a-file",
  "gzip-malformed",
];

/** What a check just now has found. */
export interface FreshCheck {
  /** Its end. */
  readonly summary: SummaryEvent;
  /** Its findings by code, the worst first; information is left out. */
  readonly kinds: readonly FindingKindStatus[];
  /** The collections with an error or worse, and the places of those that have no name. */
  readonly damagedCollections: ReadonlySet<string>;
  /** How many records surely lack a vector. */
  readonly missingVectors: number;
  /** Whether something was found for which an engine refuses the store, or that can kill it. */
  readonly isRefused: boolean;
  /** How many changes that vecfsck made were interrupted. */
  readonly interruptedChanges: number;
  /** The files of the store. */
  readonly files: readonly FileStamp[];
}

/** Is told what a check finds, one after another, by those who want more of it than numbers. */
export interface CheckObserver {
  /** A check begins: what was told of one before it does not count. */
  onBegin(): void;
  /** Something was found, or the check has ended. */
  onEvent(event: CheckEvent): void;
  /** Nothing has changed while it ran; that is told before the first event. */
  onFinished(check: FinishedCheck): void;
}

/**
 * Checks a store and adds up what is found; nothing is written.
 *
 * @param store The store's directory.
 * @param options How it is checked.
 * @param observer Is told what is found.
 * @returns What was found.
 * @throws {OperationError} The store cannot be read, or is in use.
 */
export async function checkNow(
  store: string,
  options: RunCheckOptions,
  observer?: CheckObserver,
): Promise<FreshCheck> {
  const findings = new Map<FindingName, number>();
  const damagedCollections = new Set<string>();
  let missingVectors = 0;
  const listing = new Listing(observer);
  observer?.onBegin();
  for await (const event of runCheck(store, { ...options, history: listing })) {
    observer?.onEvent(event);
    if (event.type === "summary") {
      return {
        summary: event,
        kinds: toKinds(findings),
        damagedCollections,
        missingVectors,
        isRefused: event.verdict === "unsafe" || REFUSED_FOR.some((name) => findings.has(name)),
        interruptedChanges: findings.get("change-interrupted") ?? 0,
        files: listing.files,
      };
    }
    findings.set(event.name, (findings.get(event.name) ?? 0) + 1);
    if (WITHOUT_VECTOR.includes(event.name)) missingVectors += event.count;
    const owner = event.collection ?? event.segment;
    if (owner !== null && isDamage(event)) damagedCollections.add(owner);
  }
  throw new OperationError("internal", "The check ended without a summary", { path: store });
}

/** Remembers nothing of any check, but for the files that this one has listed. */
class Listing implements CheckHistory {
  readonly wasSound = false;
  readonly #observer: CheckObserver | undefined;
  files: readonly FileStamp[] = [];

  constructor(observer: CheckObserver | undefined) {
    this.#observer = observer;
  }

  nowMs(): number {
    return Date.now();
  }

  recall(): RecalledTask {
    return NOTHING_KNOWN;
  }

  record(check: FinishedCheck): void {
    this.files = check.files;
    this.#observer?.onFinished(check);
  }
}

function toKinds(findings: ReadonlyMap<FindingName, number>): FindingKindStatus[] {
  const kinds = [...findings].map(([name, count]) => {
    const { code, severity, title } = FINDING_CODES[name];
    return { code, name, severity, title, findings: count };
  });
  return kinds.filter(({ severity }) => severity !== "info").sort((one, other) =>
    SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
    (one.code < other.code ? -1 : 1)
  );
}

/**
 * Puts the verdict of a check just now and the last full one together: what that found stands while
 * the files are as they were.
 *
 * @param fresh The verdict just now.
 * @param known What is kept of the last full check, or null.
 * @returns The verdict on the store.
 */
export function combineVerdicts(fresh: Verdict, known: KnownCheck | null): Verdict {
  const stands = known !== null && known.isCurrent && !known.isSound;
  return stands && fresh !== "unsafe" ? "damaged" : fresh;
}

/** What can tell when the last full check was. */
export interface CheckWitnesses {
  /** The level of the check just now, and what it found. */
  readonly fresh: { readonly level: CheckLevel; readonly verdict: Verdict };
  /** What is kept of the last full check, or null. */
  readonly known: KnownCheck | null;
  /** The backups, the oldest first: each was checked when it was made. */
  readonly backups: readonly ListedBackup[];
}

/**
 * Finds the last full check of which anything is known.
 *
 * @param witnesses What can tell.
 * @param now The time.
 * @returns The check, or null.
 */
export function findLastFullCheck(
  { fresh, known, backups }: CheckWitnesses,
  now: Date,
): FullCheckStatus | null {
  const describe = (
    atMs: number,
    facts: Omit<FullCheckStatus, "at" | "ageSeconds">,
  ): FullCheckStatus => {
    return { at: new Date(atMs).toISOString(), ageSeconds: ageOf(atMs, now), ...facts };
  };
  if (fresh.level === "full") {
    const isSound = fresh.verdict !== "damaged" && fresh.verdict !== "unsafe";
    return describe(now.getTime(), { source: "status", isSound, isCurrent: true });
  }
  const checked = backups.findLast(({ manifest }) => manifest.check.level === "full");
  const backupMs = checked === undefined ? -Infinity : Date.parse(checked.manifest.createdAt);
  if (known !== null && known.verifiedMs >= backupMs) {
    const { verifiedMs, isSound, isCurrent } = known;
    return describe(verifiedMs, { source: "check", isSound, isCurrent });
  }
  if (checked === undefined) return null;
  return describe(backupMs, { source: "backup", isSound: checked.manifest.good, isCurrent: null });
}

/**
 * Tells how long ago something was.
 *
 * @param atMs When, in milliseconds since 1970.
 * @param now The time.
 * @returns Whole seconds; none where a clock has gone back since.
 */
export function ageOf(atMs: number, now: Date): number {
  return Math.max(0, Math.floor((now.getTime() - atMs) / 1000));
}
