/**
 * The stores that a call is about: those that were named, or with `--recursive` those below.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { toReportedError } from "../base/reported_error.ts";
import type { FleetItem } from "../fleet/check_in_order.ts";
import { STORE_SIGNS } from "../model/store_signs.ts";
import type { Engine } from "./environment.ts";
import type { Invocation } from "./invocation.ts";

/** The stores of a call, in the order in which they are told of. */
export class StoreList {
  readonly #invocation: Invocation;
  readonly #find: Engine["findStores"];
  /** The one that was begun last. */
  last: string;
  /** Whether there are no more, and nobody has stopped looking for them. */
  isAtEnd = false;

  /** Takes a call, and what finds stores below a directory. */
  constructor(invocation: Invocation, find: Engine["findStores"]) {
    this.#invocation = invocation;
    this.#find = find;
    this.last = invocation.operands[0] ?? "";
  }

  /**
   * Finds the stores, one after another; with `--recursive` below what was named.
   *
   * @yields The stores, and in their place among them what could not be looked into.
   */
  async *list(): AsyncGenerator<FleetItem, void, undefined> {
    const { operands, options, output } = this.#invocation;
    for (const operand of operands) {
      const items = options.flag("recursive") ? this.#findBelow(operand) : [toItem(operand)];
      for await (const item of items) {
        if (output.isLost) return;
        this.last = item.store;
        yield item;
      }
    }
    this.isAtEnd = true;
  }

  async *#findBelow(operand: string): AsyncGenerator<FleetItem, void, undefined> {
    const failures: OperationError[] = [];
    let found = 0;
    const takeFailures = (): FleetItem[] => {
      found += failures.length;
      return failures.splice(0).map((error) => toItem(error.path ?? operand, error));
    };
    try {
      const onError = (error: OperationError): void => void failures.push(error);
      for await (const { path } of this.#find(operand, { onError })) {
        // What could not be looked into comes before the store that was found behind it.
        yield* takeFailures();
        found++;
        yield toItem(path);
      }
      yield* takeFailures();
      if (found === 0) yield toItem(operand, noStoreBelow(operand));
    } catch (error) {
      yield toItem(operand, toReportedError(error, operand));
    }
  }
}

function toItem(store: string, failure: OperationError | null = null): FleetItem {
  return { store, failure };
}

function noStoreBelow(path: string): OperationError {
  return new OperationError("not-a-store", `No store in ${path} or below`, {
    path,
    hint: `${STORE_SIGNS} Is the volume mounted?`,
  });
}
