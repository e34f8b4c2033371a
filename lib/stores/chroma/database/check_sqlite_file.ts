/**
 * Checks what chroma.sqlite3 is as a file, and what lies beside it:
 *
 * - it begins with the 16 bytes of every SQLite database (VF1101);
 * - no field of its header contradicts the format or another field (VF1102);
 * - it has as many bytes as the header says: not fewer (VF1103), not more (VF1104);
 * - SQLite opens it and reads its schema (VF1105);
 * - a rollback journal is told of: hot (VF1107), or of no use (VF1113);
 * - a write-ahead log is told of: with commits (VF1109), or of no use (VF1108).
 *
 * A file without bytes is judged with the directory (VF1002, VF1003), not here.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import {
  DATABASE_HEADER_SIZE_BYTES,
  type DatabaseHeader,
  findHeaderProblems,
  isPageSize,
} from "../../../sqlite/file_header.ts";
import type { DatabaseFileFacts } from "../../../sqlite/database_files.ts";
import { CATALOGUE_NAME } from "../layout.ts";

/**
 * Judges the file of the catalogue and those that SQLite keeps beside it.
 *
 * @param facts What was read of them.
 * @returns The findings.
 */
export function checkSqliteFile(facts: DatabaseFileFacts): Finding[] {
  if (facts.sizeBytes === 0) return [];
  // The rollback of the very first transaction leaves no bytes; that too is told with the directory.
  if (facts.judgedSizeBytes === 0) return checkJournal(facts);
  const header = facts.judgedHeader;
  if (header === null || !header.hasMagic) {
    return [createNotADatabase(facts), ...checkJournal(facts), ...checkLog(facts)];
  }
  const inFile = [...checkHeader(header), ...checkSize(header, facts.judgedSizeBytes)];
  const refused = facts.refusal !== null && inFile.every((finding) => finding.severity !== "error");
  return [
    ...inFile,
    ...(refused ? [createRefusal(facts.refusal)] : []),
    ...checkJournal(facts),
    ...checkLog(facts),
  ];
}

function createNotADatabase(facts: DatabaseFileFacts): Finding {
  const message = facts.judgedHeader === null
    ? `${CATALOGUE_NAME} has ${facts.sizeBytes} bytes; the header alone takes ` +
      `${DATABASE_HEADER_SIZE_BYTES}`
    : `The first 16 bytes of ${CATALOGUE_NAME} are not "SQLite format 3" and a zero`;
  return createFinding("sqlite-not-a-database", { message, path: CATALOGUE_NAME, offset: 0 });
}

function createRefusal(refusal: string): Finding {
  return createFinding("sqlite-malformed", {
    message: `SQLite cannot read the schema on the first pages: ${printable(refusal)}`,
    path: CATALOGUE_NAME,
    // The root page of the schema begins behind the header.
    offset: DATABASE_HEADER_SIZE_BYTES,
    detail: { table: "sqlite_schema" },
  });
}

function checkHeader(header: DatabaseHeader): Finding[] {
  const problems = findHeaderProblems(header);
  const [first] = problems;
  if (first === undefined) return [];
  return [createFinding("sqlite-header-damaged", {
    message: problems.map((problem) => problem.message).join("; "),
    path: CATALOGUE_NAME,
    offset: first.offset,
    count: problems.length,
    detail: { offsets: problems.map((problem) => problem.offset) },
  })];
}

function checkSize(header: DatabaseHeader, sizeBytes: number): Finding[] {
  const { pageSizeBytes, pageCount } = header;
  if (!isPageSize(pageSizeBytes)) return [];
  const pages = pageCount ?? Math.floor(sizeBytes / pageSizeBytes);
  const declaredSizeBytes = pages * pageSizeBytes;
  if (sizeBytes === declaredSizeBytes) return [];
  const detail = { sizeBytes, declaredSizeBytes, pageSizeBytes };
  const declared = `${formatCount(pages, "page")} of ${pageSizeBytes} bytes, ` +
    `${formatNumber(declaredSizeBytes)} bytes in all`;
  if (sizeBytes < declaredSizeBytes) {
    const missingPages = Math.ceil((declaredSizeBytes - sizeBytes) / pageSizeBytes);
    return [createFinding("sqlite-truncated", {
      message:
        `The file ends after ${formatNumber(sizeBytes)} bytes; its header says ${declared}: ` +
        `${formatCount(missingPages, "page is", "pages are")} missing`,
      path: CATALOGUE_NAME,
      offset: sizeBytes,
      count: missingPages,
      detail: { ...detail, missingPages },
    })];
  }
  return [createFinding("sqlite-trailing-bytes", {
    message: `${formatCount(sizeBytes - declaredSizeBytes, "byte follows", "bytes follow")} the ` +
      `last page; the header says ${declared}`,
    path: CATALOGUE_NAME,
    offset: declaredSizeBytes,
    detail: { ...detail, ranges: [[declaredSizeBytes, sizeBytes]] },
  })];
}

function checkJournal(facts: DatabaseFileFacts): Finding[] {
  const { journal } = facts;
  const path = `${CATALOGUE_NAME}-journal`;
  const detail = { state: journal.state, sizeBytes: journal.sizeBytes };
  switch (journal.state) {
    case "absent":
      return [];
    case "hot":
      return [createFinding("sqlite-hot-journal", {
        message: `A transaction over ${CATALOGUE_NAME} was interrupted; the journal of ` +
          `${formatNumber(journal.sizeBytes)} bytes holds the pages as they were before it`,
        path,
        detail: { ...detail, initialPageCount: journal.initialPageCount },
      })];
    case "unusable":
      return [createFinding("sqlite-stray-journal", {
        message: `The file is no rollback journal that SQLite can use, and is deleted at the ` +
          `next start: ${journal.problem ?? "its header is damaged"}`,
        path,
        offset: 0,
        detail,
      })];
    default:
      return [createFinding("sqlite-stray-journal", {
        message: `The journal of ${formatNumber(journal.sizeBytes)} bytes has nothing to undo: ` +
          `its transaction ${
            journal.state === "zeroed" ? "wrote nothing or is finished" : "is finished"
          }`,
        path,
        detail,
      })];
  }
}

function checkLog(facts: DatabaseFileFacts): Finding[] {
  const { log, header } = facts;
  const path = `${CATALOGUE_NAME}-wal`;
  const usesLog = header?.readVersion === 2;
  const detail = { state: log.state, sizeBytes: log.sizeBytes };
  if (log.state === "pending") {
    return [createFinding(usesLog ? "sqlite-wal-pending" : "sqlite-foreign-wal", {
      message: `The write-ahead log holds ${formatCount(log.committedFrames, "committed page")}` +
        (usesLog
          ? ""
          : `, though ${CATALOGUE_NAME} is not in WAL mode: SQLite applies them all the same, ` +
            `and if the log belongs to another copy of the database, that damages it`),
      path,
      count: log.committedFrames,
      detail: { ...detail, committedFrames: log.committedFrames, walMode: usesLog },
    })];
  }
  const stray = log.state === "unusable" || (log.state === "without-commits" && !usesLog);
  if (!stray) return [];
  return [createFinding("sqlite-stray-wal", {
    message: log.state === "unusable"
      ? `The ${
        formatNumber(log.sizeBytes)
      } bytes are no write-ahead log; SQLite deletes the file ` +
        `at the next start`
      : `The log of ${formatNumber(log.sizeBytes)} bytes holds no committed transaction, and ` +
        `${CATALOGUE_NAME} is not in WAL mode`,
    path,
    offset: 0,
    detail,
  })];
}
