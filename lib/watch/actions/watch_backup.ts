/**
 * The scheduled backup of a watch, and removing the backups that the rules do not keep.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration } from "../../base/format.ts";
import type { OperationError } from "../../base/errors.ts";
import type { Backoff } from "../schedule/backoff.ts";
import type { Appointment } from "../schedule/schedule.ts";
import { endWell, type Scene, tellFailure, toActionError } from "./scene.ts";
import type { BackupReport } from "./store_actions.ts";

const BACKOFF: Backoff = { firstMs: 5 * 60_000, longestMs: 6 * 3_600_000 };

/** How a backup of a damaged store ends. */
const REFUSED = { message: "The store is damaged", slotMs: null } as const;

/** What has become of the backup. */
export type BackupEnd = "done" | "failed" | "refused" | "waiting";

/**
 * Makes the backup that is due, where the store and the disk allow it.
 *
 * @param scene The store.
 * @param due Which one is due.
 * @returns What has become of it; `refused` where the copy turned out to be damaged.
 */
export async function makeBackup(scene: Scene, due: Appointment): Promise<BackupEnd> {
  const { record, tell, context } = scene;
  const { name, findings } = record.state;
  if (name === "damaged") {
    refuse(scene, due, findings);
    return "waiting";
  }
  if (name !== "sound" && name !== "busy") return "waiting";
  if (record.disk.isShort) {
    skip(scene, due);
    return "waiting";
  }
  let report: BackupReport;
  try {
    report = await scene.perform("backup", () => scene.actions.backUp(context));
  } catch (error) {
    const failure = toActionError(error, context.plan.path);
    if (context.signal.aborted) throw failure;
    tellFailure(scene, "backup", failure, BACKOFF);
    return "failed";
  }
  if (report.backup === null) {
    // It may as well be the copy that is damaged: that must not be tried without end.
    record.end("backup", scene.now(), { ...REFUSED, outcome: "failed", backoff: BACKOFF });
    tellRefused(scene, due, report.findings);
    return "refused";
  }
  const { backup: { id, directory, sizeBytes }, elapsedMs } = report;
  const message = `${id}, ${formatBytes(sizeBytes)} in ${formatDuration(elapsedMs)}`;
  endWell(scene, "backup", { message, slotMs: due.slotMs });
  tell("backed-up", `Backed up: ${message}`, { id, directory, sizeBytes, elapsedMs });
  await prune(scene);
  return "done";
}

async function prune(scene: Scene): Promise<void> {
  const { context, tell } = scene;
  try {
    const { removed, rejected } = await scene.actions.prune(context);
    if (removed.length === 0 && rejected.length === 0) return;
    const damaged = rejected.length === 0
      ? ""
      : `; ${formatCount(rejected.length, "backup")} turned out to be damaged: ${
        rejected.join(", ")
      }`;
    const message = `Removed ${formatCount(removed.length, "backup")} that the rules do not keep`;
    tell("backups-pruned", message + damaged, { removed, rejected });
  } catch (error) {
    const failure: OperationError = toActionError(error, context.plan.path);
    if (context.signal.aborted) throw failure;
    const { code, hint, message } = failure;
    tell("prune-failed", `Old backups could not be removed: ${message}`, { code, hint });
  }
}

/** A damaged store is not backed up until it is sound again. */
function refuse(scene: Scene, due: Appointment, findings: readonly string[]): void {
  scene.record.end("backup", scene.now(), { ...REFUSED, outcome: "refused", backoff: null });
  tellRefused(scene, due, findings);
}

function tellRefused(
  { record, tell }: Scene,
  { slotMs }: Appointment,
  findings: readonly string[],
): void {
  if (!record.isNews("backup", `refused ${slotMs}`)) return;
  tell("backup-refused", "No backup is made, for the store is damaged", { findings });
}

function skip({ record, now, tell }: Scene, { slotMs }: Appointment): void {
  const message = "There is no room on the disk";
  record.end("backup", now(), { outcome: "deferred", message, backoff: null, slotMs: null });
  if (!record.isNews("backup", `disk ${slotMs}`)) return;
  const text = "No backup is made, for there is no room on the disk";
  tell("action-skipped", text, { action: "backup", reason: "disk" });
}
