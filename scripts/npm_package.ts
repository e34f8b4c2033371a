/**
 * Builds the package of npm: `deno task npm-package [--output DIRECTORY] [--repository URL]`.
 *
 * It holds the program that the executables hold, and depends on the package `deno`, which brings
 * the runtime. DIRECTORY is `dist` when it is not named. npm holds URL against the place that a
 * package with a provenance was built from. The same commit gives the same bytes.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join, resolve } from "@std/path";
import { VERSION } from "../lib/base/version.ts";
import { buildProgram } from "./compile/build_program.ts";
import { findCaches } from "./compile/caches.ts";
import { readProgramPackages, renderNotices } from "./compile/packages.ts";
import { runProgram } from "./compile/run_program.ts";
import { readSourceState } from "./compile/source_state.ts";

const REPOSITORY = fromFileUrl(new URL("..", import.meta.url));

/** What npm is told of the package. */
const DESCRIPTION = {
  name: "vecfsck",
  version: VERSION,
  description: "fsck for embedded vector stores: Chroma and chromem-go",
  keywords: ["chroma", "chromadb", "chromem", "fsck", "hnsw", "repair", "vector-database"],
  license: "MIT",
  type: "module",
  bin: { vecfsck: "vecfsck.mjs" },
  files: ["THIRD_PARTY_LICENSES", "program", "vecfsck.mjs"],
  engines: { node: ">=18" },
  dependencies: { deno: Deno.version.deno },
};

async function makePackage(
  workspace: string,
  output: string,
  repository: string | undefined,
): Promise<string> {
  const state = await readSourceState(REPOSITORY, Deno.env.get("SOURCE_DATE_EPOCH"));
  const program = await buildProgram(REPOSITORY, workspace, state);
  const { packages } = await findCaches(REPOSITORY);
  const notices = renderNotices(
    await readProgramPackages(program.directory, REPOSITORY, packages),
  );
  const directory = join(workspace, "package");
  await Deno.mkdir(directory);
  await Deno.rename(program.directory, join(directory, "program"));
  const sources = join(REPOSITORY, "scripts", "npm");
  for (const name of ["vecfsck.mjs", "README.md"]) {
    await Deno.copyFile(join(sources, name), join(directory, name));
  }
  await Deno.chmod(join(directory, "vecfsck.mjs"), 0o755).catch(ignoreUnsupported);
  await Deno.copyFile(join(REPOSITORY, "LICENSE"), join(directory, "LICENSE"));
  await Deno.writeTextFile(join(directory, "THIRD_PARTY_LICENSES"), notices);
  const description = repository
    ? { ...DESCRIPTION, repository: { type: "git", url: `git+${repository}.git` } }
    : DESCRIPTION;
  await Deno.writeTextFile(
    join(directory, "package.json"),
    `${JSON.stringify(description, null, 2)}\n`,
  );
  await Deno.mkdir(output, { recursive: true });
  const isWindows = Deno.build.os === "windows";
  const packed = await runProgram(isWindows ? "npm.cmd" : "npm", [
    "pack",
    "--ignore-scripts",
    "--silent",
    "--pack-destination",
    output,
  ], { cwd: directory });
  if (!packed.isSuccess) throw new Error(`npm could not pack it:\n${packed.complaint.trim()}`);
  return join(output, packed.output.trim());
}

/** Windows has no such permissions. */
function ignoreUnsupported(error: unknown): void {
  if (!(error instanceof Deno.errors.NotSupported)) throw error;
}

const { output, repository } = parseArgs(Deno.args, { string: ["output", "repository"] });
const workspace = await Deno.makeTempDir({ prefix: "vecfsck-npm-" });
try {
  const path = await makePackage(
    workspace,
    resolve(output || join(REPOSITORY, "dist")),
    repository,
  );
  console.log(`${path}: ${((await Deno.stat(path)).size / 1e6).toFixed(1)} MB`);
} finally {
  await Deno.remove(workspace, { recursive: true });
}
