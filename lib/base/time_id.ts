/**
 * Names of what is made once in a while, by the time at which it was made: `20260131T040000Z`, with
 * `-2`, `-3` … where that is taken.
 *
 * @module
 */

/** What such a name looks like. */
export const TIME_ID: RegExp = /^\d{8}T\d{6}Z(?:-[1-9]\d*)?$/;

/**
 * Names something after a time.
 *
 * @param time The time.
 * @param isTaken Whether something has that name already.
 * @returns The first name that is free.
 */
export function findFreeTimeId(time: Date, isTaken: (id: string) => boolean): string {
  const base = time.toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  for (let number = 1;; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!isTaken(id)) return id;
  }
}
