/**
 * What to do where a permission is missing.
 *
 * @module
 */

/**
 * Tells how the permission is given: to a program that Deno runs, by an option; an executable has
 * what it was made with, and is made anew.
 *
 * @param option The option of Deno, for instance `--allow-net=127.0.0.1:9464`.
 * @param isExecutable Whether this is an executable.
 * @returns One sentence.
 */
export function permissionHint(
  option: string,
  isExecutable: boolean = Deno.build.standalone,
): string {
  if (!isExecutable) return `Give deno the permission: ${option}`;
  return `Make an executable that has it: deno task compile --target ${Deno.build.target} ${option}`;
}
