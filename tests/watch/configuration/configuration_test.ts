import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../../lib/base/errors.ts";
import type { JsonValue } from "../../../lib/model/finding.ts";
import {
  configurationFromEnvironment,
  parseConfiguration,
  resolveConfiguration,
} from "../../../lib/watch/configuration/configuration.ts";
import { ConfigurationFile } from "../../../lib/watch/configuration/configuration_file.ts";
import { makeConfigurationSchema } from "../../../lib/watch/configuration/configuration_schema.ts";
import type { WatchSettings } from "../../../lib/watch/configuration/watch_configuration.ts";
import { MemoryDisk } from "../../support/memory_fs.ts";

/** Everything that a file can say. */
const EXAMPLE = {
  "$schema": "watch.schema.json",
  stores: ["/srv/one", { path: "two", backup: { at: "04:15" }, damage: { policy: "restore" } }],
  check: { interval: "10m", maxDuration: "1h" },
  backup: {
    enabled: true,
    at: "23:59",
    interval: "12h",
    directory: "backups",
    keep: { daily: 14, weekly: 8, within: "2d" },
  },
  optimize: {
    enabled: false,
    weekday: "monday",
    at: "01:00",
    window: "2h",
    quiet: "5m",
    assumeClosed: true,
  },
  damage: { policy: "repair", mostPerDay: 1 },
  disk: { minFree: "500MB" },
  memory: { maxUsedRatio: 0.9 },
  metrics: { file: "/var/lib/metrics/vecfsck.prom", compatibleNames: true },
  log: { file: "watch.log", maxSize: "1MB", keep: 2 },
  listen: "127.0.0.1:9464",
  listenAnywhere: false,
  notes: "/var/lib/vecfsck",
  timeZone: "Europe/Berlin",
};

/** What is wrong, where anything is, by the file and by the schema. */
const WRONG: readonly (readonly [JsonValue, string])[] = [
  [{ stors: [] }, "stors is no field of a configuration; did you mean stores?"],
  [{ check: { intervall: "5m" } }, "check.intervall is no field of a configuration; did you mean"],
  [{ check: { interval: "5 min" } }, "check.interval is no span of time from 1s to 7d, such as 5m"],
  [{ check: { interval: 300 } }, "check.interval is no span of time"],
  [{ check: "5m" }, "check is no object"],
  [{ backup: { at: "24:00" } }, "backup.at is no time of day such as 03:30"],
  [{ backup: { enabled: "yes" } }, "backup.enabled is neither true nor false"],
  [{ backup: { keep: { dayly: 3 } } }, "backup.keep has dayly, which is none of last, hourly"],
  [{ backup: { keep: { daily: -1 } } }, "backup.keep has daily that is no whole number"],
  [{ backup: { keep: { within: 3 } } }, "backup.keep has within that is no span of time"],
  [{ backup: { keep: {} } }, "backup.keep keeps no backup"],
  [{ optimize: { weekday: "Sunday" } }, "optimize.weekday is none of monday, tuesday"],
  [{ damage: { policy: "heal" } }, "damage.policy is none of alert, repair, restore"],
  [{ damage: { mostPerDay: 0 } }, "damage.mostPerDay is no whole number from 1 to 1000"],
  [{ damage: { mostPerDay: 1.5 } }, "damage.mostPerDay is no whole number"],
  [{ disk: { minFree: "much" } }, "disk.minFree is no size of at least 0, such as 1GB"],
  [{ memory: { maxUsedRatio: 80 } }, "memory.maxUsedRatio is no number from 0.05 to 1"],
  [{ log: { file: "" } }, "log.file is no path"],
  [{ log: { keep: 5000 } }, "log.keep is no whole number from 0 to 1000"],
  [{ stores: "/srv" }, "stores is no list"],
  [{ stores: [7] }, "stores[0] is no object"],
  [{ stores: [{}] }, "stores[0].path is no text"],
  [{ stores: ["/a", { path: "/a", chek: {} }] }, "stores[1].chek is no field"],
  [{ stores: [{ path: "/a", memory: {} }] }, "stores[0].memory is no field"],
  [[], "The text is no object"],
];

/** What only reading finds, for a schema cannot say it. */
const WRONG_FOR_READING: readonly (readonly [string, string])[] = [
  ["{", "no JSON: "],
  ['{"stores": ["/a", "/b/../a"]}', "stores[1] is the same store as stores[0]"],
  ['{"check": {"interval": "0s"}}', "check.interval is no span of time from 1s to 7d"],
  ['{"listen": "9464"}', "listen is no address such as 127.0.0.1:9464"],
  ['{"timeZone": "Mars/Olympus"}', "timeZone is no time zone such as Europe/Berlin"],
  ['{"__proto__": {}}', "__proto__ is no field of a configuration"],
  ['{"backup": {"keep": {"daily": 0}}}', "backup.keep keeps no backup"],
];

