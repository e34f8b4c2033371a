/**
 * Lines for the journal of systemd, each with how much it matters in front.
 *
 * @module
 */

/** How much a message matters: the names and numbers of syslog(3), as systemd reads them. */
export const MESSAGE_LEVELS = { error: 3, warning: 4, notice: 5, info: 6 } as const;

/** How much a message matters. */
export type MessageLevel = keyof typeof MESSAGE_LEVELS;

/**
 * Puts in front of a line what the journal reads as its level.
 *
 * @param line The line.
 * @param level How much it matters.
 * @returns The line as the journal takes it; nothing for an empty one, which it would keep.
 */
export function toJournalLine(line: string, level: MessageLevel): string[] {
  return line === "" ? [] : [`<${MESSAGE_LEVELS[level]}>${line}`];
}
