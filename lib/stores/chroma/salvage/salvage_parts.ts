/**
 * All that salvage has found out, before it chooses.
 *
 * @module
 */

import type { OpenedIndex } from "./opened_index.ts";
import type { OrderReport } from "./order_report.ts";
import type { QueueVectors } from "./queue_vectors.ts";
import type { OperationsReading } from "./read_operations.ts";
import type { RowReading } from "./read_rows.ts";
import type { RecordTable } from "./record_table.ts";
import type { SalvageRequest } from "./salvage_request.ts";

/** What the choice is made from. */
export interface SalvageParts {
  /** What was asked for. */
  readonly request: SalvageRequest;
  /** The records, with their labels. */
  readonly records: RecordTable;
  /** The directories, the segment's own first. */
  readonly opened: readonly OpenedIndex[];
  /** The vectors in the queue. */
  readonly queue: QueueVectors;
  /** Floats of a vector, or null. */
  readonly dimension: number | null;
  /** What became of the order rule. */
  readonly order: OrderReport;
  /** How well the rows were read. */
  readonly rows: RowReading | null;
  /** What was read of the queue. */
  readonly operations: OperationsReading | null;
}