function read(value: unknown): WatchSettings {
  return parseConfiguration(JSON.stringify(value), "/etc/vecfsck/watch.json");
}

Deno.test("parseConfiguration() reads every field, and paths from the directory of the file", () => {
  const configuration = resolveConfiguration(read(EXAMPLE));
  const [one, two] = configuration.stores;
  assertEquals(one, {
    path: "/srv/one",
    check: { intervalMs: 600_000, maxDurationMs: 3_600_000 },
    backup: {
      isEnabled: true,
      atMinutes: 23 * 60 + 59,
      intervalMs: 43_200_000,
      directory: "/etc/vecfsck/backups",
      keep: { daily: 14, weekly: 8, withinMs: 172_800_000 },
    },
    optimize: {
      isEnabled: false,
      weekday: "monday",
      atMinutes: 60,
      windowMs: 7_200_000,
      quietMs: 300_000,
      assumeClosed: true,
    },
    damage: { policy: "repair", mostPerDay: 1 },
    disk: { minFreeBytes: 500_000_000 },
  });
  assertEquals([two?.path, two?.backup.atMinutes, two?.backup.intervalMs, two?.damage], [
    "/etc/vecfsck/two",
    255,
    43_200_000,
    { policy: "restore", mostPerDay: 1 },
  ]);
  const { stores: _, ...rest } = configuration;
  assertEquals(rest, {
    memory: { maxUsedRatio: 0.9 },
    metrics: { file: "/var/lib/metrics/vecfsck.prom", compatibleNames: true },
    log: { file: "/etc/vecfsck/watch.log", maxSizeBytes: 1_000_000, keep: 2 },
    listen: "127.0.0.1:9464",
    listenAnywhere: false,
    notes: "/var/lib/vecfsck",
    timeZone: "Europe/Berlin",
  });
});

Deno.test("parseConfiguration() names the field that is wrong, and the one that was meant", () => {
  for (const [value, message] of WRONG) {
    const error = assertThrows(() => read(value), OperationError);
    assertEquals(error.code, "usage");
    assertStringIncludes(error.message, `/etc/vecfsck/watch.json: ${message}`);
  }
  for (const [text, message] of WRONG_FOR_READING) {
    const error = assertThrows(() => parseConfiguration(text, "watch.json"), OperationError);
    assertStringIncludes(error.message, `watch.json: ${message}`);
  }
});

Deno.test("resolveConfiguration() fills in the defaults", () => {
  const { stores: [store], ...rest } = resolveConfiguration({ stores: [{ path: "/srv/one" }] });
  assertEquals(store, {
    path: "/srv/one",
    check: { intervalMs: 300_000, maxDurationMs: 1_800_000 },
    backup: {
      isEnabled: true,
      atMinutes: 210,
      intervalMs: 86_400_000,
      directory: null,
      keep: { daily: 7 },
    },
    optimize: {
      isEnabled: true,
      weekday: "sunday",
      atMinutes: 120,
      windowMs: 10_800_000,
      quietMs: 600_000,
      assumeClosed: false,
    },
    damage: { policy: "alert", mostPerDay: 3 },
    disk: { minFreeBytes: 1_000_000_000 },
  });
  assertEquals(rest, {
    memory: { maxUsedRatio: 0.8 },
    metrics: { file: null, compatibleNames: false },
    log: { file: null, maxSizeBytes: 10_000_000, keep: 5 },
    listen: null,
    listenAnywhere: false,
    notes: null,
    timeZone: null,
  });
});

Deno.test("resolveConfiguration() lets a later source win, and keeps what a store has of its own", () => {
  const environment: WatchSettings = {
    stores: [{ path: "/srv/zero" }],
    memory: { maxUsedRatio: 0.7 },
    backup: { intervalMs: 3_600_000, atMinutes: 1 },
  };
  const file: WatchSettings = {
    stores: [{ path: "/srv/one", check: { intervalMs: 60_000 } }, { path: "/srv/two" }],
    memory: { maxUsedRatio: 0.6 },
    backup: { atMinutes: 2 },
    listen: "127.0.0.1:1",
  };
  const options: WatchSettings = { stores: [{ path: "/srv/one/" }], listen: null };
  const { stores, memory, listen } = resolveConfiguration(environment, file, options);
  assertEquals(stores.map(({ path, check, backup }) => [path, check.intervalMs, backup]), [[
    "/srv/one",
    60_000,
    { isEnabled: true, intervalMs: 3_600_000, atMinutes: 2, directory: null, keep: { daily: 7 } },
  ]]);
  assertEquals([memory.maxUsedRatio, listen], [0.6, null]);
  assertEquals(resolveConfiguration(environment, file).stores.length, 2);
});

