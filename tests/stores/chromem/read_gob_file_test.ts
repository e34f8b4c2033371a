import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../../lib/base/errors.ts";
import { encodeGobText } from "../../../lib/codec/gob.ts";
import { documentFilesOf, metadataFileOf, readLayout } from "../../../lib/stores/chromem/layout.ts";
import { readDocument, readMetadata } from "../../../lib/stores/chromem/read_gob_file.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";
import { CHROMEM_STORES, chromemFacts, chromemStore } from "../../support/chromem_stores.ts";

Deno.test("readDocument() and readMetadata() read what chromem-go reads, bit by bit", async () => {
  const { collections } = await chromemFacts();
  for (const kind of CHROMEM_STORES) {
    const layout = readLayout(await chromemStore(kind));
    const found = layout.folders.map((folder) => {
      const file = metadataFileOf(folder, layout.extension);
      if (file === null) throw new Error(`No metadata file in ${folder.name}`);
      const { value, fault, gzip, isGzip } = readMetadata(layout.path, file);
      assertEquals([fault, gzip, isGzip], [null, null, kind === "gzip"]);
      const documents = documentFilesOf(folder, layout.extension).map((each) => {
        const reading = readDocument(layout.path, each);
        assertEquals([reading.fault, reading.gzip, reading.trailingBytes], [null, null, 0]);
        const { ID: id = "", Metadata: metadata, Content: text = "" } = reading.value;
        const vector = reading.value.Embedding ?? new Float32Array(0);
        return {
          id: encodeGobText(id).toBase64(),
          text: encodeGobText(text).toBase64(),
          // In the JSON of the judge, what is no UTF-8 has become U+FFFD.
          metadata: Object.fromEntries(
            Array.from(metadata ?? [], ([key, value]) => [key, value.toWellFormed()]),
          ),
          vector: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength).toBase64(),
        };
      });
      return {
        name: value.Name,
        metadata: Object.fromEntries(value.Metadata ?? []),
        documents: documents.sort((one, other) => one.id < other.id ? -1 : 1),
      };
    });
    const expected = collections.map(({ name, metadata, documents }) => ({
      name,
      metadata: metadata ?? {},
      documents: documents.map((document) => ({
        id: document.idBytes,
        text: document.contentBytes,
        metadata: document.metadata ?? {},
        vector: document.embedding,
      })).sort((one, other) => one.id < other.id ? -1 : 1),
    }));
    const byName = (one: { name?: string | undefined }, other: { name?: string | undefined }) =>
      (one.name ?? "") < (other.name ?? "") ? -1 : 1;
    assertEquals(found.sort(byName), expected.sort(byName), kind);
  }
});

Deno.test("readDocument() keeps what stood before a cut", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const path = store.document("sessions", "sessions/0");
  const whole = store.readDocument(path);
  store.cut(path, store.read(path).length - 60);
  const { value, fault } = readDocument(store.path, { path, sizeBytes: 10_000 });
  assertEquals(fault?.kind, "truncated");
  assertEquals(value.ID, "sessions/0");
  const part = value.Embedding ?? new Float32Array(0);
  assertEquals(part, whole.Embedding?.slice(0, part.length));
});

Deno.test("readDocument() counts what stands behind the value, compressed or not", async () => {
  for (const kind of CHROMEM_STORES) {
    const store = await BrokenDatabase.copyOf(kind);
    const path = store.document("sessions", "sessions/0");
    const bytes = store.read(path);
    store.write(path, new Uint8Array([...bytes, 7, 7, 7]));
    const reading = readDocument(store.path, { path, sizeBytes: bytes.length + 3 });
    assertEquals([reading.fault, reading.gzip, reading.trailingBytes], [null, null, 3]);
  }
});

Deno.test("readDocument() inflates no bomb", async () => {
  const store = await BrokenDatabase.copyOf("gzip");
  const zeros = new Blob([new Uint8Array(80 << 20)]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  const bomb = new Uint8Array(await new Response(zeros).arrayBuffer());
  store.write("a1b2c3d4/a1b2c3d4.gob.gz", bomb);
  const file = { path: "a1b2c3d4/a1b2c3d4.gob.gz", sizeBytes: bomb.length };
  assertEquals(readDocument(store.path, file).gzip?.kind, "too-large");
});

Deno.test("readDocument() reads no further than the length that was seen", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const path = store.document("sessions", "sessions/0");
  const reading = readDocument(store.path, { path, sizeBytes: 10 });
  assertEquals([reading.sizeBytes, reading.fault?.kind], [10, "truncated"]);
  const huge = readDocument(store.path, { path, sizeBytes: 2 ** 40 });
  assertEquals(huge.gzip?.kind, "too-large");
});

Deno.test("readDocument() throws for a file that is gone", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const file = { path: "a1b2c3d4/a1b2c3d4.gob", sizeBytes: 1 };
  const error = assertThrows(() => readDocument(store.path, file), OperationError);
  assertEquals(error.code, "not-found");
});
