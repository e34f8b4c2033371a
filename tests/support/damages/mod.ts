/**
 * Eighty-one ways to break a Chroma store, each of them the same for the same seed.
 *
 * They are what users reported, and what crashes, full disks and cut-off copies leave behind. They
 * are done to copies: nothing here asks back.
 *
 * @module
 */

import type { Damage, DamagePlace } from "./damage.ts";
import { DATA_LEVEL0 } from "./data_level0.ts";
import { HEADER } from "./header.ts";
import { ID_MAP } from "./id_map.ts";
import { LINKS } from "./links.ts";
import { SeededRandom } from "./random.ts";
import { SEGMENT } from "./segment.ts";
import { SQLITE } from "./sqlite.ts";
import { SQLITE_FILE } from "./sqlite_file.ts";
import { WATERMARKS } from "./watermarks.ts";
import { WHOLE_FILE } from "./whole_files.ts";

export {
  type Damage,
  type DamagedFile,
  DamageNotApplicable,
  type DamagePlace,
  type DamageTarget,
} from "./damage.ts";
export { MARKER_NAME } from "./id_map.ts";
export { SeededRandom } from "./random.ts";

/** Every damage. */
export const DAMAGES: readonly Damage[] = [
  ...WHOLE_FILE,
  ...HEADER,
  ...DATA_LEVEL0,
  ...LINKS,
  ...ID_MAP,
  ...SEGMENT,
  ...SQLITE_FILE,
  ...SQLITE,
  ...WATERMARKS,
];

const byName = new Map(DAMAGES.map((damage) => [damage.name, damage]));

/**
 * Finds a damage.
 *
 * @param name Its name.
 * @returns The damage.
 * @throws {RangeError} There is none of that name.
 */
export function findDamage(name: string): Damage {
  const damage = byName.get(name);
  if (damage === undefined) throw new RangeError(`There is no damage named ${name}`);
  return damage;
}

/**
 * Does a damage to a copy of a store; the same seed gives the same bytes, whatever was done before.
 *
 * @param name The damage.
 * @param place The directory of the copy and the name of the collection.
 * @param seed A whole number.
 * @throws {RangeError} There is no damage of that name.
 * @throws {DamageNotApplicable} This store has nothing that could be broken that way.
 */
export function applyDamage(
  name: string,
  place: DamagePlace,
  seed: number,
): void {
  findDamage(name).apply({ ...place, random: new SeededRandom(seed, name) });
}
