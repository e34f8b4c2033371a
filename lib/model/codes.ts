/**
 * The one table of finding codes: what can be wrong with the data of a store.
 *
 * A code is never renumbered or given another meaning; a code that is no longer used is left out
 * and its number is not given again. `effect` is what the user suffers, `repair` what to do next.
 * `docs/codes.md` is generated from this table (`deno task docs`).
 *
 * Groups: VF10 the directory, VF11 the SQLite file, VF12 the catalogue, VF13 records and queue,
 * VF14 full text, VF20 a segment directory, VF21 header.bin, VF22 data_level0.bin,
 * VF23 link_lists.bin, VF24 length.bin, VF25 index_metadata.pickle, VF26 the graph,
 * VF27 records against vectors, VF28 the store against its seal, VF29 what vecfsck itself has left;
 * of chromem-go VF30 the directory and its collections, VF31 a gob file, VF32 a document, VF33 an
 * export file.
 *
 * @module
 */

import { FINDING_CAUSES } from "./finding_causes.ts";
import type { FindingName } from "./finding_names.ts";

export type { FindingName } from "./finding_names.ts";

/**
 * How bad a finding is: `fatal`, opening the store can kill or hang the process; `error`, data is
 * lost, wrong or unreachable; `warning`, degraded, an operator should act; `info`, unusual and
 * harmless.
 */
export type Severity = "fatal" | "error" | "warning" | "info";

/** A row of the table of codes with what else is known of its finding. */
export interface ListedFindingCode extends FindingCode {
  /** The name that stands beside the code in the output. */
  readonly name: FindingName;
  /** What it usually comes from, as a sentence without its final period. */
  readonly cause: string;
}

/** One row of the table of codes. */
export interface FindingCode {
  /** The stable code, `VF` and four digits. */
  readonly code: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** What is wrong, in a few words. */
  readonly title: string;
  /** What the user of the store suffers from it. */
  readonly effect: string;
  /** What to do next. */
  readonly repair: string;
}

const NOTHING_TO_DO = "Nothing has to be done.";
const REPAIR_INDEX =
  "Do not open the store with the engine; `vecfsck repair STORE` saves the vectors and makes the index whole again.";
const REPAIR_DATABASE =
  "Stop every process that uses the store; `vecfsck repair STORE` makes the database anew of all that it still holds.";
const REPAIR_DOCUMENT =
  "`vecfsck repair STORE` moves the file aside, so that everything else opens, and saves what is left of the document; a metadata file is written again.";
const REFUSED =
  "chromem-go refuses to open the whole database, and its error does not name the file.";
const REPAIR_ROWS = "Stop every process that uses the store; `vecfsck repair STORE` puts it right.";

function row(
  code: string,
  severity: Severity,
  title: string,
  effect: string,
  repair: string,
): FindingCode {
  return { code, severity, title, effect, repair };
}

