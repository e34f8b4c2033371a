import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { exitCodeOfError } from "../../lib/cli/exit_code.ts";
import type { OperationErrorCode } from "../../lib/base/errors.ts";
import { Journal } from "../../lib/fs/journal.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { openWorkDirectory } from "../../lib/fs/work_directory.ts";
import { quarantineStaleHnsw } from "../../lib/quarantine/stale_hnsw.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, REPOSITORY, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { runCli } from "../support/run_cli.ts";
import {
  toBatchResultLine,
  toBatchStartLine,
  toBatchSummaryLine,
} from "../../lib/output/drill_batches_json.ts";
import { runBatchDrill } from "../../lib/drill/batches/run_batch_drill.ts";
import type { JsonLine } from "../../lib/output/json.ts";
import { FakeChroma } from "../drill/batches/fake_chroma.ts";
import { aheadClock } from "../backup/backup_cases.ts";
import { runMain } from "../cli/run_main.ts";
import { collectWatchLines } from "./watch_lines.ts";

/** A table of a Markdown page: the heading that it stands under, and its cells. */
interface Table {
  readonly section: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Fields with their types, as they are documented or as they occurred. */
type Fields = Map<string, Set<string>>;

const NOTE = "docs/json.md and the output of vecfsck differ";

function parseTables(page: string): Table[] {
  const tables: { section: string; header: string[]; rows: string[][] }[] = [];
  let section = "";
  let isInTable = false;
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) section = line.slice(3);
    const isRow = line.startsWith("|");
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    if (isRow && !isInTable) tables.push({ section, header: cells, rows: [] });
    else if (isRow && !/^-+$/.test(cells[0] ?? "")) tables.at(-1)?.rows.push(cells);
    isInTable = isRow;
  }
  return tables;
}

function documentedFields(tables: readonly Table[], firstHeader: string): Map<string, Fields> {
  const documented = new Map<string, Fields>();
  for (const { section, header, rows } of tables) {
    if (header[0] !== firstHeader) continue;
    documented.set(
      section,
      new Map(rows.map(([field = "", type = ""]) => [
        field.replaceAll("`", ""),
        new Set(type.replaceAll("`", "").split(", ")),
      ])),
    );
  }
  return documented;
}

/** Lists every field of a line under its documented name, with its value. */
function* listFields(value: object, prefix = ""): Generator<[string, unknown]> {
  for (const [key, inner] of Object.entries(value)) {
    const name = prefix + key;
    yield [name, inner];
    // What is in `detail` depends on the code of the finding: it is documented as open.
    if (name === "detail") continue;
    if (Array.isArray(inner)) {
      for (const item of inner) {
        if (typeof item === "object") yield* listFields(item, `${name}[].`);
      }
    } else if (typeof inner === "object" && inner !== null) yield* listFields(inner, `${name}.`);
  }
}

function matchesType(value: unknown, type: string): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return JSON.stringify(value) === type;
  }
}

/** Runs calls that between them print every kind of line and every field. */
async function collectLines(): Promise<Record<string, unknown>[]> {
  const torn = await tornStore("chroma-1.5.9-1");
  const golden = await goldenStore("chroma-0.4.24");
  const calls: string[][] = [
    ["check", "--json", torn, golden, "/no/such/store"],
    ["check", "--json", "--quick", golden],
    ["guard", "--json", golden],
    ["guard", "--json", "--on-damage", "restore", torn],
    ["status", "--json", torn],
    [
      "seal",
      "--json",
      "-o",
      join(await scratchDirectory(), "seal"),
      await goldenStore("chroma-1.5.9"),
    ],
    ["report", "--json", "-o", join(await scratchDirectory(), "report.html"), torn, "/no/store"],
    ["check", "--json", "--recursive", await scratchDirectory()],
    ["check", "--json"],
    ["--version", "--json"],
    ["completions", "--json", "fish"],
    ["help", "--json"],
    ["help", "check", "--json"],
  ];
  if (Deno.build.os === "linux") calls.push(["check", "--json", await linkToStrangeName(golden)]);
  const results = await Promise.all(calls.map((args) => runCli(args)));
  const backupLines = await collectBackupLines(await goldenStore("chroma-1.5.9"));
  const metadataLines = await collectMetadataLines();
  const quarantineLines = await collectQuarantineLines(await goldenStore("chroma-1.5.9"));
  const repairLines = await collectRepairLines(await goldenStore("chroma-1.5.9"));
  const optimizeLines = await collectOptimizeLines();
  const exportLines = await collectExportLines(await goldenStore("chroma-1.5.9"));
  const drillLines = await collectDrillLines(await goldenStore("chroma-1.5.9"));
  const watchLines = await collectWatchLines(await goldenStore("chroma-0.4.24"));
  return [
    ...results.flatMap(({ jsonLines }) => jsonLines),
    ...backupLines,
    ...metadataLines,
    ...quarantineLines,
    ...repairLines,
    ...optimizeLines,
    ...exportLines,
    ...drillLines,
    ...watchLines,
    ...await collectBatchLines(),
    ...await collectProbeLines(await goldenStore("chroma-0.4.24")),
  ];
}

