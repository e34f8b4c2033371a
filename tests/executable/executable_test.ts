/**
 * The executable: what it does where there is nothing but it and a store. Where there is no runtime
 * to build it with, the tests are ignored, and the last one says why.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { HAS_NAME_SPACES, runExecutable, WHY_NOT } from "./built_executable.ts";
import { brokenLargeIndex, largeDatabase } from "./large_stores.ts";

const ignore = WHY_NOT !== null;

async function namesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).toSorted();
}

Deno.test({
  name: "the executable knows its version, its commit and its target",
  ignore,
  fn: async () => {
    const { code, stdout, stderr, jsonLines } = await runExecutable(["--version", "--json"]);
    assertEquals([code, stderr], [0, ""], stdout);
    assertMatch(String(jsonLines[0]?.commit), /^[0-9a-f]{40}(-dirty)?$/);
    assertEquals(jsonLines[0]?.target, Deno.build.target);
  },
});

Deno.test({
  name: "the executable checks stores of each format, and writes nothing anywhere",
  ignore,
  fn: async () => {
    const [cwd, temporary] = [await scratchDirectory(), await scratchDirectory()];
    const env = { TMPDIR: temporary, DENO_DIR: temporary };
    for (const store of [await goldenStore("chroma-1.5.9"), await chromemStore("gzip")]) {
      const before = await snapshotTree(store);
      const { code, stdout, stderr } = await runExecutable(["check", store], { cwd, env });
      assertEquals([code, stderr], [0, ""], stdout);
      assertMatch(stdout, /^CLEAN /m);
      assertEquals(await snapshotTree(store), before);
    }
    // A runtime with the engine QuickJS, which releases do not have, keeps a cache of its own.
    const names = (await namesIn(temporary)).filter((name) => name !== "v8x");
    assertEquals([await namesIn(cwd), names], [[], []]);
  },
});

Deno.test({
  name: "the executable checks a large store in its threads",
  ignore,
  fn: async () => {
    const { code, stdout, stderr } = await runExecutable(["check", await largeDatabase()]);
    assertEquals([code, stderr], [0, ""], stdout);
    assertMatch(stdout, /^CLEAN /m);
  },
});

Deno.test({
  name: "the executable finds damage, builds an index anew in its threads, and takes that back",
  ignore,
  fn: async () => {
    const store = await brokenLargeIndex();
    assertEquals((await runExecutable(["check", "--quick", store])).code, 4);
    const repaired = await runExecutable(["repair", "--yes", store]);
    assertEquals(repaired.code, 1, repaired.stdout + repaired.stderr);
    assertStringIncludes(repaired.stdout, "Lost      nothing");
    assertEquals((await runExecutable(["check", store])).code, 0);
    assertEquals((await runExecutable(["undo", "--yes", store])).code, 0);
    assertEquals((await runExecutable(["check", "--quick", store])).code, 4);
  },
});

Deno.test({
  name: "the executable guards, reports, exports and backs up",
  ignore,
  fn: async () => {
    const cwd = await scratchDirectory();
    const store = await goldenStore("chroma-1.5.9");
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runExecutable(args, { cwd });
      assertEquals(code, 0, `${args.join(" ")}\n${stdout}${stderr}`);
      return stdout;
    };
    await run("guard", store);
    await run("report", store, "--output", "report.html");
    const page = await Deno.readTextFile(join(cwd, "report.html"));
    assertMatch(page, /^<!doctype html>/i);
    const records = await run("export", store, "--collection", "notes", "--output", "-");
    assertEquals(Object.hasOwn(JSON.parse(records.split("\n")[0] ?? ""), "id"), true);
    await run("backup", store);
    await run("seal", store);
    await run("status", store);
    assertEquals((await runExecutable(["guard", await tornStore("chroma-0.5.23-2")])).code, 4);
  },
});

Deno.test({
  name: "the executable is permitted to read and to write files, and nothing else",
  ignore,
  fn: async () => {
    const store = await goldenStore("chroma-1.5.9");
    const watched = await runExecutable(["watch", "--listen", "127.0.0.1:0", store]);
    assertEquals(watched.code, 8, watched.stderr);
    assertStringIncludes(watched.stderr, "--allow-net");
  },
});

Deno.test({
  name:
    "the executable checks below a root that nobody can write to, and without a place for notes",
  ignore: ignore || !HAS_NAME_SPACES,
  fn: async () => {
    const store = await goldenStore("chroma-1.5.9");
    const before = "mount -o remount,bind,ro / 2>/dev/null || mount -o bind,ro / /; cd /";
    const { code, stdout, stderr } = await runExecutable(["check", store], { before });
    assertEquals([code, stderr], [0, ""], stdout);
    assertMatch(stdout, /^CLEAN /m);
  },
});

if (WHY_NOT !== null) {
  Deno.test.ignore(`the executable cannot be built here: ${WHY_NOT}`, () => {});
}
