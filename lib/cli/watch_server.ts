/**
 * The server of a watch, which follows its configuration.
 *
 * @module
 */

import { parseListenAddress } from "../base/listen_address.ts";
import { LiveBoard } from "../serve/live_board.ts";
import { type RunningServer, startServer } from "../serve/start_server.ts";
import type { MonitorStatus, WatchRound } from "../watch/monitor_types.ts";
import type { WatchConfiguration } from "../watch/configuration/watch_configuration.ts";

/** How a watch is before it has begun. */
const NOT_BEGUN: Pick<MonitorStatus, "stores" | "recent"> = { stores: [], recent: [] };

/** What the server needs to know of the watch. */
export interface WatchedBy {
  /** Tells how the watch is; null before it has begun. */
  readonly readStatus: () => MonitorStatus | null;
  /** The time of day. */
  readonly now: () => Date;
}

/** Serves what is known, where the configuration says so. */
export class WatchServer {
  readonly #watched: WatchedBy;
  readonly #board = new LiveBoard();
  #listen: string | null = null;
  #server: RunningServer | null = null;
  #compatibleNames = false;

  /** Takes the watch; nothing is listened on before an address is named. */
  constructor(watched: WatchedBy) {
    this.#watched = watched;
  }

  /** Where the page is; null where there is none. */
  get url(): string | null {
    return this.#server?.url ?? null;
  }

  /**
   * Goes on with another configuration.
   *
   * @param configuration The configuration.
   * @throws {OperationError} The address cannot be listened on; everything is as before.
   */
  follow(configuration: WatchConfiguration): void {
    const { listen, metrics } = configuration;
    if (listen !== this.#listen) this.#move(listen);
    this.#compatibleNames = metrics.compatibleNames;
    this.#board.plan(configuration);
  }

  /** Takes in what a round has found. */
  addRound(round: WatchRound): void {
    this.#board.addRound(round);
  }

  /** Ends it at once. */
  async close(): Promise<void> {
    await this.#server?.stop();
  }

  #move(listen: string | null): void {
    const address = listen === null ? null : parseListenAddress(listen);
    const { readStatus, now } = this.#watched;
    const server = address === null ? null : startServer(address, {
      read: () => this.#board.read(readStatus() ?? NOT_BEGUN, now()),
      compatibleNames: () => this.#compatibleNames,
      now,
    });
    void this.#server?.stop();
    this.#server = server;
    this.#listen = listen;
  }
}
