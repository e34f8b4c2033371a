/**
 * docs/watch.md, its example and its tables, held against the code.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { findVerb, optionsOf } from "../../lib/cli/verbs.ts";
import {
  parseConfiguration,
  resolveConfiguration,
} from "../../lib/watch/configuration/configuration.ts";
import { EVENT_LEVELS } from "../../lib/watch/events/events.ts";
import { REPOSITORY } from "../support/fixtures.ts";

const page = await Deno.readTextFile(join(REPOSITORY, "docs", "watch.md"));

const manifest = await Deno.readTextFile(
  join(REPOSITORY, "docs", "kubernetes", "watched-chroma.yaml"),
);

Deno.test("the example in docs/watch.md can be used, and shows the defaults", () => {
  const [, example = ""] = /```json\n(\{\n {2}"\$schema"[^]*?)```/.exec(page) ?? [];
  const configuration = resolveConfiguration(parseConfiguration(example, "/etc/watch.json"));
  assertEquals(configuration.stores.map(({ path }) => path), ["/srv/chroma", "/srv/memories"]);
  const plain = resolveConfiguration({ stores: [{ path: "/srv/chroma" }] });
  assertEquals(configuration.stores[0], plain.stores[0]);
  const { metrics, log } = configuration;
  assertEquals(
    { ...configuration, stores: plain.stores },
    {
      ...plain,
      metrics: { ...plain.metrics, file: metrics.file },
      log: { ...plain.log, file: log.file },
    },
  );
  assertEquals(configuration.stores[1]?.damage, { policy: "repair", mostPerDay: 3 });
});

Deno.test("docs/watch.md lists every event with its level, and no other", () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (error|warning|notice|info) +\|/gm)];
  const listed = Object.fromEntries(rows.map(([, name = "", level]) => [name, level]));
  assertEquals(listed, { ...EVENT_LEVELS });
});

Deno.test("docs/watch.md names options and fields that there are", () => {
  const options = optionsOf(findVerb("watch") ?? null).map(({ name }) => `--${name}`);
  const rows = [...page.matchAll(/^\| `(--[a-z-]+)` +\| `([A-Za-z.]+)` +\|$/gm)];
  assertEquals(rows.length, 8);
  for (const [, option = "", field = ""] of rows) {
    assert(options.includes(option), option);
    const [outer = "", inner] = field.split(".");
    const text = JSON.stringify(
      inner === undefined ? { [outer]: 1 } : { [outer]: { [inner]: {} } },
    );
    const problem = problemOf(text);
    assert(problem.includes(field) && !problem.includes("is no field"), `${field}: ${problem}`);
  }
  for (const [option = ""] of page.matchAll(/`--(?!allow)[a-z-]+/g)) {
    const known = ["--prometheus", "--since-seal", "--yes", "--json"];
    assert(options.includes(option.slice(1)) || known.includes(option.slice(1)), option);
  }
});

/** What is wrong with a configuration. */
function problemOf(text: string): string {
  try {
    parseConfiguration(text, "/etc/watch.json");
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  return "";
}

Deno.test("the ConfigMap for Kubernetes can be used", () => {
  const [, indented = ""] = /watch\.json: \|\n((?: {4}.*\n)+)/.exec(manifest) ?? [];
  const { stores, listen } = resolveConfiguration(parseConfiguration(indented, "/etc/watch.json"));
  assertEquals([stores[0]?.path, listen], ["/data/chroma", "0.0.0.0:9464"]);
});
