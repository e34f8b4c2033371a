/**
 * Records whose last write the index has not got, and the queue has lost: the index holds the vector
 * that they had before, and nothing shows it but the numbers.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../../../fs/read_fs.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { CollectionSegments } from "../../catalogue/catalogue.ts";
import { SEGMENT_FILES, type SegmentDirectory } from "../../layout.ts";
import { streamIdMap } from "../../segment/id_map.ts";

/** The number of a record in 16 hexadecimal digits, whichever era has written it. */
const SEQUENCE = "CASE typeof(seq_id) WHEN 'integer' THEN printf('%016X', seq_id) " +
  "ELSE hex(seq_id) END";

/** What is read. */
export interface OutdatedSources {
  /** The database. */
  readonly database: StoreDatabase;
  /** The store's directory. */
  readonly storePath: string;
  /** The directory of the index, or null. */
  readonly directory: SegmentDirectory | null;
  /** How far the index has got. */
  readonly watermark: number;
}

/**
 * Lists the records of a collection whose vector in the index may be an older one.
 *
 * @param entry The collection.
 * @param sources What is read.
 * @returns Their ids; records without a vector in the index are none of them.
 * @throws {SqliteError} A table cannot be read.
 * @throws {OperationError} The id map cannot be read.
 */
export function listOutdated(
  { metadata }: CollectionSegments,
  { database, storePath, directory, watermark }: OutdatedSources,
): string[] {
  const file = directory?.files[SEGMENT_FILES.idMap];
  if (metadata === null || file === undefined) return [];
  const inQueue = new Set(
    database.rows(
      "SELECT printf('%016X', seq_id) FROM embeddings_queue WHERE seq_id > ?",
      watermark,
    )
      .map(([number]) => String(number)),
  );
  const later = new Set(
    database.rows(
      `SELECT embedding_id, ${SEQUENCE} FROM embeddings ` +
        `WHERE segment_id = ? AND ${SEQUENCE} > printf('%016X', ?)`,
      metadata.id,
      watermark,
    ).filter(([, number]) => !inQueue.has(String(number))).map(([id]) => String(id)),
  );
  if (later.size === 0) return [];
  const outdated: string[] = [];
  using source = BoundedFile.open(join(storePath, file.path));
  streamIdMap(source, (direction, id) => {
    if (direction === "id-to-label" && later.has(id)) outdated.push(id);
  });
  return outdated;
}
