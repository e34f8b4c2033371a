/**
 * The actions of a watch on a real store: what the verbs check, backup, optimize, repair and restore
 * do.
 *
 * @module
 */

import { dirname } from "@std/path";
import { isTrusted, listBackupsInSteps, selectOwn } from "../../backup/catalogue.ts";
import { createBackup } from "../../backup/create.ts";
import { backupPlaceOf } from "../../backup/place.ts";
import { executePrune, planPruneInSteps } from "../../backup/prune.ts";
import { formatDuration } from "../../base/format.ts";
import { Turns } from "../../base/turns.ts";
import { keepEnginesOut } from "../../engine/own_store.ts";
import { readStoreUse, requireClosed } from "../../engine/store_use.ts";
import type { RecoveredChange } from "../../fs/recover.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { carryOutCure, type DoneCure } from "../../guard/cure.ts";
import { readDiskFree } from "../../machine/disk.ts";
import { runOptimization } from "../../optimize/optimize_store.ts";
import { readStatus } from "../../status/read_status.ts";
import type { SystemStatus } from "../../status/system_status.ts";
import { requireStore } from "../../stores/registry.ts";
import { DamageTally } from "../store/damage_tally.ts";
import { type Fingerprint, takeFingerprint } from "../store/fingerprint.ts";
import { toActionError } from "./scene.ts";
import { StoreChecker } from "./store_checker.ts";
import type {
  ActionContext,
  ActionWorld,
  BackupReport,
  CheckReport,
  OptimizeReport,
  PruneReport,
  StoreActions,
  UseReason,
} from "./store_actions.ts";
import type { WatchPolicy } from "../configuration/watch_configuration.ts";

/** Under the two permissions that vecfsck needs, the system does not tell. */
const UNKNOWN_USE: UseReason = {
  text:
    "it cannot be told whether a server has it open, which could then write nothing more; with " +
    "--allow-all it can, and optimize.assumeClosed says that none has at that time",
  isLasting: true,
};

/** What every verb that writes takes. */
interface WritingOptions {
  readonly fs: WriteFs;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  readonly onRecovered: (change: RecoveredChange) => void;
}

/** The actions on one store. */
export class LocalActions implements StoreActions {
  readonly #world: ActionWorld;
  readonly #checker: StoreChecker;
  /** The files as they were last seen to be others, and when that was. */
  #seen: { readonly digest: string; readonly sinceMs: number } | null = null;

  /** Takes the world. */
  constructor(world: ActionWorld) {
    this.#world = world;
    this.#checker = new StoreChecker(world);
  }

  /** Checks the store. */
  async check(context: ActionContext, options: { isThorough: boolean }): Promise<CheckReport> {
    return await this.#checker.check(context, options);
  }

  /** Makes a backup. */
  async backUp(context: ActionContext): Promise<BackupReport> {
    const { clockMs, pause } = this.#world;
    const { path, backup: { directory } } = context.plan;
    const startedMs = clockMs();
    const outcome = await createBackup(path, {
      ...this.#writing(context),
      to: directory ?? undefined,
      pause: (durationMs) => pause(durationMs, context.signal),
    });
    const tally = new DamageTally();
    for (const finding of outcome.findings) tally.add(finding);
    const { backup } = outcome;
    return {
      backup: backup === null ? null : {
        id: backup.id,
        directory: backup.directory,
        sizeBytes: backup.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
      },
      findings: tally.told.findings,
      elapsedMs: Math.round(clockMs() - startedMs),
    };
  }