Deno.test("resolveConfiguration() refuses what a program or several sources together get wrong", () => {
  const stores = [{ path: "/srv/one" }];
  const refused: readonly (readonly [WatchSettings, string])[] = [
    [{}, "There is no store to watch"],
    [{ stores, check: { intervalMs: NaN } }, "check.intervalMs is no span of time"],
    [{ stores, check: { intervalMs: 0 } }, "check.intervalMs is no span of time"],
    [{ stores, backup: { keep: { daily: 0.5 } } }, "backup.keep has a rule"],
    [{ stores, metrics: { file: "/tmp/vecfsck.txt" } }, "needs a name that ends with .prom"],
    [{ stores, log: { file: "/srv/one/watch.log" } }, "/srv/one/watch.log is in a store"],
    [{ stores, notes: "/srv/one" }, "/srv/one is in a store"],
    [{ stores, backup: { directory: "/srv/one/backups" } }, "/srv/one/backups is in a store"],
    [{ stores, listen: "0.0.0.0:9464" }, "0.0.0.0:9464 can be reached by other machines"],
  ];
  for (const [settings, message] of refused) {
    const error = assertThrows(() => resolveConfiguration(settings), OperationError);
    assertEquals(error.code, "usage");
    assertStringIncludes(error.message, message);
  }
  assertEquals(resolveConfiguration({ stores, notes: "/srv/one.notes" }).notes, "/srv/one.notes");
  const anywhere = resolveConfiguration({ stores, listen: "0.0.0.0:1", listenAnywhere: true });
  assertEquals(anywhere.listen, "0.0.0.0:1");
});

Deno.test("configurationFromEnvironment() takes the forms that the variables have", () => {
  const from = (variables: Record<string, string>): WatchSettings =>
    configurationFromEnvironment((name) => variables[name]);
  assertEquals(from({}), {});
  assertEquals(from({ CHROMADB_DB_PATH: "" }), {});
  assertEquals(from({ CHROMADB_DB_PATH: "/srv/chroma" }), { stores: [{ path: "/srv/chroma" }] });
  for (const text of ["75", "75%", "0.75", " 75 "]) {
    assertEquals(from({ CHROMADB_MEMORY_THRESHOLD: text }), { memory: { maxUsedRatio: 0.75 } });
  }
  const hour = 3_600_000;
  for (const [text, hours] of [["12", 12], ["24", 24], ["0.5", 0.5], ["90m", 1.5], ["2d", 48]]) {
    assertEquals(from({ CHROMADB_BACKUP_INTERVAL: String(text) }), {
      backup: { intervalMs: Number(hours) * hour },
    });
  }
  for (
    const wrong of [
      { CHROMADB_MEMORY_THRESHOLD: "200" },
      { CHROMADB_MEMORY_THRESHOLD: "much" },
      { CHROMADB_MEMORY_THRESHOLD: "-1" },
      { CHROMADB_BACKUP_INTERVAL: "0" },
      { CHROMADB_BACKUP_INTERVAL: "daily" },
      { CHROMADB_DB_PATH: "a\0b" },
    ]
  ) {
    const error = assertThrows(() => from(wrong), OperationError);
    assertStringIncludes(error.message, `${Object.keys(wrong)[0]} cannot be used`);
  }
});

Deno.test("makeConfigurationSchema() accepts what is read, and rejects what is not", () => {
  const schema = makeConfigurationSchema();
  assertEquals(findMismatch(schema, EXAMPLE, schema), null);
  assertEquals(findMismatch(schema, {}, schema), null);
  for (const [value] of WRONG) {
    assert(findMismatch(schema, value, schema) !== null, JSON.stringify(value));
  }
});

Deno.test("makeConfigurationSchema() gives defaults that can be read, and describes every field", () => {
  const schema = makeConfigurationSchema();
  const defaults: Record<string, Record<string, unknown>> = {};
  const sections = { ...objectOf(schema, "$defs"), ...objectOf(schema, "properties") };
  for (const [name, section] of Object.entries(sections)) {
    const { properties } = section as { properties?: Record<string, Record<string, JsonValue>> };
    if (name === "store" || properties === undefined) continue;
    for (const [field, part] of Object.entries(properties)) {
      assertEquals(typeof part["description"], "string", `${name}.${field}`);
      defaults[name] = { ...defaults[name], [field]: part["default"] };
    }
  }
  const stores = ["/srv/one"];
  assertEquals(
    resolveConfiguration(read({ ...defaults, stores })),
    resolveConfiguration(read({ stores })),
  );
});

