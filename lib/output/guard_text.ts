/**
 * What people and the journal read about a guarded store.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { formatCount, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { GuardCure, GuardOutcome, GuardState } from "../guard/guard_outcome.ts";
import type { ProbeResult } from "../isolation/isolated_probe.ts";
import type { FindingEvent } from "../model/report.ts";
import type { MessageLevel } from "./journal_line.ts";

/** A line, and how much it matters; `info` says that all is well. */
export interface GuardLine {
  /** How much. */
  readonly level: MessageLevel;
  /** The line. */
  readonly text: string;
}

const MOST_PATH_CHARACTERS = 4096;

/** The journal limits how many lines a unit may write; `check` names everything. */
const MOST_CAUSES = 10;

/**
 * Says what came of guarding a store.
 *
 * @param outcome What came of it.
 * @returns The lines; where all is well it is one.
 */
export function renderGuardOutcome(outcome: GuardOutcome): GuardLine[] {
  const { store, before, cure, after, notices, missed } = outcome;
  return [
    ...notices.map((notice): GuardLine => ({
      level: "notice",
      text: `${show(store)}: ${printable(notice, MOST_PATH_CHARACTERS)}`,
    })),
    ...(before === null || missed.length > 0 && cure === null ? [] : renderDamage(before)),
    ...(cure === null ? [] : [renderCure(store, cure)]),
    ...(after === null || outcome.isSafe ? [] : renderDamage(after)),
    ...(missed.length === 0 ? [] : [renderMissed(store, missed)]),
    ...renderProbe(outcome),
    renderVerdict(outcome),
  ];
}

/**
 * Says why nothing can be said of a store.
 *
 * @param error What failed.
 * @param store The store, as it was named.
 * @returns The lines.
 */
export function renderGuardFailure(error: OperationError, store: string): GuardLine[] {
  const lines = error.code === "cancelled"
    ? [error.message]
    : [`${show(store)}: not checked: ${error.message}`, error.hint ?? ""];
  return lines.filter((line) => line !== "")
    .map((line) => ({ level: "error", text: printable(line, MOST_PATH_CHARACTERS) }));
}

/** What is missed is known, and was wanted so; it is still said at every start. */
function renderMissed(store: string, missed: readonly string[]): GuardLine {
  const what = missed.length === 1
    ? "an index lies"
    : `${formatCount(missed.length, "index", "indexes")} lie`;
  return {
    level: "warning",
    text: `${show(store)}: ${what} in quarantine, and its records are not found by a search: ` +
      `\`vecfsck repair ${show(store)}\` brings back what it can`,
  };
}

/** One line for each code, the worst first. */
function renderDamage({ damage }: GuardState): GuardLine[] {
  const causes = new Map<string, { finding: FindingEvent; count: number }>();
  for (const finding of damage) {
    const cause = causes.get(finding.code);
    if (cause === undefined) causes.set(finding.code, { finding, count: 1 });
    else cause.count++;
  }
  const sorted = [...causes.values()].sort((one, other) =>
    Number(other.finding.severity === "fatal") - Number(one.finding.severity === "fatal")
  );
  const more = sorted.length - MOST_CAUSES;
  return [
    ...sorted.slice(0, MOST_CAUSES).map((cause): GuardLine => ({
      level: "error",
      text: renderCause(cause),
    })),
    ...(more > 0
      ? [{ level: "error", text: `… and ${formatCount(more, "more kind")} of damage` } as const]
      : []),
  ];
}

function renderCause(
  { finding, count }: { readonly finding: FindingEvent; readonly count: number },
): string {
  const { store, severity, code, path, message } = finding;
  const place = path === null ? store : `${store}/${path}`;
  const more = count === 1 ? "" : ` … and ${formatNumber(count - 1)} more of this kind`;
  return `${show(place)}: ${severity} ${code}: ${printable(message)}${more}`;
}

