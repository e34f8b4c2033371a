/**
 * The check of a watch, and what follows from it: the state of the store, how it grows, and what is
 * done about damage.
 *
 * @module
 */

import { formatBytes } from "../../base/format.ts";
import { cureDamage } from "./watch_cure.ts";
import { type Scene, toActionError } from "./scene.ts";
import type { CheckReport } from "./store_actions.ts";
import type { StoreState } from "../store/store_state.ts";
import type { Threshold } from "../threshold.ts";

/** How long a store that is not there is let alone at the most. */
const LONGEST_AWAY_MS = 15 * 60_000;

/** Room on the disk has to be back by so much more than is needed. */
const EASED_SHARE = 1.1;

/**
 * Checks a store, and does about damage what the plan says.
 *
 * @param scene The store.
 * @param state How it is, which is told.
 * @param options Whether everything is read again.
 * @throws {unknown} Only what the signal was aborted with.
 */
export async function checkAndCure(
  scene: Scene,
  state: StoreState,
  { isThorough }: { readonly isThorough: boolean },
): Promise<void> {
  const { actions, context } = scene;
  const check = (isAll: boolean): Promise<CheckReport> =>
    scene.perform("check", () => actions.check(context, { isThorough: isAll }));
  let report: CheckReport;
  try {
    report = await check(isThorough);
  } catch (error) {
    if (context.signal.aborted) throw error;
    fail(scene, state, error);
    return;
  }
  take(scene, state, report);
  if (report.signature === null || report.level !== "full") return;
  const after = await cureDamage(scene, () => check(true));
  if (after !== null) take(scene, state, after);
}

function take(
  { record, calendar, now }: Scene,
  state: StoreState,
  report: CheckReport,
): void {
  const { name } = record.state;
  const [first] = report.findings;
  const message = first ?? (report.isBusy ? "It was in use" : "No damage was found");
  record.end("check", now(), { outcome: "done", message, backoff: null, slotMs: null });
  state.report(report);
  // The backup that a damaged store did not get is made up for at once.
  if (name === "damaged" && record.state.name === "sound") {
    record.amend("backup", { retryAt: null });
  }
  const { sizeBytes, records } = report;
  if (sizeBytes === null) return;
  record.sample({ day: calendar.dayOf(now().getTime()), sizeBytes, records });
}

function fail({ record, plan, now }: Scene, state: StoreState, error: unknown): void {
  const failure = toActionError(error, plan.path);
  const backoff = { firstMs: plan.check.intervalMs, longestMs: LONGEST_AWAY_MS };
  record.end("check", now(), {
    outcome: "failed",
    message: failure.message,
    backoff,
    slotMs: null,
  });
  state.fail(failure);
}

/**
 * Looks at the room on the disk.
 *
 * @param scene The store.
 * @param threshold Whether it was short before.
 */
export function lookAtDisk(
  { plan: { disk }, record, actions, context, tell }: Scene,
  threshold: Threshold,
): void {
  const { minFreeBytes } = disk;
  const freeBytes = actions.freeBytes(context);
  const isShort = freeBytes === null ? null : freeBytes < minFreeBytes;
  const crossing = threshold.update(isShort, (freeBytes ?? 0) >= EASED_SHARE * minFreeBytes);
  record.disk = { freeBytes, isShort: threshold.isShort };
  if (crossing === null || freeBytes === null) return;
  const free = `${formatBytes(freeBytes)} are free, ${formatBytes(minFreeBytes)} are needed`;
  const what = crossing === "short" ? "There is little room on the disk" : "There is room again";
  tell(`disk-${crossing}`, `${what}: ${free}`, { freeBytes, minFreeBytes });
}
