/**
 * The progress bar, as text.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration, formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { capitalise } from "./labelled_text.ts";

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
  const { bar, percent } = drawBar(totalBytes === 0 ? 0 : checkedBytes / totalBytes);
  const bytes = `${formatBytes(checkedBytes)} of ${formatBytes(totalBytes)}`;
  const rate = checkedBytes === 0 ? [] : [
    `${formatBytes(checkedBytes / elapsedMs * 1000)}/s`,
    `${formatRemaining((totalBytes - checkedBytes) * elapsedMs / checkedBytes)} left`,
  ];
  return fitLine(bar, [percent, bytes, ...rate].join("  "), width);
}

/** How far one of several tasks has come. */
export interface TaskProgress {
  /** What is being done, for people. */
  readonly title: string;
  /** How much of it is done, from 0 to 1. */
  readonly done: number;
}

/**
 * Draws the progress bar of a task: percent, and what is being done.
 *
 * @param progress How far it has come.
 * @param width How many columns there are; the last one stays free, lest the terminal wraps.
 * @returns One line, without escape sequences.
 */
export function renderTaskProgress({ title, done }: TaskProgress, width: number): string {
  const { bar, percent } = drawBar(done);
  return fitLine(bar, `${percent}  ${capitalise(printable(title))}`, width);
}

/** How far a check of many stores has come. */
export interface FleetProgress {
  /** How many stores are done. */
  readonly stores: number;
  /** How many of them are damaged or were not checked. */
  readonly notSound: number;
}

/**
 * Says how many stores are done: how many there are is known when the last one was found.
 *
 * @param state How far the check has come, and for how long it has been running, in milliseconds.
 * @param width How many columns there are; the last one stays free, lest the terminal wraps.
 * @returns One line, without escape sequences.
 */
export function renderFleetProgress(
  { stores, notSound, elapsedMs }: FleetProgress & { readonly elapsedMs: number },
  width: number,
): string {
  const rate = Math.round(stores * 1000 / elapsedMs);
  const bad = notSound === 0 ? [] : [`${formatNumber(notSound)} not sound`];
  return [`${formatCount(stores, "store")} checked`, ...bad, `${formatNumber(rate)}/s`].join("  ")
    .slice(0, Math.max(0, width - 1));
}

function drawBar(ratio: number): { bar: string; percent: string } {
  const done = Math.min(1, Math.max(0, ratio));
  const filled = Math.floor(done * BAR_WIDTH);
  return {
    bar: `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`,
    percent: `${Math.floor(done * 100)}%`.padStart(4),
  };
}

function fitLine(bar: string, parts: string, width: number): string {
  const room = Math.max(0, width - 1);
  const line = `${bar} ${parts}`;
  return line.length <= room ? line : parts.slice(0, room);
}

/** Rounds to whole seconds: tenths of a time that is only estimated would flicker. */
function formatRemaining(remainingMs: number): string {
  const seconds = Math.ceil(remainingMs / 1000);
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}
