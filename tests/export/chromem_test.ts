import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { encodeGobText } from "../../lib/codec/gob/text.ts";
import { exportStore } from "../../lib/export/export_store.ts";
import { chromemExport, chromemFacts, chromemStore } from "../support/chromem_stores.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { decodeFloats, readLines } from "./exported_files.ts";

function bytesOf(text: string | null | undefined): string {
  return encodeGobText(text ?? "").toBase64();
}

/** Holds an export against what the library has found in the same. */
async function assertExported(store: string, key?: Uint8Array): Promise<void> {
  const path = join(await scratchDirectory(), "export.jsonl");
  const outcome = await exportStore(store, { format: "jsonl", key, target: path });
  assertEquals([outcome.state, outcome.isComplete], ["exported", true]);
  const { collections } = await chromemFacts();
  const { records, headers } = readLines(path);
  assertEquals(
    headers.map(({ header }) => [header?.["name"], header?.["records"], header?.["metadata"]])
      .sort(),
    collections.map(({ name, documents, metadata }) => [
      name,
      documents.length,
      metadata === null || Object.keys(metadata).length === 0 ? null : metadata,
    ]).sort(),
  );
  const wanted = collections.flatMap(({ name, documents }) =>
    documents.map((document) => [name, document] as const)
  );
  // A text of Go is bytes; those that are no UTF-8 are lone surrogates here.
  const byKey = new Map(
    records.map((record) => [`${record.collection} ${bytesOf(record.id)}`, record]),
  );
  assertEquals(byKey.size, wanted.length);
  for (const [name, document] of wanted) {
    const record = byKey.get(`${name} ${document.idBytes}`);
    assertEquals(bytesOf(record?.document), document.contentBytes);
    // The facts have U+FFFD in the place of such bytes.
    const metadata = Object.entries(record?.metadata ?? {})
      .map(([key, value]) => [key.toWellFormed(), `${value}`.toWellFormed()]);
    assertEquals(Object.fromEntries(metadata), document.metadata ?? {});
    assertEquals(Float32Array.from(record?.embedding ?? []), decodeFloats(document.embedding));
  }
}

for (const kind of ["plain", "gzip"] as const) {
  Deno.test(`exportStore() writes what chromem-go holds when the database is ${kind}`, async () => {
    await assertExported(await chromemStore(kind));
  });
}

for (
  const kind of ["export.gob", "export.gob.gz", "export.gob.enc", "export.gob.gz.enc"] as const
) {
  Deno.test(`exportStore() writes what chromem-go holds when it is in ${kind}`, async () => {
    const { key } = await chromemFacts();
    const bytes = kind.endsWith(".enc") ? new TextEncoder().encode(key) : undefined;
    await assertExported(await chromemExport(kind), bytes);
  });
}
