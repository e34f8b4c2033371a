/**
 * A private copy of a golden database of chromem-go, and ways to break it.
 *
 * @module
 */

import { join } from "@std/path";
import { encodeGob } from "../../lib/codec/gob.ts";
import { gzip } from "../../lib/codec/gzip.ts";
import { statOrNull } from "../../lib/stores/directory.ts";
import type { Extension } from "../../lib/stores/chromem/layout.ts";
import { hashName } from "../../lib/stores/chromem/name_hash.ts";
import { readDocument } from "../../lib/stores/chromem/read_gob_file.ts";
import {
  DOCUMENT_SHAPE,
  type GobDocument,
  type GobMetadata,
  METADATA_SHAPE,
} from "../../lib/stores/chromem/shapes.ts";
import { type ChromemStore, chromemStore } from "./chromem_stores.ts";

/** A database that a test does with as it likes. */
export class BrokenDatabase {
  /** Its directory. */
  readonly path: string;
  /** Which golden database it was. */
  readonly kind: ChromemStore;
  /** The extension of its files. */
  readonly extension: Extension;

  private constructor(path: string, kind: ChromemStore) {
    this.path = path;
    this.kind = kind;
    this.extension = kind === "gzip" ? ".gob.gz" : ".gob";
  }

  /** Copies a golden database. */
  static async copyOf(kind: ChromemStore): Promise<BrokenDatabase> {
    return new BrokenDatabase(await chromemStore(kind), kind);
  }

  /** The folder of a collection, relative to the database. */
  folder(collection: string): string {
    return hashName(collection);
  }

  /** The metadata file of a collection, relative to the database. */
  metadata(collection: string): string {
    return `${hashName(collection)}/00000000${this.extension}`;
  }

  /** The file of a document, relative to the database. */
  document(collection: string, id: string): string {
    return `${hashName(collection)}/${hashName(id)}${this.extension}`;
  }

  /** The files of all documents of a collection, relative to the database, sorted. */
  documents(collection: string): string[] {
    const folder = hashName(collection);
    return Array.from(Deno.readDirSync(join(this.path, folder)), ({ name }) => name)
      .filter((name) => !name.startsWith("00000000")).sort().map((name) => `${folder}/${name}`);
  }

  /** The path of something in the database on the disk. */
  at(path: string): string {
    return join(this.path, path);
  }

  /** Whether there is anything of a name. */
  has(path: string): boolean {
    return statOrNull(this.at(path)) !== null;
  }

  /** Reads a file. */
  read(path: string): Uint8Array<ArrayBuffer> {
    return Deno.readFileSync(this.at(path));
  }

  /** Writes a file, and the directory above it. */
  write(path: string, bytes: Uint8Array | string): void {
    Deno.mkdirSync(join(this.at(path), ".."), { recursive: true });
    if (typeof bytes === "string") Deno.writeTextFileSync(this.at(path), bytes);
    else Deno.writeFileSync(this.at(path), bytes);
  }

  /** Cuts a file. */
  cut(path: string, sizeBytes: number): void {
    Deno.truncateSync(this.at(path), sizeBytes);
  }

  /** Turns bits of a byte round; a place below 0 counts from the end. */
  flip(path: string, place: number, mask = 0xff): void {
    const bytes = this.read(path);
    const index = place < 0 ? bytes.length + place : place;
    bytes[index] = (bytes[index] ?? 0) ^ mask;
    this.write(path, bytes);
  }

  /** Removes a file or a directory. */
  remove(path: string): void {
    Deno.removeSync(this.at(path), { recursive: true });
  }

  /** Renames a file or a directory. */
  rename(from: string, to: string): void {
    Deno.renameSync(this.at(from), this.at(to));
  }

  /** Copies a file. */
  copy(from: string, to: string): void {
    this.write(to, this.read(from));
  }

  /** Exchanges two files or directories. */
  exchange(one: string, other: string): void {
    this.rename(one, "exchanged");
    this.rename(other, one);
    this.rename("exchanged", other);
  }

  /** Reads a document. */
  readDocument(path: string): GobDocument {
    return readDocument(this.path, { path, sizeBytes: Deno.statSync(this.at(path)).size }).value;
  }

  /** Writes a document as chromem-go does. */
  writeDocument(path: string, document: Partial<GobDocument>): void {
    const empty = { ID: undefined, Metadata: undefined, Embedding: undefined, Content: undefined };
    this.write(path, this.#pack(encodeGob({ ...empty, ...document }, DOCUMENT_SHAPE)));
  }

  /** Writes a document again with some of its fields changed. */
  change(path: string, fields: Partial<GobDocument>): void {
    this.writeDocument(path, { ...this.readDocument(path), ...fields });
  }

  /** Writes a metadata file as chromem-go does. */
  writeMetadata(path: string, metadata: Partial<GobMetadata>): void {
    const empty = { Name: undefined, Metadata: undefined };
    this.write(path, this.#pack(encodeGob({ ...empty, ...metadata }, METADATA_SHAPE)));
  }

  #pack(bytes: Uint8Array): Uint8Array {
    return this.kind === "gzip" ? gzip(bytes) : bytes;
  }
}
