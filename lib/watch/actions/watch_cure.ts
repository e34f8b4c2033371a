/**
 * What a watch does about damage, as often in one day as it may: a disk that is sick must not lead to
 * a repair every five minutes.
 *
 * @module
 */

import { formatCount } from "../../base/format.ts";
import type { DoneCure } from "../../guard/cure.ts";
import type { CureNotes } from "../../status/watch_notes.ts";
import type { Backoff } from "../schedule/backoff.ts";
import type { Calendar } from "../schedule/calendar.ts";
import { retryOf } from "../schedule/schedule.ts";
import { endWell, type Scene, toActionError } from "./scene.ts";
import { type CheckReport, isBusy } from "./store_actions.ts";
import type { WatchPolicy } from "../configuration/watch_configuration.ts";

type Policy = Exclude<WatchPolicy, "alert">;

const BACKOFF: Backoff = { firstMs: 10 * 60_000, longestMs: 6 * 3_600_000 };

/** A disk that is sick refuses the notes as well, and every start of the watch would begin anew. */
const UNCOUNTED: CureFailure = {
  code: "not-noted",
  hint: null,
  message: "how often it was tried today cannot be noted down, so it is not tried",
};

const DONE: Readonly<Record<Policy, string>> = {
  repair: "Repaired",
  restore: "Restored",
};

/**
 * Does something about damage, where the plan says so and the day allows it.
 *
 * @param scene The store, which is damaged.
 * @param recheck Checks the store again, all of it.
 * @returns What the check after it has shown; null where nothing was done, or it did not succeed.
 */
export async function cureDamage(
  scene: Scene,
  recheck: () => Promise<CheckReport>,
): Promise<CheckReport | null> {
  const { plan: { damage: { policy, mostPerDay } }, record, now, tell } = scene;
  const nowMs = now().getTime();
  if (policy === "alert" || (retryOf(record.of(policy), nowMs) ?? -Infinity) > nowMs) return null;
  record.cures = cutToDay(record.cures, nowMs, scene.calendar);
  if (record.cures.repair + record.cures.restore >= mostPerDay) {
    if (record.cures.isTold) return null;
    record.cures = { ...record.cures, isTold: true };
    const times = formatCount(mostPerDay, "time");
    const message = `No more is done about the damage today: that was tried ${times}`;
    tell("cure-capped", message, { policy, mostPerDay });
    return null;
  }
  return await carryOut(scene, policy, recheck);
}

/** Another day begins anew; a day in the future is of a clock that was wrong. */
function cutToDay(cures: CureNotes, nowMs: number, calendar: Calendar): CureNotes {
  const today = calendar.dayOf(nowMs);
  const tomorrow = Temporal.PlainDate.from(today).add({ days: 1 }).toString();
  if (cures.day === today || cures.day === tomorrow) return cures;
  return { day: today, repair: 0, restore: 0, isTold: false };
}

async function carryOut(
  scene: Scene,
  policy: Policy,
  recheck: () => Promise<CheckReport>,
): Promise<CheckReport | null> {
  const { record, context } = scene;
  const before = record.cures;
  // Counted before it is begun: one that takes the process with it counts as well.
  record.cures = { ...before, [policy]: before[policy] + 1 };
  if (!scene.note()) {
    record.cures = before;
    tellFailed(scene, policy, UNCOUNTED);
    return null;
  }
  let done: DoneCure;
  try {
    done = await scene.perform(policy, () => scene.actions.cure(policy, context));
  } catch (error) {
    const failure = toActionError(error, context.plan.path);
    if (context.signal.aborted) throw failure;
    if (isBusy(failure)) {
      record.cures = before;
      tellBusy(scene, policy, failure);
    } else tellFailed(scene, policy, failure);
    return null;
  }
  return await judge(scene, policy, done, recheck);
}

async function judge(
  scene: Scene,
  policy: Policy,
  done: DoneCure,
  recheck: () => Promise<CheckReport>,
): Promise<CheckReport | null> {
  let report: CheckReport;
  try {
    report = await recheck();
  } catch (error) {
    const failure = toActionError(error, scene.context.plan.path);
    if (scene.context.signal.aborted) throw failure;
    tellFailed(scene, policy, failure, `${done.text}, and then it could not be checked`);
    return null;
  }
  if (report.signature !== null) {
    const after = `${done.text}, and it is still damaged`;
    tellFailed(scene, policy, { code: "still-damaged", hint: null, message: after });
    return report;
  }
  const { text, quarantined } = done;
  endWell(scene, policy, { message: text, slotMs: null });
  const aside = quarantined === null ? "" : `; what was replaced is in quarantine: ${quarantined}`;
  // An engine keeps what it has read, and SQLite lets it write nothing more (1032).
  const advice = "; whatever has the store open has to be started again";
  const message = `${DONE[policy]}: ${text}${aside}${advice}`;
  scene.tell("cured", message, { policy, done: text, quarantined });
  return report;
}

/** Why a cure failed. */
interface CureFailure {
  readonly code: string;
  readonly hint: string | null;
  readonly message: string;
}

/** That a store is in use is told once a day, and everything else each time. */
function tellFailed(
  { record, tell, now }: Scene,
  policy: Policy,
  { code, hint, message }: CureFailure,
  start?: string,
): void {
  const text = start === undefined ? message : `${start}: ${message}`;
  record.end(policy, now(), { outcome: "failed", message: text, backoff: BACKOFF, slotMs: null });
  record.isNews(policy, code);
  tell("cure-failed", `Nothing could be done about the damage: ${text}`, { policy, code, hint });
}

/** A store in use was not touched: that counts for nothing, and the next check tries again. */
function tellBusy(
  { record, tell, now }: Scene,
  policy: Policy,
  { code, hint, message }: CureFailure,
): void {
  record.end(policy, now(), { outcome: "deferred", message, backoff: null, slotMs: null });
  if (!record.isNews(policy, `${code} ${record.cures.day}`)) return;
  tell("cure-failed", `Nothing is done about the damage yet: ${message}`, { policy, code, hint });
}
