import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../../lib/base/errors.ts";
import { localFs } from "../../../../lib/fs/platform.ts";
import { readIdMap, streamIdMap } from "../../../../lib/stores/chroma/segment/id_map.ts";
import {
  encodeIdMap,
  type IdMapContent,
  writeIdMap,
} from "../../../../lib/stores/chroma/segment/write_id_map.ts";
import { sourceOf } from "../../../codec/pickle_bytes.ts";
import { scratchDirectory } from "../../../support/fixtures.ts";

const IDS: readonly string[] = ["plain", "ключ é", "😀\\u\n\0", "", "long ".repeat(30_000)];

function contentOf(changes: Partial<IdMapContent> = {}): IdMapContent {
  return {
    era: "python",
    dimensionality: 32,
    totalElementsAdded: IDS.length,
    maxSeqId: null,
    count: IDS.length,
    ids: () => IDS,
    labelOf: (place) => place + 1,
    sequenceOf: (place) => 1000 + place,
    ...changes,
  };
}

function encode(content: IdMapContent): Uint8Array {
  const bytes: number[] = [];
  encodeIdMap(content, (part) => {
    for (const byte of part) bytes.push(byte);
  });
  return Uint8Array.from(bytes);
}

function facts(bytes: Uint8Array): unknown {
  const map = readIdMap(sourceOf(bytes));
  return {
    era: map.era,
    protocol: map.protocol,
    fault: map.fault,
    missingFields: map.missingFields,
    dimensionality: map.dimensionality,
    totalElementsAdded: map.totalElementsAdded,
    maxSeqId: map.maxSeqId,
    counts: [map.entries, map.reverseEntries, map.sequencedEntries, map.oddEntries],
    agree: [map.directionsAgree, map.sequencesAgree],
    trailingBytes: map.trailingBytes,
  };
}

const COMMON = { fault: null, missingFields: [], totalElementsAdded: 5, trailingBytes: 0 };

Deno.test("encodeIdMap() writes an object of the Python era for 0.5.6 and later", () => {
  assertEquals(facts(encode(contentOf())), {
    ...COMMON,
    era: "python",
    protocol: 5,
    dimensionality: 32,
    maxSeqId: null,
    counts: [5, 5, 5, 0],
    agree: [true, true],
  });
});

Deno.test("encodeIdMap() writes the watermark where the engine keeps it there", () => {
  assertEquals(facts(encode(contentOf({ maxSeqId: 1_234_567_890_123 }))), {
    ...COMMON,
    era: "python",
    protocol: 5,
    dimensionality: 32,
    maxSeqId: 1_234_567_890_123,
    counts: [5, 5, 5, 0],
    agree: [true, true],
  });
});

Deno.test("encodeIdMap() writes a dictionary without sequence numbers for 1.x", () => {
  assertEquals(facts(encode(contentOf({ era: "rust", dimensionality: null }))), {
    ...COMMON,
    era: "rust",
    protocol: 3,
    dimensionality: null,
    maxSeqId: null,
    counts: [5, 5, 0, 0],
    agree: [true, false],
  });
});

Deno.test("encodeIdMap() writes ids of any text with their labels, in both directions", () => {
  for (const era of ["python", "rust"] as const) {
    const expected = IDS.map((id, place) => [id, place + 1]);
    const pairs: Record<string, unknown[]> = { "id-to-label": [], "label-to-id": [] };
    const bytes = encode(contentOf({ era }));
    streamIdMap(sourceOf(bytes), (direction, id, label) => pairs[direction]?.push([id, label]));
    assertEquals(pairs, { "id-to-label": expected, "label-to-id": expected }, era);
  }
});

Deno.test("encodeIdMap() writes a map without ids, and of one id", () => {
  for (const era of ["python", "rust"] as const) {
    for (const count of [0, 1]) {
      const content = contentOf({ era, count, ids: () => IDS.slice(0, count) });
      const map = readIdMap(sourceOf(encode(content)));
      assertEquals([map.fault, map.entries, map.reverseEntries], [null, count, count]);
    }
  }
});

Deno.test("encodeIdMap() refuses a label that no engine can read", () => {
  for (const label of [0, -1, 1.5, 2 ** 32]) {
    const error = assertThrows(
      () => encode(contentOf({ era: "rust", labelOf: () => label })),
      OperationError,
    );
    assertEquals(error.code, "internal");
  }
});

Deno.test("encodeIdMap() refuses other ids than were promised", () => {
  for (const era of ["python", "rust"] as const) {
    const error = assertThrows(() => encode(contentOf({ era, count: 6 })), OperationError);
    assertEquals(error.code, "busy");
  }
});

Deno.test("writeIdMap() writes a new file", async () => {
  const path = join(await scratchDirectory(), "index_metadata.pickle");
  writeIdMap(localFs, path, contentOf());
  assertEquals(await Deno.readFile(path), encode(contentOf()));
  assertThrows(() => writeIdMap(localFs, path, contentOf()), Deno.errors.AlreadyExists);
});
