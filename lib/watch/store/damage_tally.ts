/**
 * What is wrong with a store, folded so that it can be told in a few lines and known again.
 *
 * @module
 */

import { createHash } from "../../base/node_library.ts";
import { formatCount } from "../../base/format.ts";
import { FINDING_CODES } from "../../model/codes.ts";
import type { Finding } from "../../model/finding.ts";
import { MOST_FINDINGS } from "../../status/watch_notes.ts";

/** More damaged places than these are not told apart. */
const MOST_PLACES = 10_000;

/** Damage as it is told. */
export interface ToldDamage {
  /** By what the same damage is known again; null where there is none. */
  readonly signature: string | null;
  /** The codes, sorted. */
  readonly codes: readonly string[];
  /** One text for each code, for people; only the first where there are many. */
  readonly findings: readonly string[];
}

/** What is known of one code. */
interface CodeTally {
  readonly title: string;
  count: number;
}

/** Adds up findings; memory stays flat however many there are. */
export class DamageTally {
  readonly #codes = new Map<string, CodeTally>();
  readonly #places = new Set<string>();

  /** Adds a finding; what is not an error or worse is passed over. */
  add({ code, name, severity, path, collection, segment }: Finding): void {
    if (severity !== "error" && severity !== "fatal") return;
    const tally = this.#codes.get(code) ?? { title: FINDING_CODES[name].title, count: 0 };
    tally.count++;
    this.#codes.set(code, tally);
    // How much is damaged in one place may be another number with every check.
    if (this.#places.size < MOST_PLACES) {
      this.#places.add(JSON.stringify([code, path, collection, segment]));
    }
  }

  /** What was added. */
  get told(): ToldDamage {
    const tallies = [...this.#codes].sort(([one], [other]) => one < other ? -1 : 1);
    const hash = createHash("sha256");
    for (const place of [...this.#places].sort()) hash.update(place);
    return {
      signature: tallies.length === 0 ? null : hash.digest("hex").slice(0, 32),
      codes: tallies.map(([code]) => code),
      findings: tallies.slice(0, MOST_FINDINGS).map(([code, { title, count }]) =>
        `${code} ${title}${count > 1 ? ` (${formatCount(count, "finding")})` : ""}`
      ),
    };
  }
}
