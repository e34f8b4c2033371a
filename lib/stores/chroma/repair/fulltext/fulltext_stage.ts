/**
 * The full text, put right by the documents. The records and their documents have been put right
 * before.
 *
 * Where a document and its full text differ, one of the two is wrong. The document is what an engine
 * hands out, so it stands, unless the queue has the text of the full text as the last that was
 * written: then two witnesses stand against one. Both texts are kept in a file.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import { requireDataError } from "../../../../sqlite/machine_error.ts";
import { openCatalogue } from "../../opened_catalogue.ts";
import { readLayout } from "../../layout.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import type { WorkingStore } from "../working_store.ts";
import { makeSegmentNames } from "../segment_names.ts";
import { CONFLICTS_FILE, type SettledTexts, settleTexts } from "./differing_texts.ts";
import { mendFulltextTables } from "./mend_tables.ts";
import {
  FULLTEXT_TABLE,
  type FulltextRebuild,
  rebuildFulltext,
  recreateFulltext,
} from "./rebuild_fulltext.ts";

/** Findings that only rows without a record have caused. */
const LEFTOVERS: readonly string[] = ["fulltext-leftover", "fulltext-row-in-the-way"];

/**
 * Plans the steps of the stage, and carries them out in the private copy of the database.
 *
 * @param context What the stage is given.
 * @returns The steps.
 * @throws {OperationError} The database cannot be copied, or a file not be written.
 * @throws {SqliteError} The documents cannot be read.
 */
export async function prepareFulltextStage(
  context: RepairContext,
): Promise<readonly PreparedStep[]> {
  const { findings, working } = context;
  if (findings.length === 0) return [];
  if (findings.every(({ name }) => LEFTOVERS.includes(name))) {
    return [await removeLeftover(context)];
  }
  await mendFulltextTables(working);
  const steps: PreparedStep[] = [];
  const settled = await settleDiffering(context);
  const rebuilt = await rebuild(working);
  if (rebuilt === null) return [];
  if (settled !== null) steps.push(...listCorrections(context, settled));
  steps.push(createDatabaseStep(context, {
    kind: "rebuild-fulltext",
    title: "Make the full text anew from the documents",
    details: describe(rebuilt, settled),
    gains: [{
      what: "documents in the full text",
      count: rebuilt.documents,
      source: "the documents of the records",
    }],
    findings,
  }));
  return steps;
}

/** Null where the database is damaged beyond the full text, and nobody has been asked to cure that. */
async function rebuild(working: WorkingStore): Promise<FulltextRebuild | null> {
  for (const way of [rebuildFulltext, recreateFulltext]) {
    try {
      return way(await working.openDatabase());
    } catch (error) {
      requireDataError(error);
      // Closing the connection takes back what has been done of it.
      working.settle();
    }
  }
  return null;
}

async function removeLeftover(context: RepairContext): Promise<PreparedStep> {
  const database = await context.working.openDatabase();
  const count = database.prepare(`DELETE FROM ${FULLTEXT_TABLE} WHERE rowid IN (
    SELECT c.id FROM ${FULLTEXT_TABLE}_content AS c LEFT JOIN embeddings AS e ON e.id = c.id
    WHERE e.id IS NULL)`)();
  return createDatabaseStep(context, {
    kind: "rebuild-fulltext",
    title: `Take ${formatCount(count, "row")} out of the full text that no record has`,
    details: ["an engine cannot give a new record a number that the full text has already"],
    findings: context.findings,
  });
}

async function settleDiffering(context: RepairContext): Promise<SettledTexts | null> {
  const { working, saved, findings } = context;
  if (!findings.some(({ name }) => name === "fulltext-text-differs")) return null;
  working.settle();
  const opened = openCatalogue(readLayout(working.path));
  opened?.reading.release();
  const database = await working.openDatabase();
  if (opened === null || opened.catalogue === null) return null;
  makeSegmentNames(database, opened.catalogue);
  return settleTexts(database, saved);
}

/** Corrected documents change what a collection holds, so that each has a step of its own. */
function listCorrections(context: RepairContext, settled: SettledTexts): PreparedStep[] {
  return [...settled.corrected].map(([name, ids]) =>
    createDatabaseStep(context, {
      kind: "correct-records",
      title: `Correct ${formatCount(ids.length, "document")} by the full text and the queue`,
      details: [
        "both have the same text, which was written last; what stood there is in " + CONFLICTS_FILE,
      ],
      gains: [{ what: "documents", count: ids.length, source: "the full text and the queue" }],
      findings: context.findings.filter((finding) =>
        finding.name === "fulltext-text-differs" && finding.collection === name
      ),
    })
  );
}

function describe({ way }: FulltextRebuild, settled: SettledTexts | null): string[] {
  return [
    way === "in-place"
      ? "the index is made of the texts that are there, then by the documents rows go and come"
      : "the tables of the full text are dropped and made again",
    ...(settled === null || settled.saved === 0 ? [] : [
      `${
        formatCount(settled.saved, "text differs", "texts differ")
      } from the documents; both are ` +
      `in ${CONFLICTS_FILE}`,
    ]),
  ];
}
