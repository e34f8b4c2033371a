import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { BrokenStore } from "../support/broken_store.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { runCli } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { runMain } from "./run_main.ts";

const MISSING = "/no/such/store";

async function damagedStore(): Promise<string> {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(store.file("length.bin", "cosine"));
  return store.path;
}

async function pagePath(): Promise<string> {
  return join(await scratchDirectory(), "page.html");
}

Deno.test("report writes one page about several stores, and says what it has found", async () => {
  const [store, other] = [await goldenStore("chroma-1.5.9"), await chromemStore("plain")];
  const page = await pagePath();
  const { code, stdout, stderr } = await runMain(["report", store, other, "-o", page]);
  assertEquals([code, stderr.text], [0, ""]);
  assertStringIncludes(
    stdout.text,
    `Checking ${store} (full check)\nCLEAN   ${store}: safe to open`,
  );
  assertStringIncludes(stdout.text, `\n\nReport: ${page} (`);
  const html = await Deno.readTextFile(page);
  assert(html.startsWith("<!DOCTYPE html>"));
  assertStringIncludes(html, "<title>All stores are well · vecfsck report</title>");
  for (const path of [store, other]) assertStringIncludes(html, path);
});

Deno.test("report exits with the bits of a check, and the page tells of every store", async () => {
  const store = await damagedStore();
  const page = await pagePath();
  const { code, stdout, stderr } = await runMain(["report", "-q", MISSING, store, "-o", page]);
  assertEquals(code, 12);
  assertStringIncludes(stdout.text, `DAMAGED ${store}`);
  assertEquals(stdout.text.includes("Report:"), false);
  assertStringIncludes(stderr.text, `NOT CHECKED  No such file or directory: ${MISSING}`);
  const html = await Deno.readTextFile(page);
  assertStringIncludes(html, "NOT CHECKED");
  assertStringIncludes(html, `vecfsck repair ${store}`);
  assertEquals((await runMain(["report", "--quick", store, "-o", page])).code, 4);
});

Deno.test("report --json prints a summary for each store, what failed, and the page", async () => {
  const store = await damagedStore();
  const page = await pagePath();
  const { code, jsonLines } = await runMain(["report", "--json", store, MISSING, "-o", page]);
  assertEquals(code, 12);
  assertEquals(jsonLines.map(({ type }) => type), ["summary", "error", "report"]);
  const { sizeBytes } = await Deno.stat(page).then(({ size }) => ({ sizeBytes: size }));
  assertEquals(jsonLines[2], {
    type: "report",
    schema: 1,
    path: page,
    sizeBytes,
    stores: 2,
    storesDamaged: 1,
    storesFailed: 1,
  });
});

Deno.test("report -o - writes the page, and nothing else, to standard output", async () => {
  const { code, stdout } = await runMain([
    "report",
    "--quick",
    "-o",
    "-",
    await goldenStore("chroma-1.5.9"),
  ]);
  assertEquals(code, 0);
  assert(stdout.text.startsWith("<!DOCTYPE html>"));
  assert(stdout.text.trimEnd().endsWith("</html>"));
  const both = await runMain(["report", "--json", "-o", "-", MISSING]);
  assertEquals(both.code, 16);
});

Deno.test("report replaces an older report, and no other file", async () => {
  const store = await chromemStore("plain");
  const page = await pagePath();
  assertEquals((await runMain(["report", "-q", store, "-o", page])).code, 0);
  assertEquals((await runMain(["report", "-q", store, "-o", page])).code, 0);
  await Deno.writeTextFile(page, "<!DOCTYPE html>my thesis");
  const { code, stderr } = await runMain(["report", store, "-o", page]);
  assertEquals(code, 16);
  assertStringIncludes(stderr.text, `${page} is there and is no report of vecfsck`);
  assertEquals(await Deno.readTextFile(page), "<!DOCTYPE html>my thesis");
  const directory = await scratchDirectory();
  assertEquals((await runMain(["report", store, "-o", directory])).code, 16);
});

Deno.test("report writes no page into a store, nor anything else, and says why", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await snapshotTree(store);
  const link = join(await scratchDirectory(), "link");
  await Deno.symlink(store, link);
  for (const page of [join(store, "page.html"), join(link, "deep", "page.html")]) {
    const { code, stderr } = await runMain(["report", store, "-o", page]);
    assertEquals(code, 16);
    assertStringIncludes(stderr.text, "is in the store");
  }
  assertEquals(await snapshotTree(store), before);
});

Deno.test("report says that the page cannot be written, and leaves no half of one", async () => {
  const store = await chromemStore("plain");
  const page = join(await scratchDirectory(), "missing", "page.html");
  const { code, stderr } = await runMain(["report", "-q", store, "-o", page]);
  assertEquals(code, 8);
  assertStringIncludes(stderr.text, page);
});

Deno.test("report works as a process with nothing but the permissions to read and to write", async () => {
  const [store, cwd] = [await damagedStore(), await scratchDirectory()];
  const { code, stdout, stderr } = await runCli(["report", store], { cwd });
  assertEquals([code, stderr], [4, ""]);
  assertStringIncludes(stdout, "Report: ");
  assertEquals([...Deno.readDirSync(cwd)].map(({ name }) => name), ["vecfsck-report.html"]);
  const { mode } = Deno.statSync(join(cwd, "vecfsck-report.html"));
  if (mode !== null) assertEquals(mode & 0o777, 0o600, "a store may be its owner's alone");
});
