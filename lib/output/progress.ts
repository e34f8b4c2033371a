/**
 * The progress bar, as text.
 *
 * @module
 */

import { formatBytes, formatDuration } from "../base/format.ts";

/** How far a check has come, and since when. */
export interface ProgressState {
  /** Bytes that were read so far. */
  readonly checkedBytes: number;
  /** Bytes that will be read in all. */
  readonly totalBytes: number;
  /** How long it has been running, in milliseconds. */
  readonly elapsedMs: number;
}

const BAR_WIDTH = 24;

/**
 * Draws the progress bar: bytes, percent, rate, and the time that is left.
 *
 * @param state How far the check has come.
 * @param width How many columns there are; the last one stays free, lest the terminal wraps.
 * @returns One line, without escape sequences.
 */
export function renderProgress(state: ProgressState, width: number): string {
  const { checkedBytes, totalBytes, elapsedMs } = state;
  const ratio = totalBytes === 0 ? 0 : Math.min(1, checkedBytes / totalBytes);
  const done = Math.floor(ratio * BAR_WIDTH);
  const bar = `[${"#".repeat(done)}${".".repeat(BAR_WIDTH - done)}]`;
  const percent = `${Math.floor(ratio * 100)}%`.padStart(4);
  const bytes = `${formatBytes(checkedBytes)} of ${formatBytes(totalBytes)}`;
  const rate = checkedBytes === 0 ? [] : [
    `${formatBytes(checkedBytes / elapsedMs * 1000)}/s`,
    `${formatRemaining((totalBytes - checkedBytes) * elapsedMs / checkedBytes)} left`,
  ];
  const parts = [percent, bytes, ...rate].join("  ");
  const room = Math.max(0, width - 1);
  const line = `${bar} ${parts}`;
  return line.length <= room ? line : parts.slice(0, room);
}

/** Rounds to whole seconds: tenths of a time that is only estimated would flicker. */
function formatRemaining(remainingMs: number): string {
  const seconds = Math.ceil(remainingMs / 1000);
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}
