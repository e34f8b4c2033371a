import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { listCompatibleMetrics } from "../../lib/output/compatible_metrics.ts";
import { type Metric, renderMetrics } from "../../lib/output/prometheus.ts";
import { listStatusMetrics, MOST_COLLECTION_LABELS } from "../../lib/output/status_metrics.ts";
import type { StatusOutcome, SystemStatus } from "../../lib/status/system_status.ts";
import { REPOSITORY } from "../support/fixtures.ts";
import { findPromtool, runPromtool } from "../support/promtool.ts";
import { DAMAGED, WELL } from "./status_examples.ts";

const OUTCOMES: readonly StatusOutcome[] = [
  { store: "/srv/chroma", status: WELL, isBusy: false },
  { store: "/srv/memories", status: DAMAGED, isBusy: false },
  { store: "/srv/gone", status: null, isBusy: false },
  { store: "/srv/busy", status: null, isBusy: true },
];

const FOLDER = join(REPOSITORY, "docs", "prometheus");

const promtool = await findPromtool();

function list(outcomes: readonly StatusOutcome[] = OUTCOMES): Metric[] {
  return listStatusMetrics(outcomes, { compatibleNames: true });
}

/** The samples of a metric, each as its labels and its value. */
function samplesOf(name: string, outcomes = OUTCOMES): [Record<string, string>, number][] {
  const found = list(outcomes).filter((metric) => metric.name === name);
  assertEquals(found.length, 1, name);
  return (found[0]?.samples ?? []).map(({ labels, value }) => [{ ...labels }, value]);
}

function withCollections(each: NonNullable<SystemStatus["collections"]>["each"]): StatusOutcome[] {
  const collections = { total: each.length, healthy: 0, damaged: 0, each };
  return [{ store: "/srv/chroma", status: { ...WELL, collections }, isBusy: false }];
}

Deno.test("listStatusMetrics() says of every store whether it could be read", () => {
  assertEquals(samplesOf("vecfsck_up"), [
    [{ store: "/srv/chroma" }, 1],
    [{ store: "/srv/memories" }, 1],
    [{ store: "/srv/gone" }, 0],
    [{ store: "/srv/busy" }, 0],
  ]);
  assertEquals(samplesOf("vecfsck_busy").map(([, value]) => value), [0, 0, 0, 1]);
});

Deno.test("listStatusMetrics() gives the numbers of each store under its own labels", () => {
  const chroma = { store: "/srv/chroma", format: "chroma" };
  const memories = { store: "/srv/memories", format: "chromem" };
  const expected: Record<string, [Record<string, string>, number][]> = {
    vecfsck_healthy: [[chroma, 1], [memories, 0]],
    vecfsck_refused: [[chroma, 0], [memories, 1]],
    vecfsck_collections: [[chroma, 2], [memories, 3]],
    vecfsck_collections_healthy: [[chroma, 2], [memories, 1]],
    vecfsck_collections_damaged: [[chroma, 0], [memories, 2]],
    vecfsck_documents: [[chroma, 1234]],
    vecfsck_queue_bytes: [[chroma, 24_000]],
    vecfsck_document_bytes: [[memories, 40_000]],
    vecfsck_last_good_backup_timestamp_seconds: [[chroma, 1_772_344_800]],
    vecfsck_last_good_metadata_backup_timestamp_seconds: [[memories, 1_772_366_340]],
    vecfsck_last_full_check_timestamp_seconds: [[chroma, 1_772_355_600]],
    vecfsck_last_full_check_healthy: [[chroma, 1]],
    vecfsck_status_duration_seconds: [[chroma, 0.15], [memories, 0.03]],
    vecfsck_disk_free_bytes: [[chroma, 50_000_000_000]],
  };
  for (const [name, samples] of Object.entries(expected)) {
    assertEquals(samplesOf(name), samples, name);
  }
});

Deno.test("listStatusMetrics() counts findings by severity, those of which there are none too", () => {
  const labels = { store: "/srv/memories", format: "chromem" };
  assertEquals(
    samplesOf("vecfsck_findings").filter(([{ store }]) => store === labels.store),
    [
      [{ ...labels, severity: "fatal" }, 0],
      [{ ...labels, severity: "error" }, 2],
      [{ ...labels, severity: "warning" }, 1],
      [{ ...labels, severity: "info" }, 0],
    ],
  );
});

Deno.test("listStatusMetrics() puts collections of one name together", () => {
  const outcomes = withCollections([
    { name: "notes", records: 5, isHealthy: true },
    { name: "notes", records: 7, isHealthy: false },
    { name: "odd", records: null, isHealthy: true },
  ]);
  const labels = { store: "/srv/chroma", format: "chroma" };
  assertEquals(samplesOf("vecfsck_collection_healthy", outcomes), [
    [{ ...labels, collection: "notes" }, 0],
    [{ ...labels, collection: "odd" }, 1],
  ]);
  assertEquals(samplesOf("vecfsck_collection_documents", outcomes), [
    [{ ...labels, collection: "notes" }, 12],
  ]);
});

