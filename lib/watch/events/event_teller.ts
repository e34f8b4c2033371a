/**
 * Telling what happens to everybody who wants to know. None of them can end the watch.
 *
 * @module
 */

import {
  createEvent,
  type TellStore,
  type WatchEvent,
  type WatchEventKinds,
  type WatchEventName,
} from "./events.ts";
import { EventStream } from "./event_stream.ts";

/** How many events are kept for a status. */
const MOST_RECENT = 50;

/** Tells events. */
export class EventTeller {
  readonly #now: () => Date;
  readonly #onEvent: ((event: WatchEvent) => void | Promise<void>) | undefined;
  readonly #streams = new Set<EventStream>();
  readonly #failed = new Set<string>();
  #recent: readonly WatchEvent[] = [];
  #hasEnded = false;

  /** Takes the clock, and who is told. */
  constructor(
    now: () => Date,
    onEvent: ((event: WatchEvent) => void | Promise<void>) | undefined,
  ) {
    this.#now = now;
    this.#onEvent = onEvent;
  }

  /** What happened last, the newest last. */
  get recent(): readonly WatchEvent[] {
    return this.#recent;
  }

  /** Tells that something has happened. */
  tell<Name extends WatchEventName>(
    name: Name,
    store: string | null,
    message: string,
    details: Readonly<WatchEventKinds[Name]["details"]>,
  ): void {
    const event = createEvent(name, { at: this.#now(), store, message, details });
    this.#recent = [...this.#recent, event].slice(-MOST_RECENT);
    for (const stream of this.#streams) stream.push(event);
    this.call("onEvent", () => this.#onEvent?.(event));
  }

  /** Makes what tells events of one store. */
  of(store: string): TellStore {
    return (name, message, details) => this.tell(name, store, message, details);
  }

  /** Calls what was handed in. That it fails is told the first time, and ends nothing. */
  call(listener: string, action: () => void | Promise<void>): void {
    const fail = (error: unknown): void => {
      if (this.#failed.has(listener)) return;
      this.#failed.add(listener);
      const problem = error instanceof Error ? error.message : String(error);
      const message = `${listener} has thrown an error, which is passed over: ${problem}`;
      this.tell("listener-failed", null, message, { listener, problem });
    };
    try {
      Promise.resolve(action()).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Gives the events from now on. */
  stream(): EventStream {
    const stream = new EventStream();
    if (this.#hasEnded) stream.end();
    else this.#streams.add(stream);
    return stream;
  }

  /** Ends every stream. */
  end(): void {
    this.#hasEnded = true;
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }
}
