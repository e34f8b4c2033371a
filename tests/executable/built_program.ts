/**
 * The program as it is put into executables and into the package of npm, built once per process.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { buildProgram, type BuiltProgram } from "../../scripts/compile/build_program.ts";
import { SOURCES, type SourceState } from "../../scripts/compile/source_state.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";

/** The origin that the program is said to have. */
export const STATE: SourceState = { commit: "ab".repeat(20), dateSeconds: 1_700_000_000 };

let built: Promise<BuiltProgram> | undefined;

/** Gives the program, which tests leave as it is. */
export function builtProgram(): Promise<BuiltProgram> {
  built ??= scratchDirectory().then((directory) => buildProgram(REPOSITORY, directory, STATE));
  return built;
}

/** Copies what the program is made of to another place, as another checkout has it. */
export async function copySources(target: string): Promise<void> {
  for (const source of SOURCES) await copy(join(REPOSITORY, source), join(target, source));
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isDirectory) {
    for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
    return;
  }
  await Deno.mkdir(dirname(to), { recursive: true });
  await Deno.copyFile(from, to);
}

/** Reads every module of a program. */
export async function readProgram(directory: string): Promise<Map<string, string>> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(directory)) names.push(name);
  const texts = new Map<string, string>();
  for (const name of names.toSorted()) {
    texts.set(name, await Deno.readTextFile(join(directory, name)));
  }
  return texts;
}
