/**
 * What has happened in a soak run, and what has not held.
 *
 * @module
 */

/** So many problems are enough. */
const MOST_PROBLEMS = 20;

/** Counts and judges. */
export class SoakTally {
  readonly #counts = new Map<string, number>();
  readonly #context: () => string;
  #running: string | null = null;
  /** What has not held. */
  readonly problems: string[] = [];

  /** Takes what says when it is. */
  constructor(context: () => string) {
    this.#context = context;
  }

  /** How often each thing has happened, by name. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => a < b ? -1 : 1));
  }

  /** Counts something. */
  count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** How often something has happened. */
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Notes down a problem where something does not hold. */
  hold(holds: boolean, problem: string): void {
    if (holds || this.problems.length >= MOST_PROBLEMS) return;
    this.problems.push(`${this.#context()}: ${problem}`);
  }

  /** An action begins. */
  begin(name: string): void {
    this.hold(this.#running === null, `${name} begins while ${this.#running} runs`);
    this.#running = name;
    this.count(`action ${name}`);
  }

  /** It has ended. */
  end(name: string): void {
    this.hold(this.#running === name, `${name} ends while ${this.#running} runs`);
    this.#running = null;
  }
}
