/**
 * The weekly optimisation of a watch: only while nothing uses the store, and only in its hours.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../../base/format.ts";
import type { Backoff } from "../schedule/backoff.ts";
import type { Agenda, Appointment } from "../schedule/schedule.ts";
import { endWell, type Scene, tellFailure, toActionError } from "./scene.ts";
import { isBusy, type OptimizeReport, type UseReason } from "./store_actions.ts";

const BACKOFF: Backoff = { firstMs: 5 * 60_000, longestMs: 3_600_000 };

/** How soon is looked again whether the store is in use. */
const DEFERRAL: Backoff = { firstMs: 5 * 60_000, longestMs: 5 * 60_000 };

/**
 * Optimises the store where that is due, and nothing uses it.
 *
 * @param scene The store.
 * @param due Which time is due.
 * @returns Whether anything was done.
 */
export async function optimizeIfQuiet(scene: Scene, due: Appointment): Promise<boolean> {
  const { record, context } = scene;
  const reason = explainWaiting(scene);
  if (reason?.isLasting) {
    refuse(scene, due, reason.text);
    return false;
  }
  if (reason !== null) {
    defer(scene, due, reason.text);
    return false;
  }
  if (record.disk.isShort || record.memory.isShort) {
    skip(scene, due, record.disk.isShort ? "disk" : "memory");
    return false;
  }
  try {
    const report = await scene.perform("optimize", () => scene.actions.optimize(context));
    conclude(scene, due, report);
    return true;
  } catch (error) {
    const failure = toActionError(error, context.plan.path);
    if (context.signal.aborted) throw failure;
    if (isBusy(failure)) defer(scene, due, failure.message);
    else tellFailure(scene, "optimize", failure, BACKOFF);
    return true;
  }
}

/**
 * Notes down that a time has passed without an optimisation.
 *
 * @param scene The store.
 * @param missedMs The time that has passed.
 * @param agenda When the next one is.
 */
export function noteMissed(
  { record, tell, now }: Scene,
  missedMs: number,
  { optimize }: Agenda,
): void {
  const { outcome, slot } = record.of("optimize");
  const wasWaiting = slot !== null && (outcome === "deferred" || outcome === "failed");
  record.amend("optimize", { slot: new Date(missedMs).toISOString(), retryAt: null });
  if (!wasWaiting) return;
  record.amend("optimize", { outcome: "deferred", message: "Its hours have passed" });
  const next = new Date(optimize?.atMs ?? now().getTime()).toISOString();
  tell("optimize-missed", "The store was not optimised, for its hours have passed", { next });
}

function explainWaiting({ record, actions, context }: Scene): UseReason | null {
  const { name } = record.state;
  if (name === "sound") return actions.explainUse(context);
  const text = name === "busy" ? "something writes to it" : `the store is ${name}`;
  return { text, isLasting: false };
}

/** What will not change by itself is told once, and not each week. */
function refuse({ record, tell, now, plan }: Scene, { slotMs }: Appointment, text: string): void {
  const message = `The store is not optimised: ${text}`;
  record.end("optimize", now(), { outcome: "refused", message: text, backoff: null, slotMs });
  if (!record.isNews("optimize", text) || slotMs === null) return;
  const until = new Date(slotMs + plan.optimize.windowMs).toISOString();
  tell("optimize-deferred", message, { until, reason: text });
}

function conclude(scene: Scene, { slotMs }: Appointment, report: OptimizeReport): void {
  const { state, beforeBytes, afterBytes, elapsedMs } = report;
  if (state === "damaged") return defer(scene, { slotMs }, "the store is damaged");
  if (state === "nothing-to-do") {
    return endWell(scene, "optimize", { message: "There was nothing to do", slotMs });
  }
  const sizes = `${formatBytes(beforeBytes)} before, ${formatBytes(afterBytes)} after`;
  const message = `${sizes}, in ${formatDuration(elapsedMs)}`;
  endWell(scene, "optimize", { message, slotMs });
  scene.tell("optimized", `Optimised: ${message}`, {
    sizeBytesBefore: beforeBytes,
    sizeBytesAfter: afterBytes,
    elapsedMs,
  });
}

function defer(
  { plan, record, tell, now }: Scene,
  { slotMs }: Pick<Appointment, "slotMs">,
  reason: string,
): void {
  record.end("optimize", now(), {
    outcome: "deferred",
    message: reason,
    backoff: DEFERRAL,
    slotMs: null,
  });
  if (slotMs === null || !record.isNews("optimize", `deferred ${slotMs}`)) return;
  const until = new Date(slotMs + plan.optimize.windowMs).toISOString();
  tell("optimize-deferred", `The optimisation waits: ${reason}`, { until, reason });
}

function skip(
  { record, tell, now }: Scene,
  { slotMs }: Appointment,
  reason: "disk" | "memory",
): void {
  const message = reason === "disk" ? "there is no room on the disk" : "memory is short";
  record.end("optimize", now(), { outcome: "deferred", message, backoff: DEFERRAL, slotMs: null });
  if (!record.isNews("optimize", `${reason} ${slotMs}`)) return;
  const text = `The store is not optimised, for ${message}`;
  tell("action-skipped", text, { action: "optimize", reason });
}
