/**
 * A graph in the memory of the kernel, as the files of an index need it.
 *
 * @module
 */

import type { KernelMemory } from "./memory.ts";

const COUNT_MASK = 0xffff;
const DELETED = 0x80;
const LEVEL_MASK = 0x7f;

/** Reads and writes the nodes of a graph. */
export class KernelGraph {
  readonly #memory: KernelMemory;
  readonly #heads: Uint32Array;
  readonly #levels: Uint8Array;
  readonly #upperIndex: Uint32Array;
  readonly #listWords: number;
  readonly #maxLinksLevel0: number;
  /** How many nodes there are. */
  readonly count: number;

  /** Makes the graph of a memory. */
  constructor(memory: KernelMemory) {
    const { count, settings } = memory.plan;
    this.#memory = memory;
    this.count = count;
    this.#heads = memory.words("heads", 0, count);
    this.#levels = memory.bytes("levels", 0, count);
    this.#upperIndex = memory.words("upperIndex", 0, count);
    this.#listWords = settings.maxLinks + 1;
    this.#maxLinksLevel0 = 2 * settings.maxLinks;
  }

  /** How many links a node has on level 0. */
  linkCount(slot: number): number {
    return (this.#heads[slot] ?? 0) & COUNT_MASK;
  }

  /** The links of a node on level 0. */
  links(slot: number): Uint32Array {
    return this.#memory.words("links", slot * this.#maxLinksLevel0, this.linkCount(slot));
  }

  /** Replaces the links of a node on level 0. */
  setLinks(slot: number, links: ArrayLike<number>): void {
    this.#memory.words("links", slot * this.#maxLinksLevel0, links.length).set(links);
    this.#heads[slot] = links.length;
  }

  /** Adds a link on level 0, where there is room for one. */
  addLink(from: number, to: number): boolean {
    const count = this.linkCount(from);
    if (count >= this.#maxLinksLevel0) return false;
    this.#memory.words("links", from * this.#maxLinksLevel0 + count, 1)[0] = to;
    this.#heads[from] = count + 1;
    return true;
  }

  /** The level of a node. */
  level(slot: number): number {
    return (this.#levels[slot] ?? 0) & LEVEL_MASK;
  }

  /** Whether a node is deleted. */
  isDeleted(slot: number): boolean {
    return ((this.#levels[slot] ?? 0) & DELETED) !== 0;
  }

  /** Marks a node as deleted: it is walked through, and no longer linked to. */
  markDeleted(slot: number): void {
    this.#levels[slot] = (this.#levels[slot] ?? 0) | DELETED;
  }

  /** Sets the level of every node. */
  setLevels(levels: Uint8Array): void {
    this.#levels.set(levels);
    let list = 0;
    for (let slot = 0; slot < this.count; slot++) {
      this.#upperIndex[slot] = list;
      list += this.level(slot);
    }
  }

  /** The lists of a node above level 0, as words: for each level its count and M links. */
  upperLists(slot: number): Uint32Array {
    const first = (this.#upperIndex[slot] ?? 0) * this.#listWords;
    return this.#memory.words("upperLists", first, this.level(slot) * this.#listWords);
  }
}

/** Counts the lists above level 0 that nodes of such levels have. */
export function countUpperLists(levels: Uint8Array): number {
  return levels.reduce((sum, level) => sum + (level & LEVEL_MASK), 0);
}
