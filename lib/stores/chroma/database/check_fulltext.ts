/**
 * Judges what a comparison of the full text with the documents found:
 *
 * - the full-text table and the tables behind it are there (VF1401);
 * - every document has its full-text row (VF1403), with the same text (VF1404);
 * - every full-text row has its document (VF1406);
 * - full-text rows without a record only take space (VF1405).
 *
 * @module
 */

import { formatBytes, formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import type { FindingName } from "../../../model/codes.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import type { FulltextComparison, FulltextLeftover, RecordGroup } from "./fulltext_comparison.ts";
import type { IntegrityReport } from "./integrity_report.ts";
import { CATALOGUE_NAME } from "../layout.ts";

/**
 * Judges a comparison.
 *
 * @param comparison What was found.
 * @param integrity What SQLite's own check found. Where it tells of damage, a comparison that broke
 * off needs no finding of its own.
 * @returns The findings.
 */
export function checkFulltext(
  comparison: FulltextComparison,
  integrity: readonly IntegrityReport[] = [],
): Finding[] {
  const { rowsMissing, textDiffers, documentsMissing } = comparison;
  return [
    ...checkTables(comparison),
    ...rowsMissing.map((group) => createGroupFinding("fulltext-rows-missing", group)),
    ...textDiffers.map((group) => createGroupFinding("fulltext-text-differs", group)),
    ...documentsMissing.map((group) => createGroupFinding("document-missing", group)),
    ...checkLeftover(comparison.leftover),
    ...checkFailure(comparison, integrity),
  ];
}

function checkTables({ missingTables }: FulltextComparison): Finding[] {
  const [first] = missingTables;
  if (first === undefined) return [];
  return [createFinding("fulltext-table-missing", {
    message: missingTables.length === 1
      ? `The table ${first} is missing`
      : `${missingTables.length} tables of the full text are missing: ${missingTables.join(", ")}`,
    path: CATALOGUE_NAME,
    count: missingTables.length,
    detail: { tables: missingTables },
  })];
}

type GroupFindingName = Extract<
  FindingName,
  "fulltext-rows-missing" | "fulltext-text-differs" | "document-missing"
>;

function createGroupFinding(name: GroupFindingName, group: RecordGroup): Finding {
  const ids = group.samples.map((sample) => sample.id ?? "");
  return createFinding(name, {
    message: `${describeGroup(name, group)}, first: ${printable(ids[0] ?? "", 100)}`,
    path: CATALOGUE_NAME,
    collection: group.collection,
    segment: group.segment,
    count: group.count,
    detail: {
      ids,
      rows: group.samples.map((sample) => sample.row),
      ...(group.misnumbered === 0 ? {} : { misnumbered: group.misnumbered }),
    },
  });
}

function describeGroup(name: GroupFindingName, { count, misnumbered }: RecordGroup): string {
  switch (name) {
    case "fulltext-rows-missing":
      return `${formatCount(count, "document has", "documents have")} no row in the full text`;
    case "document-missing":
      return `${formatCount(count, "record has", "records have")} lost the document that the ` +
        `full text still holds`;
    case "fulltext-text-differs": {
      const texts = formatCount(count, "document has", "documents have");
      const cause = misnumbered === 0
        ? ""
        : ` (in ${misnumbered} it is that of another row, as the upgrade of Chroma 0.4.15 left it)`;
      return `${texts} another text in the full text${cause}`;
    }
  }
}

/**
 * Every version deletes a record and its document in one transaction: where only the record is
 * gone, it was lost.
 */
function checkLeftover(leftover: FulltextLeftover): Finding[] {
  const { rows, textBytes, withDocument, inTheWay } = leftover;
  const findings: Finding[] = [];
  if (inTheWay > 0 && withDocument === 0) {
    findings.push(createFinding("fulltext-row-in-the-way", {
      message:
        `${formatCount(inTheWay, "full-text row")} of deleted records with numbers that the ` +
        "next records will get",
      path: CATALOGUE_NAME,
      count: inTheWay,
    }));
  }
  if (withDocument > 0) {
    findings.push(createFinding("record-row-missing", {
      message: `${formatCount(withDocument, "record")} with a document and a full-text row, but ` +
        "without a row in embeddings",
      path: CATALOGUE_NAME,
      count: withDocument,
      detail: { rows: leftover.samples.map((sample) => sample.row) },
    }));
  }
  if (rows > withDocument) {
    const left = rows - withDocument;
    findings.push(createFinding("fulltext-leftover", {
      message: `${formatCount(left, "full-text row")} of ${formatBytes(textBytes)} ` +
        `${left === 1 ? "belongs" : "belong"} to no record`,
      path: CATALOGUE_NAME,
      count: left,
      detail: { textBytes },
    }));
  }
  return findings;
}

function checkFailure(
  { failure }: FulltextComparison,
  integrity: readonly IntegrityReport[],
): Finding[] {
  const told = integrity.some((report) => report.problems.length > 0);
  if (failure === null || told) return [];
  return [createFinding("sqlite-malformed", {
    message: `The full text could not be compared with the documents: ${printable(failure)}`,
    path: CATALOGUE_NAME,
  })];
}
