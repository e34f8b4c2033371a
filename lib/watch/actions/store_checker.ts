/**
 * Checking one store again and again, with as little reading as possible: what has not changed since
 * a check found it sound is not read again, damage that was found is not searched again while no file
 * has changed, and a store that something writes to all the time is looked at quickly.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { readInterruptedChanges } from "../../engine/interrupted.ts";
import { withOwnStore } from "../../engine/own_store.ts";
import { runCheck, type RunCheckOptions } from "../../engine/run_check.ts";
import type { SummaryEvent } from "../../model/report.ts";
import { StoredHistory } from "../../seal/history.ts";
import { waitAfter } from "../schedule/backoff.ts";
import { DAY_MS } from "../schedule/calendar.ts";
import { DamageTally, type ToldDamage } from "../store/damage_tally.ts";
import { type Fingerprint, takeFingerprint } from "../store/fingerprint.ts";
import type { ActionContext, ActionWorld, CheckReport } from "./store_actions.ts";

/** After how long a full check is tried again while the store never rests, at the most. */
const LONGEST_REST_MS = 3_600_000;

/** Damage that was found by a full check. */
interface KnownDamage {
  readonly digest: string;
  readonly foundMs: number;
  readonly report: CheckReport;
}

/** What a check gives. */
interface Checked extends ToldDamage {
  readonly summary: SummaryEvent;
}

/** Checks one store. */
export class StoreChecker {
  readonly #world: ActionWorld;
  #damage: KnownDamage | null = null;
  #busyTries = 0;
  #fullNotBeforeMs = -Infinity;

  /** Takes the world. */
  constructor(world: ActionWorld) {
    this.#world = world;
  }

  /**
   * Checks the store.
   *
   * @param context The store.
   * @param options Whether everything is read again.
   * @returns What was found.
   * @throws {OperationError} The store is not there, or cannot be read.
   */
  async check(
    context: ActionContext,
    { isThorough }: { isThorough: boolean },
  ): Promise<CheckReport> {
    const { clockMs } = this.#world;
    const startedMs = clockMs();
    await this.#bringInOrder(context);
    const before = this.#fingerprint(context);
    const known = isThorough ? null : this.#recall(before);
    if (known !== null) return { ...known, elapsedMs: Math.round(clockMs() - startedMs) };
    if (isThorough || clockMs() >= this.#fullNotBeforeMs) {
      const report = await this.#unlessBusy(() => this.#checkFully(context, before, isThorough));
      if (report !== null) return report;
      this.#postpone(context);
    }
    const quick = await this.#unlessBusy(() => this.#run(context, { level: "quick" }));
    const elapsedMs = Math.round(clockMs() - startedMs);
    return { ...toReport(quick, before), isBusy: true, isComplete: false, elapsedMs };
  }

  /** What a crash of vecfsck has left is completed or undone first; the store may be away by it. */
  async #bringInOrder({ plan: { path }, onRecovered }: ActionContext): Promise<void> {
    const { fs } = this.#world;
    await this.#unlessBusy(async () => {
      if (readInterruptedChanges(path).length === 0) return;
      await withOwnStore(path, { fs, onRecovered }, () => {});
    });
  }

  async #checkFully(
    context: ActionContext,
    before: Fingerprint | null,
    isThorough: boolean,
  ): Promise<CheckReport> {
    const { fs, now, clockMs } = this.#world;
    const { plan: { path, check }, historyFile } = context;
    const history = StoredHistory.open(path, { fs, file: historyFile, now });
    const checked = await this.#run(context, {
      level: "full",
      history,
      skipUnchanged: !isThorough,
      maxDurationMs: check.maxDurationMs,
    });
    // That it cannot be kept makes the next check slower, and nothing worse.
    history.keep();
    this.#busyTries = 0;
    this.#fullNotBeforeMs = -Infinity;
    const report = toReport(checked, before);
    this.#damage = report.signature === null || before === null
      ? null
      : { digest: before.digest, foundMs: clockMs(), report };
    return report;
  }

  async #run(context: ActionContext, options: RunCheckOptions): Promise<Checked> {
    const { plan: { path }, signal } = context;
    const { jobs } = this.#world;
    const tally = new DamageTally();
    const given = jobs === undefined ? {} : { jobs };
    for await (const event of runCheck(path, { ...options, ...given, signal })) {
      if (event.type === "summary") return { ...tally.told, summary: event };
      tally.add(event);
    }
    throw new OperationError("internal", "The check ended without a summary", { path });
  }

  /** What was found before, where no file has changed since; once a day everything is read anew. */
  #recall(before: Fingerprint | null): CheckReport | null {
    if (this.#damage === null || before === null) return null;
    const { digest, foundMs, report } = this.#damage;
    const isFresh = this.#world.clockMs() - foundMs < DAY_MS;
    return isFresh && digest === before.digest ? report : null;
  }

  #postpone({ plan: { check: { intervalMs } } }: ActionContext): void {
    this.#busyTries++;
    const backoff = { firstMs: intervalMs, longestMs: LONGEST_REST_MS };
    this.#fullNotBeforeMs = this.#world.clockMs() + waitAfter(backoff, this.#busyTries);
  }

  async #unlessBusy<Result>(check: () => Promise<Result>): Promise<Result | null> {
    try {
      return await check();
    } catch (error) {
      if (error instanceof OperationError && error.code === "busy") return null;
      throw error;
    }
  }

  /** Null where the store cannot be looked at; why, the check says. */
  #fingerprint({ plan: { path } }: ActionContext): Fingerprint | null {
    try {
      return takeFingerprint(this.#world.fs, path);
    } catch {
      return null;
    }
  }
}

/** Where not even a quick check came to its end, nothing is known. */
function toReport(checked: Checked | null, files: Fingerprint | null): CheckReport {
  const sizeBytes = files?.sizeBytes ?? null;
  if (checked === null) {
    return {
      level: "quick",
      isComplete: false,
      isBusy: true,
      signature: null,
      codes: [],
      findings: [],
      records: null,
      sizeBytes,
      elapsedMs: 0,
    };
  }
  const { summary: { level, complete, records, elapsedMs }, signature, codes, findings } = checked;
  const isComplete = complete && level === "full";
  return {
    level,
    isComplete,
    isBusy: false,
    signature,
    codes,
    findings,
    records,
    sizeBytes,
    elapsedMs,
  };
}
