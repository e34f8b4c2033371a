/**
 * Files that have changed places with each other, two or more of them, of one collection or several:
 * each stands where the next one belongs, and the last one where the first does.
 *
 * @module
 */

/** Longer circles are not followed: nobody exchanges so many files one by one. */
const LONGEST_CIRCLE = 64;

/** A file that does not stand where it belongs. */
export interface MisplacedFile {
  /** The folder in which it stands. */
  readonly folder: string;
  /** Its name without the extension. */
  readonly stem: string;
  /** The name that belongs to its document, without the extension. */
  readonly expected: string;
}

/** What has changed places. */
export class Exchanges<File extends MisplacedFile> {
  readonly #byStem: ReadonlyMap<string, readonly File[]>;

  /**
   * Takes files.
   *
   * @param files Those that do not stand where they belong.
   */
  constructor(files: readonly File[]) {
    this.#byStem = Map.groupBy(files, ({ stem }) => stem);
  }

  /**
   * Finds the file that stands in the place of another.
   *
   * @param one The file.
   * @returns The file in its place, or null where they are no circle.
   */
  partnerOf(one: File): File | null {
    const partner = this.#nextOf(one);
    let next = partner;
    for (let step = 0; next !== null && step < LONGEST_CIRCLE; step++) {
      if (next === one) return partner;
      next = this.#nextOf(next);
    }
    return null;
  }

  /** The file in the place of another: in its own folder if there is one, else the only other. */
  #nextOf({ folder, expected }: File): File | null {
    const standing = this.#byStem.get(expected) ?? [];
    const own = standing.find((other) => other.folder === folder);
    if (own !== undefined) return own;
    return standing.length === 1 ? standing[0] ?? null : null;
  }
}
