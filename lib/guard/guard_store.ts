/**
 * Saying whether a store is safe to open, and making it so where that is asked for.
 *
 * A check of all that can be judged, of which is spared what has not changed since it was found to be
 * sound. Only an error or worse keeps an engine from starting.
 *
 * @module
 */

import { resolve } from "@std/path";
import { OperationError, toOperationError } from "../base/errors.ts";
import { pauseUnlessAborted } from "../base/pause.ts";
import { readInterruptedChanges } from "../engine/interrupted.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { runCheck } from "../engine/run_check.ts";
import { localFs } from "../fs/platform.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { ProbeResult } from "../isolation/isolated_probe.ts";
import { isDamage } from "../model/finding.ts";
import type { FindingEvent } from "../model/report.ts";
import { StoredHistory } from "../seal/history.ts";
import { refuseFile } from "../stores/registry.ts";
import type { DoneCure } from "./cure.ts";
import type {
  GuardCure,
  GuardOptions,
  GuardOutcome,
  GuardPolicy,
  GuardSettings,
  GuardState,
} from "./guard_outcome.ts";
import { Patience } from "./patience.ts";

/**
 * Says whether a store is safe to open. With a policy it is made so: repaired, without its damaged
 * indexes, or restored from a backup.
 *
 * @example
 * ```ts
 * import { detectStore, guardStore } from "@vecfsck/vecfsck";
 *
 * async function mayStart(path: string): Promise<boolean> {
 *   return (await guardStore(path, { onDamage: "repair", waitMs: 30_000 })).isSafe;
 * }
 * if (detectStore(".") !== null) console.log(await mayStart("."));
 * ```
 *
 * @param path The store's directory.
 * @param settings What is done about damage, and how long a store in use is waited for.
 * @returns Whether it is safe, and what was done.
 * @throws {OperationError} There is no store, it cannot be read, or was in use all the time: nothing
 * can be said of its data.
 */
export async function guardStore(
  path: string,
  settings: GuardSettings = {},
): Promise<GuardOutcome> {
  return await runGuard(path, settings);
}

/**
 * Guards a store as {@linkcode guardStore} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param options What is done about damage, and how long a store in use is waited for.
 * @returns Whether it is safe, and what was done.
 * @throws {OperationError} As there.
 */
export async function runGuard(path: string, options: GuardOptions): Promise<GuardOutcome> {
  return await new Guard(path, options).run();
}

/** What a new file system has from the start. */
const FRESH_DISK_ENTRY = "lost+found";

type Policy = Exclude<GuardPolicy, "refuse">;

/** What a guard says besides what it notes while it works. */
type Verdict =
  & Pick<GuardOutcome, "isSafe">
  & Partial<Pick<GuardOutcome, "before" | "cure" | "after" | "failure" | "missed" | "probe">>;

class Guard {
  readonly #path: string;
  readonly #options: GuardOptions;
  readonly #fs: WriteFs;
  readonly #startedMs = performance.now();
  readonly #patience: Patience;
  readonly #notices = new Set<string>();
  readonly #unsettled = new Set<string>();

