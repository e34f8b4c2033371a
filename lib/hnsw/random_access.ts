/**
 * What this layer needs of a file: its length, and bytes from anywhere in it.
 *
 * @module
 */

/** Bytes that can be read from any offset: an open file, or an array in memory. */
export interface RandomAccessBytes {
  /** The length in bytes. */
  readonly sizeBytes: number;
  /** Fills `target` from `offset` on; returns the filled part, shorter only at the end. */
  readAt(offset: number, target: Uint8Array): Uint8Array;
}
