/**
 * What a guard is asked, and what it says.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import type { CheckProgress } from "../engine/check_options.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { ProbeResult } from "../isolation/isolated_probe.ts";
import type { FindingEvent, SummaryEvent } from "../model/report.ts";

/** What is done about damage before a service starts. */
export type GuardPolicy = "refuse" | "repair" | "quarantine" | "restore";

/** All that there is of these. */
export const GUARD_POLICIES: readonly GuardPolicy[] = [
  "refuse",
  "repair",
  "quarantine",
  "restore",
];

/** How the real engine is asked about a store in which a check has found no damage. */
export interface GuardProbe {
  /**
   * The program and its arguments, as {@linkcode isolatedProbe} takes them: `{}` stands for the
   * directory of the store.
   */
  command: string | readonly string[];
  /** How long it may take, in milliseconds; 30,000 when left out. */
  timeoutMs?: number;
  /** Whether it is given a copy, for an engine that opens a store writes to it; false by default. */
  copy?: boolean;
}

/** How a store is guarded. */
export interface GuardSettings {
  /** What is done about damage; `refuse` when left out. */
  onDamage?: GuardPolicy;
  /** How long a store that is in use is waited for, in milliseconds; 0 when left out. */
  waitMs?: number;
  /** Whether a store that is not there is safe: the engine makes a new one. */
  allowMissing?: boolean;
  /** Where is noted down what was found; in the work directory beside the store when left out. */
  stateFile?: string | undefined;
  /** Where backups are looked for; in `STORE.backups` when left out. */
  backups?: string | undefined;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
  /** Has the real engine open the store, where the check finds no damage; none when left out. */
  probe?: GuardProbe | undefined;
  /** Ends the work while nothing has been changed. */
  signal?: AbortSignal | undefined;
  /** Is told how far a check has come. */
  onProgress?: (progress: CheckProgress) => void;
}

/** How a store is guarded within this program. */
export interface GuardOptions extends GuardSettings {
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
  /** A clock in milliseconds that only goes forward. */
  clockMs?: () => number;
  /** How to wait, in milliseconds. */
  pause?: (durationMs: number) => Promise<void>;
}

/** What a check has shown. */
export interface GuardState {
  /** What the findings add up to. */
  readonly summary: SummaryEvent;
  /** The findings that are an error or worse. */
  readonly damage: readonly FindingEvent[];
}

/** What was done about damage. */
export interface GuardCure {
  /** What was asked for. */
  readonly policy: Exclude<GuardPolicy, "refuse">;
  /** What was done, for people: one clause without a final period; null when it failed. */
  readonly done: string | null;
  /** The name of the entry of the quarantine that holds what was replaced, or null. */
  readonly quarantined: string | null;
  /** Why it failed; null when it was done. */
  readonly failure: OperationError | null;
}

/** What a guard says of a store. */
export interface GuardOutcome {
  /** The store, as an absolute path. */
  readonly store: string;
  /** Whether an engine may open it. */
  readonly isSafe: boolean;
  /** What was found first; null where there is no store yet. */
  readonly before: GuardState | null;
  /** What was done about damage, or null. */
  readonly cure: GuardCure | null;
  /**
   * What was found after that, or after an engine has opened the store in its place; null where
   * neither was done, or it could not be checked.
   */
  readonly after: GuardState | null;
  /** Why it could not be checked, or the engine not be asked, after that; null when it was. */
  readonly failure: OperationError | null;
  /** What the engine has made of it last of all; null where it was not asked. */
  readonly probe: ProbeResult | null;
  /** Indexes that lie in quarantine and are missed; an engine answers without them. */
  readonly missed: readonly string[];
  /** Changes that a crash had interrupted and that could be neither completed nor undone. */
  readonly unsettled: readonly string[];
  /** What keeps the next guard from being quicker, as sentences. */
  readonly notices: readonly string[];
  /** How long the store was waited for, in milliseconds. */
  readonly waitedMs: number;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}
