/**
 * The damages that there are, by format. A new format is one more entry here.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { FormatName } from "../../model/report.ts";
import { chromaDamages } from "./chroma/library.ts";
import { chromemDamages } from "./chromem/library.ts";
import type { Damage, DamageLibrary, DamagePlace } from "./damage.ts";
import { SeededRandom } from "../../base/seeded_random.ts";

/** The damages of every format that is drilled. */
export const DAMAGE_LIBRARIES: readonly DamageLibrary[] = [chromaDamages, chromemDamages];

/**
 * Finds the damages to stores of a format.
 *
 * @param format The name of the format.
 * @returns The damages.
 * @throws {OperationError} Stores of that format are not drilled.
 */
export function libraryOf(format: FormatName): DamageLibrary {
  const library = DAMAGE_LIBRARIES.find((candidate) => candidate.format === format);
  if (library !== undefined) return library;
  throw new OperationError("unsupported", `There are no damages to stores of the format ${format}`);
}

/**
 * Does a damage to a copy of a store; the same seed gives the same bytes, whatever was done before.
 *
 * @param damage The damage.
 * @param place The copy, and what is hit in it.
 * @param seed A whole number.
 * @throws {DamageNotApplicable} This store has nothing that could be broken that way.
 * @throws {OperationError} A file of the copy cannot be read or written.
 */
export function applyDamage(damage: Damage, place: DamagePlace, seed: number): void {
  damage.apply({ ...place, random: new SeededRandom(seed, damage.name) });
}
