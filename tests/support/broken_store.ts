/**
 * A copy of a golden store that a test breaks.
 *
 * @module
 */

import { join } from "@std/path";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { goldenFacts, type GoldenStore, goldenStore } from "./fixtures.ts";

/** Which files of a segment there are. */
export type SegmentFileName =
  | "header.bin"
  | "data_level0.bin"
  | "length.bin"
  | "link_lists.bin"
  | "index_metadata.pickle";

/** A store and the ways to break it. */
export class BrokenStore {
  readonly #segments: ReadonlyMap<string, string>;
  /** The store's directory. */
  readonly path: string;

  private constructor(path: string, segments: ReadonlyMap<string, string>) {
    this.path = path;
    this.#segments = segments;
  }

  /** Makes a fresh copy of a golden store. */
  static async copyOf(name: GoldenStore): Promise<BrokenStore> {
    const path = await goldenStore(name);
    const facts = await goldenFacts(name);
    const segments = new Map<string, string>();
    for (const [collection, { id }] of Object.entries(facts.collections)) {
      const segment = facts.segments.find((row) => row.scope === "VECTOR" && row.collection === id);
      if (segment !== undefined) segments.set(collection, segment.id);
    }
    return new BrokenStore(path, segments);
  }

  /** The id of a collection's VECTOR segment. */
  segment(collection = "notes"): string {
    const id = this.#segments.get(collection);
    if (id === undefined) throw new Error(`No segment of ${collection}`);
    return id;
  }

  /** The path of a file of a collection's segment, or of its directory. */
  file(name: SegmentFileName | "" = "", collection = "notes"): string {
    return join(this.path, this.segment(collection), name);
  }

  /** The path of the catalogue, or of a file beside it. */
  catalogue(suffix = ""): string {
    return join(this.path, `chroma.sqlite3${suffix}`);
  }

  /** Changes bytes of a file. */
  patch(path: string, change: (view: DataView, bytes: Uint8Array) => void): void {
    const bytes = Deno.readFileSync(path);
    change(new DataView(bytes.buffer), bytes);
    Deno.writeFileSync(path, bytes);
  }

  /** Changes bytes of a file of a segment. */
  patchSegment(
    name: SegmentFileName,
    change: (view: DataView, bytes: Uint8Array) => void,
    collection = "notes",
  ): void {
    this.patch(this.file(name, collection), change);
  }

  /** Adds bytes at the end of a file. */
  append(path: string, bytes: Uint8Array): void {
    Deno.writeFileSync(path, bytes, { append: true });
  }

  /** Runs statements on the catalogue. */
  sql(...statements: string[]): void {
    // Tolerant, so that schema and shadow tables can be broken as well.
    using database = StoreDatabase.open(this.catalogue(), { writable: true, tolerant: true });
    for (const statement of statements) database.execute(statement);
  }

  /** Runs a query on the catalogue that gives one value. */
  value(query: string): string | number {
    using database = StoreDatabase.open(this.catalogue());
    const value = database.row(query)?.[0];
    if (typeof value !== "string" && typeof value !== "number") {
      throw new Error(`No value: ${query}`);
    }
    return value;
  }
}
