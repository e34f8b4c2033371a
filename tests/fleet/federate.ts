/**
 * Gathers the metrics of a watch and of a text file with one Prometheus, and what that has recorded
 * with another: `federate.ts PROMETHEUS WATCH_URL TEXTFILE DASHBOARD`. It prints, as JSON, how many
 * series each expression of the dashboard gives, and what has arrived at the second one.
 *
 * @module
 */

import { dirname, fromFileUrl, join } from "@std/path";
import { parse, stringify } from "yaml";

const [prometheus = "", watchUrl = "", textfile = ""] = Deno.args;
const DOCS = fromFileUrl(new URL("../../docs/prometheus", import.meta.url));
const directory = dirname(textfile);
const LONGEST_WAIT_MS = 60_000;
const STEP_MS = 250;

/** What node_exporter says besides the files that it is given. */
const EXPORTER_LINES = `
node_textfile_scrape_error 0
node_textfile_mtime_seconds{file="${textfile}"} ${Date.now() / 1000}
node_memory_MemAvailable_bytes 1e9
`;

interface Prometheus {
  readonly url: string;
  readonly child: Deno.ChildProcess;
}

/** Takes a configuration of the documents, in seconds where that has minutes. */
async function configure(name: string, scrapes: readonly object[]): Promise<string> {
  const text = (await Deno.readTextFile(join(DOCS, name))).replaceAll(": 1m", ": 1s");
  const configuration = parse(text) as { rule_files: string[]; scrape_configs: object[] };
  for (const file of configuration.rule_files) {
    const rules = await Deno.readTextFile(join(DOCS, file));
    await Deno.writeTextFile(join(directory, file), rules.replaceAll(": 1m", ": 1s"));
  }
  configuration.scrape_configs = configuration.scrape_configs.map((scrape, index) => {
    const { file_sd_configs: _files, ...rest } = scrape as Record<string, unknown>;
    return { ...rest, ...scrapes[index] };
  });
  const path = join(directory, name);
  await Deno.writeTextFile(path, stringify(configuration));
  return path;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function start(name: string, scrapes: readonly object[]): Promise<Prometheus> {
  const port = freePort();
  const child = new Deno.Command(prometheus, {
    args: [
      `--config.file=${await configure(name, scrapes)}`,
      `--storage.tsdb.path=${join(directory, `${name}.data`)}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  return { url: `http://127.0.0.1:${port}`, child };
}

interface Sample {
  readonly metric: Record<string, string>;
}

async function query({ url }: Prometheus, expression: string): Promise<Sample[]> {
  const asked = `${url}/api/v1/query?query=${encodeURIComponent(expression)}`;
  const answer = await (await fetch(asked)).json();
  if (answer.status !== "success") throw new Error(`${expression}: ${answer.error}`);
  return answer.data.result;
}

/** Asks until there is an answer, or the time is over. */
async function queryPatiently(server: Prometheus, expression: string): Promise<Sample[]> {
  const endMs = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const samples = await query(server, expression).catch((error) => {
      if (performance.now() > endMs) throw error;
      return [];
    });
    if (samples.length > 0 || performance.now() > endMs) return samples;
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

const exporter = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
  return new Response(await Deno.readTextFile(textfile) + EXPORTER_LINES);
});
const targetsOf = (url: string): object => ({
  static_configs: [{ targets: [new URL(url).host] }],
});
const site = await start("prometheus.site.yml", [
  targetsOf(`http://127.0.0.1:${exporter.addr.port}`),
  targetsOf(watchUrl),
]);
const above = await start("prometheus.federation.yml", [targetsOf(site.url)]);
try {
  const dashboard = JSON.parse(await Deno.readTextFile(join(DOCS, "dashboard.json")));
  const expressions: string[] = dashboard.panels.flatMap(
    ({ targets = [] }: { targets?: { expr: string }[] }) => targets.map(({ expr }) => expr),
  );
  const counts: Record<string, number> = {};
  for (const expression of expressions) {
    const asked = expression.replaceAll("$store", ".*");
    counts[expression] = (await queryPatiently(site, asked)).length;
  }
  await queryPatiently(above, "store:vecfsck_healthy:damaged");
  const arrived = await queryPatiently(above, '{__name__=~".*:vecfsck_.*"}');
  console.log(JSON.stringify({
    counts,
    arrived: arrived.map(({ metric }) => metric),
    raw: (await query(above, "vecfsck_up")).length,
  }));
} finally {
  for (const { child } of [site, above]) {
    child.kill("SIGTERM");
    await child.status;
  }
  await exporter.shutdown();
}
