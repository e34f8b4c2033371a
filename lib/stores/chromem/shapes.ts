/**
 * What Go's types of chromem-go hold, as gobs carry them.
 *
 * @module
 */

import {
  float32s,
  type GobFloat32sShape,
  type GobMapShape,
  type GobStructShape,
  type GobTextShape,
  type GobValue,
  structShape,
  text,
  textMap,
} from "../../codec/gob.ts";

/** The shape of a document. */
export type DocumentShape = GobStructShape<{
  readonly ID: GobTextShape;
  readonly Metadata: GobMapShape<GobTextShape>;
  readonly Embedding: GobFloat32sShape;
  readonly Content: GobTextShape;
}>;

/** The shape of the metadata file of a collection. */
export type MetadataShape = GobStructShape<{
  readonly Name: GobTextShape;
  readonly Metadata: GobMapShape<GobTextShape>;
}>;

/** `chromem.Document`. */
export const DOCUMENT_SHAPE: DocumentShape = structShape(
  { ID: text, Metadata: textMap, Embedding: float32s, Content: text },
  "chromem.Document",
);

/** What stands in the file `00000000.gob` of a collection; the type has no name. */
export const METADATA_SHAPE: MetadataShape = structShape({ Name: text, Metadata: textMap });

/** A document as it was decoded: a field that the gob lacks is undefined, which is empty in Go. */
export type GobDocument = GobValue<DocumentShape>;

/** The name and the metadata of a collection as they were decoded. */
export type GobMetadata = GobValue<MetadataShape>;
