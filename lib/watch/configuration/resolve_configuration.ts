/**
 * Putting together what the file, the environment and the options say, and filling in the rest.
 *
 * @module
 */

import { resolve, SEPARATOR } from "@std/path";
import { OperationError } from "../../base/errors.ts";
import { parseListenAddress } from "../../base/listen_address.ts";
import {
  COMMON_FIELDS,
  COMMON_SECTIONS,
  type Section,
  STORE_SECTIONS,
} from "./configuration_fields.ts";
import type { Fields } from "./field.ts";
import type {
  StorePlan,
  StoreSettings,
  WatchConfiguration,
  WatchSettings,
} from "./watch_configuration.ts";

/**
 * Makes a configuration of what several sources say.
 *
 * @param sources What they say; a later one wins over an earlier one. The stores are those of the
 * last one that names any; what an earlier one says of these stores alone holds on.
 * @returns The configuration, with every default.
 * @throws {OperationError} With the code `usage`: there is no store, or a value cannot be used.
 */
export function resolveConfiguration(...sources: WatchSettings[]): WatchConfiguration {
  const stores = sources.findLast((source) => (source.stores?.length ?? 0) > 0)?.stores ?? [];
  if (stores.length === 0) {
    throw new OperationError("usage", "There is no store to watch", {
      hint: "Name one, or give `stores` in the configuration.",
    });
  }
  const paths = new Set(stores.map(({ path }) => resolve(path)));
  const { memory, metrics, log } = COMMON_SECTIONS;
  const configuration: WatchConfiguration = {
    stores: [...paths].map((path) => planStore(path, sources)),
    memory: complete("memory", memory, sources.map((source) => source.memory)),
    metrics: complete("metrics", metrics, sources.map((source) => source.metrics)),
    log: complete("log", log, sources.map((source) => source.log)),
    ...complete("", { description: "", fields: COMMON_FIELDS }, sources),
  };
  requireSense(configuration);
  return configuration;
}

/**
 * Makes a configuration for some stores.
 *
 * @param stores The directories of the stores.
 * @param settings What is done when.
 * @returns The configuration.
 * @throws {OperationError} With the code `usage`: a setting cannot be used.
 */
export function configurationOf(
  stores: string | readonly string[],
  settings: WatchSettings,
): WatchConfiguration {
  const paths = typeof stores === "string" ? [stores] : stores;
  return resolveConfiguration({ ...settings, stores: paths.map((path) => ({ path })) });
}

function planStore(path: string, sources: readonly WatchSettings[]): StorePlan {
  const layers = sources.flatMap((source): Omit<StoreSettings, "path">[] => {
    const own = source.stores?.find((store) => resolve(store.path) === path);
    return own === undefined ? [source] : [source, own];
  });
  const { check, backup, optimize, damage, disk } = STORE_SECTIONS;
  return {
    path,
    check: complete("check", check, layers.map((layer) => layer.check)),
    backup: complete("backup", backup, layers.map((layer) => layer.backup)),
    optimize: complete("optimize", optimize, layers.map((layer) => layer.optimize)),
    damage: complete("damage", damage, layers.map((layer) => layer.damage)),
    disk: complete("disk", disk, layers.map((layer) => layer.disk)),
  };
}

/** Fills in a section: the last that says something of a field wins. */
function complete<Plan>(
  name: string,
  { fields }: Section<Plan>,
  layers: readonly (Partial<Plan> | undefined)[],
): Plan {
  const properties = Object.keys(fields) as (keyof Fields<Plan> & keyof Plan)[];
  const values = properties.map((property) => {
    const field = fields[property];
    const layer = layers.findLast((candidate) => candidate?.[property] !== undefined);
    const value = layer?.[property] ?? field.initial;
    const problem = field.judge(value);
    const place = name === "" ? String(property) : `${name}.${String(property)}`;
    if (problem !== null) throw new OperationError("usage", `${place} ${problem}`);
    return [property, value];
  });
  // Every field of the plan has its place in the table, which the type of `fields` holds.
  return Object.fromEntries(values) as Plan;
}

/** What is wrong with values only when they are taken together, or by what they stand for. */
function requireSense(configuration: WatchConfiguration): void {
  const { metrics, log, notes, listen, listenAnywhere, stores } = configuration;
  if (metrics.file !== null && !metrics.file.endsWith(".prom")) {
    // Any other name would be passed over by the collector, and nobody would know why.
    throw new OperationError("usage", "metrics.file needs a name that ends with .prom");
  }
  const address = listen === null ? null : parseListenAddress(listen);
  if (address !== null && !address.isLocal && !listenAnywhere) {
    throw new OperationError("usage", `${listen} can be reached by other machines`, {
      hint: "Listen on 127.0.0.1, or say that this is wanted: listenAnywhere, --listen-anywhere.",
    });
  }
  const directories = stores.map(({ backup }) => backup.directory);
  for (const path of [metrics.file, log.file, notes, ...directories]) {
    if (path !== null) requireOutsideOf(stores, path);
  }
}

function requireOutsideOf(stores: readonly StorePlan[], place: string): void {
  const path = resolve(place);
  const isWithin = (store: StorePlan): boolean =>
    `${path}${SEPARATOR}`.startsWith(store.path + SEPARATOR);
  if (!stores.some(isWithin)) return;
  throw new OperationError("usage", `${path} is in a store`, {
    path,
    hint: "Name a place outside of the stores.",
  });
}
