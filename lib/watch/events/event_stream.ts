/**
 * Events for whoever takes them one after another. Who does not keep up loses the oldest.
 *
 * @module
 */

import type { WatchEvent } from "./events.ts";

/** More events than these nobody has to wait for. */
const MOST_WAITING = 1000;

/** A stream of events. */
export class EventStream implements AsyncIterableIterator<WatchEvent> {
  readonly #waiting: WatchEvent[] = [];
  #asked: ((result: IteratorResult<WatchEvent>) => void)[] = [];
  #hasEnded = false;

  /** Gives an event on. */
  push(event: WatchEvent): void {
    if (this.#hasEnded) return;
    const asked = this.#asked.shift();
    if (asked !== undefined) return asked({ done: false, value: event });
    this.#waiting.push(event);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  /** Ends the stream, behind the events that wait. */
  end(): void {
    this.#hasEnded = true;
    for (const asked of this.#asked.splice(0)) asked({ done: true, value: undefined });
  }

  /** Waits for the next event. */
  next(): Promise<IteratorResult<WatchEvent>> {
    const value = this.#waiting.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#hasEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  /** Ends it for whoever takes no more. */
  return(): Promise<IteratorResult<WatchEvent>> {
    this.#waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}
