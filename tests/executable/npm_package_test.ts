/**
 * The package of npm: packed as it is published, and run by Node from where npm puts it. With
 * `VECFSCK_TEST_EVERYTHING=1` npm itself installs it, with the Deno that belongs to it.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { unpackTarGz } from "../../scripts/fixture_archive.ts";
import { VERSION } from "../../lib/base/version.ts";
import { goldenStore, REPOSITORY, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { runDeno } from "../support/run_cli.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";
const IS_WINDOWS = Deno.build.os === "windows";

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: string, args: readonly string[], cwd: string): Promise<Result> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function isThere(command: string): Promise<boolean> {
  return await run(command, ["--version"], REPOSITORY).then(({ code }) => code === 0, () => false);
}

// Whoever has npm has both.
const HAS_NODE = await isThere("node") && await isThere(IS_WINDOWS ? "npm.cmd" : "npm");

let packed: Promise<string> | undefined;

/** The archive that npm publishes, made once. */
function packedPackage(): Promise<string> {
  packed ??= scratchDirectory().then(async (directory) => {
    const script = join(REPOSITORY, "scripts", "npm_package.ts");
    const { code, stderr } = await runDeno(
      ["run", "--quiet", "--allow-all", script, "--output", directory],
      { env: { SOURCE_DATE_EPOCH: "1700000000" } },
    );
    assertEquals(code, 0, stderr);
    return join(directory, `vecfsck-${VERSION}.tgz`);
  });
  return packed;
}

/** The package as npm unpacks it, with this Deno in the place of the one that npm installs. */
async function installedPackage(): Promise<string> {
  const directory = await scratchDirectory();
  await unpackTarGz(await packedPackage(), directory);
  const runtime = join(directory, "package", "node_modules", "deno");
  await Deno.mkdir(runtime, { recursive: true });
  await Deno.writeTextFile(
    join(runtime, "install_api.cjs"),
    `module.exports = { runInstall: () => ${JSON.stringify(Deno.execPath())} };`,
  );
  return join(directory, "package");
}

Deno.test({
  name: "the package of npm holds the program, and names the runtime of this version",
  ignore: !HAS_NODE,
  fn: async () => {
    const directory = await installedPackage();
    const { name, version, dependencies } = JSON.parse(
      await Deno.readTextFile(join(directory, "package.json")),
    );
    assertEquals([name, version], ["vecfsck", VERSION]);
    assertEquals(dependencies, { deno: Deno.version.deno });
    for (const file of ["LICENSE", "THIRD_PARTY_LICENSES", "vecfsck.mjs", "program/cli.js"]) {
      assert((await Deno.stat(join(directory, file))).isFile, file);
    }
  },
});

Deno.test({
  name: "the command of the package runs vecfsck, and ends as it does",
  ignore: !HAS_NODE,
  fn: async () => {
    const command = join(await installedPackage(), "vecfsck.mjs");
    const cwd = await scratchDirectory();
    const call = async (...args: string[]) => await run("node", [command, ...args], cwd);
    const sound = await call("check", await goldenStore("chroma-1.5.9"));
    assertEquals([sound.code, sound.stderr], [0, ""]);
    assertMatch(sound.stdout, /^CLEAN /m);
    assertEquals((await call("check", "--quick", await tornStore("chroma-0.5.23-2"))).code, 4);
    assertEquals((await call("check", "no-such-store")).code, 8);
    assertEquals((await call("no-such-verb")).code, 16);
    assertEquals(await Array.fromAsync(Deno.readDir(cwd)), []);
  },
});

Deno.test({
  name: "the command of the package hands on what ends it",
  // Windows has no such signals.
  ignore: !HAS_NODE || IS_WINDOWS,
  fn: async () => {
    const command = join(await installedPackage(), "vecfsck.mjs");
    const store = await goldenStore("chroma-1.5.9");
    const program = ["run", "-RW", "--no-prompt", join(REPOSITORY, "cli.ts")];
    assertEquals(
      await endedBySignal("node", [command, "watch", "--json", store]),
      await endedBySignal(Deno.execPath(), [...program, "watch", "--json", store]),
    );
  },
});

/** Ends a program once it says something, waits until nobody says anything more; its exit code. */
async function endedBySignal(name: string, args: readonly string[]): Promise<number> {
  const process = new Deno.Command(name, { args: [...args], stdout: "piped", stderr: "null" })
    .spawn();
  const reader = process.stdout.getReader();
  assertEquals((await reader.read()).done, false);
  process.kill("SIGTERM");
  // The pipe ends when nobody has it any more, the program that was started included.
  while (!(await reader.read()).done);
  return (await process.status).code;
}

Deno.test({
  name: "the command of the package says what is missing when Deno was not installed with it",
  ignore: !HAS_NODE,
  fn: async () => {
    const directory = await installedPackage();
    await Deno.remove(join(directory, "node_modules"), { recursive: true });
    const { code, stdout, stderr } = await run(
      "node",
      [join(directory, "vecfsck.mjs"), "--version"],
      directory,
    );
    assertEquals([code, stdout], [8, ""]);
    assertStringIncludes(stderr, "--omit=optional");
    assertEquals(stderr.includes("    at "), false);
  },
});

Deno.test({
  name: "npx runs the package in an empty folder",
  ignore: !EVERYTHING || !HAS_NODE,
  fn: async () => {
    const cwd = await scratchDirectory();
    const store = await goldenStore("chroma-1.5.9");
    const npx = IS_WINDOWS ? "npx.cmd" : "npx";
    const args = ["-y", "--package", await packedPackage(), "vecfsck", "check", store];
    const { code, stdout, stderr } = await run(npx, args, cwd);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^CLEAN /m);
  },
});
