/**
 * docs/prometheus: the configurations, rules and the dashboard of a fleet, judged by promtool and by
 * a real Prometheus, with another one above it.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { parse } from "yaml";
import { chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, REPOSITORY, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { findPromtool, runPromtool } from "../support/promtool.ts";
import { runCli } from "../support/run_cli.ts";
import { RunningCli } from "../support/running_cli.ts";

const FOLDER = join(REPOSITORY, "docs", "prometheus");
const promtool = await findPromtool();
const prometheus = await findPrometheus();

/** Finds the server beside promtool; null where there is none. */
async function findPrometheus(): Promise<string | null> {
  if (promtool === null) return null;
  const path = promtool.includes("/") ? join(dirname(promtool), "prometheus") : "prometheus";
  try {
    await new Deno.Command(path, { args: ["--version"] }).output();
    return path;
  } catch {
    return null;
  }
}

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly record?: string;
      readonly expr: string;
      readonly for?: string;
    }[];
  }[];
}

async function readRules(name: string): Promise<RuleFile["groups"][number]["rules"]> {
  const { groups } = parse(await Deno.readTextFile(join(FOLDER, name))) as RuleFile;
  return groups.flatMap(({ rules }) => rules);
}

Deno.test("every alert on a fleet is tested, waits, and asks for what is recorded", async () => {
  const recorded = (await readRules("vecfsck.records.yml")).map(({ record }) => record);
  const tests = await Deno.readTextFile(join(FOLDER, "vecfsck.fleet.rules.test.yml"));
  const alerts = await readRules("vecfsck.fleet.rules.yml");
  assert(alerts.length > 5);
  for (const { alert, expr, for: wait = "" } of alerts) {
    assertStringIncludes(tests, `alertname: ${alert}\n`);
    assert(/^(1\d|[2-9]\d)m$|^\d+h$/.test(wait), `${alert}: ${wait}`);
    const asked = expr.match(/\w+:vecfsck_\w+:\w+/g) ?? [];
    assert(asked.length > 0, alert);
    assertEquals(asked.filter((name) => !recorded.includes(name)), [], alert);
  }
});

Deno.test("what is recorded has names of metrics that there are, and bounded labels", async () => {
  const page = await Deno.readTextFile(join(REPOSITORY, "docs", "metrics.md"));
  const rules = await readRules("vecfsck.records.yml");
  for (const { record = "", expr } of rules) {
    const [, level, metric = ""] = /^(instance|store):(vecfsck_\w+):\w+$/.exec(record) ?? [];
    assert(level !== undefined, record);
    // Bytes of a store are the sum of three metrics.
    if (metric !== "vecfsck_store_bytes") assertStringIncludes(page, `\`${metric}\``);
    if (level === "store") continue;
    const by = [...expr.matchAll(/by \(([^)]*)\)/g)].map(([, labels = ""]) => labels);
    assert(by.length > 0, record);
    for (const labels of by) {
      assert(/^job, instance(, (severity|action))?$/.test(labels), `${record}: ${labels}`);
    }
  }
});

Deno.test({
  name: "promtool accepts the rules and configurations of a fleet, and their tests",
  ignore: promtool === null,
  async fn() {
    for (const name of ["prometheus.site.yml", "prometheus.federation.yml"]) {
      assertStringIncludes(await runPromtool(["check", "config", join(FOLDER, name)]), "SUCCESS");
    }
    for (const name of ["vecfsck.records.test.yml", "vecfsck.fleet.rules.test.yml"]) {
      assertStringIncludes(await runPromtool(["test", "rules", join(FOLDER, name)]), "SUCCESS");
    }
  },
});

Deno.test({
  name: "a real Prometheus answers every expression of the dashboard, and one above it the sums",
  ignore: prometheus === null,
  async fn() {
    const directory = await scratchDirectory();
    const [sound, torn] = [await goldenStore("chroma-1.5.9"), await tornStore("chroma-1.5.9-1")];
    const stores = [sound, torn, await chromemStore("plain")];
    for (const args of [["seal", sound], ["backup", sound], ["check", "--since-seal", torn]]) {
      await runCli([...args, "--quiet"]);
    }
    const textfile = join(directory, "vecfsck.prom");
    await runCli(["status", "--prometheus", "--out", textfile, ...stores]);
    await using watch = new RunningCli(["watch", "--listen", "127.0.0.1:0", ...stores], {
      permissions: ["--allow-sys=statfs,systemMemoryInfo", "--allow-net=127.0.0.1"],
    });
    const url = /http:\S+/.exec(await watch.find(" info listening "))?.[0] ?? "";
    await watch.find("damaged");
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--allow-all",
        join(REPOSITORY, "tests", "fleet", "federate.ts"),
        prometheus ?? "",
        url,
        textfile,
      ],
      stderr: "piped",
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { counts, arrived, raw } = JSON.parse(new TextDecoder().decode(stdout));
    const silent = Object.entries(counts).filter(([, count]) => count === 0);
    assertEquals(silent.map(([expression]) => expression), []);
    assert(arrived.every(({ site }: Record<string, string>) => site === "site-a"));
    const names = arrived.map(({ __name__ }: Record<string, string>) => __name__);
    assert(names.includes("instance:vecfsck_up:count"), names.join(" "));
    const damaged = arrived.filter(({ __name__ }: Record<string, string>) =>
      __name__ === "store:vecfsck_healthy:damaged"
    );
    assertEquals(
      new Set(damaged.map(({ store }: Record<string, string>) => store)),
      new Set([torn]),
    );
    assertEquals(raw, 0);
  },
});
