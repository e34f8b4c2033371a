/**
 * The version of this program.
 *
 * @module
 */

/** The version of vecfsck, the same as in deno.json (a test holds that). */
export const VERSION = "0.1.0";

/** The commit that an executable was built from; null in the source tree, which has no one commit. */
export const COMMIT: string | null = null;
