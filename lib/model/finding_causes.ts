/**
 * What a finding usually comes from, in front of what it does (`effect`) and what to do about it
 * (`repair`) in `codes.ts`: for people who read about a finding, and never part of a report.
 *
 * What is said here was reported by users, follows from the order in which engines write, or was
 * made to happen with real engines.
 *
 * @module
 */

import type { FindingName } from "./finding_names.ts";

const TORN =
  "A crash, a full disk or a loss of power while the engine wrote the file in its place, or a copy that was made while it did";
const TORN_FLUSH =
  "A crash, a full disk or a loss of power between two files of one flush, or a copy that was made during one";
const OVERWRITTEN =
  "A disk or a file system that returned other bytes than were written, or another program that wrote to the file";
const PAGES =
  "A loss of power on a disk that does not keep its promises, a network file system, or a copy of the file that was made while the engine wrote";
const ROW_GONE = "Rows that a damaged page has taken with it, or somebody who deleted rows by hand";
const OTHER_PROGRAM = "Something other than the engine wrote to the file";
const GO_TORN =
  "A crash or a full disk while chromem-go wrote the file: it writes in place, without a temporary name and without a sync";
const GO_MOVED = "Files that were copied, moved or restored by hand between folders";

/** The cause of each finding, as one sentence without its final period. */
export const FINDING_CAUSES: Readonly<Record<FindingName, string>> = {
  "catalogue-missing":
    "The file was removed or left out of a copy, or a volume is mounted at another place than before",
  "catalogue-empty":
    "A full disk, a copy that was interrupted, or an engine that was started while the file was missing",
  "catalogue-fresh":
    "An engine was started for the first time and stopped before it made its tables",
  "orphan-segment-directory":
    "A collection was deleted: several versions of Chroma leave the directory of its index behind",
  "moved-aside-segment":
    "A tool or a person has renamed the directory, to have the engine make a new index",
  "foreign-entry": "A person or another program has put it there",
  "file-overallocated":
    "A file system that keeps room for more than was written, for instance after a flush that went far behind the end",
  "segment-not-a-directory": "A restore or a script that mixed up names",
  "index-older-than-catalogue":
    "Records were written since the last flush of the index, which comes once in a thousand of them",
  "segment-type-unknown": "A newer engine, or a plug-in of one",
  "schema-newer": "A newer engine has opened the store, which changes the database at once",
  "file-unreadable":
    "A person or a script has put a link, a directory, a pipe or a device in its place",

  "sqlite-not-a-database":
    "The first page was overwritten: by a disk, by another program, or by a copy of the wrong file",
  "sqlite-header-damaged": OVERWRITTEN,
  "sqlite-truncated":
    "A copy or a download that ended too early, a full disk, or a copy that was made while the file grew",
  "sqlite-trailing-bytes": OTHER_PROGRAM,
  "sqlite-malformed": PAGES,
  "sqlite-index-mismatch": PAGES,
  "sqlite-hot-journal": "The engine was ended in the middle of a transaction",
  "sqlite-stray-wal":
    "A copy of a database was put back without removing the log that lay there, or the journal mode was changed by a program that has crashed",
  "sqlite-wal-pending": "The program that wrote last had no time to take in the log",
  "sqlite-table-missing":
    "A damaged page that held the schema, or a store that is only half migrated",
  "sqlite-column-missing":
    "The store was migrated in part, or its record of migrations came from another store",
  "sqlite-constraint-broken": PAGES,
  "sqlite-stray-journal":
    "The engine was ended after its transaction and before it removed the journal",
  "sqlite-pages-unused": PAGES,
  "sqlite-foreign-wal":
    "The log belongs to another database, or a database was put back while its log stayed",
  "sqlite-trigger": "Somebody made it; no version of the engine does",

  "migration-missing": ROW_GONE,
  "migration-changed": "Somebody changed the row, or a damaged page did",
  "tenant-missing": ROW_GONE,
  "database-missing": ROW_GONE,
  "collection-name-invalid": "A damaged page, or a program that wrote to the database by itself",
  "collection-name-duplicate":
    "Rows were put together from two databases, or an index that keeps names apart was lost",
  "segment-row-missing": ROW_GONE,
  "segment-row-orphan": "The collection was deleted, and this row was not",
  "segment-row-duplicate": "Rows were put together from two databases, or inserted by hand",
  "configuration-not-json": "A damaged page, or a tool that wrote the configuration by hand",
  "configuration-without-type":
    "A newer engine has written the collection: 1.x does not write what 0.5 and 0.6 ask for",
  "configuration-space-unknown": "A misspelt setting that was written by hand, or a damaged page",
  "dimension-mismatch":
    "The row or the index came from another collection, or a tool changed the dimension",
  "dimension-missing": "The row was inserted or changed by hand",
  "watermark-poisoned":
    "A migration of Chroma 1.x took a number that was an integer already for a BLOB",
  "watermark-blob":
    "The migration of Chroma 1.x that makes an integer of it was not run, or not in full",
  "watermark-invalid": "A damaged page, or a change by hand",
  "watermark-ahead":
    "The database was put back from an older copy and the index was not, or the number was changed",
  "watermark-missing": ROW_GONE,
  "watermark-orphan": "The collection was deleted, and this row was not",
  "queue-configuration-invalid": "A damaged page, or a change by hand",
  "index-settings-lost":
    "The rows or fields that hold the settings were lost or cleared, on a damaged page or by hand",
  "settings-value-unreadable":
    "A damaged row, or a program that wrote to the database by itself: SQLite keeps what it is given",

  "records-orphaned": "A collection was deleted: 0.5 and 0.6 leave its records behind",
  "metadata-orphaned": "Deletes that did not take everything with them",
  "metadata-array-orphaned":
    "A record was deleted by Chroma 1.5, which leaves its lists of values behind",
  "queue-row-invalid": "A damaged page, or a program that put rows into the queue by itself",
  "queue-unpurged":
    "The setting automatically_purge is off, as in every store that a version before 0.5.6 has made",
  "queue-orphaned": "A collection was deleted while writes to it were still waiting",
  "index-lagging": "That is how the engine works: it flushes an index once in a thousand writes",
  "index-stuck": "Each flush fails: the index is damaged, or the disk is full",
  "queue-retained": "Chroma 0.4 never takes rows out of its queue",
  "record-row-missing": "A damaged page of the table embeddings",

  "fulltext-table-missing":
    "The row of the schema that declares it was lost while its shadow tables were not, on a damaged page or in a repair by hand",
  "fulltext-malformed": PAGES,
  "fulltext-rows-missing": "Rows of it were on a damaged page, or were removed by hand",
  "fulltext-text-differs":
    "Numbers of records were given again after deletes that left the full text as it was, or a damaged page",
  "fulltext-leftover": "Chroma 0.4 leaves the documents of deleted records in the full text",
  "document-missing": "A damaged page of the table embedding_metadata",
  "fulltext-row-in-the-way":
    "Chroma 0.4 left rows of deleted documents, and a newer version gives their numbers again",

  "segment-missing":
    "The directory was removed or moved aside after the queue had been purged, or was left out of a copy",
  "segment-file-missing":
    "A file was left out of a copy or removed, or the first flush of the index was interrupted",
  "id-map-missing": "The first flush was interrupted before its last file, or the file was removed",

  "header-truncated": TORN,
  "header-version": OVERWRITTEN,
  "header-geometry": OVERWRITTEN,
  "header-parameter": OVERWRITTEN,
  "header-capacity-low": TORN_FLUSH,
  "header-capacity-implausible":
    "Overwritten bytes, or a flush by an engine that had loaded a damaged header",
  "header-entry-point": TORN_FLUSH,
  "header-max-level": TORN_FLUSH,
  "header-count-low": TORN_FLUSH,
  "header-trailing-bytes": OTHER_PROGRAM,
  "header-count-high": TORN_FLUSH,

  "data-truncated": TORN,
  "data-size-unusual": OTHER_PROGRAM,
  "slot-zeroed":
    "A loss of power: the file system had made the file longer and not yet written its bytes",
  "slot-neighbour-count": OVERWRITTEN,
  "slot-neighbour-range": TORN_FLUSH,
  "slot-neighbour-self": OVERWRITTEN,
  "slot-neighbour-duplicate": OVERWRITTEN,
  "slot-label-invalid": OVERWRITTEN,
  "slot-label-duplicate": OVERWRITTEN,
  "vector-not-finite": "A model or a program that gave NaN, or overwritten bytes",
  "vector-not-normalised": OVERWRITTEN,
  "deleted-slots-many":
    "Many records were deleted or replaced: the engine marks their slots and never takes them out",
  "deleted-slots": "Records were deleted: the engine marks their slots and never takes them out",
  "slot-flags-unknown": OVERWRITTEN,
  "slot-links-empty": TORN_FLUSH,

  "links-truncated": TORN,
  "links-record-torn":
    "A full disk in the middle of a flush; a later flush of the same index makes it worse",
  "links-neighbour-count": OVERWRITTEN,
  "links-neighbour-range": TORN_FLUSH,
  "links-trailing-bytes":
    "An earlier, longer version of the file, which was written over in its place",
  "links-sparse": "A torn record, which each further flush follows to a place further behind",
  "links-zeroed":
    "A loss of power: the file system had made the file longer and not yet written its bytes",

  "lengths-truncated": TORN,
  "lengths-invalid": OVERWRITTEN,
  "lengths-short": TORN,

  "id-map-truncated": TORN,
  "id-map-undecodable": OVERWRITTEN,
  "id-map-foreign-object": "Somebody has made the file to have code run by whoever loads it",
  "id-map-era":
    "The store was opened by a newer engine and then by an older one, or a tool wrote the file",
  "id-map-protocol": OVERWRITTEN,
  "id-map-inconsistent": OVERWRITTEN,
  "id-map-field-missing": "A tool wrote the file, or overwritten bytes",
  "id-map-dimension": "The file belongs to another index",
  "id-map-label-invalid": "The file belongs to an older state of the index, or overwritten bytes",
  "id-map-trailing-bytes":
    "An earlier, longer version of the file, which was written over in its place",
  "id-map-leftover": "An earlier, longer version of the file, which was written over in its place",
  "id-map-sequences": "A tool wrote the file, or it was put together from two",

  "graph-unreachable":
    "Links were lost or cut, or records were updated and deleted so often that hnswlib has lost the way to others",
  "graph-weak":
    "The way in which hnswlib builds a graph: some slots lose all links that lead to them",

  "label-without-slot": TORN_FLUSH,
  "slot-without-id": TORN_FLUSH,
  "vectors-missing":
    "An index was moved aside or made anew after the queue had been purged, or its slots are damaged",
  "vectors-ghost":
    "The database was put back from an older copy and the index was not, or rows of it are lost",
  "index-ahead": "The engine was ended during a flush, after the slots and before the id map",

  "seal-bytes-rotted": "A disk, a cable or memory that has changed bits",
  "seal-copy-differs": "A copy that went wrong on its way",
  "seal-file-changed": "An engine has worked on the store since",
  "seal-file-missing": "An engine has removed it, or somebody has",
  "seal-file-new": "An engine has made it, or somebody has",

  "change-interrupted": "vecfsck was killed, or the power failed, while it exchanged files",
  "transaction-interrupted":
    "The program that made the guarded write was killed before it came to its end",

  "chromem-metadata-missing":
    "A crash while the collection was made, or the file was removed or left out of a copy",
  "chromem-name-empty": GO_TORN,
  "chromem-folder-misnamed": "The folder was renamed or copied by hand",
  "chromem-metadata-exchanged": GO_MOVED,
  "chromem-collection-shadowed":
    "Two programs made the collection at the same time, or a folder was copied",
  "chromem-collection-empty": "All documents were deleted, or none was added yet",
  "chromem-extension-mixed": "The database was opened with compress on and with compress off",
  "chromem-extension-wrong": "Files were compressed, decompressed or renamed by hand",
  "chromem-folder-empty": "The collection was deleted, or making it was interrupted",
  "chromem-leftover": "A write or a rescue was interrupted",
  "chromem-not-a-folder": "A restore or a script that mixed up names",

  "gob-empty": GO_TORN,
  "gob-truncated": GO_TORN,
  "gob-malformed": OVERWRITTEN,
  "gob-type-mismatch": GO_MOVED,
  "gob-trailing-bytes": "Something else wrote to the file",
  "gzip-malformed": GO_TORN,
  "gzip-checksum": OVERWRITTEN,
  "gob-too-large": "A file of another program, or one that was made to take all memory",
  "gob-not-a-file": "A restore or a script that mixed up names, or a link whose target is gone",
  "gzip-checksum-missing": GO_TORN,
  "gob-pipe": "Somebody or a program has made it",
  "gob-claims-memory": "Overwritten bytes, or a file that was made to do that",

  "document-without-id": "A program added the document without an id",
  "document-misnamed": "The file was renamed or copied by hand",
  "document-duplicate": "The file was copied by hand",
  "document-exchanged": GO_MOVED,
  "document-without-embedding": "An embedding function that returned nothing and no error",
  "document-dimension": "Another model was used for some of the documents",
  "embedding-not-finite": "An embedding function that returned NaN, or overwritten bytes",
  "embedding-not-normalised":
    "An embedding function that does not normalise: chromem-go does that only for vectors that a program hands in",

  "export-undecryptable": "Another key, or a file that was cut or changed on its way",
  "export-too-short": "A copy or a download that ended too early",
  "export-name-differs":
    "The database had files under names that are not theirs when it was exported",
};
