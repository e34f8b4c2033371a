import { assertEquals } from "@std/assert";
import { type ActionNotes, NEVER_DONE, type WatchAction } from "../../../lib/status/watch_notes.ts";
import { LONGEST_WAIT_MS, waitAfter } from "../../../lib/watch/schedule/backoff.ts";
import { Calendar } from "../../../lib/watch/schedule/calendar.ts";
import { resolveConfiguration } from "../../../lib/watch/configuration/resolve_configuration.ts";
import {
  type ActionRecord,
  type Agenda,
  planAgenda,
} from "../../../lib/watch/schedule/schedule.ts";

const CALENDAR = new Calendar("UTC");

const [PLAN] = resolveConfiguration({ stores: [{ path: "/store" }] }).stores;

function record(known: Partial<Record<WatchAction, Partial<ActionNotes>>>): ActionRecord {
  const of = (action: WatchAction): ActionNotes => ({ ...NEVER_DONE, ...known[action] });
  return {
    check: of("check"),
    backup: of("backup"),
    optimize: of("optimize"),
    repair: of("repair"),
    restore: of("restore"),
  };
}

function agendaAt(
  time: string,
  known: Partial<Record<WatchAction, Partial<ActionNotes>>> = {},
): Agenda {
  if (PLAN === undefined) throw new Error("no plan");
  return planAgenda(PLAN, record(known), Date.parse(time), CALENDAR);
}

/** When an action is done, and why. */
function when(appointment: Agenda["backup"]): [string, string] | null {
  if (appointment === null) return null;
  return [new Date(appointment.atMs).toISOString().slice(0, 16), appointment.reason];
}

const SATURDAY = "2026-11-21T12:00:00Z";

Deno.test("planAgenda() plans a check five minutes after the begin of the last one", () => {
  assertEquals(when(agendaAt(SATURDAY).check), ["2026-11-21T12:00", "scheduled"]);
  const short = { startedAt: "2026-11-21T11:58:00Z", endedAt: "2026-11-21T11:58:30Z" };
  assertEquals(when(agendaAt(SATURDAY, { check: short }).check), ["2026-11-21T12:03", "scheduled"]);
  const long = { startedAt: "2026-11-21T11:00:00Z", endedAt: "2026-11-21T12:00:00Z" };
  assertEquals(when(agendaAt(SATURDAY, { check: long }).check), ["2026-11-21T12:05", "scheduled"]);
  const ahead = { startedAt: "2031-01-01T00:00:00Z", endedAt: "2031-01-01T00:00:00Z" };
  assertEquals(when(agendaAt(SATURDAY, { check: ahead }).check), ["2026-11-21T12:00", "scheduled"]);
});

Deno.test("planAgenda() waits after failures, but not for a time that another clock has set", () => {
  const failed = {
    startedAt: "2026-11-21T11:59:00Z",
    endedAt: "2026-11-21T11:59:00Z",
    failures: 3,
    retryAt: "2026-11-21T12:14:00Z",
  };
  assertEquals(when(agendaAt(SATURDAY, { check: failed }).check), ["2026-11-21T12:14", "retry"]);
  const strange = { ...failed, retryAt: "2027-11-21T12:14:00Z" };
  assertEquals(when(agendaAt(SATURDAY, { check: strange }).check), [
    "2026-11-21T12:04",
    "scheduled",
  ]);
  const backup = { slot: "2026-11-20T03:30:00Z", failures: 1, retryAt: "2026-11-21T12:30:00Z" };
  assertEquals(when(agendaAt(SATURDAY, { backup }).backup), ["2026-11-21T12:30", "retry"]);
});

Deno.test("planAgenda() makes up for one missed backup, however many there were", () => {
  assertEquals(when(agendaAt(SATURDAY).backup), ["2026-11-21T03:30", "missed"]);
  const old = { slot: "2026-11-01T03:30:00Z" };
  const { backup } = agendaAt(SATURDAY, { backup: old });
  assertEquals(when(backup), ["2026-11-21T03:30", "missed"]);
  const slot = new Date(backup?.slotMs ?? 0).toISOString();
  assertEquals(when(agendaAt(SATURDAY, { backup: { slot } }).backup), [
    "2026-11-22T03:30",
    "scheduled",
  ]);
});

Deno.test("planAgenda() plans no second backup when the clock is put back, and waits for no year", () => {
  const slot = "2026-11-21T03:30:00Z";
  const before = agendaAt("2026-11-21T02:00:00Z", { backup: { slot } });
  assertEquals(when(before.backup), ["2026-11-22T03:30", "scheduled"]);
  const wrong = agendaAt(SATURDAY, { backup: { slot: "2031-05-05T03:30:00Z" } });
  assertEquals(when(wrong.backup), ["2026-11-22T03:30", "scheduled"]);
});

Deno.test("planAgenda() plans an optimisation in its hours alone", () => {
  const served = { slot: "2026-11-15T02:00:00Z" };
  const at = (time: string, optimize: Partial<ActionNotes>): Agenda => agendaAt(time, { optimize });
  assertEquals(when(at(SATURDAY, served).optimize), ["2026-11-22T02:00", "scheduled"]);
  const within = at("2026-11-22T03:00:00Z", served);
  assertEquals([when(within.optimize), within.missedOptimizeMs], [
    ["2026-11-22T02:00", "missed"],
    null,
  ]);
  const past = at("2026-11-22T05:00:00Z", served);
  assertEquals(when(past.optimize), ["2026-11-29T02:00", "scheduled"]);
  assertEquals(past.missedOptimizeMs, Date.parse("2026-11-22T02:00:00Z"));
  const tooLate = { ...served, retryAt: "2026-11-22T05:00:00Z" };
  assertEquals(when(at("2026-11-22T04:58:00Z", tooLate).optimize), [
    "2026-11-29T02:00",
    "scheduled",
  ]);
});

Deno.test("planAgenda() plans nothing that is switched off", () => {
  const [plan] = resolveConfiguration({
    stores: [{ path: "/store" }],
    backup: { isEnabled: false },
    optimize: { isEnabled: false },
  }).stores;
  if (plan === undefined) throw new Error("no plan");
  const agenda = planAgenda(plan, record({}), Date.parse(SATURDAY), CALENDAR);
  assertEquals([agenda.backup, agenda.optimize, agenda.missedOptimizeMs], [null, null, null]);
});

Deno.test("waitAfter() doubles up to a bound", () => {
  const backoff = { firstMs: 1000, longestMs: 10_000 };
  assertEquals([0, 1, 2, 3, 4, 5, 1000].map((failures) => waitAfter(backoff, failures)), [
    1000,
    1000,
    2000,
    4000,
    8000,
    10_000,
    10_000,
  ]);
  assertEquals(waitAfter({ firstMs: 1, longestMs: 1e12 }, 1000), LONGEST_WAIT_MS);
});
