/**
 * The log of a watch: every event is a line of it. That it cannot be written is an event too.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";
import { plainPainter } from "../output/paint.ts";
import { renderEvent } from "../output/watch_text.ts";
import type { WatchEvent } from "../watch/events/events.ts";
import type { ProgramMonitor } from "../watch/monitor_types.ts";
import { type LogChange, RotatingLog } from "../watch/events/rotating_log.ts";
import type { LogPlan } from "../watch/configuration/watch_configuration.ts";

/** Writes events to a log. */
export class WatchLog {
  readonly #fs: WriteFs;
  #path = "";
  #log: RotatingLog | null = null;

  /** Takes the file system; there is no log before one is named. */
  constructor(fs: WriteFs) {
    this.#fs = fs;
  }

  /** Goes on in another way, from the next event on. */
  follow({ file, maxSizeBytes, keep }: LogPlan): void {
    if (file === null) {
      this.#log = null;
      return;
    }
    const options = { fs: this.#fs, path: file, maxSizeBytes, keep };
    this.#path = file;
    if (this.#log === null) this.#log = new RotatingLog(options);
    else this.#log.reconfigure(options);
  }

  /**
   * Writes an event.
   *
   * @param event The event.
   * @param monitor The watch, which is told when lines are lost, and when no more.
   */
  event(event: WatchEvent, monitor: Pick<ProgramMonitor, "tell"> | null): void {
    const change = this.#log?.write(renderEvent(event, plainPainter)) ?? null;
    if (change !== null && monitor !== null) this.#tell(change, monitor);
  }

  #tell(change: LogChange, monitor: Pick<ProgramMonitor, "tell">): void {
    const path = this.#path;
    if (change.kind === "lost") {
      const { problem } = change;
      monitor.tell("log-lost", null, `The log cannot be written: ${problem}`, { path, problem });
    } else {
      const { lostLines } = change;
      const message = `The log can be written again: ${path}; lines that are missing: ${lostLines}`;
      monitor.tell("log-back", null, message, { path, lostLines });
    }
  }
}
