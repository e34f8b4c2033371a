/**
 * Checking many stores at once, and telling of them in their order.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import type { StoreOutcome } from "./store_threads.ts";

/** A store that was found, or a place that could not be looked into. */
export interface FleetItem {
  /** Its path. */
  readonly store: string;
  /** Why it could not be looked into; null for a store. */
  readonly failure: OperationError | null;
}

/** How many stores are checked at once, and by what. */
export interface FleetOptions {
  /** How many at once. */
  readonly jobs: number;
  /** Checks one store. */
  readonly check: (store: string) => Promise<StoreOutcome>;
  /** How much may wait for its turn; 10,000 events when left out. */
  readonly mostWaiting?: number;
}

/**
 * What waits for a store that takes long, before no further store is begun. An event takes about a
 * kibibyte.
 */
const MOST_WAITING = 10_000;

/**
 * Checks stores, several at once, and yields what came of each in the order in which they were
 * named. While one of them takes long, the others go on, up to a bound on what waits for it.
 *
 * @param items The stores; the next one is asked for when there is room for it.
 * @param options How many at once, and by what.
 * @yields What came of each.
 * @throws What finding or checking a store throws.
 */
export async function* checkInOrder(
  items: AsyncIterator<FleetItem, void, undefined>,
  options: FleetOptions,
): AsyncGenerator<StoreOutcome, void, undefined> {
  const line = new Line(items, options);
  for (;;) {
    line.fill();
    const outcome = line.shift();
    if (outcome !== null) yield outcome;
    else if (line.isOver) return;
    else await line.change();
  }
}

/** The place of a store in the line. */
interface Place {
  /** What came of it; null while it is checked. */
  outcome: StoreOutcome | null;
}

/** The stores that were begun and not told of, in their order. */
class Line {
  readonly #items: AsyncIterator<FleetItem, void, undefined>;
  readonly #options: FleetOptions;
  readonly #places: Place[] = [];
  #underWay = 0;
  #waiting = 0;
  #isAsking = false;
  #isAtEnd = false;
  /** What has ended the work: finding stores, or checking one. */
  #failure: { readonly error: unknown } | null = null;
  #change = Promise.withResolvers<void>();

  constructor(items: AsyncIterator<FleetItem, void, undefined>, options: FleetOptions) {
    this.#items = items;
    this.#options = options;
  }

  /** Whether there is nothing left. */
  get isOver(): boolean {
    return this.#isAtEnd && this.#places.length === 0;
  }

  /** Asks for the next store where there is room for it. */
  fill(): void {
    const { jobs, mostWaiting = MOST_WAITING } = this.#options;
    if (this.#isAsking || this.#isAtEnd) return;
    if (this.#underWay >= jobs || this.#waiting >= mostWaiting) return;
    this.#isAsking = true;
    this.#items.next().then((next) => {
      this.#isAsking = false;
      if (next.done) this.#isAtEnd = true;
      else this.#begin(next.value);
      this.#change.resolve();
    }, (error) => this.#fail(error));
  }

  /** Takes the first store off the line; null where it is still checked, or there is none. */
  shift(): StoreOutcome | null {
    const outcome = this.#places[0]?.outcome ?? null;
    if (outcome === null) return null;
    this.#places.shift();
    this.#waiting -= weigh(outcome);
    return outcome;
  }

  /** Waits until something has changed. */
  async change(): Promise<void> {
    await this.#change.promise;
    this.#change = Promise.withResolvers();
    if (this.#failure !== null) throw this.#failure.error;
  }

  #begin({ store, failure }: FleetItem): void {
    const place: Place = { outcome: null };
    this.#places.push(place);
    if (failure !== null) return this.#settle(place, { store, events: [], failure });
    this.#underWay++;
    this.#options.check(store).then((outcome) => {
      this.#underWay--;
      this.#settle(place, outcome);
    }, (error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#change.resolve();
  }

  #settle(place: Place, outcome: StoreOutcome): void {
    place.outcome = outcome;
    this.#waiting += weigh(outcome);
    this.#change.resolve();
  }
}

/** A store that has nothing to tell of takes room as well. */
function weigh({ events }: StoreOutcome): number {
  return events.length + 1;
}
