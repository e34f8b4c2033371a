/**
 * What `deno task compile` delivers. That does not depend on what the runtime does, so that any small
 * executable of this system stands for it; what is made of it does not start.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { VERSION } from "../../lib/base/version.ts";
import { findCaches } from "../../scripts/compile/caches.ts";
import { chooseRuntime, readGivenRuntime } from "../../scripts/compile/runtime.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { type CliResult, runDeno } from "../support/run_cli.ts";
import { builtProgram } from "./built_program.ts";

const STAND_IN = "/bin/true";
const OTHER_TARGET = Deno.build.target === "aarch64-apple-darwin"
  ? "x86_64-apple-darwin"
  : "aarch64-apple-darwin";

// Elsewhere a program of the system is for several systems at once, or is not there.
const hasStandIn = await readGivenRuntime(STAND_IN)
  .then((given) => given?.target === Deno.build.target, () => false);

async function compile(directory: string, ...targets: string[]): Promise<CliResult> {
  const script = join(REPOSITORY, "scripts", "compile.ts");
  const options = targets.flatMap((target) => ["--target", target]);
  return await runDeno(
    ["run", "--quiet", "--allow-all", script, "--output", directory, ...options],
    {
      env: {
        DENORT_BIN: STAND_IN,
        SOURCE_DATE_EPOCH: "1700000000",
        // What is not in the cache cannot be fetched.
        HTTPS_PROXY: "http://127.0.0.1:9",
      },
    },
  );
}

async function namesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).toSorted();
}

const caches = await findCaches(REPOSITORY);
const other = chooseRuntime(OTHER_TARGET, {
  version: Deno.version.deno,
  cache: caches.directory,
  given: null,
});
const hasOther = await Deno.stat(other.path).then(() => true, () => false);

Deno.test({
  name: "deno task compile gives the same bytes twice, and says which runtime it lacks",
  ignore: !hasStandIn || hasOther,
  fn: async () => {
    // With that the bundler and the packages are in the cache, and a runtime alone is lacking.
    await builtProgram();
    const [one, two] = [await scratchDirectory(), await scratchDirectory()];
    for (const directory of [one, two]) {
      const { code, stderr } = await compile(directory, Deno.build.target, OTHER_TARGET);
      assertEquals(code, 1, stderr);
      for (const part of [OTHER_TARGET, other.path, String(other.url), "DENORT_BIN"]) {
        assertStringIncludes(stderr, part);
      }
    }
    const executable = `vecfsck-${VERSION}-${Deno.build.target}`;
    const archive = `vecfsck-${VERSION}-extras.tar.gz`;
    const bill = `vecfsck-${VERSION}.cdx.json`;
    assertEquals(
      await namesIn(one),
      ["SHA256SUMS", "completions", archive, executable, bill, "vecfsck.1"].toSorted(),
    );
    assertEquals(await namesIn(join(one, "completions")), [
      "_vecfsck",
      "vecfsck.bash",
      "vecfsck.fish",
      "vecfsck.ps1",
    ]);
    const sums = await Deno.readTextFile(join(one, "SHA256SUMS"));
    assertEquals(await Deno.readTextFile(join(two, "SHA256SUMS")), sums);
    const listed = sums.trimEnd().split("\n");
    assertEquals(listed.map((line) => line.slice(66)), [archive, executable, bill].toSorted());
    for (const line of listed) {
      const bytes = await Deno.readFile(join(one, line.slice(66)));
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
      assertEquals(`${digest}  ${line.slice(66)}`, line);
    }
    const { components } = JSON.parse(await Deno.readTextFile(join(one, bill)));
    const names = components.map(({ name }: { name: string }) => name);
    for (const name of ["denort", "modern-tar", executable]) assert(names.includes(name), name);
  },
});

Deno.test("deno task compile refuses what it does not know, before it begins", async () => {
  const script = join(REPOSITORY, "scripts", "compile.ts");
  for (const wrong of [["--target", "linux"], ["--targets=all"]]) {
    const { code, stdout, stderr } = await runDeno(["run", "-A", "--quiet", script, ...wrong]);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr.includes("    at "), false);
  }
});
