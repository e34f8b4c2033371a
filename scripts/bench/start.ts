/**
 * Cold starts: from the start of a process to its exit, on a store that takes no time.
 *
 * @module
 */

import { join } from "@std/path";
import { formatBytes } from "../../lib/base/format.ts";
import { VERSION } from "../../lib/base/version.ts";
import { executablePath } from "../compile/build_executable.ts";
import { buildProgram, ENTRY_POINT } from "../compile/build_program.ts";
import { readSourceState } from "../compile/source_state.ts";
import { parseTargets } from "../compile/targets.ts";
import { type Absent, type Contender, measureDirectory } from "./measure.ts";
import type { Findings } from "./results.ts";
import { makeSmallStore } from "./small_stores.ts";
import type { Workbench } from "./workbench.ts";

const RUNS = 15;

/** The name of the row of the runtime by itself. */
const EMPTY_MODULE_NAME = "deno run of an empty module";

/** What is started. */
const CALLS: readonly (readonly [string, (store: string) => string[]])[] = [
  ["vecfsck --version", () => ["--version"]],
  ["vecfsck check --quick", (store) => ["check", "--quick", "--quiet", store]],
  ["vecfsck check --full", (store) => ["check", "--full", "--quiet", store]],
  ["vecfsck guard, unchanged", (store) => ["guard", store]],
];

/** How the program is run that was bundled: as the package of npm does. */
const RUN_BUNDLE = [
  ...["run", "--quiet", "--no-config", "--no-lock", "--no-npm", "--no-remote", "--no-prompt"],
  ...["--allow-read", "--allow-write"],
] as const;

/**
 * Measures starts of the executable, of the bundled program and from source.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureStart(bench: Workbench): Promise<Findings> {
  const store = await makeSmallStore(bench.place("small"));
  const empty = bench.place("empty.ts");
  await Deno.writeTextFile(empty, "export {};\n");
  const executable = await compile(bench.place("dist"));
  const bundle = await bundleProgram(bench.place("bundled"));
  // The stamps of files that were written this moment are not believed.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const compiled = CALLS.map(([name, toArgs]): Contender | Absent => {
    const title = `compiled: ${name}`;
    return "missing" in executable
      ? { name: title, missing: executable.missing }
      : { name: title, command: executable.path, args: toArgs(store) };
  });
  const bundled = CALLS.map(([name, toArgs]): Contender => ({
    name: `npm package: ${name}`,
    command: Deno.execPath(),
    args: [...RUN_BUNDLE, bundle, ...toArgs(store)],
  }));
  const contenders = [
    ...compiled,
    ...bundled,
    ...CALLS.map(([name, toArgs]) => bench.vecfsck(`source: ${name}`, ...toArgs(store))),
    {
      name: EMPTY_MODULE_NAME,
      command: Deno.execPath(),
      args: ["run", "--quiet", "--no-prompt", empty],
    },
  ];
  const rounds = bench.setting.isQuick ? { counted: 3, warmUps: 1 } : bench.rounds(RUNS);
  const { sizeBytes } = await measureDirectory(store);
  const input = `a store of ${formatBytes(sizeBytes)}`;
  const table = await bench.measure(input, EMPTY_MODULE_NAME, contenders, rounds);
  return { tables: [table], notes: "missing" in executable ? [] : [await describe(executable)] };
}

interface Executable {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Says what the file is, and which runtime it has: another one is as fast as it is. */
async function describe({ path, sizeBytes }: Executable): Promise<string> {
  const { stdout } = await new Deno.Command(path, { args: ["--version", "--json"] }).output();
  const { deno, v8 } = JSON.parse(new TextDecoder().decode(stdout));
  return `The executable has ${formatBytes(sizeBytes)}; its runtime is Deno ${deno} with V8 ${v8}.`;
}

/** Builds the executable by the task of this repository. */
async function compile(directory: string): Promise<Executable | { missing: string }> {
  const target = Deno.build.target;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-all", "scripts/compile.ts"],
      ...["--target", target, "--output", directory],
    ],
    stdout: "null",
  }).output();
  if (!success) {
    const [reason] = new TextDecoder().decode(stderr).trim().split("\n");
    return { missing: reason?.replace(/:$/, "") ?? "it was not built" };
  }
  const [parsed] = parseTargets([target]);
  if (parsed === undefined) return { missing: `no executable is made for ${target}` };
  const path = executablePath(directory, VERSION, parsed);
  return { path, sizeBytes: (await Deno.stat(path)).size };
}

/** Bundles the program as the executable and the package of npm have it. */
async function bundleProgram(directory: string): Promise<string> {
  await Deno.mkdir(directory);
  const program = await buildProgram(
    Deno.cwd(),
    directory,
    await readSourceState(Deno.cwd(), undefined),
  );
  return join(program.directory, ENTRY_POINT);
}
