/**
 * The program that the executables hold: that it is complete without the source tree, the same
 * wherever it is built, and quick to start.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join, relative } from "@std/path";
import { buildProgram } from "../../scripts/compile/build_program.ts";
import { findPackages } from "../../scripts/compile/packages.ts";
import { goldenStore, REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { CLI_PERMISSIONS, runDeno } from "../support/run_cli.ts";
import { builtProgram, copySources, readProgram, STATE } from "./built_program.ts";

async function sourcesOf(directory: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) { for (const [at, text] of await sourcesOf(path)) sources.set(at, text); }
    else if (name.endsWith(".ts")) {
      sources.set(relative(REPOSITORY, path).replaceAll("\\", "/"), await Deno.readTextFile(path));
    }
  }
  return sources;
}

Deno.test("lib asks where its sources are for the threads that it starts, and for nothing else", async () => {
  let threads = 0;
  for (const [path, text] of await sourcesOf(join(REPOSITORY, "lib"))) {
    for (const [line] of text.matchAll(/.*\bimport\.meta\b.*/g)) {
      assertMatch(line, /new URL\("\.\/\w+\.ts", import\.meta\.url\)/, path);
      threads++;
    }
  }
  const { workers } = await builtProgram();
  for (const name of ["engine-worker.js", "hnsw-build-worker.js"]) assert(workers.includes(name));
  // The library has one that the command line does not need.
  assertEquals(workers.length, threads - 1);
});

Deno.test("buildProgram() gives plain JavaScript that names nothing outside its directory", async () => {
  const { directory, modules, sizeBytes, workers } = await builtProgram();
  const texts = await readProgram(directory);
  assertEquals(texts.size, modules);
  let threads = 0;
  assert(sizeBytes > 0 && sizeBytes < 8e6, `${sizeBytes}`);
  for (const [name, text] of texts) {
    assert(name.endsWith(".js"), name);
    assert(!text.includes(REPOSITORY), name);
    for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)";/gm)) {
      const isHere = specifier.startsWith("./") && texts.has(specifier.slice(2));
      assert(isHere || specifier.startsWith("node:"), `${name}: ${specifier}`);
    }
    for (const [, module = ""] of text.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)) {
      assert(workers.includes(module.slice(2)), `${name}: ${module}`);
      threads++;
    }
  }
  assertEquals(threads, workers.length);
});

Deno.test("buildProgram() gives the same bytes in another directory, from another checkout", async () => {
  const checkout = join(await scratchDirectory(), "another", "checkout");
  await copySources(checkout);
  const { directory } = await buildProgram(checkout, await scratchDirectory(), STATE);
  assertEquals(await readProgram(directory), await readProgram((await builtProgram()).directory));
  const { mtime } = await Deno.stat(join(directory, "cli.js"));
  assertEquals(mtime?.getTime(), STATE.dateSeconds * 1000);
});

Deno.test("the program holds the packages that it needs, and not those of tests and of builders", async () => {
  const packages = findPackages((await readProgram((await builtProgram()).directory)).values());
  const names = packages.map((id) => id.slice(0, id.lastIndexOf("@")));
  for (const name of ["hyparquet", "hyparquet-writer", "modern-tar"]) {
    assert(names.includes(name), `${names}`);
  }
  for (const builder of ["assemblyscript", "binaryen", "nanotar"]) {
    assert(!names.includes(builder), builder);
  }
});

Deno.test("what the program prints first needs few modules, and none of Node's", async () => {
  const texts = await readProgram((await builtProgram()).directory);
  const needed = new Set(["cli.js"]);
  // The set grows while it is gone through.
  for (const name of needed) {
    const text = texts.get(name) ?? "";
    for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^;]*?"([^"]+)";/gm)) {
      assert(!specifier.startsWith("node:"), `${name} imports ${specifier}`);
      needed.add(specifier.slice(2));
    }
  }
  assert(needed.size > 5 && needed.size < texts.size / 2, `${needed.size} of ${texts.size}`);
});

Deno.test("the program checks a store from an empty folder and knows its commit", async () => {
  const { directory } = await builtProgram();
  const store = await goldenStore("chroma-1.5.9");
  const run = async (...args: string[]) =>
    await runDeno(
      ["run", "--quiet", "--no-config", ...CLI_PERMISSIONS, join(directory, "cli.js"), ...args],
      { cwd: await scratchDirectory() },
    );
  const [version] = (await run("--version", "--json")).jsonLines;
  assertEquals(version?.commit, STATE.commit);
  const { code, stdout, stderr } = await run("check", store);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^CLEAN /m);
});

Deno.test("the program exports Parquet, for which it loads a library", async () => {
  const { directory } = await builtProgram();
  const cwd = await scratchDirectory();
  const args = ["export", "--format", "parquet", "-o", "tables", await goldenStore("chroma-1.5.9")];
  const { code, stderr } = await runDeno(
    ["run", "--quiet", "--no-config", ...CLI_PERMISSIONS, join(directory, "cli.js"), ...args],
    { cwd },
  );
  assertEquals([code, stderr], [0, ""]);
  const bytes = await Deno.readFile(join(cwd, "tables", "notes.parquet"));
  assertEquals(new TextDecoder().decode(bytes.subarray(-4)), "PAR1");
});