function objectOf(value: object, name: string): Record<string, unknown> {
  return (value as Record<string, Record<string, unknown>>)[name] ?? {};
}

type Schema = Readonly<Record<string, unknown>>;

/** What of a value a schema does not allow: only what the schemas here use of JSON schema. */
function findMismatch(schema: Schema, value: unknown, root: Schema, place = "$"): string | null {
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const target = objectOf(root, "$defs")[reference.split("/").at(-1) ?? ""];
    return findMismatch(target as Schema, value, root, place);
  }
  if (Array.isArray(schema["anyOf"])) {
    const misses = schema["anyOf"].map((each) => findMismatch(each, value, root, place));
    return misses.includes(null) ? null : misses.join("; ");
  }
  if (Array.isArray(schema["enum"])) return schema["enum"].includes(value) ? null : place;
  const types = [schema["type"]].flat();
  if (!types.includes(typeOf(value)) && !(types.includes("number") && typeof value === "number")) {
    return `${place}: ${typeOf(value)}`;
  }
  if (typeof value === "string") {
    const isShort = value.length < Number(schema["minLength"] ?? 0);
    const pattern = new RegExp(String(schema["pattern"] ?? ""), "u");
    return isShort || !pattern.test(value) ? place : null;
  }
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    return value >= Number(minimum) && value <= Number(maximum) ? null : place;
  }
  if (Array.isArray(value)) {
    const items = schema["items"] as Schema;
    return value.map((each, index) => findMismatch(items, each, root, `${place}[${index}]`))
      .find((mismatch) => mismatch !== null) ?? null;
  }
  return typeof value === "object" && value !== null
    ? findObjectMismatch(schema, { ...value }, root, place)
    : null;
}

function findObjectMismatch(
  schema: Schema,
  value: Record<string, unknown>,
  root: Schema,
  place: string,
): string | null {
  const properties = objectOf(schema, "properties");
  const required = (schema["required"] ?? []) as readonly string[];
  const missing = required.find((name) => !(name in value));
  if (missing !== undefined) return `${place}.${missing}`;
  if (Object.keys(value).length < Number(schema["minProperties"] ?? 0)) return place;
  for (const [name, each] of Object.entries(value)) {
    const part = properties[name];
    if (part === undefined) return `${place}.${name}`;
    const mismatch = findMismatch(part as Schema, each, root, `${place}.${name}`);
    if (mismatch !== null) return mismatch;
  }
  return null;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}

/** Writes a file anew, as an editor does. */
function rewrite(disk: MemoryDisk, path: string, text: string): void {
  if (disk.fs.look(path) !== null) disk.fs.removeFile(path);
  using file = disk.fs.createFile(path, 0o600);
  file.write(new TextEncoder().encode(text));
}

Deno.test("ConfigurationFile reads a file again when it has changed, and keeps what it could use", () => {
  const disk = new MemoryDisk();
  const path = "/watch.json";
  assertThrows(() => ConfigurationFile.open(disk.fs, path), OperationError, "No such file");
  rewrite(disk, path, '{"chekc": {}}');
  assertThrows(() => ConfigurationFile.open(disk.fs, path), OperationError, "chekc");
  rewrite(disk, path, '{"listen": "127.0.0.1:1"}');
  const file = ConfigurationFile.open(disk.fs, path);
  assertEquals([file.poll(), file.reread()], ["same", "same"]);
  rewrite(disk, path, '{"listen": "127.0.0.1:2"}');
  assertEquals([file.poll(), file.settings, file.poll()], [
    "changed",
    { listen: "127.0.0.1:2" },
    "same",
  ]);
  rewrite(disk, path, '{"listen": 3}');
  assertEquals([file.poll(), file.poll(), file.settings], [
    "broken",
    "same",
    { listen: "127.0.0.1:2" },
  ]);
  assertStringIncludes(file.problem?.message ?? "", "listen is no address");
  disk.fs.removeFile(path);
  assertEquals([file.poll(), file.poll(), file.problem?.code], ["broken", "same", "not-found"]);
  rewrite(disk, path, '{"listen": "127.0.0.1:2"}');
  assertEquals([file.poll(), file.problem], ["changed", null]);
});
