/**
 * What is asked of taking a repair back, and what became of it.
 *
 * @module
 */

import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";

/** Which repair is taken back. */
export interface UndoPlanSettings {
  /** The name of the entry of the quarantine; that of the newest repair when left out. */
  id?: string | undefined;
  /** Ends the work while nothing has been changed. */
  signal?: AbortSignal | undefined;
}

/** Which repair is taken back, within this program. */
export interface UndoPlanOptions extends UndoPlanSettings {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** How it is taken back. */
export interface UndoSettings extends UndoPlanSettings {
  /** Whether that is done although the store was written to since. */
  force?: boolean;
  /** Is shown the plan, and says whether it is carried out; it is when left out. */
  confirm?: (plan: UndoPlan) => Promise<boolean>;
  /** The clock. */
  now?: () => Date;
}

/** How it is taken back within this program. */
export interface UndoOptions extends UndoSettings, UndoPlanOptions {
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
}

/** What taking a repair back does. */
export interface UndoPlan {
  /** The store, as an absolute path. */
  readonly store: string;
  /** The entry of the quarantine that the repair has made. */
  readonly id: string;
  /** When the repair was made, as ISO 8601 in UTC. */
  readonly repairedAt: string;
  /** The entries of the store that come back, relative to it. */
  readonly returns: readonly string[];
  /** The entries that the repair has put there and that go into quarantine themselves. */
  readonly leaves: readonly string[];
  /** How many bytes come back. */
  readonly sizeBytes: number;
  /** What has changed in the store since the repair; what was written there goes too. */
  readonly changedSince: readonly string[];
}

/** What became of it. */
export interface UndoOutcome {
  /** The plan. */
  readonly plan: UndoPlan;
  /** `declined`: it was not agreed to, and no byte was changed. */
  readonly state: "undone" | "declined";
  /** The entry of the quarantine that holds what the repair had made; null when declined. */
  readonly quarantined: string | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}
