import { assertEquals } from "@std/assert";
import { Calendar, type SlotRule } from "../../../lib/watch/schedule/calendar.ts";

const DAILY: SlotRule = { atMinutes: 3 * 60 + 30, intervalMs: 86_400_000 };

function iso(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16);
}

Deno.test("Calendar finds the last and the next time of a daily rule in its zone", () => {
  const berlin = new Calendar("Europe/Berlin");
  const nowMs = Date.parse("2026-01-10T12:00:00Z");
  assertEquals(iso(berlin.latest(DAILY, nowMs)), "2026-01-10T02:30");
  assertEquals(iso(berlin.next(DAILY, nowMs)), "2026-01-11T02:30");
  const slotMs = berlin.latest(DAILY, nowMs);
  assertEquals(berlin.latest(DAILY, slotMs), slotMs);
  assertEquals(iso(berlin.next(DAILY, slotMs)), "2026-01-11T02:30");
  assertEquals(iso(berlin.latest(DAILY, slotMs - 1)), "2026-01-09T02:30");
  assertEquals(berlin.dayOf(Date.parse("2026-01-09T23:30:00Z")), "2026-01-10");
});

Deno.test("Calendar has each day once when the clocks of its zone change", () => {
  const berlin = new Calendar("Europe/Berlin");
  const atHalfPastTwo: SlotRule = { atMinutes: 150, intervalMs: 86_400_000 };
  const spring = [Date.parse("2026-03-27T12:00:00Z")];
  const autumn = [Date.parse("2026-10-23T12:00:00Z")];
  for (const times of [spring, autumn]) {
    for (let day = 0; day < 4; day++) times.push(berlin.next(atHalfPastTwo, times.at(-1) ?? 0));
  }
  // 02:30 is not there on the 29th, and comes twice on the 25th.
  assertEquals(spring.slice(1).map(iso), [
    "2026-03-28T01:30",
    "2026-03-29T01:30",
    "2026-03-30T00:30",
    "2026-03-31T00:30",
  ]);
  assertEquals(autumn.slice(1).map(iso), [
    "2026-10-24T00:30",
    "2026-10-25T00:30",
    "2026-10-26T01:30",
    "2026-10-27T01:30",
  ]);
});

Deno.test("Calendar counts intervals from the time of day", () => {
  const utc = new Calendar("UTC");
  const eight: SlotRule = { atMinutes: 210, intervalMs: 8 * 3_600_000 };
  assertEquals(iso(utc.latest(eight, Date.parse("2026-01-10T02:00:00Z"))), "2026-01-09T19:30");
  assertEquals(iso(utc.next(eight, Date.parse("2026-01-10T02:00:00Z"))), "2026-01-10T03:30");
  const three: SlotRule = { atMinutes: 0, intervalMs: 3 * 86_400_000 };
  const first = utc.next(three, Date.parse("2026-01-10T02:00:00Z"));
  assertEquals(utc.next(three, first) - first, 3 * 86_400_000);
  assertEquals(utc.latest(three, first + 2 * 86_400_000), first);
});

Deno.test("Calendar finds days of the week", () => {
  const utc = new Calendar("UTC");
  const weekly: SlotRule = { atMinutes: 120, intervalMs: 7 * 86_400_000, weekday: "sunday" };
  assertEquals(iso(utc.latest(weekly, Date.parse("2026-11-21T12:00:00Z"))), "2026-11-15T02:00");
  assertEquals(iso(utc.next(weekly, Date.parse("2026-11-21T12:00:00Z"))), "2026-11-22T02:00");
});
