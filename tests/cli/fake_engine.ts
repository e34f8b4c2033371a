import type { Engine, StoreChecker } from "../../lib/cli/environment.ts";
import type { RunCheckOptions } from "../../lib/engine/run_check.ts";
import { type FleetEvent, runRequest } from "../../lib/fleet/check_request.ts";
import type { StoreOutcome, StoreThreadsOptions } from "../../lib/fleet/store_threads.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { countSeverities, drawVerdict, type Finding } from "../../lib/model/finding.ts";
import type { CheckEvent } from "../../lib/model/report.ts";
import type { DetectedStore } from "../../lib/model/store.ts";
import { toReportedError } from "../../lib/base/reported_error.ts";
import { findingEvent, summary } from "../output/events.ts";

/** What a check of one store comes to: its findings, or what is thrown. */
export type Outcome = readonly Finding[] | Error;

/** An engine whose checks come out as a test says. */
export class FakeEngine implements Engine {
  readonly #outcomes: ReadonlyMap<string, Outcome>;
  /** Every call of `checkStore`. */
  readonly calls: { path: string; options: RunCheckOptions }[] = [];
  /** Is awaited when a check begins, before it yields anything. */
  onCheck: (options: RunCheckOptions) => void | Promise<void> = () => {};

  /** Makes an engine that knows these stores. */
  constructor(outcomes: Readonly<Record<string, Outcome>>) {
    this.#outcomes = new Map(Object.entries(outcomes));
  }

  async *checkStore(
    path: string,
    options: RunCheckOptions,
  ): AsyncGenerator<CheckEvent, void, undefined> {
    this.calls.push({ path, options });
    await this.onCheck(options);
    const outcome = this.#outcomes.get(path);
    if (outcome === undefined) throw new Error(`No such store in this test: ${path}`);
    if (outcome instanceof Error) throw outcome;
    for (const found of outcome) yield findingEvent(path, found);
    const counts = countSeverities(outcome);
    yield summary({
      store: path,
      level: options.level ?? "full",
      counts,
      verdict: drawVerdict(counts),
    });
  }

  /** Checks here what threads would check. */
  startThreads({ request, jobs, signal }: StoreThreadsOptions): Promise<StoreChecker> {
    const check = async (store: string): Promise<StoreOutcome> => {
      const events: FleetEvent[] = [];
      const means = {
        check: this.checkStore.bind(this),
        fs: localFs,
        now: () => new Date(),
        signal,
        jobs,
      };
      try {
        for await (const event of runRequest(store, request, means)) events.push(event);
        return { store, events, failure: null };
      } catch (error) {
        return { store, events, failure: toReportedError(error, store) };
      }
    };
    return Promise.resolve({ check, close: () => {} });
  }

  async *findStores(path: string): AsyncGenerator<DetectedStore, void, undefined> {
    for (const [store, outcome] of this.#outcomes) {
      if (!store.startsWith(path)) continue;
      if (store === path && outcome instanceof Error) throw outcome;
      yield { path: store, format: "chroma", evidence: "it is in this test" };
    }
    await Promise.resolve();
  }
}
