/**
 * The executable of this system, built once per process where there is a runtime for it, and run
 * where nothing else of this project can be reached.
 *
 * @module
 */

import { join } from "@std/path";
import { VERSION } from "../../lib/base/version.ts";
import { executablePath } from "../../scripts/compile/build_executable.ts";
import { findCaches } from "../../scripts/compile/caches.ts";
import { chooseRuntime, readGivenRuntime } from "../../scripts/compile/runtime.ts";
import { TARGETS } from "../../scripts/compile/targets.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { type CliResult, readResult, runDeno } from "../support/run_cli.ts";

/** Why there is no executable here, or null where there is one. */
export const WHY_NOT: string | null = await findReason();

async function findReason(): Promise<string | null> {
  const target = TARGETS.find(({ triple }) => triple === Deno.build.target);
  if (target === undefined) return `no executable is built for ${Deno.build.target}`;
  const { directory: cache } = await findCaches(REPOSITORY);
  const given = await readGivenRuntime(Deno.env.get("DENORT_BIN"));
  const sources = { version: Deno.version.deno, cache, given };
  const runtime = chooseRuntime(target.triple, sources);
  const isThere = await Deno.stat(runtime.path).then(({ isFile }) => isFile, () => false);
  return isThere ? null : `no runtime: DENORT_BIN names none, and there is no ${runtime.path}`;
}

let built: Promise<string> | undefined;

/** Gives the executable, which tests leave as it is. */
function builtExecutable(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const directory = await scratchDirectory();
  const script = join(REPOSITORY, "scripts", "compile.ts");
  const { code, stderr } = await runDeno([
    "run",
    "--quiet",
    "--allow-all",
    script,
    "--target",
    Deno.build.target,
    "--output",
    directory,
  ], { env: { SOURCE_DATE_EPOCH: "1700000000" } });
  if (code !== 0) throw new Error(stderr);
  const target = TARGETS.find(({ triple }) => triple === Deno.build.target);
  if (target === undefined) throw new Error(Deno.build.target);
  return executablePath(directory, VERSION, target);
}

/** How the executable is run. */
export interface ExecutableOptions {
  /** The working directory; an empty one when none is named. */
  readonly cwd?: string;
  /** Every variable that there is; there is none when none is named. */
  readonly env?: Readonly<Record<string, string>>;
  /** Statements of a shell that are carried out before, as root of a name space (Linux alone). */
  readonly before?: string;
}

/** Whether a process can be given a world of its own: without network and without the sources. */
export const HAS_NAME_SPACES: boolean = Deno.build.os === "linux" &&
  await isSuccess("unshare", ["--user", "--map-root-user", "--mount", "--net", "true"]);

async function isSuccess(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    // There is no such program.
    return false;
  }
}

/** What the system itself needs to start a program: where its own ones are. */
const KEPT_VARIABLES: Readonly<Record<string, string>> = Deno.build.os === "windows"
  ? { SystemRoot: Deno.env.get("SystemRoot") ?? "C:\\Windows" }
  : { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/** Hides the directories behind it under empty ones, then runs what is behind those. */
const HIDE = 'set -e; cd "$3"; mount -t tmpfs none "$1"; eval "$2"; shift 3; exec "$@" </dev/null';

/**
 * Runs the executable without a variable, without standard input and, where the system has name
 * spaces, without network and without this repository.
 */
export async function runExecutable(
  args: readonly string[],
  options: ExecutableOptions = {},
): Promise<CliResult> {
  const executable = await builtExecutable();
  const { cwd = await scratchDirectory(), env = {}, before = ":" } = options;
  const [command, ...rest] = HAS_NAME_SPACES
    ? [
      "/usr/bin/env",
      "unshare",
      ...["--user", "--map-root-user", "--mount", "--net"],
      ...["sh", "-c", HIDE, "sh", REPOSITORY, before, cwd],
      executable,
      ...args,
    ]
    : [executable, ...args];
  const process = new Deno.Command(command ?? executable, {
    args: rest,
    cwd,
    clearEnv: true,
    env: { ...KEPT_VARIABLES, ...env },
    stdin: "null",
  });
  return readResult(await process.output());
}
