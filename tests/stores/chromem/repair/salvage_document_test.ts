/**
 * What a damaged document file still holds.
 */
import { assert, assertEquals } from "@std/assert";
import { FlippedBits } from "../../../../lib/stores/chromem/repair/flipped_bits.ts";
import {
  DocumentSalvage,
  type SalvagedDocument,
} from "../../../../lib/stores/chromem/repair/salvage_document.ts";
import { BrokenDatabase } from "../../../support/broken_database.ts";

const NAME = "knowledge-base";
const ID = "knowledge-base/21";

function salvage(database: BrokenDatabase, path: string): SalvagedDocument {
  const { size } = Deno.statSync(database.at(path));
  const name = path.slice(path.indexOf("/") + 1);
  return new DocumentSalvage(database.path, new FlippedBits(database.path))
    .read({ path, name, sizeBytes: size, isSpecial: false });
}

async function broken(
  kind: "plain" | "gzip" = "plain",
): Promise<readonly [BrokenDatabase, string]> {
  const database = await BrokenDatabase.copyOf(kind);
  return [database, database.document(NAME, ID)];
}

Deno.test("DocumentSalvage.read() finds ever more of a file that is cut ever later", async () => {
  const [database, path] = await broken();
  const { Embedding: embedding = new Float32Array() } = database.readDocument(path);
  const bytes = database.read(path);
  let known = -1;
  for (let sizeBytes = 0; sizeBytes < bytes.byteLength; sizeBytes++) {
    database.write(path, bytes.subarray(0, sizeBytes));
    const { id, isIdProven, metadata, embeddingPart, content, contentPart, whole } = salvage(
      database,
      path,
    );
    assert(id === null ? !isIdProven : id === ID && isIdProven);
    if (metadata !== null) assertEquals([...metadata], [["i", "21"]]);
    for (const [index, value] of (embeddingPart ?? []).entries()) {
      assertEquals(value, embedding[index]);
    }
    const text = content ?? contentPart ?? "";
    assert("document 21 of knowledge-base".startsWith(text), text);
    if (whole !== null) assertEquals(whole.Content, "document 21 of knowledge-base");
    const now = (id === null ? 0 : 1) + (embeddingPart?.length ?? 0) + text.length;
    assert(now >= known);
    known = now;
  }
  assertEquals(known, 1 + embedding.length + "document 21 of knowledge-base".length);
});

Deno.test("DocumentSalvage.read() finds the text behind a broken embedding", async () => {
  const [database, path] = await broken();
  const place = database.read(path).byteLength - 80;
  // No number begins so: it would have more bytes than there are.
  for (let index = 0; index < 12; index++) database.flip(path, place + index, 0xff);
  const { id, isIdProven, whole, content } = salvage(database, path);
  assertEquals([id, isIdProven, whole], [ID, true, null]);
  assertEquals(content, "document 21 of knowledge-base");
});

Deno.test("DocumentSalvage.read() finds a whole document behind damaged descriptions", async () => {
  const [database, path] = await broken();
  const before = database.readDocument(path);
  database.flip(path, 20);
  assertEquals(salvage(database, path).whole, before);
});

Deno.test("DocumentSalvage.read() flips a bit of a compressed file back", async () => {
  const [database, path] = await broken("gzip");
  const before = database.readDocument(path);
  for (const [place, mask] of [[40, 1], [200, 0x10], [-2, 4]] as const) {
    database.flip(path, place, mask);
    assertEquals(salvage(database, path).whole, before);
    database.flip(path, place, mask);
  }
});

Deno.test("DocumentSalvage.read() finds nothing in what is no document", async () => {
  const [database, path] = await broken();
  for (const bytes of ["", "hello", new Uint8Array(300)]) {
    database.write(path, bytes);
    const { id, metadata, content, whole } = salvage(database, path);
    assertEquals([id, metadata, content, whole], [null, null, null, null]);
  }
});
