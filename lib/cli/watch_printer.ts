/**
 * The lines of a watch on standard output, or for the journal.
 *
 * @module
 */

import { toWatchEventLine, toWatchPlanLine } from "../output/watch_json.ts";
import { describeEvent, describePlan, renderEvent } from "../output/watch_text.ts";
import type { WatchEvent } from "../watch/events/events.ts";
import type { StoreWatchStatus } from "../watch/monitor_types.ts";
import type { Invocation } from "./invocation.ts";

/** Prints lines in the order in which they come, however slow their reader is. */
export class WatchPrinter {
  readonly #invocation: Invocation;
  readonly #onAbandoned: () => void;
  readonly #isAttended: boolean;
  #written: Promise<void> = Promise.resolve();

  /** Takes the call, and what is done when a terminal was to show the lines, and is gone. */
  constructor(invocation: Invocation, onAbandoned: () => void) {
    this.#invocation = invocation;
    this.#onAbandoned = onAbandoned;
    this.#isAttended = invocation.environment.stdout.isTerminal;
  }

  /** Prints an event. */
  event(event: WatchEvent): void {
    const { output, options } = this.#invocation;
    const isWrong = event.level === "error" || event.level === "warning";
    if (options.flag("quiet") && !isWrong) return;
    this.#queue(async () => {
      if (output.journal) await output.tell([`vecfsck: ${describeEvent(event)}`], event.level);
      if (output.json) await this.#printJson(toWatchEventLine(event));
      else if (!output.journal) await output.print([renderEvent(event, output.layout.paint)]);
    });
  }

  /** Prints what is going to be done. */
  plans(stores: readonly StoreWatchStatus[]): void {
    const { output, options, environment } = this.#invocation;
    if (options.flag("quiet")) return;
    const now = environment.now().toISOString();
    this.#queue(async () => {
      for (const status of stores) {
        if (output.json) await this.#printJson(toWatchPlanLine(status));
        if (output.journal) await output.tell([`vecfsck: ${describePlan(status, now)}`], "info");
        else if (!output.json) await output.print([describePlan(status, now)]);
      }
    });
  }

  /** Says what is no event: on a terminal among the events, which also tells whether it is there. */
  say(text: string): void {
    const { output } = this.#invocation;
    const lines = [`vecfsck: ${text}`];
    const isShown = this.#isAttended && !output.json && !output.journal;
    this.#queue(() => isShown ? output.print(lines) : output.tell(lines));
  }

  /** Waits until all of it is out. */
  async drain(): Promise<void> {
    await this.#written;
  }

  async #printJson(line: Parameters<Invocation["output"]["printJson"]>[0]): Promise<void> {
    await this.#invocation.output.printJson(line);
    // Whoever reads this acts on it now.
    await this.#invocation.output.flush();
  }

  #queue(write: () => Promise<void>): void {
    this.#written = this.#written.then(write).then(() => {
      if (this.#isAttended && this.#invocation.output.isLost) this.#onAbandoned();
    });
  }
}
