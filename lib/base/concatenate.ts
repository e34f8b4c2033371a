/**
 * Parts of bytes as one.
 *
 * @module
 */

/**
 * Puts parts together.
 *
 * @param parts The parts, in their order.
 * @returns Fresh bytes with all of them.
 */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}
