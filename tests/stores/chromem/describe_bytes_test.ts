import { assertEquals } from "@std/assert";
import type { ByteOwners } from "../../../lib/model/byte_owners.ts";
import { describeChromemBytes } from "../../../lib/stores/chromem/describe_bytes.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";

const ID = "knowledge-base/0";

function describe(store: BrokenDatabase, path: string, offset: number): ByteOwners | null {
  const detected = { path: store.path, format: "chromem", evidence: "" } as const;
  return describeChromemBytes(detected, path, { offset, sizeBytes: 1 });
}

Deno.test("describeChromemBytes() names the document and the field in which a byte stands", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const path = store.document("knowledge-base", ID);
  const text = new TextDecoder("latin1").decode(store.read(path));
  const places: [string, number][] = [
    ["the description of the type", text.indexOf("Document")],
    ["ID", text.indexOf(ID)],
    ["Metadata", text.indexOf("\x01i\x010") + 1],
    ["Embedding", text.indexOf("\x01i\x010") + 40],
    ["Content", text.indexOf("document 0 of")],
  ];
  for (const [field, offset] of places) {
    const owners = describe(store, path, offset);
    assertEquals(owners, {
      collection: "knowledge-base",
      segment: "e6684f6c",
      description: `${field} of the document ${ID}`,
      detail: { id: ID, field },
    });
  }
  const metadata = store.metadata("knowledge-base");
  const name = new TextDecoder("latin1").decode(store.read(metadata)).indexOf("knowledge-base");
  assertEquals(
    describe(store, metadata, name)?.description,
    "Name of the metadata of the collection",
  );
});

Deno.test("describeChromemBytes() names the document alone in a compressed file, and nothing elsewhere", async () => {
  const store = await BrokenDatabase.copyOf("gzip");
  const path = store.document("knowledge-base", ID);
  assertEquals(describe(store, path, 50)?.description, `the document ${ID}`);
  store.write("notes.txt", "x");
  store.write(`${store.folder("knowledge-base")}/notes.txt`, "x");
  for (const other of ["notes.txt", "e6684f6c/notes.txt", "e6684f6c/gone.gob", "a/b/c.gob"]) {
    assertEquals(describe(store, other, 0), null);
  }
});

Deno.test("describeChromemBytes() bears any damage", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  const path = store.document("knowledge-base", ID);
  store.write(path, "this is no gob");
  assertEquals(describe(store, path, 3)?.collection, "knowledge-base");
  store.cut(store.metadata("knowledge-base"), 20);
  assertEquals(describe(store, path, 3)?.collection, null);
  store.cut(path, 0);
  assertEquals(describe(store, path, 0)?.segment, "e6684f6c");
});
