/**
 * Repairing a broken database, and reading what it holds afterwards.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { collectCheck } from "../../../../lib/engine/collect_check.ts";
import type { RepairOutcome, RepairSettings } from "../../../../lib/repair/outcome.ts";
import { repairStore } from "../../../../lib/repair/repair_store.ts";
import { readDocument, readMetadata } from "../../../../lib/stores/chromem/read_gob_file.ts";
import type { BrokenDatabase } from "../../../support/broken_database.ts";

/** A collection as the files have it. */
export interface FoundCollection {
  /** Its folder. */
  readonly folder: string;
  /** Its metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Its documents by their ids: text, metadata and embedding as one text. */
  readonly documents: ReadonlyMap<string, string>;
}

/** What a database holds, by the names of collections, read as chromem-go reads it. */
export function readAll({ path, extension }: BrokenDatabase): Map<string, FoundCollection> {
  const found = new Map<string, FoundCollection>();
  for (const folder of [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory)) {
    const files = Array.from(Deno.readDirSync(join(path, folder.name)))
      .filter((entry) => !entry.isDirectory && entry.name.endsWith(extension))
      .map(({ name }) => {
        const inner = `${folder.name}/${name}`;
        return { path: inner, name, sizeBytes: Deno.statSync(join(path, inner)).size };
      });
    const own = files.find(({ name }) => name === `00000000${extension}`);
    if (own === undefined) {
      assertEquals(files, [], `${folder.name} has documents and no metadata file`);
      continue;
    }
    const { value: { Name: name = "", Metadata: metadata }, fault } = readMetadata(path, own);
    assertEquals(fault, null, own.path);
    const documents = files.filter((file) => file !== own).map((file) => {
      const { value, fault } = readDocument(path, file);
      assertEquals(fault, null, file.path);
      const held = [value.Content ?? "", [...value.Metadata ?? []].sort(), [
        ...value.Embedding ?? [],
      ]];
      return [value.ID ?? "", JSON.stringify(held)] as const;
    });
    found.set(name, {
      folder: folder.name,
      metadata: Object.fromEntries(metadata ?? []),
      documents: new Map(documents),
    });
  }
  return found;
}

/**
 * Repairs a database, and makes sure that a second repair finds nothing to do.
 *
 * @param database The database.
 * @param options How it is repaired.
 * @returns What became of the first repair, after which a check finds no damage.
 */
export async function repairBroken(
  { path }: BrokenDatabase,
  options: RepairSettings = {},
): Promise<RepairOutcome> {
  const outcome = await repairStore(path, options);
  assertEquals(outcome.state, "repaired");
  const { findings } = await collectCheck(path, {});
  const left = findings.filter(({ severity }) => severity !== "info");
  assertEquals(left.map(({ code, path }) => `${code} ${path}`), []);
  const { vectorsPath: _, ...again } = options;
  assertEquals((await repairStore(path, again)).state, "nothing-to-do");
  return outcome;
}

/** Says what a repair did in short: the kinds of its steps, and what they lose. */
export function summarise({ plan }: RepairOutcome): string[] {
  return plan.steps.map(({ kind, losses }) =>
    [kind, ...losses.map((loss) => `${loss.kind} ${loss.outcome} ${loss.count}`)].join(", ")
  );
}

/** Reads the lines of a file that a repair has kept. */
export function readKept({ kept }: RepairOutcome, name: string): Record<string, unknown>[] {
  const file = kept.find((one) => one.name === name);
  if (file === undefined) return [];
  return Deno.readTextFileSync(file.path).trim().split("\n").map((line) => JSON.parse(line));
}
