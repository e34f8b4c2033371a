import { assertEquals } from "@std/assert";
import { geometryOf, geometryOfHeader } from "../../lib/hnsw/geometry.ts";
import { HEADER_OFFSETS, type HnswHeader, parseHeader } from "../../lib/hnsw/header.ts";
import { tinyIndex } from "../support/tiny_index.ts";

function parsed(change: (view: DataView) => void = () => {}): HnswHeader {
  const { header } = tinyIndex();
  change(header.view);
  const result = parseHeader(header.bytes);
  if (result === null) throw new Error("The header is too short");
  return result;
}

Deno.test("parseHeader() reads every field when the file has 100 bytes", () => {
  const geometry = geometryOf(2, 3);
  assertEquals(parsed(), {
    persistenceVersion: 1,
    offsetLevel0: 0n,
    capacity: 18n,
    count: 8n,
    slotSizeBytes: BigInt(geometry.slotSizeBytes),
    labelOffset: BigInt(geometry.labelOffset),
    vectorOffset: BigInt(geometry.vectorOffset),
    maxLevel: 1,
    entryPoint: 0,
    maxLinks: 2n,
    maxLinksLevel0: 4n,
    linksPerNode: 2n,
    levelMultiplier: 1 / Math.log(2),
    efConstruction: 100n,
  });
});

Deno.test("parseHeader() gives null when a byte is missing", () => {
  assertEquals(parseHeader(tinyIndex().header.bytes.subarray(0, 99)), null);
  assertEquals(parseHeader(new Uint8Array()), null);
});

Deno.test("geometryOfHeader() gives the layout when the fields agree", () => {
  assertEquals(geometryOfHeader(parsed()), geometryOf(2, 3));
});

Deno.test("geometryOfHeader() gives null when any size or offset is off by one", () => {
  const fields = [
    HEADER_OFFSETS.offsetLevel0,
    HEADER_OFFSETS.slotSizeBytes,
    HEADER_OFFSETS.labelOffset,
    HEADER_OFFSETS.vectorOffset,
    HEADER_OFFSETS.maxLinks,
    HEADER_OFFSETS.maxLinksLevel0,
  ];
  for (const offset of fields) {
    const header = parsed((view) =>
      view.setBigUint64(offset, view.getBigUint64(offset, true) + 1n, true)
    );
    assertEquals(geometryOfHeader(header), null, `field at ${offset}`);
  }
});

Deno.test("geometryOfHeader() gives null when a size is absurd", () => {
  for (const value of [0n, 1n << 62n, (1n << 64n) - 1n]) {
    const header = parsed((view) => view.setBigUint64(HEADER_OFFSETS.slotSizeBytes, value, true));
    assertEquals(geometryOfHeader(header), null);
  }
});
