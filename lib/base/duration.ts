/**
 * Spans of time as people type them.
 *
 * @module
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a span of time: a whole number and a unit, `s`, `m`, `h`, `d` or `w`.
 *
 * @param text For instance `90s`, `10m`, `30d`.
 * @returns The span in milliseconds, or null when the text is none.
 */
export function parseDuration(text: string): number | null {
  const [, digits = "", unit = ""] = /^([0-9]+)([smhdw])$/.exec(text) ?? [];
  const durationMs = Number(digits) * (UNIT_MS[unit] ?? NaN);
  return Number.isSafeInteger(durationMs) ? durationMs : null;
}