/** Every finding, by the name that stands beside its code in the output. */
export const FINDING_CODES: Readonly<Record<FindingName, FindingCode>> = {
  // The directory of the store
  "catalogue-missing": row(
    "VF1001",
    "error",
    "chroma.sqlite3 is missing though segment directories are there",
    "The engine makes a new, empty database: every collection seems gone.",
    REPAIR_DATABASE,
  ),
  "catalogue-empty": row(
    "VF1002",
    "error",
    "chroma.sqlite3 has no bytes though segment directories are there",
    "The engine takes it for a new, empty database: every collection seems gone.",
    REPAIR_DATABASE,
  ),
  "catalogue-fresh": row(
    "VF1003",
    "info",
    "chroma.sqlite3 has no bytes and nothing else is there",
    "The engine will make its tables at its first start.",
    NOTHING_TO_DO,
  ),
  "orphan-segment-directory": row(
    "VF1004",
    "info",
    "The directory belongs to no collection",
    "A deleted collection left it behind; it only takes space.",
    "`vecfsck repair STORE --only VF1004` moves it aside once you know that no restore needs it.",
  ),
  "moved-aside-segment": row(
    "VF1005",
    "info",
    "A segment directory was moved aside",
    "The engine does not read it; its vectors may exist nowhere else.",
    "Keep it until the live segment is known to hold every vector.",
  ),
  "foreign-entry": row(
    "VF1006",
    "info",
    "A file or directory that no engine wrote",
    "The engine does not read it.",
    NOTHING_TO_DO,
  ),
  "file-overallocated": row(
    "VF1007",
    "warning",
    "The file takes far more space on the disk than it has bytes",
    "The disk fills up without a visible reason.",
    "`vecfsck repair STORE` puts a copy without the unused space in its place.",
  ),
  "segment-not-a-directory": row(
    "VF1008",
    "error",
    "A file stands where the segment's directory belongs",
    "The engine cannot load the index: queries fail for the whole collection.",
    REPAIR_INDEX,
  ),
  "index-older-than-catalogue": row(
    "VF1009",
    "info",
    "chroma.sqlite3 is much newer than the segment's data_level0.bin",
    "An index lags behind the catalogue between two flushes; that alone is normal.",
    NOTHING_TO_DO,
  ),
  "segment-type-unknown": row(
    "VF1010",
    "info",
    "A segment type that this version of vecfsck does not know",
    "It was not looked at.",
    "Use a vecfsck that knows this version of the engine.",
  ),
  "schema-newer": row(
    "VF1011",
    "info",
    "The store was written by an engine newer than this vecfsck knows",
    "What is new in it was not looked at.",
    "Use a vecfsck that knows this version of the engine.",
  ),
  "file-unreadable": row(
    "VF1013",
    "error",
    "The path is not a regular file",
    "The engine cannot load the index, or cannot write: queries fail for the whole collection, or all writes do.",
    "Nobody but you knows what it is for: move it aside, then `vecfsck repair STORE`.",
  ),
  // The SQLite file
  "sqlite-not-a-database": row(
    "VF1101",
    "error",
    "chroma.sqlite3 does not begin as a SQLite database does",
    "The engine refuses the store: file is not a database.",
    REPAIR_DATABASE,
  ),
  "sqlite-header-damaged": row(
    "VF1102",
    "error",
    "The header of chroma.sqlite3 contradicts itself",
    "The engine refuses the store or reads the wrong pages.",
    REPAIR_DATABASE,
  ),
  "sqlite-truncated": row(
    "VF1103",
    "error",
    "chroma.sqlite3 is shorter than its header says",
    "Reads fail with: database disk image is malformed.",
    REPAIR_DATABASE,
  ),
  "sqlite-trailing-bytes": row(
    "VF1104",
    "warning",
    "chroma.sqlite3 is longer than its header says",
    "SQLite ignores the rest; something else wrote to the file.",
    "Find out what wrote to the file; `vecfsck repair STORE` makes the database anew without these bytes.",
  ),
  "sqlite-malformed": row(
    "VF1105",
    "error",
    "Pages of chroma.sqlite3 are damaged",
    "Reads that touch them fail with: database disk image is malformed.",
    REPAIR_DATABASE,
  ),
  "sqlite-index-mismatch": row(
    "VF1106",
    "error",
    "An index of chroma.sqlite3 disagrees with its table",
    "Queries miss records or return wrong ones, without an error.",
    REPAIR_DATABASE,
  ),
  "sqlite-hot-journal": row(
    "VF1107",
    "info",
    "A transaction was interrupted and will be rolled back",
    "The next process that opens the store undoes it; it was judged as it will be after that.",
    "Keep chroma.sqlite3-journal beside the database: without it the database is damaged.",
  ),
  "sqlite-stray-wal": row(
    "VF1108",
    "warning",
    "A write-ahead log lies beside a database that does not use one",
    "SQLite does not use it and deletes it at the next start; it comes from another file or another time.",
    "`vecfsck repair STORE` moves chroma.sqlite3-wal and -shm aside.",
  ),
  "sqlite-wal-pending": row(
    "VF1109",
    "info",
    "The write-ahead log holds changes that are not in the database file yet",
    "The next process that opens the store applies them; it was judged with them.",
    "Keep chroma.sqlite3-wal beside the database: it holds data.",
  ),
  "sqlite-table-missing": row(
    "VF1110",
    "error",
    "A table that this version of the engine needs is missing",
    "The engine fails with: no such table.",
    REPAIR_DATABASE,
  ),
  "sqlite-column-missing": row(
    "VF1111",
    "error",
    "A table lacks a column that this version of the engine needs",
    "The engine fails with: no such column.",
    REPAIR_DATABASE,
  ),
  "sqlite-constraint-broken": row(
    "VF1112",
    "error",
    "Rows break a rule of their table",
    "The engine reads values that it never wrote there.",
    REPAIR_DATABASE,
  ),
  "sqlite-stray-journal": row(
    "VF1113",
    "info",
    "A rollback journal lies beside the database and is not needed",
    "SQLite does not use it and deletes it at the next start.",
    NOTHING_TO_DO,
  ),
  "sqlite-pages-unused": row(
    "VF1114",
    "warning",
    "Pages of chroma.sqlite3 belong to nothing",
    "They take space; a table or an index may have been lost from the schema.",
    "`vecfsck repair STORE` makes the database anew, and looks for rows in these pages.",
  ),
  "sqlite-foreign-wal": row(
    "VF1115",
    "error",
    "A write-ahead log with data lies beside a database that does not use one",
    "The next process that opens the store applies it; if it is another database's, that damages this one.",
    "Stop every process that uses the store; `vecfsck repair STORE` moves chroma.sqlite3-wal aside.",
  ),
  "sqlite-trigger": row(
    "VF1116",
    "warning",
    "chroma.sqlite3 has a trigger, and no version of the engine makes one",
    "It runs inside the engine whenever a row is written, and can change or remove what was stored.",
    "Find out who made it; `vecfsck repair STORE` takes it out of the database.",
  ),
  // The catalogue
  "migration-missing": row(
    "VF1201",
    "error",
    "The record of a schema migration is missing",
    "The engine applies it again and refuses the store.",
    REPAIR_ROWS,
  ),
  "migration-changed": row(
    "VF1202",
    "error",
    "The record of a schema migration was changed",
    "The engine refuses the store: inconsistent hash.",
    REPAIR_ROWS,
  ),
  "tenant-missing": row(
    "VF1203",
    "error",
    "A tenant that a database refers to is missing",
    "The engine answers: could not connect to tenant.",
    REPAIR_ROWS,
  ),
  "database-missing": row(
    "VF1204",
    "error",
    "A database that a collection refers to is missing",
    "The collection cannot be reached through the engine.",
    REPAIR_ROWS,
  ),
  "collection-name-invalid": row(
    "VF1205",
    "error",
    "A collection has no usable name",
    "The collection cannot be opened by name.",
    REPAIR_ROWS,
  ),
  "collection-name-duplicate": row(
    "VF1206",
    "error",
    "Two collections of one database have the same name",
    "The engine opens one of them; the other is unreachable.",
    REPAIR_ROWS,
  ),
  "segment-row-missing": row(
    "VF1207",
    "error",
    "A collection lacks the row of its VECTOR or METADATA segment",
    "The engine fails for every request to the collection.",
    REPAIR_ROWS,
  ),
  "segment-row-orphan": row(
    "VF1208",
    "info",
    "A segment row belongs to no collection",
    "The engine does not use it.",
    NOTHING_TO_DO,
  ),
  "segment-row-duplicate": row(
    "VF1209",
    "error",
    "A collection has more than one segment of one kind",
    "The engine picks one of them; the others' vectors are unreachable.",
    REPAIR_ROWS,
  ),
  "configuration-not-json": row(
    "VF1210",
    "error",
    "A collection's configuration is not valid JSON",
    "The engine cannot open the store: could not deserialize configuration.",
    "`vecfsck repair STORE` writes it again from the values that stand beside it (docs/formats.md).",
  ),
  "configuration-without-type": row(
    "VF1211",
    "error",
    "A collection's configuration lacks _type",
    "Chroma 0.5 and 0.6 cannot open the store: KeyError '_type'.",
    REPAIR_ROWS,
  ),
  "configuration-space-unknown": row(
    "VF1212",
    "error",
    "A collection's configuration names a distance that does not exist",
    "The engine cannot build or open the index.",
    REPAIR_ROWS,
  ),
  "dimension-mismatch": row(
    "VF1213",
    "fatal",
    "The catalogue and the index disagree on the number of dimensions",
    "The engine reads past the end of its memory: signal 11, or every query is refused.",
    "Do not open the store with the engine; `vecfsck repair STORE` writes the dimension that index and queue prove.",
  ),
  "dimension-missing": row(
    "VF1214",
    "error",
    "A collection with vectors has no dimension in the catalogue",
    "Vectors of any length are taken in; searches fail.",
    REPAIR_ROWS,
  ),
  "watermark-poisoned": row(
    "VF1215",
    "error",
    "A sequence number was garbled by a migration",
    "The engine believes that every future write is already there: writes never appear.",
    "The true number is in the message; `vecfsck repair STORE` writes it.",
  ),
  "watermark-blob": row(
    "VF1216",
    "error",
    "A sequence number is still stored as a BLOB",
    "Chroma 1.x fails: u64 is not compatible with SQL type BLOB.",
    "The same number as an integer is in the message; `vecfsck repair STORE` writes it.",
  ),
  "watermark-invalid": row(
    "VF1217",
    "error",
    "A sequence number cannot be read",
    "The engine fails, or replays from the start.",
    REPAIR_ROWS,
  ),
  "watermark-ahead": row(
    "VF1218",
    "error",
    "A watermark lies beyond every write the store has ever seen",
    "New writes are taken for old ones and never appear.",
    REPAIR_ROWS,
  ),
  "watermark-missing": row(
    "VF1219",
    "error",
    "A segment that holds data has no watermark",
    "Chroma 0.5 fails; Chroma 1.x replays the whole queue.",
    REPAIR_ROWS,
  ),
  "watermark-orphan": row(
    "VF1220",
    "info",
    "A watermark belongs to no segment",
    "The engine does not read it; a deleted collection left it behind.",
    NOTHING_TO_DO,
  ),
  "queue-configuration-invalid": row(
    "VF1221",
    "error",
    "The configuration of the write-ahead queue is not valid",
    "The engine cannot open the store.",
    "`vecfsck repair STORE` writes what the engine writes by default.",
  ),
  "index-settings-lost": row(
    "VF1222",
    "error",
    "The settings of an index are gone from where the engine reads them",
    "The engine opens the index with the defaults: wrong distances and wrong vectors, without an error.",
    REPAIR_ROWS,
  ),
  "settings-value-unreadable": row(
    "VF1223",
    "error",
    "What is said of a collection or a segment has values of a kind that the engine cannot read",
    "Chroma 1.x panics at every call that lists collections; 0.5 refuses to open the collection.",
    REPAIR_ROWS,
  ),
  // Records and the write-ahead queue
  "records-orphaned": row(
    "VF1301",
    "info",
    "Records of a deleted collection are still there",
    "They only take space.",
    NOTHING_TO_DO,
  ),
  "metadata-orphaned": row(
    "VF1302",
    "info",
    "Metadata without a record",
    "It only takes space; deletes left it behind.",
    NOTHING_TO_DO,
  ),
  "metadata-array-orphaned": row(
    "VF1303",
    "warning",
    "List values without a record",
    "A new record that gets the same number inherits the old lists.",
    REPAIR_ROWS,
  ),
  "queue-row-invalid": row(
    "VF1304",
    "error",
    "A row of the write-ahead queue cannot be applied",
    "The engine fails with: failed to pull logs; later writes never reach the index.",
    "`vecfsck repair STORE` sets the row aside in a file; the others go through.",
  ),
  "queue-unpurged": row(
    "VF1305",
    "warning",
    "The write-ahead queue keeps what both segments already have",
    "The database grows with every write.",
    "`vecfsck optimize STORE` takes out what the index was seen to hold.",
  ),
  "queue-orphaned": row(
    "VF1306",
    "info",
    "Rows of the queue belong to no collection",
    "They only take space.",
    NOTHING_TO_DO,
  ),
  "index-lagging": row(
    "VF1307",
    "info",
    "Writes wait in the queue for the next flush of the index",
    "The engine replays them at every start; that is how it works.",
    NOTHING_TO_DO,
  ),
  "index-stuck": row(
    "VF1308",
    "warning",
    "The index has not been flushed for far longer than its threshold",
    "Every start replays the whole queue; a flush may be failing.",
    "Look into the engine's log for a failing flush; check the free space of the disk.",
  ),
  "queue-retained": row(
    "VF1309",
    "info",
    "This version of the engine never purges its queue",
    "The database keeps a second copy of every vector.",
    "Nothing has to be done; `vecfsck optimize STORE` takes out what the index was seen to hold.",
  ),
  "record-row-missing": row(
    "VF1310",
    "error",
    "Records are gone from the table embeddings while their documents are still there",
    "Nothing returns these records; no engine deletes a record and leaves its document.",
    REPAIR_DATABASE,
  ),
  // Full text
  "fulltext-table-missing": row(
    "VF1401",
    "error",
    "The full-text table is missing",
    "Adding records and where_document fail with: no such table.",
    "`vecfsck repair STORE` makes the full text anew from the documents.",
  ),
  "fulltext-malformed": row(
    "VF1402",
    "error",
    "The full-text index is damaged",
    "where_document misses records; Chroma 0.x fails with: malformed.",
    "`vecfsck repair STORE` makes the full text anew from the documents.",
  ),
  "fulltext-rows-missing": row(
    "VF1403",
    "error",
    "Documents are missing from the full text",
    "where_document does not find them, without an error.",
    "`vecfsck repair STORE` makes the full text anew from the documents.",
  ),
  "fulltext-text-differs": row(
    "VF1404",
    "error",
    "The full text holds another text than the document",
    "where_document finds the wrong records, without an error.",
    "`vecfsck repair STORE` makes the full text anew from the documents.",
  ),
  "fulltext-leftover": row(
    "VF1405",
    "info",
    "The full text still holds documents of deleted records",
    "They only take space.",
    NOTHING_TO_DO,
  ),
  "document-missing": row(
    "VF1406",
    "error",
    "Documents are gone though the full text still holds them",
    "get and query return None for the document.",
    "Do not rebuild the full text before that: `vecfsck repair STORE` brings the documents back from it.",
  ),
  "fulltext-row-in-the-way": row(
    "VF1407",
    "error",
    "Full-text rows that Chroma 0.4 left behind stand where 1.x wants to write",
    "Adding records fails: failed to apply logs to the metadata segment.",
    "`vecfsck repair STORE` deletes the rows of embedding_fulltext_search that are in the way.",
  ),
  // A segment directory
  "segment-missing": row(
    "VF2001",
    "error",
    "The directory of a segment is missing and its vectors are not in the queue",
    "Queries fail or return nothing for these records.",
    "`vecfsck repair STORE` builds the index from the queue, from what was moved aside and from backups.",
  ),
  "segment-file-missing": row(
    "VF2002",
    "error",
    "A file of the index is missing",
    "The engine cannot load the index: queries fail for the whole collection.",
    REPAIR_INDEX,
  ),
  "id-map-missing": row(
    "VF2003",
    "error",
    "index_metadata.pickle is missing though the index holds vectors",
    "The engine starts an empty index: queries fail or return nothing.",
    REPAIR_INDEX,
  ),
  // header.bin
  "header-truncated": row(
    "VF2101",
    "fatal",
    "header.bin is shorter than 100 bytes",
    "The engine computes with whatever was in its memory: signal 11.",
    REPAIR_INDEX,
  ),
  "header-version": row(
    "VF2102",
    "error",
    "header.bin names a persistence version that does not exist",
    "The engine refuses the index: wrong persistence version.",
    REPAIR_INDEX,
  ),
  "header-geometry": row(
    "VF2103",
    "fatal",
    "The sizes and offsets in header.bin contradict each other or the catalogue",
    "The engine reads vectors, labels and neighbours from the wrong places: signal 11 or wrong answers.",
    REPAIR_INDEX,
  ),
  "header-parameter": row(
    "VF2104",
    "error",
    "A parameter of the graph in header.bin is not what the index was built with",
    "New vectors are linked wrongly; answers get worse or wrong.",
    REPAIR_INDEX,
  ),
  "header-capacity-low": row(
    "VF2105",
    "fatal",
    "header.bin counts more slots than it has room for",
    "The engine aborts: signal 6.",
    REPAIR_INDEX,
  ),
  "header-capacity-implausible": row(
    "VF2106",
    "error",
    "header.bin demands far more memory than the index needs",
    "The engine fails to allocate it, or takes all memory.",
    REPAIR_INDEX,
  ),
  "header-entry-point": row(
    "VF2107",
    "fatal",
    "The entry point of the graph is not a slot in use",
    "Every query reads past the end of memory: signal 11.",
    REPAIR_INDEX,
  ),
  "header-max-level": row(
    "VF2108",
    "fatal",
    "The highest level in header.bin is not that of the graph",
    "Every query follows links that do not exist: signal 11.",
    REPAIR_INDEX,
  ),
  "header-count-low": row(
    "VF2109",
    "fatal",
    "header.bin counts fewer slots than the other files hold",
    "Neighbours lie beyond the end of memory: signal 11.",
    REPAIR_INDEX,
  ),
  "header-trailing-bytes": row(
    "VF2110",
    "warning",
    "header.bin is longer than 100 bytes",
    "The engine ignores the rest; something else wrote to the file.",
    "Look after the disk, then `vecfsck repair STORE`.",
  ),
  "header-count-high": row(
    "VF2111",
    "fatal",
    "header.bin counts more slots than the other files hold",
    "The engine searches uninitialised memory: signal 11.",
    REPAIR_INDEX,
  ),
  // data_level0.bin
  "data-truncated": row(
    "VF2201",
    "fatal",
    "data_level0.bin is shorter than its slots need",
    "The engine searches uninitialised memory: signal 11, or ids that are not found.",
    REPAIR_INDEX,
  ),
  "data-size-unusual": row(
    "VF2202",
    "warning",
    "data_level0.bin has a length that no engine writes",
    "The slots in use are all there; something else wrote to the file.",
    "Look after the disk, then `vecfsck repair STORE`.",
  ),
  "slot-zeroed": row(
    "VF2203",
    "error",
    "Slots in use are filled with zeros",
    "Their vectors and labels are gone: requests that touch them fail.",
    REPAIR_INDEX,
  ),
  "slot-neighbour-count": row(
    "VF2204",
    "fatal",
    "A slot has more neighbours than a slot has room for",
    "The engine follows links that do not exist: signal 11.",
    REPAIR_INDEX,
  ),
  "slot-neighbour-range": row(
    "VF2205",
    "fatal",
    "A neighbour is not a slot in use",
    "The engine follows it past the end of memory: signal 11.",
    REPAIR_INDEX,
  ),
  "slot-neighbour-self": row(
    "VF2206",
    "warning",
    "A slot has itself as a neighbour",
    "A link is wasted; the engine never writes that.",
    "Watch the disk: a wrong number was written here. The index answers as before; `vecfsck repair STORE` links the record again.",
  ),
  "slot-neighbour-duplicate": row(
    "VF2207",
    "warning",
    "A slot has the same neighbour twice",
    "A link is wasted; the engine never writes that.",
    "Watch the disk: a wrong number was written here. The index answers as before; `vecfsck repair STORE` links the record again.",
  ),
  "slot-label-invalid": row(
    "VF2208",
    "error",
    "A slot has a label that was never given",
    "Its vector belongs to no record: requests fail with: error finding id.",
    REPAIR_INDEX,
  ),
  "slot-label-duplicate": row(
    "VF2209",
    "error",
    "Two slots have the same label",
    "A record gets another record's vector.",
    REPAIR_INDEX,
  ),
  "vector-not-finite": row(
    "VF2210",
    "error",
    "Vectors hold NaN or infinity",
    "Their records are never found, and searches near them go astray.",
    REPAIR_INDEX,
  ),
  "vector-not-normalised": row(
    "VF2211",
    "error",
    "Vectors of a cosine index are not of length 1",
    "Distances and returned vectors are wrong.",
    REPAIR_INDEX,
  ),
  "deleted-slots-many": row(
    "VF2212",
    "warning",
    "Most slots of the index are deleted ones",
    "Queries return too few results: ef or M is too small.",
    "`vecfsck repair STORE` builds the index without them; until then the deleted vectors are readable in the file.",
  ),
  "deleted-slots": row(
    "VF2213",
    "info",
    "Deleted vectors are still in the file",
    "They take space, and can be read until the index is rebuilt.",
    "Nothing has to be done; `vecfsck optimize STORE --compact-indexes` writes the index without them.",
  ),
  "slot-flags-unknown": row(
    "VF2214",
    "warning",
    "A slot carries flags that no engine sets",
    "The engine ignores them; something else wrote to the file.",
    "Look after the disk, then `vecfsck repair STORE`.",
  ),
  "slot-links-empty": row(
    "VF2215",
    "error",
    "A slot has no neighbours",
    "Searches end there: queries return too few results or none.",
    REPAIR_INDEX,
  ),
  // link_lists.bin
  "links-truncated": row(
    "VF2301",
    "fatal",
    "link_lists.bin ends before the record of every slot",
    "The engine takes whatever was in its memory for links: signal 11.",
    REPAIR_INDEX,
  ),
  "links-record-torn": row(
    "VF2302",
    "fatal",
    "A record of link_lists.bin has a length that cannot be",
    "The engine allocates what the record claims, and each flush seeks further: the process dies or the disk fills.",
    REPAIR_INDEX,
  ),
  "links-neighbour-count": row(
    "VF2303",
    "fatal",
    "A link list is longer than it has room for",
    "The engine follows links that do not exist: signal 11.",
    REPAIR_INDEX,
  ),
  "links-neighbour-range": row(
    "VF2304",
    "fatal",
    "A link leads to a slot that is not in use or not on that level",
    "The engine follows it past the end of memory: signal 11.",
    REPAIR_INDEX,
  ),
  "links-trailing-bytes": row(
    "VF2305",
    "warning",
    "link_lists.bin goes on after the record of the last slot",
    "The engine ignores the rest.",
    "Look after the disk, then `vecfsck repair STORE`.",
  ),
  "links-sparse": row(
    "VF2306",
    "error",
    "link_lists.bin claims far more bytes than links can take",
    "Each flush seeks further: the file grows without bound.",
    REPAIR_INDEX,
  ),
  "links-zeroed": row(
    "VF2307",
    "fatal",
    "link_lists.bin holds zeros where the graph has links",
    "Every query follows links that do not exist: signal 11.",
    REPAIR_INDEX,
  ),
  // length.bin
  "lengths-truncated": row(
    "VF2401",
    "error",
    "length.bin ends before the length of every cosine vector",
    "get returns wrong vectors, without an error.",
    REPAIR_INDEX,
  ),
  "lengths-invalid": row(
    "VF2402",
    "error",
    "length.bin holds lengths that no vector has",
    "get returns wrong vectors, without an error.",
    REPAIR_INDEX,
  ),
  "lengths-short": row(
    "VF2403",
    "warning",
    "length.bin is shorter than an engine writes it",
    "Nothing, for this distance does not use the lengths.",
    "Look after the disk, then `vecfsck repair STORE`.",
  ),
  // index_metadata.pickle
  "id-map-truncated": row(
    "VF2501",
    "error",
    "index_metadata.pickle ends in the middle",
    "The engine cannot load the index: ran out of input.",
    REPAIR_INDEX,
  ),
  "id-map-undecodable": row(
    "VF2502",
    "error",
    "index_metadata.pickle is not what an engine writes",
    "The engine cannot load the index: error deserializing.",
    REPAIR_INDEX,
  ),
  "id-map-foreign-object": row(
    "VF2503",
    "error",
    "index_metadata.pickle asks for code to be run",
    "Chroma 0.x would run it. vecfsck does not.",
    "Treat the machine as attacked until you know who wrote the file; `vecfsck repair STORE` then writes it anew.",
  ),
  "id-map-era": row(
    "VF2504",
    "error",
    "index_metadata.pickle has the shape of another version of the engine",
    "Chroma 0.x fails: 'dict' object has no attribute.",
    "Open the store with the version that wrote it, or later; or `vecfsck repair STORE`.",
  ),
  "id-map-protocol": row(
    "VF2505",
    "error",
    "index_metadata.pickle names a pickle protocol that does not exist",
    "Chroma 0.x refuses it.",
    REPAIR_INDEX,
  ),
  "id-map-inconsistent": row(
    "VF2506",
    "error",
    "The two directions of the id map disagree",
    "Records get each other's vectors, or none.",
    REPAIR_INDEX,
  ),
  "id-map-field-missing": row(
    "VF2507",
    "error",
    "index_metadata.pickle lacks a field",
    "The engine cannot load the index.",
    REPAIR_INDEX,
  ),
  "id-map-dimension": row(
    "VF2508",
    "error",
    "index_metadata.pickle names another dimension than the index",
    "The engine refuses vectors of the right length.",
    REPAIR_INDEX,
  ),
  "id-map-label-invalid": row(
    "VF2509",
    "error",
    "index_metadata.pickle maps to labels above its own counter",
    "The engine will give the same label twice.",
    REPAIR_INDEX,
  ),
  "id-map-trailing-bytes": row(
    "VF2510",
    "error",
    "index_metadata.pickle goes on behind its end",
    "Chroma 1.x cannot load the index: error deserializing.",
    REPAIR_INDEX,
  ),
  "id-map-leftover": row(
    "VF2511",
    "warning",
    "index_metadata.pickle goes on behind its end",
    "Chroma 0.x ignores the rest, Chroma 1.x does not: an upgrade will fail.",
    "A longer version of the file was there before: `vecfsck repair STORE` before you upgrade.",
  ),
  "id-map-sequences": row(
    "VF2512",
    "warning",
    "The sequence numbers in index_metadata.pickle are not those of its ids",
    "Chroma 0.4 fails for the ids that lack one: KeyError; later versions do not read them.",
    "Open the store with 0.5 or later, or `vecfsck repair STORE`.",
  ),
  // The graph
  "graph-unreachable": row(
    "VF2601",
    "error",
    "Live records cannot be reached from the entry point",
    "No query returns them.",
    REPAIR_INDEX,
  ),
  "graph-weak": row(
    "VF2602",
    "info",
    "A few live records cannot be reached from the entry point",
    "No query returns these few; hnswlib leaves some behind in every large index.",
    "Add or update these records again if every one of them has to be found.",
  ),
  // Records against vectors
  "label-without-slot": row(
    "VF2701",
    "error",
    "The id map names labels that no live slot has",
    "Requests that touch them fail with: error finding id, label not found.",
    REPAIR_INDEX,
  ),
  "slot-without-id": row(
    "VF2702",
    "error",
    "Live slots have labels that the id map does not name",
    "The engine fails with: KeyError, or returns results that are no record.",
    REPAIR_INDEX,
  ),
  "vectors-missing": row(
    "VF2703",
    "error",
    "Records have no vector, neither in the index nor in the queue",
    "Requests that touch one fail whole: error finding id.",
    "`vecfsck repair STORE` looks for them everywhere; records whose vectors are gone leave the store into a file, and `--vectors` brings them back.",
  ),
  "vectors-ghost": row(
    "VF2704",
    "error",
    "The index holds ids that are no record",
    "Queries return results without document and metadata, or fail.",
    REPAIR_INDEX,
  ),
  "index-ahead": row(
    "VF2705",
    "info",
    "A flush of the index was interrupted before its id map was written",
    "The engine replays the queue and gives the same labels again.",
    NOTHING_TO_DO,
  ),
  // The store against its seal
  "seal-bytes-rotted": row(
    "VF2801",
    "error",
    "Bytes are not the sealed ones, though nothing has written the file since",
    "Whatever stands there is wrong and looks right: a vector that was flipped gives wrong neighbours.",
    "Look after the disk and the memory of the machine first; then restore the file from a backup that was made before, and check it against the same seal.",
  ),
  "seal-copy-differs": row(
    "VF2802",
    "error",
    "Bytes are not the sealed ones, and the file was copied since",
    "The copy is wrong, unless something wrote the file and then set back its time.",
    "Copy the file again from where it came from, and check it against the same seal.",
  ),
  "seal-file-changed": row(
    "VF2803",
    "info",
    "A file was written since the store was sealed",
    "The seal says nothing about its bytes; an engine that is at work rewrites files.",
    "Seal the store again while nothing uses it.",
  ),
  "seal-file-missing": row(
    "VF2804",
    "info",
    "A file that was sealed is gone",
    "An engine removes the files of a deleted collection; what is needed and missing has a finding of its own.",
    NOTHING_TO_DO,
  ),
  "seal-file-new": row(
    "VF2805",
    "info",
    "A file that the seal does not know",
    "The seal says nothing about it.",
    "Seal the store again while nothing uses it.",
  ),
  // What vecfsck itself has left
  "change-interrupted": row(
    "VF2901",
    "error",
    "A change that vecfsck was making was interrupted",
    "Parts of the store can be missing until the change is completed or undone; nothing is lost.",
    "Keep the engine from starting and run `vecfsck quarantine list` on the store: like every verb but check it first completes or undoes the change, and says so.",
  ),
  "transaction-interrupted": row(
    "VF2902",
    "warning",
    "A guarded write was interrupted",
    "The store can hold a part of what was to be written as a whole.",
    "Stop every process that uses the store; `vecfsck restore STORE --from DIR`, with the backup that the finding names, takes the write back. To keep what is there, remove the record that it names.",
  ),
  // The directory of a chromem-go database
  "chromem-metadata-missing": row(
    "VF3001",
    "error",
    "A collection has documents and no metadata file",
    "chromem-go refuses to open the whole database: «collection metadata file not found».",
    "`vecfsck repair STORE` finds the name by its hash and writes the file again; names to try are given with --names.",
  ),
  "chromem-name-empty": row(
    "VF3002",
    "error",
    "The metadata file of a collection holds no name",
    "chromem-go refuses to open the whole database when the collection has documents, and passes over it when it has none.",
    "`vecfsck repair STORE` finds the name by its hash and writes the file again; names to try are given with --names.",
  ),
  "chromem-folder-misnamed": row(
    "VF3003",
    "warning",
    "The folder of a collection is not named after the hash of its name",
    "What an import or CreateCollection writes under this name goes to another folder, and one of the two is shadowed.",
    "`vecfsck repair STORE` renames the folder.",
  ),
  "chromem-metadata-exchanged": row(
    "VF3004",
    "error",
    "The metadata file is that of another collection",
    "The documents stand under another collection's name, and queries of either find the wrong ones.",
    "`vecfsck repair STORE` puts the metadata files back.",
  ),
  "chromem-collection-shadowed": row(
    "VF3005",
    "error",
    "Two folders hold collections of one name",
    "chromem-go loads only the folder that comes last by its name: the documents of the others are not found.",
    "`vecfsck repair STORE` keeps them apart under two names, or merges them with --shadowed merge.",
  ),
  "chromem-collection-empty": row(
    "VF3006",
    "info",
    "A collection has no documents",
    "Queries of it fail: «nResults must be <= the number of documents in the collection».",
    NOTHING_TO_DO,
  ),
  "chromem-extension-mixed": row(
    "VF3007",
    "error",
    "A file has the other extension than the rest of the database",
    "chromem-go passes over it: with compress off it reads *.gob alone, with compress on *.gob.gz alone.",
    "`vecfsck repair STORE` gives the file the extension that the rest of the database has.",
  ),
  "chromem-extension-wrong": row(
    "VF3008",
    "error",
    "The files have the extension of the other compress flag",
    "A program that goes on opening the database with the flag that it was written with finds it empty.",
    "`vecfsck repair STORE` gives the files the extension that belongs to what is in them.",
  ),
  "chromem-folder-empty": row(
    "VF3009",
    "info",
    "The folder of a collection is empty",
    "chromem-go passes over it: a collection without documents is gone, or its making was interrupted.",
    NOTHING_TO_DO,
  ),
  "chromem-leftover": row(
    "VF3010",
    "info",
    "A file that an interrupted write or a rescue has left",
    "chromem-go passes over it.",
    NOTHING_TO_DO,
  ),
  "chromem-not-a-folder": row(
    "VF3011",
    "error",
    "Something else stands where the folder of a collection belongs",
    "chromem-go passes over it: the collection seems gone, and making it again fails or goes through a link.",
    "Nobody but you knows what it is for: put the folder itself in its place, or move it aside.",
  ),
  // A gob file of chromem-go
  "gob-empty": row(
    "VF3101",
    "error",
    "A gob file has no bytes",
    REFUSED,
    REPAIR_DOCUMENT,
  ),
  "gob-truncated": row(
    "VF3102",
    "error",
    "A gob file ends before its value does",
    REFUSED,
    REPAIR_DOCUMENT,
  ),
  "gob-malformed": row(
    "VF3103",
    "error",
    "A gob file cannot be decoded",
    REFUSED,
    REPAIR_DOCUMENT,
  ),
  "gob-type-mismatch": row(
    "VF3104",
    "error",
    "A gob holds no field of a file of this name, or one of another type",
    REFUSED,
    REPAIR_DOCUMENT,
  ),
  "gob-trailing-bytes": row(
    "VF3105",
    "info",
    "A gob file has bytes after its value",
    "chromem-go passes over them.",
    NOTHING_TO_DO,
  ),
  "gzip-malformed": row(
    "VF3106",
    "error",
    "A gzip file breaks off or turns malformed before its value ends",
    REFUSED,
    REPAIR_DOCUMENT,
  ),
  "gzip-checksum": row(
    "VF3107",
    "error",
    "The decompressed bytes are not those of which the checksum was made",
    "chromem-go never looks at the checksum: it serves what may be wrong, without an error.",
    REPAIR_DOCUMENT,
  ),
  "gob-too-large": row(
    "VF3108",
    "error",
    "A file holds more than a document ever does",
    "The program can run out of memory when it opens the database.",
    REPAIR_DOCUMENT,
  ),
  "gob-not-a-file": row(
    "VF3109",
    "error",
    "Something stands under the name of a gob file that is no file",
    REFUSED,
    REPAIR_DOCUMENT,
  ),
  "gzip-checksum-missing": row(
    "VF3110",
    "warning",
    "A gzip file is cut behind its value, where the checksum stands",
    "chromem-go reads it all the same; nothing proves that the value is the one that was written.",
    "`vecfsck repair STORE` writes the file again.",
  ),
  "gob-pipe": row(
    "VF3111",
    "fatal",
    "A pipe stands under the name of a gob file",
    "Opening the database never ends: chromem-go waits for somebody to write into the pipe.",
    "`vecfsck repair STORE` moves it aside.",
  ),
  "gob-claims-memory": row(
    "VF3112",
    "fatal",
    "A gob claims far more entries of a map than it holds",
    "Opening the database ends the process: Go makes room for all of them before it reads the first, and runs out of memory.",
    REPAIR_DOCUMENT,
  ),
  // A document of chromem-go
  "document-without-id": row(
    "VF3201",
    "error",
    "A document has no id",
    "chromem-go keeps at most one such document of a collection; nothing finds or removes it by its id.",
    REPAIR_DOCUMENT,
  ),
  "document-misnamed": row(
    "VF3202",
    "warning",
    "The file of a document is not named after the hash of its id",
    "Deleting or writing the document again does not touch this file: at the next start it is back as it was.",
    "`vecfsck repair STORE` renames the file.",
  ),
  "document-duplicate": row(
    "VF3203",
    "error",
    "Two files hold a document of one id",
    "Which of the two is served depends on the order of the file names.",
    "`vecfsck repair STORE` keeps the one whose name belongs to the id and moves the other aside.",
  ),
  "document-exchanged": row(
    "VF3204",
    "error",
    "The file holds a document of another collection",
    "Queries return a document of another collection, and do not find the one that belongs here.",
    "`vecfsck repair STORE` puts the files back.",
  ),
  "document-without-embedding": row(
    "VF3205",
    "error",
    "A document has no embedding",
    "Every query of the collection fails: «vectors must have the same length».",
    "`vecfsck repair STORE` takes the document out; with --vectors it comes back with a vector.",
  ),
  "document-dimension": row(
    "VF3206",
    "error",
    "An embedding has another number of dimensions than the others of its collection",
    "Every query of the collection fails: «vectors must have the same length».",
    "`vecfsck repair STORE` takes the document out; with --vectors it comes back with another vector.",
  ),
  "embedding-not-finite": row(
    "VF3207",
    "error",
    "An embedding has numbers that are no numbers, or infinite",
    "The similarity of the document is no number: the order of the results is wrong.",
    "`vecfsck repair STORE` takes the document out; with --vectors it comes back with another vector.",
  ),
  "embedding-not-normalised": row(
    "VF3208",
    "warning",
    "An embedding does not have the length 1",
    "chromem-go takes every embedding for normalised: the similarity of the document is wrong.",
    "`vecfsck repair STORE` normalises it.",
  ),
  // An export file of chromem-go
  "export-undecryptable": row(
    "VF3301",
    "error",
    "The export file cannot be decrypted",
    "It cannot be imported: «couldn't decrypt data».",
    "Look whether the key is the right one; if it is, the file is damaged: use another export.",
  ),
  "export-too-short": row(
    "VF3302",
    "error",
    "The file is shorter than any encrypted export",
    "It cannot be imported.",
    "Use another export.",
  ),
  "export-name-differs": row(
    "VF3303",
    "error",
    "A collection or document is filed under another name than its own",
    "After an import it is found under one of the two names only, and the other's files stay.",
    "Import it and export it again.",
  ),
};

/**
 * Lists every finding that there is, in the order of the codes.
 *
 * @example
 * ```ts
 * import { listFindingCodes } from "@vecfsck/vecfsck";
 *
 * const fatal = listFindingCodes().filter((code) => code.severity === "fatal");
 * console.log(fatal.length > 0);
 * ```
 *
 * @returns The rows of the table, each with its name and its cause.
 */
export function listFindingCodes(): ListedFindingCode[] {
  const rows = Object.entries(FINDING_CODES) as [FindingName, FindingCode][];
  return rows
    .map(([name, code]) => ({ name, cause: FINDING_CAUSES[name], ...code }))
    .sort((a, b) => a.code.localeCompare(b.code));
}
