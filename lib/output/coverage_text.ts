/**
 * How much of a store was looked at, now and in earlier checks, as words.
 *
 * @module
 */

import { formatAge, formatBytes, formatDuration } from "../base/format.ts";
import type { SummaryEvent } from "../model/report.ts";

/**
 * Says how much was looked at, and how long that took.
 *
 * @param summary The end of the check.
 * @returns The words.
 */
export function describeWork(summary: SummaryEvent): string {
  const { level, bytesChecked, bytesSkipped, bytesVerified, elapsedMs } = summary;
  const total = formatBytes(bytesChecked + bytesSkipped);
  const earlierBytes = bytesVerified - bytesChecked;
  const rest = bytesSkipped === 0
    ? "every byte was looked at"
    : earlierBytes > 0
    ? `${formatBytes(earlierBytes)} of it were looked at in an earlier check`
    : `${formatBytes(bytesSkipped)} of it were not looked at`;
  return `${level} check of ${total} in ${formatDuration(elapsedMs)}; ${rest}`;
}

/**
 * Says how much is verified, and how long the part has waited that was read longest ago.
 *
 * @param summary The end of the check.
 * @returns A line; none where no earlier check counts and every part was checked now.
 */
export function renderAge(
  { complete, oldestUnverifiedSeconds, ...summary }: SummaryEvent,
): string[] {
  const { bytesVerified, bytesChecked, bytesSkipped } = summary;
  if (!complete) {
    const whole = formatBytes(bytesChecked + bytesSkipped);
    return [`  Verified so far: ${formatBytes(bytesVerified)} of ${whole}; some bytes never were`];
  }
  if (oldestUnverifiedSeconds === null || bytesVerified === bytesChecked) return [];
  const age = formatAge(oldestUnverifiedSeconds);
  return [`  The oldest byte that was not read again was verified ${age} ago`];
}
