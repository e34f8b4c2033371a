/**
 * Reading what an export has written.
 *
 * @module
 */

import { assertEquals } from "@std/assert";

/** A line of an export. */
export interface ExportLine {
  readonly collection: string | null;
  readonly id: string | null;
  readonly document: string | null;
  readonly metadata: Record<string, unknown> | null;
  readonly embedding: number[] | null;
  readonly uri?: string;
  readonly reason?: string;
  readonly header?: Record<string, unknown>;
}

/** The records of a file of JSON Lines, in their order, and the headers. */
export function readLines(path: string): { records: ExportLine[]; headers: ExportLine[] } {
  const lines: ExportLine[] = parseLines(Deno.readTextFileSync(path));
  return {
    headers: lines.filter(({ header }) => header !== undefined),
    records: lines.filter(({ header }) => header === undefined),
  };
}

/** Parses JSON Lines. */
export function parseLines<Line>(text: string): Line[] {
  assertEquals(text === "" || text.endsWith("\n"), true);
  return text.split("\n").slice(0, -1).map((line): Line => JSON.parse(line));
}

/** An array of NumPy: its shape, and its floats. */
export function readNpy(path: string): { shape: [number, number]; floats: Float32Array } {
  const bytes = Deno.readFileSync(path);
  const view = new DataView(bytes.buffer);
  assertEquals([...bytes.subarray(0, 8)], [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  const headerEnd = 10 + view.getUint16(8, true);
  assertEquals(headerEnd % 64, 0);
  const header = new TextDecoder().decode(bytes.subarray(10, headerEnd));
  const match = /^{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), } *\n$/.exec(
    header,
  );
  const shape: [number, number] = [Number(match?.[1]), Number(match?.[2])];
  assertEquals(bytes.byteLength, headerEnd + 4 * shape[0] * shape[1], header);
  return { shape, floats: new Float32Array(bytes.slice(headerEnd).buffer) };
}

/** Decodes floats that facts have as base64. */
export function decodeFloats(base64: string): Float32Array {
  return new Float32Array(Uint8Array.fromBase64(base64).buffer);
}
