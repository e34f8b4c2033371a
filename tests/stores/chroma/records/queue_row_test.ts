import { assertEquals } from "@std/assert";
import type { StoredText } from "../../../../lib/stores/chroma/catalogue/catalogue.ts";
import type { Engine } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import {
  findRowFault,
  hasNonFinite,
  type QueueRow,
  type RowFault,
} from "../../../../lib/stores/chroma/records/queue_row.ts";

const NULL: StoredText = { storage: "null", text: null };

function text(value: string): StoredText {
  return { storage: "text", text: value };
}

function engine(era: "python" | "rust"): Engine {
  const schema = { sysdb: 10, metadb: 6, embeddings_queue: 2 };
  return { name: era, era, newerThanKnown: false, schema };
}

const ADD: QueueRow = {
  operation: 0,
  id: text("a"),
  vectorStorage: "blob",
  vectorSizeBytes: 128,
  encoding: text("FLOAT32"),
  metadata: text('{"chroma:document": "text", "page": 1}'),
  createdSeconds: 1_700_000_000,
};

const DELETE: QueueRow = {
  ...ADD,
  operation: 3,
  vectorStorage: "null",
  vectorSizeBytes: null,
  encoding: NULL,
  metadata: NULL,
};

/** What 0.x and 1.x make of a row that differs from a good one. */
function faults(change: Partial<QueueRow>, row = ADD): (RowFault | null)[] {
  const changed = { ...row, ...change };
  return [findRowFault(changed, 32, engine("python")), findRowFault(changed, 32, engine("rust"))];
}

const BOTH = (fault: RowFault): RowFault[] => [fault, fault];
const NEITHER = [null, null];

Deno.test("findRowFault() takes the rows that engines write", () => {
  assertEquals(faults({}), NEITHER);
  assertEquals(faults({}, DELETE), NEITHER);
  assertEquals(faults({ operation: 1 }, DELETE), NEITHER);
  assertEquals(faults({ operation: 2, metadata: NULL }), NEITHER);
  assertEquals(faults({ encoding: text("FLOAT32"), metadata: text("{}") }, DELETE), NEITHER);
});

Deno.test("findRowFault() finds operations that are none", () => {
  for (const operation of [5, -1, null]) assertEquals(faults({ operation }), BOTH("operation"));
  assertEquals(faults({ operation: 4 }), ["operation", null]);
});

Deno.test("findRowFault() finds ids that are no text", () => {
  for (const id of [NULL, text(""), { storage: "text", text: null }] as const) {
    assertEquals(faults({ id }), BOTH("id"));
  }
  assertEquals(faults({ id: { storage: "integer", text: "1" } }), BOTH("id"));
});

Deno.test("findRowFault() finds vectors missing, of another type or length", () => {
  const missing = { vectorStorage: "null", vectorSizeBytes: null } as const;
  assertEquals(faults(missing), BOTH("vector missing"));
  assertEquals(faults({ ...missing, operation: 2 }), BOTH("vector missing"));
  assertEquals(faults({ ...missing, operation: 1 }), NEITHER);
  assertEquals(faults({ vectorStorage: "text" }), BOTH("vector type"));
  for (const vectorSizeBytes of [0, 124, 127, 129, 132]) {
    assertEquals(faults({ vectorSizeBytes }), BOTH("vector length"), `${vectorSizeBytes}`);
  }
  assertEquals(faults({ vectorSizeBytes: 64, operation: 1 }), BOTH("vector length"));
});

Deno.test("findRowFault() takes any whole floats when the dimension is not known", () => {
  const withSize = (vectorSizeBytes: number): RowFault | null =>
    findRowFault({ ...ADD, vectorSizeBytes }, null, engine("rust"));
  assertEquals([withSize(4), withSize(6144), withSize(0), withSize(6)], [
    null,
    null,
    "vector length",
    "vector length",
  ]);
});

Deno.test("findRowFault() finds encodings that the engine does not read", () => {
  assertEquals(faults({ encoding: text("FLOAT3X") }), BOTH("encoding"));
  assertEquals(faults({ encoding: NULL }), BOTH("encoding"));
  assertEquals(faults({ encoding: text("INT32") }), [null, "encoding"]);
  assertEquals(faults({ encoding: text("FLOAT3X") }, DELETE), [null, "encoding"]);
});

Deno.test("findRowFault() finds metadata that the engine does not read", () => {
  const withMetadata = (value: string): (RowFault | null)[] => faults({ metadata: text(value) });
  for (const value of ['{"a', "[1]", "1", "null"]) {
    assertEquals(withMetadata(value), BOTH("metadata"), value);
  }
  for (
    const value of [
      "",
      '{"a": NaN}',
      '{"a": -Infinity}',
      '{"a": {"b": 1}}',
      '{"a": [1, "b"]}',
      '{"a": [[1]]}',
      '{"chroma:document": 1}',
      '{"a": "\\ud83d"}',
      '{"\\ude00": 1}',
    ]
  ) {
    assertEquals(withMetadata(value), [null, "metadata"], value);
  }
  for (
    const value of [
      '{"a": null, "b": true, "c": 1.5, "d": "NaN"}',
      '{"a": [], "b": [1, 2.5], "c": ["x"], "d": [true]}',
      '{"a": {"indices": [1], "values": [0.5]}}',
      '{"a": "\\ud83d\\ude00"}',
    ]
  ) {
    assertEquals(withMetadata(value), NEITHER, value);
  }
  assertEquals(faults({ metadata: { storage: "blob", text: null } }), BOTH("metadata"));
});

Deno.test("findRowFault() finds times for which 1.x passes over a row", () => {
  assertEquals(faults({ createdSeconds: null }), [null, "created_at"]);
  assertEquals(faults({ createdSeconds: 32_472_144_000 }), [null, "created_at"]);
  assertEquals(faults({ createdSeconds: 9_223_372_036 }), NEITHER);
});

Deno.test("hasNonFinite() finds NaN and infinity anywhere in a vector", () => {
  const bytesOf = (...values: number[]): Uint8Array =>
    new Uint8Array(new Float32Array(values).buffer);
  assertEquals(hasNonFinite(bytesOf(1, -2, 3.4e38, 1e-45, 0)), false);
  assertEquals(hasNonFinite(bytesOf(1, 2, NaN)), true);
  assertEquals(hasNonFinite(bytesOf(-Infinity, 2, 3)), true);
  assertEquals(hasNonFinite(new Uint8Array()), false);
  // A view that does not begin at a multiple of four.
  const shifted = new Uint8Array([0, ...bytesOf(1, Infinity), 0xff, 0xff]).subarray(1);
  assertEquals(hasNonFinite(shifted), true);
});