  constructor(path: string, options: GuardOptions) {
    this.#path = path;
    this.#fs = options.fs ?? localFs;
    this.#options = {
      ...options,
      onRecovered: (change) => {
        if (!isSettled(change)) this.#unsettled.add(change.message);
        options.onRecovered?.(change);
      },
    };
    this.#patience = new Patience({
      waitMs: options.waitMs ?? 0,
      signal: options.signal,
      clockMs: options.clockMs ?? (() => performance.now()),
      pause: options.pause ?? pauseUnlessAborted,
    });
  }

  async run(): Promise<GuardOutcome> {
    const { allowMissing = false, onDamage = "refuse", probe } = this.#options;
    refuseFile(this.#path);
    // What cannot be done in the end is said before anything is begun.
    if (probe !== undefined) (await import("./probe_store.ts")).requireProbe(probe);
    await this.#patience.during(() => this.#bringInOrder());
    if (allowMissing && isNothing(this.#fs, this.#path)) return this.#conclude({ isSafe: true });
    const before = await this.#patience.during(() => this.#check());
    if (before.damage.length === 0 || onDamage === "refuse") {
      return await this.#probe({ isSafe: isSound(before), before });
    }
    const missed = onDamage === "quarantine" ? await this.#findMissed(before) : null;
    if (missed !== null) return await this.#probe({ isSafe: true, before, missed });
    return await this.#cure(onDamage, before);
  }

  async #cure(policy: Policy, before: GuardState): Promise<GuardOutcome> {
    let done: DoneCure;
    try {
      // A store that is sound waits for none of this code.
      const { carryOutCure } = await import("./cure.ts");
      done = await this.#patience.during(() => carryOutCure(policy, this.#path, this.#options));
    } catch (error) {
      if (!(error instanceof OperationError) || error.code === "cancelled") throw error;
      const cure: GuardCure = { policy, done: null, quarantined: null, failure: error };
      return this.#conclude({ isSafe: false, before, cure });
    }
    const cure: GuardCure = {
      policy,
      done: done.text,
      quarantined: done.quarantined,
      failure: null,
    };
    return await this.#probe(await this.#judgeAgain({ isSafe: false, before, cure }));
  }

  /** Whatever comes in between now, it has to be told that the store was changed. */
  async #judgeAgain(verdict: Verdict): Promise<Verdict> {
    const { onDamage } = this.#options;
    try {
      const after = await this.#patience.during(() => this.#check());
      const missed = onDamage === "quarantine" ? await this.#findMissed(after) : null;
      return { ...verdict, isSafe: isSound(after) || missed !== null, after, missed: missed ?? [] };
    } catch (error) {
      return { ...verdict, isSafe: false, failure: toOperationError(error, this.#path) };
    }
  }

  /** Has the engine say the last word, where it is asked and the check has found no damage. */
  async #probe(verdict: Verdict): Promise<GuardOutcome> {
    const { probe, signal } = this.#options;
    if (probe === undefined || !verdict.isSafe || this.#unsettled.size > 0) {
      return this.#conclude(verdict);
    }
    const { probeStore } = await import("./probe_store.ts");
    let result: ProbeResult;
    try {
      result = await this.#patience.during(() => probeStore(this.#path, probe, signal));
    } catch (error) {
      if (verdict.cure === undefined) throw error;
      const failure = toOperationError(error, this.#path);
      return this.#conclude({ ...verdict, isSafe: false, failure });
    }
    const probed = { ...verdict, isSafe: result.outcome === "answered", probe: result };
    // An engine that opens a store in its place writes to it, and it is that store which is judged.
    return this.#conclude(probed.isSafe && !probe.copy ? await this.#judgeAgain(probed) : probed);
  }

  /** The indexes that are missed, where nothing else is wrong; else null. */
  async #findMissed({ damage, summary }: GuardState): Promise<string[] | null> {
    if (!summary.complete || damage.length === 0) return null;
    const { findMissed, listMovedAside } = await import("./missed_indexes.ts");
    const movedAside = listMovedAside(this.#fs, this.#path);
    const missed = damage.map((finding) => findMissed(finding, movedAside));
    const known = missed.filter((index) => index !== null);
    return known.length < missed.length ? null : [...new Set(known)];
  }

  #conclude(verdict: Verdict): GuardOutcome {
    const { isSafe, before = null, cure = null, after = null, failure = null } = verdict;
    const { probe = null, missed = [] } = verdict;
    return {
      store: (after ?? before)?.summary.store ?? resolve(this.#path),
      isSafe: isSafe && this.#unsettled.size === 0,
      before,
      cure,
      after,
      failure,
      probe,
      missed,
      unsettled: [...this.#unsettled],
      notices: [...this.#notices],
      waitedMs: Math.round(this.#patience.waitedMs),
      elapsedMs: Math.round(performance.now() - this.#startedMs),
    };
  }

  /** Like every verb that may write: what a crash has left is completed or undone first. */
  async #bringInOrder(): Promise<void> {
    const { onRecovered } = this.#options;
    if (readInterruptedChanges(this.#path).length === 0) return;
    const own = { fs: this.#fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
    await withOwnStore(this.#path, own, () => {});
  }

  async #check(): Promise<GuardState> {
    const { now, jobs, signal, onProgress, stateFile } = this.#options;
    const history = StoredHistory.open(this.#path, {
      fs: this.#fs,
      file: stateFile,
      ...(now === undefined ? {} : { now }),
    });
    if (history.problem !== null) this.#notices.add(history.problem);
    const events = runCheck(this.#path, {
      history,
      skipUnchanged: true,
      ...(jobs === undefined ? {} : { jobs }),
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const damage: FindingEvent[] = [];
    for await (const event of events) {
      if (event.type === "summary") {
        const problem = history.keep();
        if (problem !== null) this.#notices.add(problem);
        return { summary: event, damage };
      }
      if (isDamage(event)) damage.push(event);
    }
    throw new OperationError("internal", "The check ended without a summary", { path: this.#path });
  }
}

/** Whether there is no store and nothing that is in the place of one. */
function isNothing(fs: WriteFs, path: string): boolean {
  const facts = fs.look(path);
  if (facts === null) return true;
  return facts.kind === "directory" && fs.list(path).every((name) => name === FRESH_DISK_ENTRY);
}

function isSound({ damage, summary }: GuardState): boolean {
  return damage.length === 0 && summary.complete;
}

function isSettled({ outcome }: RecoveredChange): boolean {
  return outcome === "completed" || outcome === "undone";
}
