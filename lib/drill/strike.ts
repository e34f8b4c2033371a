/**
 * Doing a damage to a copy: which collection is hit, and what has changed on the disk.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";
import { listChanged, stampStore } from "../quarantine/store_stamps.ts";
import { type Damage, type DamageLibrary, DamageNotApplicable } from "./damages/damage.ts";
import { applyDamage } from "./damages/libraries.ts";
import { SeededRandom } from "../base/seeded_random.ts";

/** What a damage has done. */
export interface Strike {
  /** What was hit; null where it was the store as a whole. */
  readonly collection: string | null;
  /** The files that it has changed, made or removed. */
  readonly changed: readonly string[];
}

/** A copy to which a damage is done. */
export interface StrikePlace {
  /** The directory of the copy. */
  readonly store: string;
  /** The damages to its format. */
  readonly library: DamageLibrary;
  /** By which everything is chosen. */
  readonly seed: number;
  /** The file system. */
  readonly fs: WriteFs;
}

/**
 * Does a damage to the first collection that has what it breaks, in an order that the seed decides.
 *
 * @param damage The damage.
 * @param place The copy, and the seed.
 * @returns What it has done; or why it cannot be done to any collection.
 * @throws {OperationError} A file of the copy cannot be read or written.
 */
export function strike(
  damage: Damage,
  { store, library, seed, fs }: StrikePlace,
): Strike | { readonly reason: string } {
  const before = stampStore(fs, store);
  const names = shuffle(
    library.listCollections({ store, fs }),
    new SeededRandom(seed, `${damage.name} collection`),
  );
  let reason: string | null = null;
  // A store without collections can still lose its database.
  for (const collection of damage.scope === "store" ? [names[0] ?? ""] : names) {
    try {
      applyDamage(damage, { store, collection, fs }, seed);
      const changed = listChanged(before, stampStore(fs, store));
      return { collection: damage.scope === "store" ? null : collection, changed };
    } catch (error) {
      if (!(error instanceof DamageNotApplicable)) throw error;
      reason ??= error.message;
    }
  }
  return { reason: reason ?? "The store has no collection" };
}

function shuffle(names: readonly string[], random: SeededRandom): string[] {
  const left = [...names];
  return names.flatMap(() => left.splice(random.below(left.length), 1));
}
