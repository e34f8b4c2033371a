/**
 * Everything below a directory.
 *
 * @module
 */

import { join } from "@std/path";

/**
 * Lists what stands below a directory; links are not followed.
 *
 * @param directory The directory.
 * @yields The paths, the outer ones first.
 */
export function* listTree(directory: string): Generator<string, void, undefined> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    yield path;
    if (isDirectory) yield* listTree(path);
  }
}
