/**
 * The program as plain JavaScript in one directory, without the source tree: what the executables
 * hold, and the package of npm as well.
 *
 * The modules that are needed first are few and small, and each verb's are loaded when it is called.
 *
 * @module
 */

import { dirname, join, relative } from "@std/path";
import { runProgram } from "./run_program.ts";
import { SOURCES, type SourceState } from "./source_state.ts";
import { giveStableNames } from "./stable_names.ts";
import { nameWorkers, type WorkerModule } from "./workers.ts";

/** The module that the program begins with. */
export const ENTRY_POINT = "cli.js";

/** What was built. */
export interface BuiltProgram {
  /** The directory that holds it. */
  readonly directory: string;
  /** The modules that its threads begin with. */
  readonly workers: readonly string[];
  /** How many modules it has. */
  readonly modules: number;
  /** How many bytes it has. */
  readonly sizeBytes: number;
}

/**
 * Builds the program. The source tree is read and left as it is.
 *
 * @param repository The source tree.
 * @param directory An empty directory that gets the program in `program` and is used for the rest.
 * @param state What the program is to say of its origin.
 * @returns What was built.
 * @throws {Error} The bundler failed; the message is its own.
 */
export async function buildProgram(
  repository: string,
  directory: string,
  state: SourceState,
): Promise<BuiltProgram> {
  const stage = join(directory, "source");
  const workers = await stageSources(repository, stage, state.commit);
  const bundle = join(directory, "bundle");
  const entries = ["cli.ts", ...workers.map(({ name }) => `${name}.ts`)];
  const { isSuccess, complaint } = await runProgram(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--frozen",
    "--platform",
    "deno",
    "--code-splitting",
    "--outdir",
    bundle,
    ...entries,
  ], { cwd: stage });
  if (!isSuccess) throw new Error(`The program could not be bundled:\n${complaint.trim()}`);
  const program = join(directory, "program");
  const modules = giveStableNames(await readModules(bundle), ENTRY_POINT);
  await Deno.mkdir(program);
  let sizeBytes = 0;
  for (const [name, text] of modules) {
    const bytes = new TextEncoder().encode(text);
    sizeBytes += bytes.byteLength;
    await Deno.writeFile(join(program, name), bytes);
    await Deno.utime(join(program, name), state.dateSeconds, state.dateSeconds);
  }
  return {
    directory: program,
    // The command line does not start all of them.
    workers: workers.map(({ name }) => `${name}.js`).filter((name) => modules.has(name)),
    modules: modules.size,
    sizeBytes,
  };
}

/** Copies what the program is made of, and puts into it what only the builder knows. */
async function stageSources(
  repository: string,
  stage: string,
  commit: string | null,
): Promise<readonly WorkerModule[]> {
  const workers: WorkerModule[] = [];
  for (const path of await listSources(repository)) {
    const name = relative(repository, path).replaceAll("\\", "/");
    const staged = nameWorkers(name, await Deno.readTextFile(path));
    const target = join(stage, name);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeTextFile(target, withCommit(name, staged.text, commit));
    workers.push(...staged.workers);
  }
  for (const { name, source } of workers) {
    await Deno.writeTextFile(join(stage, `${name}.ts`), `import "./${source}";\n`);
  }
  return workers.toSorted((a, b) => a.name < b.name ? -1 : 1);
}

const NO_COMMIT = "export const COMMIT: string | null = null;";

function withCommit(name: string, text: string, commit: string | null): string {
  if (name !== "lib/base/version.ts") return text;
  if (!text.includes(NO_COMMIT)) throw new Error(`${name} has no place for the commit`);
  return text.replace(NO_COMMIT, `export const COMMIT: string | null = ${JSON.stringify(commit)};`);
}

async function listSources(repository: string): Promise<string[]> {
  const paths: string[] = [];
  const visit = async (path: string): Promise<void> => {
    if ((await Deno.stat(path)).isFile) {
      paths.push(path);
      return;
    }
    for await (const { name } of Deno.readDir(path)) await visit(join(path, name));
  };
  for (const source of SOURCES) await visit(join(repository, source));
  return paths.toSorted();
}

async function readModules(directory: string): Promise<Map<string, string>> {
  const modules = new Map<string, string>();
  for await (const { name } of Deno.readDir(directory)) {
    modules.set(name, await Deno.readTextFile(join(directory, name)));
  }
  return modules;
}