/** Exports what is left of a store without a database, and nothing of it. */
async function collectExportLines(store: string): Promise<Record<string, unknown>[]> {
  await Deno.remove(join(store, "chroma.sqlite3"));
  const path = join(await scratchDirectory(), "export.jsonl");
  const refused = await runCli(["export", "--json", "-o", path, store]);
  const salvaged = await runCli(["export", "--json", "--salvage", "-o", path, store]);
  return [...refused.jsonLines, ...salvaged.jsonLines];
}

/** Asks engines that answer, refuse and die; running one needs a permission. */
async function collectProbeLines(store: string): Promise<Record<string, unknown>[]> {
  const worlds = [];
  for (const script of ["echo 634", "exit 3", "kill -SEGV $$", "exit 139"]) {
    const args = ["guard", "--json", "--probe", `sh -c '${script}'`, store];
    worlds.push(await runMain(args, { time: aheadClock() }));
  }
  return worlds.flatMap(({ jsonLines }) => jsonLines);
}

/** Runs drills of a store of which not everything can be copied; an engine needs a permission. */
async function collectDrillLines(store: string): Promise<Record<string, unknown>[]> {
  Deno.symlinkSync("nowhere", join(store, "dangling"));
  const damages = ["vectors_nan", "config_without_type"];
  const calls = [
    ["drill", "--list", "--json"],
    ["drill", "--damage", damages.join(","), "--engine-command", "test -d", "--json", store],
  ];
  const worlds = [];
  for (const args of calls) worlds.push(await runMain(args, { time: aheadClock() }));
  return worlds.flatMap(({ jsonLines }) => jsonLines);
}

/** Measures servers in memory: the real ones need the network. */
async function collectBatchLines(): Promise<Record<string, unknown>[]> {
  const lines: JsonLine[] = [];
  for (const faults of [{ loseAbove: 10 }, { refuseAbove: 5 }]) {
    const outcome = await runBatchDrill({
      server: "http://127.0.0.1:8000",
      request: new FakeChroma(faults).request,
      maxSize: 20,
      onStart: async (start) => void lines.push(await toBatchStartLine(start)),
      onResult: async (result) => void lines.push(await toBatchResultLine(result)),
    });
    lines.push(toBatchSummaryLine(outcome));
  }
  return lines.map((line) => ({ ...line }));
}

/** Runs calls about a store whose index is damaged, which is repaired and gets its damage back. */
async function collectRepairLines(store: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const run = async (...args: string[]): Promise<void> => {
    const { jsonLines } = await runCli([...args, "--json", store]);
    lines.push(...jsonLines);
  };
  await run("repair", "--yes");
  applyDamage("vectors_nan", { store, collection: "notes" }, 1);
  await run("repair", "--dry-run");
  await run("repair", "--yes");
  await run("undo", "--yes");
  return lines;
}

/** Runs calls about stores that can be made smaller, with a backup and without. */
async function collectOptimizeLines(): Promise<Record<string, unknown>[]> {
  const calls = [
    ["--dry-run", await goldenStore("chroma-0.4.24")],
    ["--yes", "--compact-indexes", await goldenStore("chroma-1.5.9")],
  ];
  const results = await Promise.all(calls.map((args) => runCli(["optimize", "--json", ...args])));
  return results.flatMap(({ jsonLines }) => jsonLines);
}

/** Runs calls about indexes that are moved aside, and one of them put back. */
async function collectQuarantineLines(store: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const run = async (...args: string[]): Promise<void> => {
    const { jsonLines } = await runCli(["quarantine", ...args, "--json"]);
    lines.push(...jsonLines);
  };
  quarantineStaleHnsw(store, { staleSeconds: -1e12 });
  for (const { name } of [...Deno.readDirSync(store)]) {
    if (name.startsWith("5c9b")) {
      await Deno.rename(join(store, name), join(store, name.slice(0, 36)));
    }
  }
  await run(store, "--segment", "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2", "--yes");
  await Deno.mkdir(join(`${store}.vecfsck`, "quarantine", "20200101T000000Z"));
  await run("list", store);
  await run("purge", store, "--older-than", "0s", "--dry-run");
  await run("restore", store, String(lines.find(({ type }) => type === "quarantine")?.id));
  return lines;
}

