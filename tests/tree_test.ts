/**
 * The rules of the tree: which layer imports which, and what stands behind one module alone.
 */
import { assertEquals } from "@std/assert";
import { join, relative } from "@std/path";
import { REPOSITORY } from "./support/fixtures.ts";

/** The layers, the lowest first; those in one row do not import each other's neighbours above. */
const LAYERS = [
  ["base"],
  ["model"],
  ["codec", "fs", "hnsw", "sqlite"],
  ["machine"],
  ["stores"],
  ["engine"],
  ["quarantine", "seal"],
  ["backup"],
  ["repair"],
  ["isolation"],
  ["guard", "optimize", "export", "fleet"],
  ["status", "drill", "chromem"],
  ["writing", "report"],
  ["watch"],
  ["output"],
  ["serve"],
  ["cli"],
] as const;

interface SourceFile {
  readonly path: string;
  readonly layer: string;
  readonly text: string;
}

async function listSources(directory = join(REPOSITORY, "lib")): Promise<SourceFile[]> {
  const sources: SourceFile[] = [];
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory) sources.push(...await listSources(path));
    else if (path.endsWith(".ts")) {
      const name = relative(join(REPOSITORY, "lib"), path).replaceAll("\\", "/");
      sources.push({
        path: name,
        layer: name.split("/")[0] ?? "",
        text: await Deno.readTextFile(path),
      });
    }
  }
  return sources;
}

function rankOf(layer: string): number {
  return LAYERS.findIndex((row) => (row as readonly string[]).includes(layer));
}

function importsOf(source: SourceFile): string[] {
  return [...source.text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

/** The relative modules that a source needs to be loaded or typed; `import()` waits until it runs. */
function staticImportsOf(source: SourceFile): string[] {
  return [...codeOf(source).matchAll(/from\s*"(\.[^"]+)"/g)].map((match) => match[1] ?? "");
}

/** The code of a source without its comments. */
function codeOf(source: SourceFile): string {
  return source.text.replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, "");
}

const sources = await listSources();

Deno.test("lib imports one way only, from the lower layers", () => {
  const wrong: string[] = [];
  for (const source of sources) {
    assertEquals(rankOf(source.layer) >= 0, true, `no such layer: ${source.layer}`);
    for (const specifier of importsOf(source)) {
      if (!specifier.startsWith(".")) continue;
      const target = new URL(specifier, `file:///${source.path}`).pathname.slice(1);
      const layer = target.split("/")[0] ?? "";
      if (rankOf(layer) > rankOf(source.layer)) wrong.push(`${source.path} imports ${target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("lib has no circle of imports, not even of types", () => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const circles: string[] = [];
  const follow = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) circles.push([...way.slice(start), path].join(" -> "));
    const source = byPath.get(path);
    if (start >= 0 || source === undefined || done.has(path)) return;
    for (const specifier of staticImportsOf(source)) {
      follow(new URL(specifier, `file:///${path}`).pathname.slice(1), [...way, path]);
    }
    done.add(path);
  };
  for (const { path } of sources) follow(path, []);
  assertEquals(circles, []);
});

Deno.test("node:sqlite is imported by one module alone", () => {
  const importers = sources.filter((source) => importsOf(source).includes("node:sqlite"));
  assertEquals(importers.map((source) => source.path), ["sqlite/database.ts"]);
});

Deno.test("the library for Parquet is loaded when such an export is made, by one module alone", () => {
  const writer = "export/parquet_writer.ts";
  const importers = sources.filter((source) =>
    importsOf(source).some((name) => name.startsWith("hyparquet"))
  );
  assertEquals(importers.map((source) => source.path), [writer]);
  const isWriter = (name: string): boolean => name.endsWith("/parquet_writer.ts");
  const users = sources.filter((source) => importsOf(source).some(isWriter));
  assertEquals(users.map((source) => source.path), ["export/export_store.ts"]);
  assertEquals(users.flatMap(staticImportsOf).filter(isWriter), []);
});

Deno.test("what Deno has of Node's library is loaded when it is used, by one module alone", () => {
  const slow = ["node:crypto", "node:fs", "node:fs/promises", "node:process", "node:zlib"];
  const importers = sources.filter((source) =>
    importsOf(source).some((name) => slow.includes(name))
  );
  assertEquals(importers.map((source) => source.path), ["base/node_library.ts"]);
});

Deno.test("lib writes files in one module alone", () => {
  const writing =
    /\bDeno\.(write|rename|remove(?!Signal)|mkdir|copy|truncate|utime|chmod|chown|link|symlink|create|makeTemp|mkdir)|write: true|append: true/;
  const writers = sources.filter((source) => writing.test(codeOf(source)));
  assertEquals(writers.map((source) => source.path), ["fs/write_fs.ts"]);
});

Deno.test("lib prints nothing outside the command line", () => {
  const printers = sources.filter((source) =>
    /\bconsole\.|Deno\.(stdout|stderr)/.test(codeOf(source))
  );
  assertEquals(
    printers.filter((source) => source.layer !== "cli").map((source) => source.path),
    [],
  );
});

Deno.test("every module of lib says what it is for", () => {
  const silent = sources.filter((source) => !source.text.includes("@module"));
  assertEquals(silent.map((source) => source.path), []);
});

Deno.test("the version in lib is the one in deno.json", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(join(REPOSITORY, "deno.json")));
  const source = sources.find((candidate) => candidate.path === "base/version.ts");
  assertEquals(source?.text.includes(`VERSION = "${version}"`), true);
});

Deno.test("docs/codes.md is what the table of codes gives", async () => {
  const { CODES_PAGE, renderCodesPage } = await import("../scripts/generate_docs.ts");
  assertEquals(await Deno.readTextFile(CODES_PAGE), renderCodesPage());
});

Deno.test("docs/watch.schema.json is what the table of fields gives", async () => {
  const { WATCH_SCHEMA, renderWatchSchema } = await import("../scripts/generate_docs.ts");
  assertEquals(await Deno.readTextFile(WATCH_SCHEMA), renderWatchSchema());
});

Deno.test("docs/reference.md is what the table of verbs gives", async () => {
  const { REFERENCE_PAGE } = await import("../scripts/generate_docs.ts");
  const { renderReferencePage } = await import("../lib/cli/reference_page.ts");
  assertEquals(await Deno.readTextFile(REFERENCE_PAGE), renderReferencePage());
});

Deno.test("no finding code is given twice", () => {
  const text = sources.find((source) => source.path === "model/codes.ts")?.text ?? "";
  const codes = [...text.matchAll(/"(VF\d{4})"/g)].map((match) => match[1]);
  assertEquals(new Set(codes).size, codes.length);
});

Deno.test("docs/architecture.md names every layer and only files that there are", async () => {
  const page = await Deno.readTextFile(join(REPOSITORY, "docs", "architecture.md"));
  for (const layer of LAYERS.flat()) assertEquals(page.includes(`lib/${layer}`), true, layer);
  const known = new Set(sources.flatMap(({ path }) => [path, path.split("/").slice(1).join("/")]));
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && !line.includes("---"));
  const named = rows.flatMap((row) => [...(row.split("|")[2] ?? "").matchAll(/`([a-z_/]+\.ts)`/g)]);
  assertEquals(named.length > 30, true);
  assertEquals(named.map((match) => match[1] ?? "").filter((path) => !known.has(path)), []);
});
