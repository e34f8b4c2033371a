/**
 * The collections of a chromem-go database or of an export, for programs.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { checkStore } from "../engine/check.ts";
import { type Finding, isDamage } from "../model/finding.ts";
import type { CheckLevel, FormatName } from "../model/report.ts";
import { findDimension } from "../stores/chromem/document_source.ts";
import { documentFilesOf, readLayout } from "../stores/chromem/layout.ts";
import { hashName } from "../stores/chromem/name_hash.ts";
import { readCollections } from "../stores/chromem/read_collections.ts";
import { nameOfCollection } from "../stores/chromem_export/read_export.ts";
import { requireStore } from "../stores/registry.ts";
import { readExportItems } from "./export_items.ts";

/** How collections are listed. */
export interface ListChromemOptions {
  /** Names that collections may have whose own was lost, besides those that are always tried. */
  names?: readonly string[];
  /** The 32 bytes of the key of an encrypted export file. */
  key?: Uint8Array;
  /** How much is looked at to tell which collections are healthy; `full` when left out. */
  level?: CheckLevel;
  /** Ends the work; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
}

/** A name that fits a collection without one. */
export interface FittingName {
  /** The name. */
  readonly name: string;
  /** Where it comes from, for people. */
  readonly source: string;
}

/** A collection of chromem-go. */
export interface ChromemCollection {
  /** Its name; null where the file that told it is lost or damaged. */
  readonly name: string | null;
  /** Its folder in the database; of an export, the one into which chromem-go imports it. */
  readonly folder: string;
  /** How many documents it has; in a database every file of one counts, damaged or not. */
  readonly documents: number;
  /** How many dimensions its first readable embedding has; null where there is none. */
  readonly dimension: number | null;
  /** Its metadata, as far as it can be read. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether the check has found no damage in it. */
  readonly isHealthy: boolean;
  /** Where the name is lost: names that fit the folder. One is surely the name. */
  readonly fittingNames: readonly FittingName[];
}

/**
 * Lists the collections of a chromem-go database or of an export file, damaged ones included. Nothing
 * is written.
 *
 * @example
 * ```ts
 * import { listChromemCollections } from "@vecfsck/vecfsck";
 *
 * async function show(path: string): Promise<void> {
 *   for (const collection of await listChromemCollections(path, { names: ["memories"] })) {
 *     const { name, folder, documents, isHealthy, fittingNames } = collection;
 *     console.log(name ?? fittingNames[0]?.name ?? folder, documents, isHealthy);
 *   }
 * }
 * console.log(typeof show);
 * ```
 *
 * @param path The database's directory, or an export file.
 * @param options Names to try, the key of an export, how much is looked at.
 * @returns The collections: of a database in the order of their folders, of an export in its order.
 * @throws {OperationError} Nothing of chromem-go is there, it cannot be read, or is in use.
 */
export async function listChromemCollections(
  path: string,
  options: ListChromemOptions = {},
): Promise<readonly ChromemCollection[]> {
  const format = requireChromem(path, options);
  const findings: Finding[] = [];
  for await (const event of checkStore(path, { ...options })) {
    if (event.type === "finding") findings.push(event);
  }
  return format === "chromem"
    ? listFolders(path, findings)
    : await listExported(path, options, findings);
}

/**
 * Makes sure that something of chromem-go is there.
 *
 * @param path A directory, or a file.
 * @param options The key of an export.
 * @returns Which of the two it is.
 * @throws {OperationError} It is neither.
 */
export function requireChromem(
  path: string,
  { key }: Pick<ListChromemOptions, "key">,
): FormatName {
  const { format } = requireStore(path, { files: true, hasKey: key !== undefined });
  if (format !== "chroma") return format;
  throw new OperationError("unsupported", `A store of Chroma, not of chromem-go: ${path}`, {
    path,
    hint: "Name the directory of a chromem-go database, or an export file.",
  });
}

function listFolders(path: string, findings: readonly Finding[]): ChromemCollection[] {
  const layout = readLayout(path);
  const bySegment = Map.groupBy(findings, ({ segment }) => segment);
  return readCollections(layout)
    .filter(({ folder }) => folder.files.length + folder.special.length > 0)
    .map((collection) => {
      const { folder, name, documents, reading } = collection;
      const own = bySegment.get(folder.name) ?? [];
      return {
        name,
        folder: folder.name,
        documents,
        dimension: findDimension(layout.path, documentFilesOf(folder, layout.extension)),
        metadata: toRecord(reading?.value.Metadata),
        isHealthy: !own.some(isDamage),
        fittingNames: name === null ? listFittingNames(own) : [],
      };
    });
}

async function listExported(
  path: string,
  options: ListChromemOptions,
  findings: readonly Finding[],
): Promise<ChromemCollection[]> {
  const collections: ChromemCollection[] = [];
  let documents = 0;
  let dimension: number | null = null;
  for await (const item of readExportItems(path, options)) {
    if (item.kind === "collection") {
      documents = 0;
      dimension = null;
    } else if (item.kind === "document") {
      documents++;
      dimension ??= item.document.Embedding?.length ?? null;
    } else if (item.kind === "end") {
      const name = nameOfCollection(item.collection);
      const own = findings.filter(({ collection }) => collection === name);
      collections.push({
        name,
        folder: hashName(name),
        documents,
        dimension,
        metadata: toRecord(item.collection.value.Metadata),
        isHealthy: item.isWhole && !own.some(isDamage),
        fittingNames: [],
      });
    }
  }
  return collections;
}

/** The names that a check has found for a folder; it lists them in the detail of its finding. */
function listFittingNames(findings: readonly Finding[]): FittingName[] {
  return findings.flatMap(({ detail }) => Array.isArray(detail["names"]) ? detail["names"] : [])
    .flatMap(({ name, source }) =>
      typeof name === "string" && typeof source === "string" ? [{ name, source }] : []
    );
}

/**
 * Makes an object of metadata.
 *
 * @param metadata As it was decoded.
 * @returns The same; empty where there is none.
 */
export function toRecord(
  metadata: ReadonlyMap<string, string> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(metadata ?? []);
}
