/**
 * The damages to Chroma stores, as tests do them: by name, to a store of their own.
 *
 * @module
 */

import { CHROMA_DAMAGES } from "../../../lib/drill/damages/chroma/library.ts";
import type { ChromaDamage } from "../../../lib/drill/damages/chroma/chroma_damage.ts";
import type { DamagePlace } from "../../../lib/drill/damages/damage.ts";
import { applyDamage as apply } from "../../../lib/drill/damages/libraries.ts";
import { localFs } from "../../../lib/fs/platform.ts";

export { DamageNotApplicable } from "../../../lib/drill/damages/damage.ts";
export type {
  ChromaDamage as Damage,
  DamagedFile,
} from "../../../lib/drill/damages/chroma/chroma_damage.ts";
export { MARKER_NAME } from "../../../lib/drill/damages/chroma/id_map.ts";
export { SeededRandom } from "../../../lib/base/seeded_random.ts";

/** Every damage to a Chroma store. */
export const DAMAGES: readonly ChromaDamage[] = CHROMA_DAMAGES;

const byName = new Map(DAMAGES.map((damage) => [damage.name, damage]));

/**
 * Finds a damage.
 *
 * @param name Its name.
 * @returns The damage.
 * @throws {RangeError} There is none of that name.
 */
export function findDamage(name: string): ChromaDamage {
  const damage = byName.get(name);
  if (damage === undefined) throw new RangeError(`There is no damage named ${name}`);
  return damage;
}

/**
 * Does a damage to a store of the test.
 *
 * @param name The damage.
 * @param place The store and the name of the collection.
 * @param seed A whole number.
 * @throws {RangeError} There is no damage of that name.
 * @throws {DamageNotApplicable} This store has nothing that could be broken that way.
 */
export function applyDamage(name: string, place: Omit<DamagePlace, "fs">, seed: number): void {
  apply(findDamage(name), { ...place, fs: localFs }, seed);
}
