/**
 * Times of day and days of the week in a time zone: when something that is done at a certain time of
 * day was due last, and is due next.
 *
 * Each day has its times once, whatever the clocks of the zone do: a time that is left out when they
 * go forward is the one after it, and of a time that comes twice when they go back the first counts.
 *
 * @module
 */

import { type Weekday, WEEKDAYS } from "../configuration/watch_configuration.ts";

/** When something is done again and again. */
export interface SlotRule {
  /** The time of day, in minutes since midnight. */
  readonly atMinutes: number;
  /** How long lies between two times, counted from that time of day; more than a day in days. */
  readonly intervalMs: number;
  /** On which day of the week alone; on any where it is left out. */
  readonly weekday?: Weekday;
}

/** A day, as long as the clocks of its zone let it alone. */
export const DAY_MS = 86_400_000;

/** Further than any rule is from one time to the next, in days. */
const MOST_DAYS = 800;

const FIRST_DAY = Temporal.PlainDate.from("1970-01-01");

/** A span in which nothing changes, from its begin to before its end. */
interface Span {
  readonly beginMs: number;
  readonly endMs: number;
}

/** The calendar of a time zone. Who asks every minute gets the same answer all day. */
export class Calendar {
  readonly #timeZone: string;
  readonly #spans = new Map<string, Span>();
  #day: Span & { readonly name: string } = { beginMs: 0, endMs: 0, name: "" };

  /** Takes the name of the zone; that of the machine for null. */
  constructor(timeZone: string | null) {
    this.#timeZone = timeZone ?? Temporal.Now.timeZoneId();
  }

  /**
   * Tells the day of a moment.
   *
   * @param atMs The moment, in milliseconds since 1970.
   * @returns For instance `2026-01-31`.
   */
  dayOf(atMs: number): string {
    if (isWithin(this.#day, atMs)) return this.#day.name;
    const date = this.#dateOf(atMs);
    const [beginMs, endMs] = [this.#timeOn(date, 0), this.#timeOn(date.add({ days: 1 }), 0)];
    this.#day = { beginMs, endMs, name: date.toString() };
    return this.#day.name;
  }

  /**
   * Finds the last time of a rule that is not later than a moment.
   *
   * @param rule The rule.
   * @param nowMs The moment, in milliseconds since 1970.
   * @returns The time, in milliseconds since 1970.
   */
  latest(rule: SlotRule, nowMs: number): number {
    return this.#spanOf(rule, nowMs).beginMs;
  }

  /**
   * Finds the first time of a rule that is later than a moment.
   *
   * @param rule The rule.
   * @param afterMs The moment, in milliseconds since 1970.
   * @returns The time, in milliseconds since 1970.
   */
  next(rule: SlotRule, afterMs: number): number {
    return this.#spanOf(rule, afterMs).endMs;
  }

  /** From one time of a rule to the next. */
  #spanOf(rule: SlotRule, atMs: number): Span {
    const { atMinutes, intervalMs, weekday = "" } = rule;
    const key = `${atMinutes} ${intervalMs} ${weekday}`;
    const known = this.#spans.get(key);
    if (known !== undefined && isWithin(known, atMs)) return known;
    const span = { beginMs: this.#findLatest(rule, atMs), endMs: this.#findNext(rule, atMs) };
    this.#spans.set(key, span);
    return span;
  }

  #findLatest(rule: SlotRule, nowMs: number): number {
    let day = this.#dateOf(nowMs);
    for (let tries = 0; tries < MOST_DAYS; tries++) {
      const slot = this.#slotsOf(rule, day).findLast((slotMs) => slotMs <= nowMs);
      if (slot !== undefined) return slot;
      day = day.subtract({ days: 1 });
    }
    return nowMs;
  }

  #findNext(rule: SlotRule, afterMs: number): number {
    // The times of a day can go on after midnight.
    let day = this.#dateOf(afterMs).subtract({ days: 1 });
    for (let tries = 0; tries < MOST_DAYS; tries++) {
      const slot = this.#slotsOf(rule, day).find((slotMs) => slotMs > afterMs);
      if (slot !== undefined) return slot;
      day = day.add({ days: 1 });
    }
    return afterMs + MOST_DAYS * DAY_MS;
  }

  #dateOf(atMs: number): Temporal.PlainDate {
    const instant = Temporal.Instant.fromEpochMilliseconds(atMs);
    return instant.toZonedDateTimeISO(this.#timeZone).toPlainDate();
  }

  /** The times of one day, the earliest first. */
  #slotsOf({ atMinutes, intervalMs, weekday }: SlotRule, day: Temporal.PlainDate): number[] {
    if (weekday !== undefined) {
      return WEEKDAYS[day.dayOfWeek - 1] === weekday ? [this.#timeOn(day, atMinutes)] : [];
    }
    const days = Math.max(1, Math.round(intervalMs / DAY_MS));
    if (FIRST_DAY.until(day).days % days !== 0) return [];
    const firstMs = this.#timeOn(day, atMinutes);
    if (intervalMs >= DAY_MS) return [firstMs];
    const endMs = this.#timeOn(day.add({ days: 1 }), atMinutes);
    const slots: number[] = [];
    for (let slotMs = firstMs; slotMs < endMs; slotMs += intervalMs) slots.push(slotMs);
    return slots;
  }

  #timeOn(day: Temporal.PlainDate, atMinutes: number): number {
    const plainTime = new Temporal.PlainTime(Math.floor(atMinutes / 60), atMinutes % 60);
    return day.toZonedDateTime({ timeZone: this.#timeZone, plainTime }).epochMilliseconds;
  }
}

function isWithin({ beginMs, endMs }: Span, atMs: number): boolean {
  return beginMs <= atMs && atMs < endMs;
}
