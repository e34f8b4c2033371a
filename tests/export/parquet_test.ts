import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { exportStore } from "../../lib/export/export_store.ts";
import { StreamPlace } from "../../lib/export/export_place.ts";
import { ParquetWriter } from "../../lib/export/parquet_writer.ts";
import type { CollectionFacts, RecordBatch } from "../../lib/model/record_stream.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { readLines } from "./exported_files.ts";

/** A row as another program reads it. */
interface Row {
  readonly id: string | null;
  readonly document: string | null;
  readonly metadata: string | null;
  readonly uri: string | null;
  readonly embedding: number[] | null;
}

async function readRows(file: ArrayBuffer): Promise<Row[]> {
  return await parquetReadObjects({ file }) as unknown as Row[];
}

const COLLECTION: CollectionFacts = {
  id: "an-id",
  name: "a name",
  tenant: null,
  database: null,
  dimension: 3,
  space: "l2",
  metadataJson: '{"n":1.0}',
  records: 3,
};

function batchOf(hasVector: readonly number[], texts: readonly (string | null)[]): RecordBatch {
  const count = hasVector.length;
  return {
    count,
    ids: hasVector.map((_, row) => `id ${row}`),
    documents: texts,
    uris: texts.map((text) => text === null ? "u" : null),
    metadataJsons: texts,
    dimension: 3,
    vectors: Float32Array.from({ length: 3 * count }, (_, index) => index / 7),
    hasVector: Uint8Array.from(hasVector),
  };
}

function rowGroupSizes(file: ArrayBuffer): number[] {
  return parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows));
}

/** Writes batches, and gives the bytes of the file. */
async function write(collection: CollectionFacts, batches: RecordBatch[]): Promise<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const place = new StreamPlace({
    write(bytes: Uint8Array): Promise<void> {
      parts.push(bytes.slice());
      return Promise.resolve();
    },
  });
  const writer = new ParquetWriter(place, true);
  await writer.begin(collection);
  for (const batch of batches) await writer.add(batch);
  await writer.end();
  return await new Blob(parts.map((part) => part.slice())).arrayBuffer();
}

Deno.test("ParquetWriter writes what another reader reads", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const directory = await scratchDirectory();
  const lines = join(directory, "export.jsonl");
  const tables = join(directory, "tables");
  await exportStore(store, { format: "jsonl", target: lines });
  await exportStore(store, { format: "parquet", target: tables });
  const { records, headers } = readLines(lines);
  for (const { collection, header } of headers) {
    const bytes = await Deno.readFile(join(tables, `${collection}.parquet`));
    const rows = await readRows(bytes.buffer);
    const own = records.filter((record) => record.collection === collection);
    assertEquals(rows.length, own.length);
    for (const [index, row] of rows.entries()) {
      const { id, document, metadata, embedding } = own[index] ?? {};
      assertEquals([row.id, row.document, row.uri], [id, document, null]);
      assertEquals(JSON.parse(row.metadata ?? "null"), metadata);
      assertEquals(row.embedding, embedding?.map(Math.fround));
    }
    const { key_value_metadata: [known] = [], num_rows } = parquetMetadata(bytes.buffer);
    assertEquals([known?.key, Number(num_rows)], ["vecfsck.collection", own.length]);
    assertEquals(JSON.parse(known?.value ?? ""), header);
  }
});

Deno.test("ParquetWriter writes nulls where there are any, and several row groups", async () => {
  const texts = ["a", null, "x".repeat(2 << 20)];
  const batch = batchOf([1, 0, 1], texts);
  const batches = [batch, batch, batch, batch, batchOf([0, 0], [null, "é\u0000"])];
  const file = await write(COLLECTION, batches);
  // Two columns have the text: each batch fills a row group.
  assertEquals(rowGroupSizes(file), [3, 3, 3, 3, 2]);
  const rows = await readRows(file);
  const wanted = batches.flatMap(({ count, ids, documents, uris, vectors, hasVector }) =>
    Array.from({ length: count }, (_, row) => ({
      id: ids[row],
      document: documents[row]?.length,
      uri: uris[row],
      embedding: hasVector[row] === 1 ? [...vectors.subarray(3 * row, 3 * row + 3)] : null,
    }))
  );
  assertEquals(
    rows.map(({ id, document, uri, embedding }) => ({
      id,
      document: document?.length,
      uri: uri ?? null,
      embedding: embedding ?? null,
    })),
    wanted,
  );
});

Deno.test("ParquetWriter keeps few floats in a row group, across batches and within one", async () => {
  const dimension = 100_000;
  const vectors = Float32Array.from({ length: 4 * dimension }, (_, index) => index);
  const batch = { ...batchOf([1, 0, 1, 1], ["a", "b", "c", "d"]), dimension, vectors };
  const file = await write({ ...COLLECTION, dimension }, [batch, batch]);
  assertEquals(rowGroupSizes(file), [4, 4]);
  const wide = { ...batch, dimension: 2 * dimension, count: 2, hasVector: Uint8Array.of(1, 1) };
  assertEquals(rowGroupSizes(await write(COLLECTION, [wide, wide, wide])), [2, 2, 2]);
  const rows = await readRows(file);
  assertEquals(
    rows.map(({ embedding }) => [embedding?.length, embedding?.[0], embedding?.at(-1)]),
    [...[0, 1, 2, 3], ...[0, 1, 2, 3]].map((row) =>
      row === 1 ? [undefined, undefined, undefined] : [
        dimension,
        row * dimension,
        row * dimension + dimension - 1,
      ]
    ),
  );
});

Deno.test("ParquetWriter keeps the bits of floats that are no numbers, and makes text Unicode", async () => {
  const vectors = Float32Array.of(NaN, Infinity, -Infinity, -0, 1e-45, 3.4028234663852886e38);
  const [first, second] = await readRows(
    await write(COLLECTION, [{ ...batchOf([1, 1], ["a\ud800b", ""]), vectors }]),
  );
  assertEquals(first?.embedding, [NaN, Infinity, -Infinity]);
  assertEquals(second?.embedding, [...vectors.subarray(3)]);
  assert(Object.is(second?.embedding?.[0], -0));
  assertEquals([first?.document, second?.document], ["a\ufffdb", ""]);
});

Deno.test("ParquetWriter writes a file when a collection is empty or has no dimension", async () => {
  const facts = { ...COLLECTION, dimension: null, records: 0 };
  const empty = await write(facts, []);
  assertEquals([await readRows(empty), rowGroupSizes(empty)], [[], []]);
  const flat = { ...batchOf([1, 0], ["a", null]), dimension: 0, vectors: new Float32Array() };
  const rows = await readRows(await write(facts, [flat]));
  assertEquals(rows.map(({ id, embedding }) => [id, embedding ?? null]), [
    ["id 0", null],
    ["id 1", null],
  ]);
});

Deno.test("ParquetWriter writes a schema that readers take for texts and a list of floats", async () => {
  const { schema, created_by } = parquetMetadata(await write(COLLECTION, []));
  assertMatch(created_by ?? "", /^vecfsck version \d+\.\d+\.\d+/);
  assertEquals(schema.map(({ name }) => name), [
    ...["schema", "id", "document", "metadata", "uri"],
    ...["embedding", "list", "element"],
  ]);
  assertEquals(
    schema.map(({ type, logical_type }) => logical_type?.type ?? type),
    [undefined, "STRING", "STRING", "STRING", "STRING", "LIST", undefined, "FLOAT"],
  );
});
