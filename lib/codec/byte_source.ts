/**
 * Bytes that are read a part at a time.
 *
 * @module
 */

/** What a decoder needs of a file: its length, and bytes from anywhere in it. */
export interface ByteSource {
  /** The length in bytes. */
  readonly sizeBytes: number;
  /** Fills `target` from `offset` on; returns the filled part, empty only at the end. */
  readAt(offset: number, target: Uint8Array): Uint8Array;
}
