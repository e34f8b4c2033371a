import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { chromemExport, chromemFacts } from "../support/chromem_stores.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { runCli } from "../support/run_cli.ts";
import { FakeEnvironment } from "./fake_environment.ts";
import { runMain } from "./run_main.ts";

function dataOf({ stdout }: FakeEnvironment): string {
  return stdout.bytes.map((bytes) => new TextDecoder().decode(bytes)).join("");
}

Deno.test("export writes JSON Lines to standard output, and what it says elsewhere", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const world = await runMain(["export", "--collection", "dot", store]);
  assertEquals([world.code, world.stdout.text], [0, ""]);
  const lines = dataOf(world).trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.length, 121);
  assertEquals([lines[0].id, lines[0].header.records, lines[0].header.space], [null, 120, "ip"]);
  assertStringIncludes(world.stderr.text, `EXPORTED  ${store}: 120 records`);
});

Deno.test("export --quiet says nothing when all is well", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const path = join(await scratchDirectory(), "x.jsonl");
  const { code, stdout, stderr } = await runMain(["export", "-q", "-o", path, store]);
  assertEquals([code, stdout.text, stderr.text], [0, "", ""]);
});

Deno.test("export names the file that it has written on a line of its own", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const path = join(await scratchDirectory(), "x.jsonl");
  const { stdout } = await runMain(["export", "-o", path, store]);
  assertEquals(stdout.lines.at(-1)?.trim(), `in ${path}`);
});

Deno.test("export --json prints a line for each collection, and the sum", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const path = join(await scratchDirectory(), "arrays");
  const { code, stdout } = await runMain([
    "export",
    "--json",
    "--format",
    "npy",
    "-o",
    path,
    store,
  ]);
  assertEquals(code, 0);
  const lines = stdout.lines.map((line) => JSON.parse(line));
  assertEquals(lines.map(({ type }) => type), [
    ...Array(5).fill("export-collection"),
    "exported",
  ]);
  const { records, files, complete, path: written } = lines.at(-1);
  assertEquals([records, files.length, complete, written], [634, 15, true, path]);
});

Deno.test("export takes Parquet for the format when the file is called so", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const path = join(await scratchDirectory(), "dot.parquet");
  assertEquals((await runMain(["export", "--collection", "dot", "-o", path, store])).code, 0);
  const bytes = await Deno.readFile(path);
  for (const part of [bytes.subarray(0, 4), bytes.subarray(-4)]) {
    assertEquals(new TextDecoder().decode(part), "PAR1");
  }
});

for (
  const [args, said] of [
    [["--format", "npy"], "NumPy arrays are several files"],
    [["--json"], "--json needs -o FILE"],
    [["--json", "-o", "-"], "--json needs -o FILE"],
    [["--format", "csv"], "--format"],
    [["--format", "parquet"], "Standard output takes one collection"],
    [["--jobs", "0"], "--jobs needs at least 1"],
  ] as const
) {
  Deno.test(`export ends with 16 when it is called with ${args.join(" ")}`, async () => {
    const store = await goldenStore("chroma-1.5.9");
    const world = await runMain(["export", ...args, store]);
    assertEquals([world.code, dataOf(world)], [16, ""]);
    assertStringIncludes(world.stderr.text, said);
  });
}

Deno.test("export writes no Parquet to a terminal", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const environment = new FakeEnvironment();
  environment.stdout.isTerminal = true;
  const args = ["export", "--collection", "dot", "--format", "parquet", store];
  assertEquals(await main(args, environment), 16);
  assertEquals(environment.stdout.bytes, []);
});

Deno.test("export exports nothing of a damaged store, and names --salvage", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("header_M", { store, collection: "notes" }, 1);
  const refused = await runMain(["export", store]);
  assertEquals([refused.code, dataOf(refused)], [4, ""]);
  assertStringIncludes(refused.stderr.text, "DAMAGED");
  assertStringIncludes(refused.stderr.text, `vecfsck export --salvage ${store}`);
  const path = join(await scratchDirectory(), "x.jsonl");
  const { code, stdout } = await runMain(["export", "--json", "-o", path, store]);
  assertEquals(code, 4);
  const lines = stdout.lines.map((line) => JSON.parse(line));
  assertEquals([lines[0].type, lines.at(-1).state], ["finding", "damaged"]);
  const salvaged = await runMain(["export", "--salvage", "-o", path, store]);
  assertEquals(salvaged.code, 1);
  assertStringIncludes(salvaged.stdout.text, "SALVAGED");
});

Deno.test("export --salvage ends with 4 when something is missing, and says how much", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.remove(join(store, "chroma.sqlite3"));
  const path = join(await scratchDirectory(), "x.jsonl");
  const { code, stdout } = await runMain(["export", "--salvage", "-o", path, store]);
  assertEquals(code, 4);
  assertStringIncludes(stdout.text, "PARTIAL");
  assertStringIncludes(stdout.text, "LOST      382 documents");
});

Deno.test("export ends quietly when whoever reads has had enough", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const environment = new FakeEnvironment();
  environment.stdout.isBroken = true;
  assertEquals(await main(["export", "-q", store], environment), 0);
  assertEquals(environment.stderr.text, "");
});

Deno.test("export fails when standard output cannot be written", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const environment = new FakeEnvironment();
  environment.stdout.failure = "No space left on device";
  assertEquals(await main(["export", "-q", store], environment), 8);
  assertStringIncludes(environment.stderr.text, "No space left");
});

Deno.test("export decrypts an export file with --key-file", async () => {
  const file = await chromemExport("export.gob.enc");
  const keyFile = join(await scratchDirectory(), "key");
  await Deno.writeTextFile(keyFile, (await chromemFacts()).key, { mode: 0o600 });
  const world = await runMain(["export", "--key-file", keyFile, file]);
  assertEquals(world.code, 0);
  assert(dataOf(world).split("\n").length > 80);
});

Deno.test("repair --vectors takes what export has written", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const lines = join(await scratchDirectory(), "x.jsonl");
  assertEquals((await runMain(["export", "-o", lines, store])).code, 0);
  for (const { name, isDirectory } of Deno.readDirSync(store)) {
    if (isDirectory) await Deno.truncate(join(store, name, "data_level0.bin"), 3000);
  }
  const lossy = await runMain(["repair", "--dry-run", "--json", store]);
  assertStringIncludes(lossy.stdout.text, `"kind":"vector"`);
  const repaired = await runMain(["repair", "--yes", "--vectors", lines, store]);
  assertEquals(repaired.code, 1, repaired.stderr.text);
  const again = join(await scratchDirectory(), "again.jsonl");
  assertEquals((await runMain(["export", "-o", again, store])).code, 0);
  const vectorsOf = (path: string): Map<string, Float32Array> =>
    new Map(
      Deno.readTextFileSync(path).trimEnd().split("\n").map((line) => JSON.parse(line))
        .filter(({ id, collection }) => id !== null && collection !== "cosine")
        .map(({ id, embedding }) => [id, Float32Array.from(embedding)]),
    );
  assertEquals(vectorsOf(again), vectorsOf(lines));
});

Deno.test("export works as a process with two permissions, and a pipe that ends", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const { code, jsonLines, stderr } = await runCli([
    "export",
    "-q",
    "--collection",
    "notes",
    store,
  ]);
  assertEquals([code, jsonLines.length, stderr], [0, 383, ""]);
});