  /** Removes the backups that the rules do not keep. */
  async prune(context: ActionContext): Promise<PruneReport> {
    const { fs } = this.#world;
    const { path, backup: { directory, keep } } = context.plan;
    const place = backupPlaceOf(fs, path, directory ?? undefined);
    const plan = await new Turns(context.signal).run(planPruneInSteps(place, keep, { fs }));
    return await executePrune(plan, this.#writing(context));
  }

  /** Optimises the store. */
  async optimize(context: ActionContext): Promise<OptimizeReport> {
    const { path, backup: { directory } } = context.plan;
    const { state, beforeBytes, afterBytes, elapsedMs } = await runOptimization(path, {
      ...this.#writing(context),
      ...this.#jobs(),
      backups: directory ?? undefined,
    });
    return {
      state: state === "optimized" || state === "damaged" ? state : "nothing-to-do",
      beforeBytes,
      afterBytes,
      elapsedMs,
    };
  }

  /** Does something about damage. */
  async cure(policy: Exclude<WatchPolicy, "alert">, context: ActionContext): Promise<DoneCure> {
    const { path, backup: { directory } } = context.plan;
    const { fs } = this.#world;
    requireClosed(fs, requireStore(path), "Stop that program; the next check goes on with it.");
    return await carryOutCure(policy, path, {
      ...this.#writing(context),
      ...this.#jobs(),
      backups: directory ?? undefined,
    });
  }

  /** Says why the store cannot be optimised now. */
  explainUse({ plan: { path, optimize } }: ActionContext): UseReason | null {
    const { fs } = this.#world;
    try {
      const restMs = this.#restMs(takeFingerprint(fs, path));
      if (restMs < optimize.quietMs) return soon(`it was written to ${formatDuration(restMs)} ago`);
      const store = requireStore(path);
      keepEnginesOut(store, { fs }, () => {});
      const use = readStoreUse(fs, store);
      if (use.kind === "open") return soon(use.text);
      return use.kind === "closed" || optimize.assumeClosed ? null : UNKNOWN_USE;
    } catch (error) {
      return soon(toActionError(error, path).message);
    }
  }

  /**
   * Tells how long nothing was written. A time of change that is later than now tells nothing, so
   * that what this watch has seen counts as well.
   */
  #restMs({ digest, changedMs }: Fingerprint): number {
    const { now, clockMs } = this.#world;
    if (this.#seen?.digest !== digest) this.#seen = { digest, sinceMs: clockMs() };
    return Math.max(0, now().getTime() - changedMs, clockMs() - this.#seen.sinceMs);
  }

  /** Tells when the newest good backup was made. */
  async newestBackupMs(context: ActionContext): Promise<number | null> {
    const { plan: { path, backup: { directory } }, signal } = context;
    const { fs } = this.#world;
    const place = backupPlaceOf(fs, path, directory ?? undefined);
    const listing = listBackupsInSteps(place.directory, { fs, scope: "all" });
    const { backups } = await new Turns(signal).run(listing);
    const newest = selectOwn(fs, backups, place).findLast(isTrusted);
    return newest === undefined ? null : Date.parse(newest.manifest.createdAt);
  }

  /** Tells how many bytes are free where the store and its backups are. */
  freeBytes({ plan: { path, backup } }: ActionContext): number | null {
    const { fs } = this.#world;
    const directory = backup.isEnabled ? backup.directory : null;
    // A directory that is made with the first backup is where the one above it is.
    const places = directory === null ? [path] : [path, directory, dirname(directory)];
    const known = places.flatMap((place) => readDiskFree(fs, place) ?? []);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** Reads the state of the store. */
  async readStatus(context: ActionContext): Promise<SystemStatus> {
    const { plan: { path, backup }, signal, notesDirectory } = context;
    const { fs, now, clockMs, pause } = this.#world;
    return await readStatus(path, {
      fs,
      now,
      clockMs,
      pause,
      signal,
      notes: notesDirectory,
      ...this.#jobs(),
      ...(backup.directory === null ? {} : { backups: backup.directory }),
    });
  }

  #writing({ signal, onRecovered }: ActionContext): WritingOptions {
    const { fs, now } = this.#world;
    return { fs, now, signal, onRecovered };
  }

  #jobs(): { jobs?: number } {
    const { jobs } = this.#world;
    return jobs === undefined ? {} : { jobs };
  }
}

/** A reason that goes by. */
function soon(text: string): UseReason {
  return { text, isLasting: false };
}
