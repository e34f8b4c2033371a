/**
 * The golden databases of chromem-go, and what is in them.
 *
 * @module
 */

import { join } from "@std/path";
import { copyTree, scratchDirectory, unpackFixture } from "./fixtures.ts";

/** The golden databases: written with the compress flag off and on. */
export const CHROMEM_STORES = ["plain", "gzip"] as const;

/** The name of a golden database. */
export type ChromemStore = typeof CHROMEM_STORES[number];

/** The golden exports, by how they are kept. */
export type ChromemExport = "export.gob" | "export.gob.gz" | "export.gob.enc" | "export.gob.gz.enc";

/** A document as the library reads it. */
export interface ChromemDocument {
  readonly id: string;
  /** The bytes of the id in base64, for an id may be no UTF-8. */
  readonly idBytes: string;
  readonly content: string;
  readonly contentBytes: string;
  /** Null where the file has none. */
  readonly metadata: Readonly<Record<string, string>> | null;
  /** The bytes of the embedding, f32 little-endian, in base64. */
  readonly embedding: string;
  readonly dimension: number;
}

/** A collection as the library reads it. */
export interface ChromemCollection {
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** In the order of `idBytes`. */
  readonly documents: readonly ChromemDocument[];
}

/** What a reader of the golden databases and exports must find. */
export interface ChromemFacts {
  /** The key of the encrypted exports. */
  readonly key: string;
  readonly collections: readonly ChromemCollection[];
}

const ARCHIVE = join("chromem", "chromem-go-0.7.0.tar.gz");

/** Gives the directory of a fresh copy of a golden database. */
export async function chromemStore(name: ChromemStore): Promise<string> {
  const target = join(await scratchDirectory(), "store");
  await copyTree(join(await unpackFixture(ARCHIVE), name), target);
  return target;
}

/** Gives the path of a fresh copy of a golden export. */
export async function chromemExport(name: ChromemExport): Promise<string> {
  const target = join(await scratchDirectory(), name);
  await Deno.copyFile(join(await unpackFixture(ARCHIVE), name), target);
  return target;
}

/** Reads what a reader of the golden databases and exports must find. */
export async function chromemFacts(): Promise<ChromemFacts> {
  return JSON.parse(await Deno.readTextFile(join(await unpackFixture(ARCHIVE), "expected.json")));
}
