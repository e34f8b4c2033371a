/**
 * A disk in memory whose power can be cut: what was not synced is on it afterwards, or not, or in
 * part, in any order.
 *
 * What is taken for granted is what every journaling file system keeps: a rename is whole or not
 * done, also between two directories, and the changes of the names of one inode keep their order.
 * Nothing else: a name can be there before its file's data, a later rename without an earlier one
 * of something else, a directory's removal without that of what was in it.
 *
 * @module
 */

import { interceptWrites } from "./fault_fs.ts";
import { cloneNode, type Effect, Image, MemoryDisk, withoutStack } from "./memory_fs.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";

/** The power is gone: thrown by every operation from then on. */
export class PowerCut extends Error {}

/** What becomes of an effect that was not synced. */
type Fate = "dropped" | "kept" | "torn";

/** So many outcomes of one cut are tried completely; of more, a selection. */
const MOST_COMPLETE = 32;

/** How many outcomes are picked at random besides the selection. */
const RANDOM_OUTCOMES = 12;

const latin1 = new TextDecoder("latin1");

/** A disk that knows what is really on it. */
export class CrashDisk {
  readonly #durable: Image;
  #pending: Effect[] = [];
  /** The disk as it looks while there is power. */
  readonly disk: MemoryDisk;
  #isCut = false;

  /** Makes a disk on which everything in the image is safe. */
  constructor(image: Image) {
    this.#durable = new Image(image);
    this.disk = new MemoryDisk(new Image(image), {
      made: (node) => this.#durable.add(cloneNode(node)),
      changed: (effect) => this.#pending.push(effect),
      synced: (node) => this.#sync(node),
    });
  }

  /** Whether everything has ended. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /**
   * The files, until everything ends before the write operation `cutBefore`: the power is cut, or
   * the process is killed and the next one asks for the files anew, with what is not synced still
   * to be lost.
   */
  fsUntil(cutBefore: number): WriteFs {
    this.#isCut = false;
    const writing = interceptWrites(this.disk.fs, ({ index }) => {
      if (index >= cutBefore) this.#isCut = true;
      if (this.#isCut) throw withoutStack(() => new PowerCut());
      return "as-it-is";
    });
    const entries = Object.entries(writing).map(([name, operation]) => [
      name,
      (...operands: never[]) => {
        if (this.#isCut) throw withoutStack(() => new PowerCut());
        return (operation as (...operands: never[]) => unknown)(...operands);
      },
    ]);
    return Object.fromEntries(entries) as WriteFs;
  }

  /** What can be on the disk after the power was cut now; every outcome is different. */
  *outcomes(random: () => number): Generator<Image, void, undefined> {
    const seen = new Set<string>();
    for (const fates of this.#fates(random)) {
      const image = new Image(this.#durable);
      this.#pending.forEach((effect, index) => {
        if (fates[index] !== "dropped") image.apply(tear(effect, fates[index] === "torn"));
      });
      image.next = this.disk.image.next;
      image.nowMs = this.disk.image.nowMs;
      image.collect();
      const key = fingerprint(image);
      if (seen.has(key)) continue;
      seen.add(key);
      yield image;
    }
  }

  #sync(node: number): void {
    const chosen = new Set(this.#pending.filter((effect) => concerns(effect, node)));
    this.#close(chosen);
    for (const effect of this.#pending) if (chosen.has(effect)) this.#durable.apply(effect);
    this.#pending = this.#pending.filter((effect) => !chosen.has(effect));
  }

  /** Adds the earlier changes of names of the same inodes. */
  #close(chosen: Set<Effect>): void {
    for (const effect of this.#pending.toReversed()) {
      if (effect.kind !== "names") continue;
      const hasLater = this.#pending.some((later) =>
        later !== effect && chosen.has(later) && later.kind === "names" &&
        later.moved === effect.moved &&
        this.#pending.indexOf(later) > this.#pending.indexOf(effect)
      );
      if (hasLater) chosen.add(effect);
    }
  }

  *#fates(random: () => number): Generator<Fate[], void, undefined> {
    const count = this.#pending.length;
    const options = this.#pending.map((effect): readonly Fate[] =>
      effect.kind === "data" ? ["dropped", "kept", "torn"] : ["dropped", "kept"]
    );
    const total = options.reduce((product, fates) => product * fates.length, 1);
    if (total <= MOST_COMPLETE) {
      for (let number = 0; number < total; number++) {
        let rest = number;
        yield this.#closed(options.map((fates) => {
          const fate = fates[rest % fates.length] ?? "dropped";
          rest = Math.floor(rest / fates.length);
          return fate;
        }));
      }
      return;
    }
    const each = (fateOf: (index: number) => Fate): Fate[] =>
      this.#closed(this.#pending.map((_, index) => fateOf(index)));
    for (let cut = 0; cut <= count; cut++) {
      yield each((index) => index < cut ? "kept" : "dropped");
      yield each((index) => index === cut ? "dropped" : "kept");
      yield each((index) => index === cut ? "kept" : "dropped");
      yield each((index) => index === cut ? "torn" : "kept");
    }
    for (let number = 0; number < RANDOM_OUTCOMES; number++) {
      yield each(() => (["dropped", "kept", "torn"] as const)[Math.floor(random() * 3)] ?? "kept");
    }
  }

  #closed(fates: Fate[]): Fate[] {
    const chosen = new Set(this.#pending.filter((_, index) => fates[index] !== "dropped"));
    this.#close(chosen);
    return this.#pending.map((effect, index) => {
      const fate = fates[index] ?? "dropped";
      return fate === "dropped" && chosen.has(effect) ? "kept" : fate;
    });
  }
}

function concerns(effect: Effect, node: number): boolean {
  if (effect.kind !== "names") return effect.node === node;
  return effect.changes.some(({ directory }) => directory === node);
}

function tear(effect: Effect, torn: boolean): Effect {
  if (!torn || effect.kind !== "data") return effect;
  return { ...effect, bytes: effect.bytes.subarray(0, effect.bytes.byteLength >>> 1) };
}

/** A text that is the same for images that nobody can tell apart. */
export function fingerprint(image: Image): string {
  const parts: string[] = [];
  const visit = (id: number, path: string): void => {
    const node = image.node(id);
    const { mode, userId, groupId } = node.attributes;
    parts.push(`${path} ${node.kind} ${id} ${mode} ${userId} ${groupId}`);
    if (node.kind === "file") parts.push(latin1.decode(node.data));
    if (node.kind !== "directory") return;
    for (const name of [...node.entries.keys()].sort()) {
      visit(node.entries.get(name) ?? 0, `${path}/${name}`);
    }
  };
  visit(1, "");
  return parts.join("\n");
}

/**
 * Makes numbers from 0 to 1 that are the same for the same seed.
 *
 * @param seed Any integer.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/** Runs an operation; tells whether the power was cut. Any other error is a failure. */
export function runUntilCut(crash: CrashDisk, operation: () => void): boolean {
  try {
    operation();
  } catch (error) {
    if (!crash.isCut) throw error;
  }
  return crash.isCut;
}
