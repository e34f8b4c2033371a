/**
 * What a thread that checks whole stores is given, and what it gives back: plain data.
 *
 * @module
 */

import type { TaskFailure } from "../model/store.ts";
import type { CheckRequest, FleetEvent } from "./check_request.ts";

/** What a thread is given when it starts. */
export interface StoreThreadData {
  /** How all its stores are checked. */
  readonly request: CheckRequest;
  /** How many threads may work for one store at the most. */
  readonly jobs: number;
  /** The memory of the budget of threads. */
  readonly budget: SharedArrayBuffer;
  /** The number of this thread in that budget. */
  readonly user: number;
  /** Four bytes that are not 0 once nobody wants anything any more. */
  readonly stop: SharedArrayBuffer;
}

/** What a thread is sent for each store. */
export interface StoreOrder {
  /** The store's directory, or an export file. */
  readonly store: string;
}

/**
 * What a thread sends back: events in batches, then how the check has ended; or that its heap was
 * full, and it takes no more stores.
 */
export type StoreAnswer =
  | { readonly kind: "full" }
  | { readonly kind: "events"; readonly events: readonly FleetEvent[] }
  | { readonly kind: "end"; readonly failure: TaskFailure | null };
