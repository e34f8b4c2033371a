/**
 * How a store is, from one check to the next: what has changed is told, and what stays as it was is
 * not, but for damage, once a day.
 *
 * @module
 */

import type { OperationError } from "../../base/errors.ts";
import { formatAge } from "../../base/format.ts";
import type { StateNotes, WatchState } from "../../status/watch_notes.ts";
import { DAY_MS } from "../schedule/calendar.ts";
import type { CheckDetails, DamageDetails, TellStore } from "../events/events.ts";
import { parseTime } from "../schedule/schedule.ts";
import type { CheckReport } from "../actions/store_actions.ts";
import type { WatchRecord } from "./watch_record.ts";

/** For how long a store can be in use before that is worth a line. */
const LONG_BUSY_MS = 3_600_000;

/** What an operator reads first is why; the rest is in the details. */
const MOST_NAMED = 3;

/** By which codes an operation says that there is no store. */
const MISSING_CODES: readonly string[] = ["not-found", "not-a-directory", "not-a-store"];

/** Tells how a store is. */
export class StoreState {
  readonly #record: WatchRecord;
  readonly #tell: TellStore;
  readonly #now: () => Date;
  #isSoundTold = false;
  /** Whether the damage is known of a quick check alone, in this process. */
  #isQuickDamage = false;

  /** Takes what is known of the store. */
  constructor(record: WatchRecord, tell: TellStore, now: () => Date) {
    this.#record = record;
    this.#tell = tell;
    this.#now = now;
  }

  /** Takes in what a check has shown. */
  report(report: CheckReport): void {
    this.#comeBack();
    const { name, signature } = this.#record.state;
    const isDamaged = name === "damaged";
    // A quick check sees less of the same damage, which is then neither gone nor another.
    const isComparable = report.level === "full" || this.#isQuickDamage;
    if (report.signature !== null) {
      if (!isDamaged) this.#find(report);
      else if (isComparable && report.signature !== signature) this.#change(report);
      else this.#persist(report);
    } else if (isDamaged) {
      if (report.isComplete || this.#isQuickDamage) this.#heal(report);
      else this.#persist(report);
    } else if (report.isBusy) this.#beBusy();
    else this.#beSound(report);
  }

  /** Takes in that a check could not be made. */
  fail(error: OperationError): void {
    const name = MISSING_CODES.includes(error.code) ? "missing" : "unreadable";
    if (this.#record.state.name === name) return;
    this.#set(name, { toldAt: this.#now().toISOString() });
    this.#tell(`store-${name}`, error.message, { code: error.code, hint: error.hint });
  }

  #comeBack(): void {
    const { name, since } = this.#record.state;
    if (name !== "missing" && name !== "unreadable") return;
    const awaySeconds = Math.max(0, Math.round((this.#now().getTime() - Date.parse(since)) / 1000));
    const what = name === "missing" ? "The store is there again" : "The store can be read again";
    this.#set("unknown", {});
    this.#tell("store-back", `${what} after ${formatAge(awaySeconds)}`, { awaySeconds });
  }

  #find(report: CheckReport): void {
    this.#be(report);
    this.#tell("damage-found", `The store is damaged: ${name(report)}`, toDamage(report));
  }

  #change(report: CheckReport): void {
    // The codes of a quick check are others than those of a full one, for the very same damage.
    const isNamed = this.#isQuickDamage && report.level === "full";
    this.#be(report, this.#record.state.since);
    const what = isNamed ? "A full check now names the damage" : "There is other damage now";
    this.#tell("damage-changed", `${what}: ${name(report)}`, toDamage(report));
  }

  #persist(report: CheckReport): void {
    const { since, findings, toldAt } = this.#record.state;
    const nowMs = this.#now().getTime();
    const toldMs = parseTime(toldAt) ?? -Infinity;
    if (nowMs - toldMs < DAY_MS && toldMs <= nowMs) return;
    this.#record.state = { ...this.#record.state, toldAt: this.#now().toISOString() };
    // What is known is what the last full check has found.
    const told = { ...report, findings };
    const details = { ...toDamage(told), codes: codesOf(findings), since };
    this.#tell("damage-persists", `The store is still damaged: ${name(told)}`, details);
  }

  #heal(report: CheckReport): void {
    const { since } = this.#record.state;
    this.#set("sound", {});
    this.#isSoundTold = true;
    this.#tell("damage-gone", "The store is without damage again", { ...toCheck(report), since });
  }

  #beBusy(): void {
    const { name, since, toldAt } = this.#record.state;
    if (name !== "busy") return this.#set("busy", {});
    const now = this.#now();
    if (toldAt !== null || now.getTime() - Date.parse(since) < LONG_BUSY_MS) return;
    this.#record.state = { ...this.#record.state, toldAt: now.toISOString() };
    const message = "Something writes to the store all the time: it is only looked at quickly";
    this.#tell("store-busy", message, { since });
  }

  #beSound(report: CheckReport): void {
    const { name, toldAt } = this.#record.state;
    if (name !== "sound") this.#set("sound", {});
    if (this.#isSoundTold && (name !== "busy" || toldAt === null)) return;
    this.#isSoundTold = true;
    this.#tell("sound", "No damage is known", toCheck(report));
  }

  #be({ signature, findings, level }: CheckReport, since?: string): void {
    this.#isQuickDamage = level === "quick";
    const now = this.#now().toISOString();
    this.#set("damaged", { signature, findings, toldAt: now, ...(since ? { since } : {}) });
  }

  #set(name: WatchState, rest: Partial<StateNotes>): void {
    const since = this.#now().toISOString();
    this.#record.state = { name, since, signature: null, findings: [], toldAt: null, ...rest };
  }
}

function name({ findings }: Pick<CheckReport, "findings">): string {
  const more = findings.length - MOST_NAMED;
  return findings.slice(0, MOST_NAMED).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

/** A text about a finding begins with its code. */
function codesOf(findings: readonly string[]): string[] {
  return findings.flatMap((finding) => finding.split(" ")[0] ?? []);
}

function toCheck({ level, records, elapsedMs }: CheckReport): CheckDetails {
  return { level, records, elapsedMs };
}

function toDamage(report: CheckReport): DamageDetails {
  return { ...toCheck(report), codes: report.codes, findings: report.findings };
}
