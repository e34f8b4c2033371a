/**
 * `vecfsck watch STORE...`.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { toReportedError } from "../base/reported_error.ts";
import { renderConfiguration } from "../output/watch_plan_text.ts";
import { toWatchConfigurationLine } from "../output/watch_json.ts";
import type { WatchEvent } from "../watch/events/events.ts";
import { runMonitor } from "../watch/monitor.ts";
import type { ProgramMonitor } from "../watch/monitor_types.ts";
import type { WatchConfiguration } from "../watch/configuration/watch_configuration.ts";
import type { CancelSignal } from "./environment.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { WatchLog } from "./watch_log.ts";
import { WatchMetrics } from "./watch_metrics.ts";
import { WatchPrinter } from "./watch_printer.ts";
import { WatchServer } from "./watch_server.ts";
import { WatchSources } from "./watch_sources.ts";

/**
 * Watches stores until a signal ends that.
 *
 * @param invocation The call.
 * @returns 0 when SIGTERM ended it, which is how a service ends; 32 when Ctrl-C did.
 * @throws {OperationError} It could not begin.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const sources = new WatchSources(invocation);
  const configuration = sources.resolve();
  if (invocation.options.flag("check-config")) {
    await showConfiguration(invocation, configuration);
    return EXIT.CLEAN;
  }
  return await new Watching(invocation, sources).run(configuration);
}

async function showConfiguration(
  { output }: Invocation,
  configuration: WatchConfiguration,
): Promise<void> {
  if (output.json) await output.printJson(toWatchConfigurationLine(configuration));
  else await output.print(renderConfiguration(configuration, output.layout));
}

/** A watch at work, and what it shows to the world. */
class Watching {
  readonly #invocation: Invocation;
  readonly #sources: WatchSources;
  readonly #printer: WatchPrinter;
  readonly #log: WatchLog;
  readonly #metrics: WatchMetrics;
  readonly #server: WatchServer;
  #monitor: ProgramMonitor | null = null;
  #isReloadAsked = false;
  #isRefused = false;
  #toldUrl: string | null = null;

  constructor(invocation: Invocation, sources: WatchSources) {
    const { environment } = invocation;
    const { fs } = environment;
    this.#invocation = invocation;
    this.#sources = sources;
    // Nobody ends what was begun on a terminal that is closed.
    this.#printer = new WatchPrinter(invocation, () => void this.#monitor?.stop());
    this.#log = new WatchLog(fs);
    this.#metrics = new WatchMetrics(fs);
    this.#server = new WatchServer({
      readStatus: () => this.#monitor?.status() ?? null,
      now: () => environment.now(),
    });
  }

  async run(configuration: WatchConfiguration): Promise<ExitCode> {
    const { environment, signal } = this.#invocation;
    const { fs } = environment;
    let endedBy: CancelSignal | null = null;
    const takeBack = [
      environment.onCancel((cause) => {
        endedBy ??= cause;
      }),
      environment.onReload(() => this.#reload()),
    ];
    try {
      this.#follow(configuration);
      const monitor = runMonitor(configuration, {
        signal,
        onEvent: (event) => this.#onEvent(event),
        onRound: (round) => {
          this.#server.addRound(round);
          this.#metrics.write(round.stores, monitor);
        },
        ...(this.#sources.hasFile ? { pollConfiguration: () => this.#poll() } : {}),
      }, {
        fs,
        now: () => environment.now(),
        clockMs: () => environment.nowMs(),
      });
      this.#monitor = monitor;
      await monitor.finished;
      this.#metrics.close();
    } finally {
      for (const take of takeBack) take();
      await this.#server.close();
      await this.#printer.drain();
    }
    return endedBy === "SIGINT" ? EXIT.CANCELLED : EXIT.CLEAN;
  }

  /** Takes over a configuration; where its address cannot be had, nothing of it. */
  #follow(configuration: WatchConfiguration): void {
    this.#server.follow(configuration);
    this.#log.follow(configuration.log);
    this.#metrics.follow(configuration.metrics);
  }

  #reload(): void {
    if (!this.#sources.hasFile) {
      this.#printer.say("SIGHUP: there is no --config that could be read again");
    } else if (this.#monitor !== null) {
      this.#isReloadAsked = true;
      this.#monitor.wake();
    }
  }

  #poll(): WatchConfiguration | OperationError | null {
    const isAsked = this.#isReloadAsked;
    this.#isReloadAsked = false;
    const change = this.#sources.look(isAsked);
    // What kept the file from being used, such as an address in use, may be gone by now.
    if (change === "same" && !(isAsked && this.#isRefused)) {
      if (isAsked) this.#printer.say("SIGHUP: the configuration is as it was");
      return null;
    }
    this.#isRefused = true;
    if (change instanceof OperationError) return change;
    try {
      const configuration = this.#sources.resolve();
      this.#follow(configuration);
      this.#isRefused = false;
      return configuration;
    } catch (error) {
      return toReportedError(error, null);
    }
  }

  #onEvent(event: WatchEvent): void {
    this.#log.event(event, this.#monitor);
    this.#printer.event(event);
    if (event.name === "started" || event.name === "reloaded") this.#introduce();
  }

  /** Says what is going to be done, and where that can be seen. */
  #introduce(): void {
    this.#printer.plans(this.#monitor?.status().stores ?? []);
    const { url } = this.#server;
    if (url !== null && url !== this.#toldUrl) {
      this.#monitor?.tell("listening", null, `The state is at ${url}`, { url });
    }
    this.#toldUrl = url;
  }
}
