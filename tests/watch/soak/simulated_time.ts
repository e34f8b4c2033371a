/**
 * Time that goes by only while somebody waits, with a calendar of what happens in it.
 *
 * @module
 */

/** Something that happens at a time. */
interface Happening {
  readonly atMs: number;
  readonly happen: () => void | Promise<void>;
}

/** A clock of the wall that can be put forward and back, and one that only goes forward. */
export class SimulatedTime {
  readonly #startMs: number;
  #happenings: Happening[] = [];
  #elapsedMs = 0;
  #offsetMs = 0;

  /** Begins at a time of day. */
  constructor(start: Date) {
    this.#startMs = start.getTime();
  }

  /** How much time has gone by. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** The time of day, as the clock of the wall has it. */
  readonly now = (): Date => new Date(this.#startMs + this.#elapsedMs + this.#offsetMs);

  /** The clock that only goes forward. */
  readonly clockMs = (): number => this.#elapsedMs;

  /** Lets time go by; ends sooner when the signal is aborted. */
  readonly pause = async (durationMs: number, signal?: AbortSignal): Promise<void> => {
    const untilMs = this.#elapsedMs + durationMs;
    while (!signal?.aborted) {
      const index = this.#happenings.findIndex(({ atMs }) => atMs <= untilMs);
      const [happening] = index < 0 ? [] : this.#happenings.splice(index, 1);
      if (happening === undefined) break;
      this.#elapsedMs = Math.max(this.#elapsedMs, happening.atMs);
      await happening.happen();
    }
    if (!signal?.aborted) this.#elapsedMs = Math.max(this.#elapsedMs, untilMs);
    // Everything else gets its turn, as it does while a real clock goes on.
    await new Promise((resolve) => setTimeout(resolve, 0));
  };

  /** Has something happen after a while; what comes later is behind what comes sooner. */
  after(durationMs: number, happen: () => void | Promise<void>): void {
    const atMs = this.#elapsedMs + durationMs;
    const index = this.#happenings.findIndex((other) => other.atMs > atMs);
    this.#happenings.splice(index < 0 ? this.#happenings.length : index, 0, { atMs, happen });
  }

  /** Puts the clock of the wall forward, or back. */
  step(byMs: number): void {
    this.#offsetMs += byMs;
  }
}
