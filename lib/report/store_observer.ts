/**
 * Keeps of a check what a report shows.
 *
 * @module
 */

import type { FinishedCheck } from "../engine/check_history.ts";
import type { GraphReading } from "../model/portrait.ts";
import type { CheckEvent, SummaryEvent } from "../model/report.ts";
import type { CheckObserver } from "../status/read_health.ts";
import { FindingList } from "./finding_list.ts";

/** Is told what a check finds. */
export class StoreObserver implements CheckObserver {
  #findings = new FindingList();
  /** The end of the check; null while there is none. */
  summary: SummaryEvent | null = null;
  /** What the check has read; null where it did not come to its end, or a part cannot be read. */
  finished: FinishedCheck | null = null;

  /** The findings so far. */
  get findings(): FindingList {
    return this.#findings;
  }

  /** The graphs of the indexes that were read whole. */
  get graphs(): GraphReading[] {
    return (this.finished?.entries ?? []).flatMap(({ fresh }) => fresh?.graph ?? []);
  }

  /** Forgets what was told of a check that did not count. */
  onBegin(): void {
    this.#findings = new FindingList();
    this.summary = null;
    this.finished = null;
  }

  /** Takes a finding, or the end. */
  onEvent(event: CheckEvent): void {
    if (event.type === "summary") this.summary = event;
    else this.#findings.add(event);
  }

  /** Takes what was read. */
  onFinished(check: FinishedCheck): void {
    this.finished = check;
  }
}
