/**
 * Guessing what was meant by a misspelt word.
 *
 * @module
 */

/**
 * Finds the known word that is nearest to a misspelt one.
 *
 * @param word What was typed.
 * @param known What could have been meant.
 * @returns The nearest, or null when nothing is near enough.
 */
export function findNearest(word: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  // Two letters that changed places are two edits, so a word of five has to allow for two.
  let leastEdits = Math.max(1, Math.floor(word.length * 0.4)) + 1;
  for (const candidate of known) {
    const edits = countEdits(word, candidate);
    if (edits < leastEdits) {
      leastEdits = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Counts insertions, deletions and substitutions between two words (Levenshtein). */
function countEdits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const gap = 1 + Math.min(previous[column] ?? 0, current[column - 1] ?? 0);
      current.push(Math.min(substitution, gap));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