function renderCure(store: string, { policy, done, quarantined, failure }: GuardCure): GuardLine {
  if (failure !== null) {
    const hint = failure.hint === null ? "" : `. ${failure.hint}`;
    const text = `${show(store)}: ${policy} failed: ${printable(failure.message + hint, 4096)}`;
    return { level: "error", text };
  }
  const kept = quarantined === null ? "" : `; what was replaced is in quarantine: ${quarantined}`;
  return { level: "warning", text: `${show(store)}: ${printable(done ?? "", 4096)}${kept}` };
}

/** What the engine has said, where that is not what the check says. */
function renderProbe({ store, probe, before, after }: GuardOutcome): GuardLine[] {
  if (probe === null) return [];
  if (probe.outcome !== "answered") {
    const text = `${show(store)}: the check has found no damage, but the engine that was asked ` +
      `${describeEnd(probe)}${probe.lastLine === "" ? "" : `: ${probe.lastLine}`}`;
    return [{ level: "error", text }, {
      level: "error",
      text: `${show(store)}: nothing is known that a repair would answer, so nothing was done ` +
        `about it; \`vecfsck restore ${show(store)}\` takes a backup`,
    }];
  }
  const records = (after ?? before)?.summary.records ?? null;
  if (probe.count === null || records === null || probe.count === records) return [];
  return [{
    level: "warning",
    text: `${show(store)}: the engine that was asked counts ${formatNumber(probe.count)}, and ` +
      `the check ${formatCount(records, "record")}`,
  }];
}

function describeEnd({ outcome, signal, exitCode, elapsedMs }: ProbeResult): string {
  switch (outcome) {
    case "answered":
      return "answers";
    case "timed-out":
      return `did not answer within ${formatSeconds(elapsedMs)}`;
    case "died":
      return signal === null ? `died with exit code ${exitCode}` : `was killed by ${signal}`;
    case "failed":
      return `ended with exit code ${exitCode}`;
  }
}

function renderVerdict(outcome: GuardOutcome): GuardLine {
  const { store, isSafe, before, after, waitedMs, elapsedMs } = outcome;
  const waited = waitedMs === 0 ? "" : `, ${formatSeconds(waitedMs)} of it waiting`;
  const time = formatSeconds(elapsedMs) + waited;
  const summary = (after ?? before)?.summary;
  if (isSafe && summary === undefined) {
    return { level: "info", text: `SAFE ${show(store)}: there is no store yet (${time})` };
  }
  if (isSafe && summary !== undefined) {
    const records = summary.records === null ? "" : `${formatCount(summary.records, "record")}, `;
    const read = summary.bytesChecked === 0 ? "nothing has changed, " : "";
    const asked = outcome.probe === null ? "" : "the engine opens it, ";
    const facts = records + read + asked + time;
    return { level: "info", text: `SAFE ${show(store)}: safe to open (${facts})` };
  }
  const isSeen = outcome.probe === null || outcome.probe.outcome === "answered";
  const more = isSeen ? ` \`vecfsck check ${show(store)}\` says more.` : "";
  return {
    level: "error",
    text: `UNSAFE ${show(store)}: not safe to open: ${explainUnsafe(outcome)} (${time}).${more}`,
  };
}

function explainUnsafe({ before, after, failure, unsettled, probe }: GuardOutcome): string {
  if (probe !== null && probe.outcome !== "answered") return `the engine ${describeEnd(probe)}`;
  const summary = (after ?? before)?.summary;
  if (failure !== null) {
    const what = after === null ? "checked" : "opened by the engine";
    return `not ${what} after that: ${printable(failure.message, MOST_PATH_CHARACTERS)}`;
  }
  const { fatal = 0, error = 0 } = summary?.counts ?? {};
  const damage = [
    ...(fatal === 0 ? [] : [`${formatNumber(fatal)} fatal`]),
    ...(error === 0 ? [] : [formatCount(error, "error")]),
  ];
  if (damage.length > 0) return damage.join(", ");
  return unsettled.length > 0
    ? "a change that was interrupted is not in order"
    : "not all of it could be read";
}

function formatSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)} s`;
}

function show(path: string): string {
  return printable(path, MOST_PATH_CHARACTERS);
}