/** Runs calls about a backup that is whole, and then has lost a file, and about one that is none. */
async function collectBackupLines(store: string): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const run = async (action: string): Promise<void> => {
    const { jsonLines } = await runCli([...action.split(" "), "--json", store]);
    lines.push(...jsonLines);
  };
  await run("backup --verify");
  await run("backup show");
  await run("status");
  await run("restore --yes");
  await interruptSwap(store);
  await run("restore --dry-run");
  await run("restore --yes");
  const path = String(lines.find(({ type }) => type === "backup")?.path);
  await Deno.remove(join(path, "files", "chroma.sqlite3"));
  await Deno.mkdir(join(path, "..", "20200101T000000Z"));
  await run("backup verify");
  await run("backup list");
  return lines;
}

/** Runs calls about a backup of metadata, of which the store then loses some. */
async function collectMetadataLines(): Promise<Record<string, unknown>[]> {
  const store = await chromemStore("plain");
  const lines: Record<string, unknown>[] = [];
  const run = async (...args: string[]): Promise<void> => {
    const { jsonLines } = await runCli([...args, "--json", "--metadata-only", store]);
    lines.push(...jsonLines);
  };
  await run("backup");
  await Deno.remove(join(store, "e6684f6c", "00000000.gob"));
  await run("backup");
  await run("restore", "--yes");
  return lines;
}

/** Leaves the record of a swap that was not begun, as a run does that was killed. */
async function interruptSwap(store: string): Promise<void> {
  const workDirectory = openWorkDirectory(localFs, store);
  const replacement = join(workDirectory, "rebuilt");
  await Deno.mkdir(replacement);
  new Journal(localFs, workDirectory).write({
    kind: "swap-directory",
    id: "20261121T070000-0123456789abcdef",
    startedAt: "2026-11-21T07:00:00.000Z",
    live: join(store, "segment"),
    hadLive: false,
    replacement,
    aside: join(workDirectory, "replaced"),
  });
}

/** Moves a store below a name that is not UTF-8, and gives a link to it. */
async function linkToStrangeName(store: string): Promise<string> {
  const directory = await scratchDirectory();
  const script = 'd="$(printf \'caf\\351\')"; mkdir "$d" && cp -R "$0" "$d/store" && ' +
    'ln -s "$d/store" plain';
  const { success } = await new Deno.Command("sh", { args: ["-c", script, store], cwd: directory })
    .output();
  assert(success);
  return join(directory, "plain");
}

Deno.test("docs/json.md describes every field of every line, and each one occurs", async () => {
  const tables = parseTables(await Deno.readTextFile(join(REPOSITORY, "docs", "json.md")));
  const documented = documentedFields(tables, "Field");
  const [optional = new Map()] = documentedFields(tables, "Optional field").values();
  const lines = await collectLines();
  const seen = new Map<string, Set<string>>();
  for (const line of lines) {
    const type = String(line.type);
    const fields = documented.get(type);
    assert(fields !== undefined, `${NOTE}: no section on lines of type ${type}`);
    const names = seen.get(type) ?? new Set<string>();
    seen.set(type, names);
    for (const [name, value] of listFields(line)) {
      names.add(name);
      const types = fields.get(name) ?? optional.get(name);
      assert(types !== undefined, `${NOTE}: ${type}.${name} is not documented`);
      assert(
        [...types].some((documentedType) => matchesType(value, documentedType)),
        `${NOTE}: ${type}.${name} is ${JSON.stringify(value)}`,
      );
    }
    for (const name of fields.keys()) {
      if (!/[.[]/.test(name)) assert(name in line, `${NOTE}: a ${type} without ${name}`);
    }
  }
  for (const [type, fields] of documented) {
    for (const name of fields.keys()) {
      assert(seen.get(type)?.has(name), `${NOTE}: ${type}.${name} never occurs`);
    }
  }
  if (Deno.build.os === "linux") {
    for (const name of optional.keys()) {
      assert([...seen.values()].some((names) => names.has(name)), `${NOTE}: no ${name}`);
    }
  }
});

Deno.test("docs/json.md gives every code of an error the exit code that it has", async () => {
  const tables = parseTables(await Deno.readTextFile(join(REPOSITORY, "docs", "json.md")));
  const table = tables.find(({ header }) => header[0] === "Code of an error");
  const rows = (table?.rows ?? []).map(([code = "", exitCode = ""]) => [
    code.replaceAll("`", ""),
    Number(exitCode),
  ]);
  // A record has to name every code: a new one cannot be forgotten here.
  const codes: Record<OperationErrorCode, true> = {
    "not-found": true,
    "not-a-directory": true,
    "not-a-store": true,
    "permission-denied": true,
    "link-loop": true,
    "read-failed": true,
    "write-failed": true,
    "no-space": true,
    "no-memory": true,
    "busy": true,
    "cancelled": true,
    "unsupported": true,
    "usage": true,
    "internal": true,
  };
  const expected = (Object.keys(codes) as OperationErrorCode[])
    .map((code) => [code, exitCodeOfError(code)]);
  assertEquals(rows.toSorted(), expected.toSorted());
});
