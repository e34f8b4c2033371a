/**
 * The version of this program.
 *
 * @module
 */

/** The version of vecfsck, the same as in deno.json (a test holds that). */
export const VERSION = "0.1.0";
