/**
 * By what people know a store, for hints where none was found.
 *
 * @module
 */

/** What a directory holds that is a store, as one sentence. */
export const STORE_SIGNS: string =
  "A Chroma store is a directory that holds chroma.sqlite3; a database of chromem-go one that " +
  "holds folders such as a1b2c3d4 with .gob or .gob.gz files in them.";
