/**
 * What stands in an export file of chromem-go, behind encryption and compression: one gob.
 *
 * ```text
 * struct {
 *   Collections map[string]*struct {      the key is the name of the collection
 *     Name      string
 *     Metadata  map[string]string
 *     Documents map[string]*Document {    the key is the id of the document
 *       ID        string
 *       Metadata  map[string]string
 *       Embedding []float32
 *       Content   string
 *     }
 *   }
 * }
 * ```
 *
 * Fields without a value are left out, as gob does it. The order in maps is by chance.
 *
 * @module
 */

import {
  type GobMapShape,
  type GobStructShape,
  type GobTextShape,
  streamedMap,
  structShape,
  text,
  textMap,
} from "../../codec/gob.ts";
import { DOCUMENT_SHAPE, type DocumentShape } from "../chromem/shapes.ts";

/** The documents of a collection, handed out one by one. */
export const DOCUMENTS: GobMapShape<DocumentShape> = streamedMap(DOCUMENT_SHAPE);

/** A collection in an export. */
type CollectionShape = GobStructShape<{
  readonly Name: GobTextShape;
  readonly Metadata: GobMapShape<GobTextShape>;
  readonly Documents: GobMapShape<DocumentShape>;
}>;

/** The collections, handed out one by one, each before and after its documents. */
export const COLLECTIONS: GobMapShape<CollectionShape> = streamedMap(
  structShape({ Name: text, Metadata: textMap, Documents: DOCUMENTS }),
);

/** An export. */
export const EXPORT_SHAPE: GobStructShape<{ readonly Collections: typeof COLLECTIONS }> =
  structShape({ Collections: COLLECTIONS });
