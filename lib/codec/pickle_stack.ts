/**
 * The stack of the pickle machine, and the marks on it.
 *
 * @module
 */

import type { Item } from "./pickle_items.ts";
import { badStructure, type PickleRefusal } from "./pickle_refusal.ts";

/** The six fields of an id map need fewer than twenty; what goes beyond is nested or hostile. */
const MOST_STACK_ITEMS = 256;

/** A stack that refuses what takes more from it than is there, and what nests too deep. */
export class PickleStack {
  readonly #items: Item[] = [];
  /** How high the stack was at each MARK that is open. */
  readonly #marks: number[] = [];

  /** The item at the bottom; undefined while there is none. */
  get bottom(): Item | undefined {
    return this.#items[0];
  }

  /** The item at the top; undefined while there is none. */
  get top(): Item | undefined {
    return this.#items.at(-1);
  }

  /** The item under the top; undefined while there is none. */
  get belowTop(): Item | undefined {
    return this.#items.at(-2);
  }

  /** Whether it holds one item, and no mark is open. */
  get isSingle(): boolean {
    return this.#items.length === 1 && this.#marks.length === 0;
  }

  /** What gets the items since the last mark; without a mark, what gets the two at the top. */
  get owner(): Item | undefined {
    const height = this.#marks.at(-1);
    return height === undefined ? this.#items.at(-3) : this.#items[height - 1];
  }

  /** Puts an item on the top. */
  push(item: Item): void {
    if (this.#items.length >= MOST_STACK_ITEMS) throw nestedTooDeep();
    this.#items.push(item);
  }

  /** Looks at the item at the top, which has to be there. */
  peek(): Item {
    const { top } = this;
    if (top === undefined) throw emptyStack();
    return top;
  }

  /** Takes items from the top; none from below an open mark. */
  pop(count: number): Item[] {
    if (this.#items.length - count < (this.#marks.at(-1) ?? 0)) {
      throw emptyStack();
    }
    return this.#items.splice(this.#items.length - count);
  }

  /** Opens a mark. */
  mark(): void {
    if (this.#marks.length >= MOST_STACK_ITEMS) throw nestedTooDeep();
    this.#marks.push(this.#items.length);
  }

  /** Takes every item since the last mark, and the mark. */
  popToMark(): Item[] {
    const height = this.#marks.pop();
    if (height === undefined) throw badStructure("There is no mark");
    return this.#items.splice(height);
  }
}

function emptyStack(): PickleRefusal {
  return badStructure("An opcode takes more from the stack than is there");
}

function nestedTooDeep(): PickleRefusal {
  return badStructure("More is nested than an engine writes");
}
