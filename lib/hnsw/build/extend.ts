/**
 * Building an index around the healthy part of another: links between nodes that stay are kept, and
 * only the others are linked in. So a torn page costs seconds, not minutes.
 *
 * Nothing that stands in the old files is trusted: what cannot be a link is left out, and a node
 * that has lost most of its links is linked in anew.
 *
 * @module
 */

import { geometryOf, type HnswGeometry } from "../geometry.ts";
import { LinkWalk } from "../links.ts";
import type { RandomAccessBytes } from "../random_access.ts";
import { SlotBitmap } from "../slot_bitmap.ts";
import { buildIndex } from "./builder.ts";
import type { KernelGraph } from "./graph.ts";
import { LevelGenerator } from "./levels.ts";
import { BuildRoom, type BuiltIndex, type KernelChoice, requireRoom } from "./room.ts";
import { type BuildOptions, requireBuildable } from "./settings.ts";

/** The files whose links are kept. */
export interface ExistingLinks {
  /** data_level0.bin; links and flags are taken from it, vectors and labels are not. */
  readonly slots: RandomAccessBytes;
  /** link_lists.bin, or what is left of it. */
  readonly upperLinks: RandomAccessBytes;
  /** How many slots are in use there. */
  readonly count: number;
}

/** What decides which links are kept. */
export interface Extension extends Pick<BuildOptions, "settings" | "count"> {
  /** The other index, of the same dimension and M. */
  readonly existing: ExistingLinks;
  /**
   * For every slot of the new index the slot of the other that had this vector, or -1 where it is
   * new. Slots of the other that nobody was are left out.
   */
  readonly previousSlots: Int32Array;
  /** The slots of the new index whose own links were lost; what leads to them is kept. */
  readonly damaged?: SlotBitmap;
}

/** What an index is built from that keeps links of another. */
export type ExtendOptions = BuildOptions & Extension;

/** How many bytes of slots are read at a time. */
const CHUNK_SIZE_BYTES = 1 << 20;

/** Beyond this part of all nodes, to link them all in anew takes no longer and gives a better graph. */
const LARGEST_PART_LINKED_IN = 0.25;

/** The level of a slot that link_lists.bin does not tell. */
const UNKNOWN_LEVEL = 0xff;

/**
 * Builds an index, and keeps healthy links of another one.
 *
 * @param options What it is built from.
 * @param choice Which build of the kernel; the best that the runtime has by default.
 * @returns The index, to be written by `writeIndex`.
 * @throws {OperationError} `no-memory`, `cancelled`, or a vector that no index can hold.
 */
export async function extendIndex(
  options: ExtendOptions,
  choice: KernelChoice = {},
): Promise<BuiltIndex> {
  requireBuildable(options);
  requireRoom(options);
  const { settings, existing } = options;
  const geometry = geometryOf(settings.maxLinks, settings.dimension);
  const plan = planExtension(options, readLevels(existing, geometry));
  if (!isWorthKeeping(plan, options)) return await buildIndex(options, choice);
  const room = BuildRoom.open(options, plan.levels, plan.added.length, choice);
  const keeper = new LinkKeeper(room.graph, plan, geometry);
  keeper.keepLevel0(existing);
  keeper.keepUpperLevels(existing);
  const { entryPoint, entryLevel, promoted, added } = plan;
  const first = promoted >= 0 ? [promoted] : [];
  const others = [...keeper.impoverished, ...added].filter((slot) => slot !== promoted);
  const order = Uint32Array.from([...first, ...others]);
  return await room.build({ entryPoint, entryLevel, order, promoted: promoted >= 0 });
}

/**
 * Tells how much of another index would be kept.
 *
 * @param options What would be built.
 * @returns How many slots would be linked in, or null when all of them would be, for too few links
 * are left.
 * @throws {OperationError} The old files cannot be read.
 */
export function countLinkedIn(options: Extension): number | null {
  const { settings, existing } = options;
  const geometry = geometryOf(settings.maxLinks, settings.dimension);
  const plan = planExtension(options, readLevels(existing, geometry));
  return isWorthKeeping(plan, options) ? plan.added.length : null;
}

function isWorthKeeping({ entryPoint, added }: ExtensionPlan, { count }: Extension): boolean {
  return entryPoint >= 0 && added.length <= LARGEST_PART_LINKED_IN * count;
}

/** What is kept, and where. */
interface ExtensionPlan {
  /** For each slot of the other index the slot of the new one, or -1. */
  readonly newSlots: Int32Array;
  /** The level of every new slot. */
  readonly levels: Uint8Array;
  /** The new slots that keep no links of their own, and are linked in. */
  readonly added: readonly number[];
  /** The same, to be asked for. */
  readonly isAdded: SlotBitmap;
  /** The kept slot at which searches begin, -1 when nothing is kept. */
  readonly entryPoint: number;
  /** Its level. */
  readonly entryLevel: number;
  /** The added slot that is on a higher level than all that are kept, or -1. */
  readonly promoted: number;
}

function readLevels(existing: ExistingLinks, geometry: HnswGeometry): Uint8Array {
  const levels = new Uint8Array(existing.count).fill(UNKNOWN_LEVEL);
  const walk = new LinkWalk(existing.upperLinks, geometry);
  for (let slot = 0; slot < existing.count && walk.next(); slot++) levels[slot] = walk.level;
  return levels;
}

