/**
 * What several checks share that run side by side: how many threads work in all.
 *
 * @module
 */

/** The threads that nobody uses just now. Nothing here waits: whoever gets none goes on without. */
export interface ThreadShare {
  /** Takes one, where there is one. */
  take(): boolean;
  /** Gives back one that was taken. */
  giveBack(): void;
}

/** The threads that are free, in the first cell; each of the others counts what one user holds. */
const FREE = 0;

/** How many threads there may be in all, known to every thread of the program. */
export class ThreadBudget {
  /** What a thread is given so that it knows the budget too. */
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array<SharedArrayBuffer>;

  /** Takes the memory of a budget that there is already. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  /**
   * Makes a budget.
   *
   * @param threads How many threads may work at once.
   * @param users How many can hold some of them.
   * @returns The budget.
   */
  static of(threads: number, users: number): ThreadBudget {
    const cells = new Int32Array(new SharedArrayBuffer(4 * (users + 1)));
    cells[FREE] = threads;
    return new ThreadBudget(cells.buffer);
  }

  /**
   * Gives the share of one user.
   *
   * @param user Its number, from 0.
   * @returns What it takes threads from.
   */
  shareOf(user: number): ThreadShare {
    const cells = this.#cells;
    return {
      take: (): boolean => {
        for (;;) {
          const free = Atomics.load(cells, FREE);
          if (free <= 0) return false;
          if (Atomics.compareExchange(cells, FREE, free, free - 1) !== free) continue;
          Atomics.add(cells, user + 1, 1);
          return true;
        }
      },
      giveBack: (): void => {
        Atomics.sub(cells, user + 1, 1);
        Atomics.add(cells, FREE, 1);
      },
    };
  }

  /** Gives back what a user still holds that has come to its end in the middle of its work. */
  reclaim(user: number): void {
    Atomics.add(this.#cells, FREE, Atomics.exchange(this.#cells, user + 1, 0));
  }
}
