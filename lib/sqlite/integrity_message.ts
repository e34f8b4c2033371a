/**
 * Parsing what `PRAGMA integrity_check` says. Its words are no interface, so what is not known
 * counts as damage of the b-tree and is passed on as it stands (pragma.c, btree.c of SQLite 3.53):
 *
 * | line                                                   | kind           |
 * | ------------------------------------------------------ | -------------- |
 * | `Tree 12 page 345 cell 6: Rowid 7 out of order`        | malformed      |
 * | `Freelist: size is 3 but should be 4`                  | malformed      |
 * | `row not in PRIMARY KEY order for t`                   | malformed      |
 * | `database disk image is malformed`                     | malformed      |
 * | `row 17 missing from index i`                          | index-mismatch |
 * | `row 17 values differ from index i`                    | index-mismatch |
 * | `rowid not at end-of-record for row 17 of index i`     | index-mismatch |
 * | `wrong # of entries in index i`                        | index-mismatch |
 * | `non-unique entry in index i`                          | index-mismatch |
 * | `NULL value in t.c`, `NUMERIC value in t.c` and others | constraint     |
 * | `CHECK constraint failed in t`                         | constraint     |
 *
 * @module
 */

/** What kind of damage a line tells of. */
export type IntegrityKind = "malformed" | "index-mismatch" | "constraint";

/** One line of the answer. */
export interface IntegrityMessage {
  /** What kind of damage it is. */
  readonly kind: IntegrityKind;
  /** The root page of the b-tree, or null where the line names none. */
  readonly rootPage: number | null;
  /** The damaged page, or null where the line names none. */
  readonly page: number | null;
  /** The index or the column that the line names, or null. */
  readonly subject: string | null;
  /** Whether the list of free pages is damaged, not a b-tree. */
  readonly freelist: boolean;
  /** The line. */
  readonly text: string;
}

const INDEX_MISMATCH =
  /^(?:row .+ missing from|wrong # of entries in|non-unique entry in|row .+ values differ from|rowid not at end-of-record for row .+ of) index (.+)$/s;

const CONSTRAINT = /^(?:[A-Za-z]+|non-[A-Za-z]+) value in (.+)$|^CHECK constraint failed in (.+)$/s;

/**
 * Parses one row of the answer; the damage of one b-tree comes as many lines in one row.
 *
 * @param row The text of the row.
 * @returns One message for each line that tells of damage; none for `ok`.
 */
export function parseIntegrityRow(row: string): IntegrityMessage[] {
  return row.split("\n")
    .filter((line) => line !== "" && line !== "ok" && !line.startsWith("*** in database "))
    .map(parseIntegrityLine);
}

function parseIntegrityLine(text: string): IntegrityMessage {
  const [, index] = INDEX_MISMATCH.exec(text) ?? [];
  if (index !== undefined) return describe("index-mismatch", text, { subject: index });
  const [, column, table] = CONSTRAINT.exec(text) ?? [];
  const subject = column ?? table;
  if (subject !== undefined) return describe("constraint", text, { subject });
  const [, root, treePage] = /^Tree (\d+) page (\d+)/.exec(text) ?? [];
  const [, page = treePage] = /\bpage (\d+)$/.exec(root === undefined ? text : "") ?? [];
  return describe("malformed", text, {
    rootPage: toPage(root),
    page: toPage(page),
    freelist: text.startsWith("Freelist: "),
  });
}

function describe(
  kind: IntegrityKind,
  text: string,
  known: Partial<Omit<IntegrityMessage, "kind" | "text">>,
): IntegrityMessage {
  return { kind, rootPage: null, page: null, subject: null, freelist: false, text, ...known };
}

function toPage(digits: string | undefined): number | null {
  const page = digits === undefined ? 0 : Number(digits);
  return Number.isSafeInteger(page) && page > 0 ? page : null;
}
