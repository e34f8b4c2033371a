/**
 * How often something was done about damage in one day.
 *
 * @module
 */

/** How often in one day at the most, as the watch has it where nothing else is said. */
const MOST_PER_DAY = 3;

/** Counts what was done about one store. */
export class CureCap {
  readonly #timeZone: string;
  #day = "";
  #count = 0;
  #isForgotten = false;

  /** Takes the zone of the days. */
  constructor(timeZone: string) {
    this.#timeZone = timeZone;
  }

  /** What the watch knows of the day is lost, or the clock was put back. */
  forget(): void {
    this.#isForgotten = true;
  }

  /** Counts one; tells what is wrong where that was too often, or null. */
  add(time: Date): string | null {
    const day = time.toLocaleDateString("sv", { timeZone: this.#timeZone });
    if (day !== this.#day) [this.#day, this.#count, this.#isForgotten] = [day, 0, false];
    this.#count++;
    if (this.#isForgotten || this.#count <= MOST_PER_DAY) return null;
    return `damage was cured ${this.#count} times in one day`;
  }
}
