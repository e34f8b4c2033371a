/**
 * What is delivered beside the executables: the manual page and the completions of shells, as the
 * program prints them, and an archive of these with the units of systemd.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { dirname, join } from "@std/path";
import { packTar } from "modern-tar";
import { SHELLS } from "../../lib/cli/specification/completions.ts";
import { type BuiltProgram, ENTRY_POINT } from "./build_program.ts";
import { runProgram } from "./run_program.ts";

/** Where each shell's script goes; zsh looks for functions by the name of their file. */
const COMPLETION_FILES: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: "completions/vecfsck.bash",
  zsh: "completions/_vecfsck",
  fish: "completions/vecfsck.fish",
  powershell: "completions/vecfsck.ps1",
};

/** A file of the archive. */
export interface Companion {
  /** Its path in the directory, with `/` between the parts. */
  readonly path: string;
  /** What is in it. */
  readonly text: string;
}

/**
 * Writes the manual page and the completions.
 *
 * @param program The program that prints them.
 * @param directory The directory that gets them.
 * @returns What was written.
 * @throws {Error} The program failed.
 */
export async function writeCompanions(
  program: BuiltProgram,
  directory: string,
): Promise<readonly Companion[]> {
  const calls = new Map<string, readonly string[]>([
    ["vecfsck.1", ["help", "--man"]],
    ...SHELLS.map((shell) => [COMPLETION_FILES[shell], ["completions", shell]] as const),
  ]);
  const companions: Companion[] = [];
  for (const [path, args] of calls) {
    const companion = { path, text: await printed(program, args) };
    const target = join(directory, ...path.split("/"));
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeTextFile(target, companion.text);
    companions.push(companion);
  }
  return companions;
}

/**
 * Reads the units of systemd, for machines that have the archive and no repository.
 *
 * @param repository The repository.
 * @returns The units, in the order of their paths.
 */
export async function readUnits(repository: string): Promise<readonly Companion[]> {
  const units: Companion[] = [];
  const visit = async (directory: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(join(repository, "docs", directory))) {
      const path = `${directory}/${name}`;
      if (isDirectory) await visit(path);
      else units.push({ path, text: await Deno.readTextFile(join(repository, "docs", path)) });
    }
  };
  await visit("systemd");
  return units.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * Packs files into an archive. The same files and date give the same bytes.
 *
 * @param root The directory that they have in the archive.
 * @param companions The files.
 * @param dateSeconds The time that each of them gets, in seconds since 1970.
 * @returns The archive, a `.tar.gz`.
 */
export async function packCompanions(
  root: string,
  companions: readonly Companion[],
  dateSeconds: number,
): Promise<Uint8Array> {
  const mtime = new Date(dateSeconds * 1000);
  const encoder = new TextEncoder();
  const entries = companions.map(({ path, text }) => {
    const body = encoder.encode(text);
    const name = `${root}/${path}`;
    return {
      header: { name, type: "file" as const, size: body.byteLength, mtime, mode: 0o644 },
      body,
    };
  });
  return gzipSync(await packTar(entries), { level: 9 });
}

async function printed(program: BuiltProgram, args: readonly string[]): Promise<string> {
  const { isSuccess, output, complaint } = await runProgram(Deno.execPath(), [
    "run",
    "--quiet",
    "--no-config",
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    join(program.directory, ENTRY_POINT),
    ...args,
  ]);
  if (!isSuccess) throw new Error(`vecfsck ${args.join(" ")} failed:\n${complaint.trim()}`);
  return output;
}
