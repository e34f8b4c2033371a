/**
 * Builds the executables and what is delivered with them: `deno task compile`.
 *
 * ```text
 * deno task compile [--target TRIPLE]... [--output DIRECTORY] [--allow-…=WHAT]...
 * ```
 *
 * Without `--target` it is built for every system. In DIRECTORY, which is `dist` when it is not
 * named, stand afterwards:
 *
 * - an executable for each target, with the permissions `--allow-read --allow-write` and no others;
 * - the manual page and the completions of shells, and an archive of them and the systemd units;
 * - the bill of materials, CycloneDX in JSON;
 * - SHA256SUMS, of the executables, the archive and the bill.
 *
 * The same commit gives the same bytes on any machine. More permissions are given by name:
 * `--allow-run=PROGRAM` for `guard --probe` and its like, `--allow-net=127.0.0.1:9464` for
 * `watch --listen`, `--allow-env=CHROMADB_DB_PATH` and `--allow-sys=systemMemoryInfo,statfs`.
 *
 * Deno takes the runtime of each system from its cache or from its download site; `DENORT_BIN` names
 * one that the builder has. Exit code 1: a target was not built, and it was said why; 2: a wrong
 * call.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { basename, fromFileUrl, join, resolve } from "@std/path";
import { VERSION } from "../lib/base/version.ts";
import { buildExecutable, executablePath, MORE_PERMISSIONS } from "./compile/build_executable.ts";
import { buildProgram, type BuiltProgram } from "./compile/build_program.ts";
import { findCaches } from "./compile/caches.ts";
import { type Checksum, renderChecksums, sha256OfFile } from "./compile/checksums.ts";
import { readProgramPackages, renderNotices } from "./compile/packages.ts";
import {
  chooseRuntime,
  describeMissingRuntimes,
  type GivenRuntime,
  type MissingRuntime,
  readGivenRuntime,
  type RuntimeSources,
} from "./compile/runtime.ts";
import { renderSbom, type SbomRuntime } from "./compile/sbom.ts";
import { readSourceState, type SourceState } from "./compile/source_state.ts";
import { type CompileTarget, parseTargets } from "./compile/targets.ts";
import { packCompanions, readUnits, writeCompanions } from "./compile/write_companions.ts";

const REPOSITORY = fromFileUrl(new URL("..", import.meta.url));

/** What is to be built. */
interface Call {
  readonly given: GivenRuntime | null;
  readonly targets: readonly CompileTarget[];
  readonly directory: string;
  readonly permissions: readonly string[];
}

/** What was built for one target. */
interface Built {
  readonly executable: Checksum;
  readonly runtime: SbomRuntime;
}

async function parseCall(args: readonly string[]): Promise<Call> {
  const options = parseArgs([...args], {
    string: [...MORE_PERMISSIONS, "output", "target"],
    collect: ["target"],
    unknown: (argument) => {
      throw new RangeError(`deno task compile does not know ${argument}`);
    },
  });
  return {
    given: await readGivenRuntime(Deno.env.get("DENORT_BIN")),
    targets: parseTargets(options.target ?? []),
    directory: resolve(options.output || join(REPOSITORY, "dist")),
    permissions: MORE_PERMISSIONS.flatMap((name) =>
      options[name] ? [`--${name}=${options[name]}`] : []
    ),
  };
}

async function compileAll(call: Call, workspace: string): Promise<boolean> {
  const state = await readSourceState(REPOSITORY, Deno.env.get("SOURCE_DATE_EPOCH"));
  const program = await buildProgram(REPOSITORY, workspace, state);
  console.log(
    `The program: ${program.modules} modules, ${(program.sizeBytes / 1e6).toFixed(1)} MB, ` +
      `commit ${state.commit ?? "unknown"}`,
  );
  const caches = await findCaches(REPOSITORY);
  const sources: RuntimeSources = {
    version: Deno.version.deno,
    cache: caches.directory,
    given: call.given,
  };
  await Deno.mkdir(call.directory, { recursive: true });
  const built: Built[] = [];
  const missing: MissingRuntime[] = [];
  for (const target of call.targets) {
    const result = await compileOne(call, program, target, sources);
    if (result === null) continue;
    if ("executable" in result) built.push(result);
    else missing.push(result);
  }
  if (missing.length > 0) console.error(describeMissingRuntimes(missing).join("\n"));
  if (built.length > 0) await deliver(call, program, state, built, caches.packages);
  return built.length === call.targets.length;
}

/** Builds one executable; null when that failed, which was said then. */
async function compileOne(
  { directory, permissions }: Call,
  program: BuiltProgram,
  target: CompileTarget,
  sources: RuntimeSources,
): Promise<Built | MissingRuntime | null> {
  const runtime = chooseRuntime(target.triple, sources);
  const output = executablePath(directory, VERSION, target);
  const complaint = await buildExecutable({ program, target, runtime, permissions, output });
  if (complaint !== null) {
    if (runtime.url !== null && !await exists(runtime.path)) {
      return { target: target.triple, runtime };
    }
    console.error(`Not built: ${target.triple}. Deno says:\n${complaint}`);
    return null;
  }
  const { size } = await Deno.stat(output);
  console.log(`${output}: ${(size / 1e6).toFixed(1)} MB`);
  return {
    executable: { path: basename(output), sha256: await sha256OfFile(output) },
    runtime: {
      target: target.triple,
      sha256: await sha256OfFile(runtime.path),
      url: runtime.url,
    },
  };
}

/** Writes what stands beside the executables. */
async function deliver(
  { directory }: Call,
  program: BuiltProgram,
  { commit, dateSeconds }: SourceState,
  built: readonly Built[],
  packageCache: string,
): Promise<void> {
  const companions = await writeCompanions(program, directory);
  const packages = await readProgramPackages(program.directory, REPOSITORY, packageCache);
  const license = { path: "LICENSE", text: await Deno.readTextFile(join(REPOSITORY, "LICENSE")) };
  const notices = { path: "THIRD_PARTY_LICENSES", text: renderNotices(packages) };
  const archive = `vecfsck-${VERSION}-extras.tar.gz`;
  const extras = [...companions, ...await readUnits(REPOSITORY), license, notices];
  await Deno.writeFile(
    join(directory, archive),
    await packCompanions(`vecfsck-${VERSION}`, extras, dateSeconds),
  );
  const bill = `vecfsck-${VERSION}.cdx.json`;
  await Deno.writeTextFile(
    join(directory, bill),
    renderSbom({
      version: VERSION,
      commit,
      dateSeconds,
      runtimeVersion: Deno.version.deno,
      runtimes: built.map(({ runtime }) => runtime),
      packages,
      executables: built.map(({ executable }) => executable),
    }),
  );
  const others = await Promise.all([archive, bill].map(async (path) => ({
    path,
    sha256: await sha256OfFile(join(directory, path)),
  })));
  const checksums = [...built.map(({ executable }) => executable), ...others];
  await Deno.writeTextFile(join(directory, "SHA256SUMS"), renderChecksums(checksums));
  for (const name of [archive, bill, "SHA256SUMS"]) console.log(join(directory, name));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function main(): Promise<number> {
  let call: Call;
  try {
    call = await parseCall(Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
  const workspace = await Deno.makeTempDir({ prefix: "vecfsck-compile-" });
  try {
    return await compileAll(call, workspace) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await Deno.remove(workspace, { recursive: true });
  }
}

Deno.exit(await main());