function planExtension(options: Extension, oldLevels: Uint8Array): ExtensionPlan {
  const { count, existing, previousSlots, settings, damaged } = options;
  const generator = new LevelGenerator(settings.maxLinks);
  const newSlots = new Int32Array(existing.count).fill(-1);
  const levels = new Uint8Array(count);
  const added: number[] = [];
  const isAdded = new SlotBitmap(count);
  let entryPoint = -1;
  let promoted = -1;
  for (let slot = 0; slot < count; slot++) {
    const drawn = generator.next();
    const previous = previousSlots[slot] ?? -1;
    const stays = previous >= 0 && previous < existing.count && newSlots[previous] === -1;
    const known = stays ? oldLevels[previous] ?? UNKNOWN_LEVEL : UNKNOWN_LEVEL;
    const level = known === UNKNOWN_LEVEL ? drawn : known;
    levels[slot] = level;
    if (stays) newSlots[previous] = slot;
    // Where the upper lists of a slot are lost, it keeps its links if it needs no such lists.
    if (stays && !damaged?.has(slot) && (known !== UNKNOWN_LEVEL || level === 0)) {
      if (entryPoint < 0 || level > (levels[entryPoint] ?? 0)) entryPoint = slot;
    } else {
      added.push(slot);
      isAdded.add(slot);
      if (promoted < 0 || level > (levels[promoted] ?? 0)) promoted = slot;
    }
  }
  const entryLevel = levels[entryPoint] ?? 0;
  if ((levels[promoted] ?? 0) <= entryLevel) promoted = -1;
  return { newSlots, levels, added, isAdded, entryPoint, entryLevel, promoted };
}

/** Takes over links, as far as both ends of them stay. */
class LinkKeeper {
  readonly #graph: KernelGraph;
  readonly #plan: ExtensionPlan;
  readonly #geometry: HnswGeometry;
  readonly #impoverished = new Set<number>();

  constructor(graph: KernelGraph, plan: ExtensionPlan, geometry: HnswGeometry) {
    this.#graph = graph;
    this.#plan = plan;
    this.#geometry = geometry;
  }

  /** The kept slots that have lost so many links that they are linked in once more. */
  get impoverished(): Iterable<number> {
    return this.#impoverished;
  }

  keepLevel0({ slots, count }: ExistingLinks): void {
    const { slotSizeBytes, maxLinksLevel0 } = this.#geometry;
    const perChunk = Math.max(1, Math.floor(CHUNK_SIZE_BYTES / slotSizeBytes));
    const buffer = new Uint8Array(perChunk * slotSizeBytes);
    for (let first = 0; first < count; first += perChunk) {
      const wanted = Math.min(perChunk, count - first) * slotSizeBytes;
      // What the file is too short for reads as slots without links.
      buffer.fill(0);
      slots.readAt(first * slotSizeBytes, buffer.subarray(0, wanted));
      for (let offset = 0; offset < wanted; offset += slotSizeBytes) {
        const slot = this.#plan.newSlots[first + offset / slotSizeBytes] ?? -1;
        if (slot < 0 || this.#plan.isAdded.has(slot)) continue;
        this.#keepSlot(slot, new Uint32Array(buffer.buffer, offset, maxLinksLevel0 + 1));
      }
    }
  }

  #keepSlot(slot: number, words: Uint32Array): void {
    const head = words[0] ?? 0;
    // A count or flags that no engine writes say that nothing else of the slot is to be believed.
    const count = head >>> 17 === 0 && (head & 0xffff) < words.length ? head & 0xffff : 0;
    if (count > 0 && head >>> 16 === 1) this.#graph.markDeleted(slot);
    const kept = this.#keep(slot, 0, words.subarray(1, 1 + count));
    this.#graph.setLinks(slot, kept);
    const lost = kept.filter((neighbour) => this.#plan.isAdded.has(neighbour));
    if ((kept.length - lost.length) * 2 <= count) this.#impoverished.add(slot);
    // Most links go both ways: what led to a damaged slot tells where its own links led.
    if (this.#graph.isDeleted(slot)) return;
    for (const neighbour of lost) this.#graph.addLink(neighbour, slot);
  }

  keepUpperLevels({ upperLinks, count }: ExistingLinks): void {
    const { maxLinks } = this.#geometry;
    const walk = new LinkWalk(upperLinks, this.#geometry);
    for (let old = 0; old < count && walk.next(); old++) {
      const slot = this.#plan.newSlots[old] ?? -1;
      if (slot < 0 || walk.level === 0 || this.#plan.isAdded.has(slot)) continue;
      const lists = this.#graph.upperLists(slot);
      for (let level = 1; level <= walk.level; level++) {
        const links = Uint32Array.from(
          { length: Math.min(walk.linkCount(level), maxLinks) },
          (_, index) => walk.neighbour(level, index),
        );
        const kept = this.#keep(slot, level, links);
        const start = (level - 1) * (maxLinks + 1);
        lists[start] = kept.length;
        lists.set(kept, start + 1);
        if (kept.length === 0 && links.length > 0) this.#impoverished.add(slot);
      }
    }
  }

  /**
   * The links of a list that lead to other nodes of its level, each once. Above level 0, where a
   * search begins, none leads to a node that has no links so far.
   */
  #keep(slot: number, level: number, links: Uint32Array): number[] {
    const kept: number[] = [];
    for (const old of links) {
      const neighbour = this.#plan.newSlots[old] ?? -1;
      if (neighbour < 0 || neighbour === slot || kept.includes(neighbour)) continue;
      if (this.#graph.level(neighbour) < level) continue;
      if (level === 0 || !this.#plan.isAdded.has(neighbour)) kept.push(neighbour);
    }
    return kept;
  }
}
