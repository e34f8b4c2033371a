/**
 * What became of the order rule, for plan and report.
 *
 * @module
 */

/** Why the order rule assigned nothing; null stands for a rule that was applied. */
export type OrderRefusal =
  /** Every record has its label from elsewhere. */
  | "not-needed"
  /** There are no slots that can be used. */
  | "no-slots"
  /** Nothing says up to which write the index is. */
  | "no-watermark"
  /** Rows of `embeddings` or of the queue could not be read. */
  | "rows-damaged"
  /** Rows of the Python era follow no order, and no slots prove that others do. */
  | "python-rows"
  /** How many slots are in use cannot be told. */
  | "count-unknown"
  /** Which rows the index has at its watermark contradicts itself. */
  | "rows-contradict"
  /** A vector that was written after the watermark stands in the index. */
  | "index-newer"
  /** A vector that the index must have is not in it. */
  | "witness-missing"
  /** Labels that are known from elsewhere do not stand where the order has them. */
  | "pins-contradict"
  /** There are more live labels than rows and deletions account for. */
  | "too-many-labels"
  /** There are fewer labels than rows. */
  | "too-few-labels";

/** What became of the order rule. */
export interface OrderReport {
  /** Why nothing was assigned, or null. */
  readonly refusal: OrderRefusal | null;
  /** How many records have their label from it. */
  readonly assigned: number;
  /** How many labels from other sources were held against it, and agreed. */
  readonly witnesses: number;
  /** How many deletions after the flush left labels that could be any. */
  readonly strays: number;
  /** Labels from this one on are known to be given by 1.x. */
  readonly firstLabel: number | null;
}
