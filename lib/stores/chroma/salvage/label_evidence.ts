/**
 * What a label of a record is known from.
 *
 * | value | source                                                                                  |
 * | ----: | --------------------------------------------------------------------------------------- |
 * |     1 | the id map of the index, whole                                                          |
 * |     2 | the id map of the index, up to where it is damaged                                      |
 * |     3 | the id map of a directory that was moved aside: the same vector stands under that label |
 * |     4 | the queue: its vector is that of exactly one slot                                       |
 * |     5 | the order of the rows that 1.x wrote, which is that of the labels                       |
 *
 * @module
 */

/** What a label is known from, as a number that a column of bytes holds. */
export const LABEL_SOURCE = {
  none: 0,
  idMap: 1,
  tornIdMap: 2,
  olderIdMap: 3,
  queue: 4,
  order: 5,
} as const;

/** What a label is known from, as a word. */
export type LabelEvidence = "id-map" | "torn-id-map" | "older-id-map" | "queue" | "order";

const NAMES: readonly (LabelEvidence | null)[] = [
  null,
  "id-map",
  "torn-id-map",
  "older-id-map",
  "queue",
  "order",
];

/** The word for a value of {@linkcode LABEL_SOURCE}; null for none. */
export function labelEvidence(source: number): LabelEvidence | null {
  return NAMES[source] ?? null;
}
