/**
 * A document by itself. The rules:
 *
 * - it has an id;
 * - it has an embedding, all numbers of which are finite.
 *
 * What only the documents of a collection together show is in `embedding_tally.ts`.
 *
 * @module
 */

import { formatCount } from "../../base/format.ts";
import { printable } from "../../base/printable.ts";
import { createFinding, type Finding } from "../../model/finding.ts";
import type { GobPlace } from "./check_gob_file.ts";
import type { VectorJudgement } from "./judge_vector.ts";
import type { GobDocument } from "./shapes.ts";
import { shorten } from "./shorten.ts";

/**
 * Judges a document that was decoded as a whole.
 *
 * @param document The document.
 * @param vector What its embedding adds up to; null where it has none.
 * @param place Where it stands.
 * @returns What is wrong with it.
 */
export function checkDocument(
  document: GobDocument,
  vector: VectorJudgement | null,
  place: GobPlace,
): Finding[] {
  const { ID: id = "", Embedding: embedding } = document;
  // Nearly all documents are sound.
  if (id !== "" && vector?.notFinite === 0) return [];
  const label = describeDocument(document);
  const findings: Finding[] = [];
  if (id === "") {
    findings.push(createFinding("document-without-id", {
      ...place,
      message: `The document has no id${describeContent(document)}`,
    }));
  }
  if (vector === null && id !== "") {
    findings.push(createFinding("document-without-embedding", {
      ...place,
      message: `${label} has no embedding`,
      detail: { id: shorten(id) },
    }));
  } else if (vector !== null && vector.notFinite > 0) {
    const numbers = formatCount(vector.notFinite, "number");
    findings.push(createFinding("embedding-not-finite", {
      ...place,
      message: `${numbers} of ${embedding?.length ?? 0} in the embedding of ${label} ` +
        `${vector.notFinite === 1 ? "is" : "are"} not finite, the first at place ` +
        `${vector.firstNotFinite ?? 0}`,
      detail: { id: shorten(id), notFinite: vector.notFinite, firstPlace: vector.firstNotFinite },
    }));
  }
  return findings;
}

/** Names a document as people know it. */
export function describeDocument({ ID: id = "" }: GobDocument): string {
  return id === "" ? "the document" : `the document ${printable(shorten(id), 80)}`;
}

function describeContent({ Metadata: metadata, Content: content = "" }: GobDocument): string {
  if (content !== "") return `; its text begins: ${printable(content.slice(0, 120), 60)}`;
  if (metadata !== undefined) return "; it has metadata and no text, as the metadata file has";
  return "";
}