Deno.test("listStatusMetrics() makes labels of names of any kind, and of no great length", () => {
  const outcomes = withCollections([
    { name: `${"x".repeat(1e6)}1`, records: 1, isHealthy: true },
    { name: `${"x".repeat(1e6)}2`, records: 2, isHealthy: true },
    { name: "\x1b[2J", records: 3, isHealthy: true },
  ]);
  const samples = samplesOf("vecfsck_collection_documents", outcomes);
  assertEquals(samples.map(([{ collection }, value]) => [collection, value]), [
    [`${"x".repeat(199)}…`, 3],
    ["\\u{1b}[2J", 3],
  ]);
});

Deno.test("listStatusMetrics() names a bounded number of collections, the damaged ones first", () => {
  const names = Array.from({ length: MOST_COLLECTION_LABELS + 5 }, (_, index) => `c${index}`);
  const outcomes = withCollections(
    names.map((name) => ({ name, records: 1, isHealthy: name !== names.at(-1) })),
  );
  const samples = samplesOf("vecfsck_collection_healthy", outcomes);
  assertEquals(samples.length, MOST_COLLECTION_LABELS);
  assertEquals(samples[0]?.[0].collection, names.at(-1));
});

Deno.test("listStatusMetrics() adds the names of others only when they are asked for", () => {
  const own = listStatusMetrics(OUTCOMES, { compatibleNames: false });
  assertEquals(own.filter(({ name }) => !name.startsWith("vecfsck_")), []);
  assertEquals(list().length, own.length + 5);
});

Deno.test("listCompatibleMetrics() counts a store as failing that cannot be read, unless it is busy", () => {
  const failures = listCompatibleMetrics(OUTCOMES)
    .find(({ name }) => name === "vectorstore_initialization_failures_total");
  assertEquals(failures?.type, "untyped");
  assertEquals(failures?.samples.map(({ value }) => value), [0, 1, 1]);
});

Deno.test("docs/metrics.md names every metric, and no other", async () => {
  const page = await Deno.readTextFile(join(REPOSITORY, "docs", "metrics.md"));
  const named = [...page.matchAll(/^\| `((?:vecfsck|vectorstore)_[a-z_]+)`/gm)].map(([, name]) =>
    name
  );
  assertEquals(named, list().map(({ name }) => name));
});

Deno.test("metrics have names, labels and types by the conventions", () => {
  const names = list().map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const allowed = ["store", "format", "collection", "severity", "action"];
  for (const { name, type, help, samples } of list()) {
    assertEquals(/^[A-Z0-9].*\.$/.test(help), true, help);
    const keys = samples.flatMap(({ labels }) => Object.keys(labels));
    const isInfo = name.endsWith("_info");
    assert(isInfo || keys.every((key) => allowed.includes(key)), `${name} ${keys}`);
    assertEquals(type === "untyped", name.startsWith("vectorstore_") && name.endsWith("_total"));
  }
});

Deno.test("the rules and the dashboard ask for metrics that there are", async () => {
  const names = new Set(list().map(({ name }) => name));
  for (const file of ["vecfsck.rules.yml", "dashboard.json"]) {
    const text = await Deno.readTextFile(join(FOLDER, file));
    const asked = [...text.matchAll(/\b(?:vecfsck|vectorstore)_[a-z_]+\b/g)].map(([name]) => name);
    assert(asked.length > 10, file);
    assertEquals(asked.filter((name) => !names.has(name)), [], file);
  }
});

Deno.test("every alert is tested, and waits for at least two runs", async () => {
  const rules = await Deno.readTextFile(join(FOLDER, "vecfsck.rules.yml"));
  const tests = await Deno.readTextFile(join(FOLDER, "vecfsck.rules.test.yml"));
  const alerts = [...rules.matchAll(/- alert: (\w+)\n\s+expr: .*\n\s+for: (\d+)([mhd])\n/g)];
  assertEquals(alerts.length, rules.split("- alert:").length - 1);
  for (const [, name, count, unit] of alerts) {
    assert(tests.includes(`alertname: ${name}\n`), name);
    const isStale = name === "VecfsckStatusStale";
    assert(isStale || unit !== "m" || Number(count) >= 10, name);
  }
});

Deno.test({
  name: "promtool accepts the metrics, the rules and their tests",
  ignore: promtool === null,
  async fn() {
    const text = renderMetrics(list());
    assertEquals(await runPromtool(["check", "metrics"], { stdin: text }), "");
    const rules = join(FOLDER, "vecfsck.rules.yml");
    assert((await runPromtool(["check", "rules", rules])).includes("SUCCESS"));
    const tests = join(FOLDER, "vecfsck.rules.test.yml");
    assert((await runPromtool(["test", "rules", tests])).includes("SUCCESS"));
  },
});
