/**
 * Reading the gob of an export, a document at a time.
 *
 * @module
 */

import type { ByteSource } from "../../codec/byte_source.ts";
import { type GobFault, isEntryOf, readGobEntries } from "../../codec/gob.ts";
import type { GobDocument, GobMetadata } from "../chromem/shapes.ts";
import { COLLECTIONS, DOCUMENTS, EXPORT_SHAPE } from "./export_shape.ts";

/** A collection of an export. */
export interface ExportCollection {
  /** Under which key it is filed: its name, if nothing is wrong. */
  readonly key: string;
  /** Name and metadata, which are filled in before the first document. */
  readonly value: GobMetadata;
}

/** A part of an export, in the order in which it stands there. */
export type ExportItem =
  | { readonly kind: "collection"; readonly collection: ExportCollection }
  | {
    readonly kind: "document";
    readonly collection: ExportCollection;
    /** Under which key it is filed: its id, if nothing is wrong. */
    readonly key: string;
    /** The document, or what could be decoded of it. */
    readonly document: GobDocument;
    /** Whether it was decoded to its end. */
    readonly isWhole: boolean;
    /** Where it begins in the gob. */
    readonly offset: number;
  }
  | { readonly kind: "end"; readonly collection: ExportCollection; readonly isWhole: boolean };

/** The end of an export that is damaged. */
export interface ExportDamage {
  /** Tells it from an {@linkcode ExportItem}. */
  readonly kind: "damage";
  /** What is wrong, as a clause. */
  readonly reason: string;
}

/** How far the gob of an export could be decoded. */
export interface ExportEnd {
  /** Where the value ends, or the fault is. */
  readonly endOffset: number;
  /** Why decoding ended early, or null. */
  readonly fault: GobFault | null;
}

/**
 * Decodes an export.
 *
 * @param source The gob.
 * @yields Each collection before and after its documents, and these.
 * @returns How far it could be decoded; nothing is thrown for what the bytes are.
 * @throws {OperationError} The file cannot be read.
 */
export function* readExport(source: ByteSource): Generator<ExportItem, ExportEnd> {
  const entries = readGobEntries(source, EXPORT_SHAPE);
  let collection: ExportCollection | null = null;
  for (;;) {
    const { done, value: entry } = entries.next();
    if (done) return { endOffset: entry.endOffset, fault: entry.fault };
    if (isEntryOf(entry, COLLECTIONS)) {
      if (entry.kind === "begin") {
        collection = { key: entry.keys[0] ?? "", value: entry.value };
        yield { kind: "collection", collection };
      } else if (collection !== null) {
        yield { kind: "end", collection, isWhole: entry.isWhole };
        collection = null;
      }
    } else if (isEntryOf(entry, DOCUMENTS) && collection !== null) {
      const { value: document, isWhole, offset } = entry;
      yield { kind: "document", collection, key: entry.keys[1] ?? "", document, isWhole, offset };
    }
  }
}

/** The name of a collection as far as it is told. */
export function nameOfCollection({ key, value }: ExportCollection): string {
  return value.Name === undefined || value.Name === "" ? key : value.Name;
}
