import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import {
  type ChromemDocument,
  type DamagedChromemDocument,
  readChromemCollection,
  type ReadChromemOptions,
} from "../../lib/chromem/read_collection.ts";
import { encodeGobText } from "../../lib/codec/gob.ts";
import { listDocuments } from "../stores/chromem_export/export_bytes.ts";
import { chromemExport, chromemFacts, chromemStore } from "../support/chromem_stores.ts";

const FACTS = await chromemFacts();
const KEY = new TextEncoder().encode(FACTS.key);
const MEMORIES = "e9f85bf6";

/** A document as the library gives it, its texts as bytes. */
interface Plain {
  readonly idBytes: string;
  readonly contentBytes: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly embedding: string;
}

function toPlain({ id, content, metadata, embedding }: ChromemDocument): Plain {
  const numbers = new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength);
  return {
    idBytes: encodeGobText(id).toBase64(),
    contentBytes: encodeGobText(content).toBase64(),
    metadata,
    embedding: numbers.toBase64(),
  };
}

function sorted(documents: Plain[]): Plain[] {
  return documents.sort((one, other) => one.idBytes < other.idBytes ? -1 : 1);
}

/** What the library says of a golden collection. */
function expected(name: string): Plain[] {
  const collection = FACTS.collections.find((one) => one.name === name);
  return sorted((collection?.documents ?? []).map((document) => ({
    idBytes: document.idBytes,
    contentBytes: document.contentBytes,
    metadata: document.metadata ?? {},
    embedding: document.embedding,
  })));
}

async function read(
  path: string,
  collection: string,
  options: ReadChromemOptions = {},
): Promise<Plain[]> {
  const documents = await Array.fromAsync(readChromemCollection(path, collection, options));
  return sorted(documents.map(toPlain));
}

Deno.test("readChromemCollection() reads what the library reads, texts that are no UTF-8 too", async () => {
  const paths = [
    await chromemStore("plain"),
    await chromemStore("gzip"),
    await chromemExport("export.gob"),
    await chromemExport("export.gob.gz.enc"),
  ];
  for (const path of paths) {
    for (const { name } of FACTS.collections) {
      // Metadata that is no UTF-8 is told by the library with U+FFFD.
      const strip = (documents: Plain[]): Omit<Plain, "metadata">[] =>
        documents.map(({ metadata: _metadata, ...rest }) => rest);
      const documents = await read(path, name, { key: KEY });
      assertEquals(strip(documents), strip(expected(name)));
      if (name !== "contextd_memories") assertEquals(documents, expected(name));
    }
  }
});

Deno.test("readChromemCollection() finds a collection without a name by its folder", async () => {
  const store = await chromemStore("plain");
  await Deno.remove(join(store, MEMORIES, "00000000.gob"));
  assertEquals((await read(store, MEMORIES)).length, 9);
  const error = await assertRejects(() => read(store, "contextd_memories"), OperationError);
  assertEquals(error.code, "not-found");
});

Deno.test("readChromemCollection() takes of two folders with one name the one that chromem-go loads", async () => {
  const store = await chromemStore("plain");
  const name = "00000000.gob";
  await Deno.copyFile(join(store, "1225ae6c", name), join(store, MEMORIES, name));
  assertEquals((await read(store, "sessions")).length, 9);
  assertEquals((await read(store, "1225ae6c")).length, 23);
});

Deno.test("readChromemCollection() passes over damaged documents and tells what is left of them", async () => {
  for (const kind of ["plain", "gzip"] as const) {
    const store = await chromemStore(kind);
    const folder = join(store, "1225ae6c");
    const [first = "", second = ""] = Array.from(Deno.readDirSync(folder), ({ name }) => name)
      .filter((name) => !name.startsWith("00000000")).sort();
    const { size } = await Deno.stat(join(folder, first));
    await Deno.truncate(join(folder, first), size - 40);
    await Deno.truncate(join(folder, second), 0);
    const damaged: DamagedChromemDocument[] = [];
    const onDamaged = (document: DamagedChromemDocument): void => void damaged.push(document);
    const documents = await read(store, "sessions", { onDamaged });
    assertEquals(documents.length, 21);
    assertEquals(damaged.map(({ path }) => path), [`1225ae6c/${first}`, `1225ae6c/${second}`]);
    assert(damaged[0]?.remains.id.startsWith("sessions/"), "the id stands before the damage");
    assertEquals(damaged[1]?.remains.id, "");
  }
});

Deno.test("readChromemCollection() reads a cut export up to the cut", async () => {
  const path = await chromemExport("export.gob");
  const [, , , , , , , , , , , cut] = listDocuments(await Deno.readFile(path));
  await Deno.truncate(path, (cut?.offset ?? 0) + 40);
  const damaged: DamagedChromemDocument[] = [];
  const options = { onDamaged: (document: DamagedChromemDocument) => void damaged.push(document) };
  let documents = 0;
  for (const { name } of FACTS.collections) {
    const isThere = (error: unknown): ChromemDocument[] => {
      if (error instanceof OperationError && error.code === "not-found") return [];
      throw error;
    };
    const found = await Array.fromAsync(readChromemCollection(path, name, options)).catch(isThere);
    documents += found.length;
  }
  assertEquals(documents, 11);
  assertEquals(damaged.map(({ path }) => path), [null]);
});

Deno.test("readChromemCollection() tells of a cut between two documents", async () => {
  const path = await chromemExport("export.gob");
  const documents = listDocuments(await Deno.readFile(path));
  const { collection = "", offset = 0 } =
    documents.find((document, index) => document.collection === documents[index - 1]?.collection) ??
      {};
  await Deno.truncate(path, offset);
  const reasons: string[] = [];
  const onDamaged = ({ reason }: DamagedChromemDocument): void => void reasons.push(reason);
  assertEquals((await read(path, collection, { onDamaged })).length, 1);
  assertEquals(reasons.length, 1);
  const error = await assertRejects(() => read(path, "no such collection"), OperationError);
  assert(error.message.includes("up to its damage"));
});

Deno.test("readChromemCollection() leaves no temporary file when its reader stops early", async () => {
  const path = await chromemExport("export.gob.gz");
  const temporary = await Deno.makeTempDir();
  const list = (): string[] =>
    Array.from(Deno.readDirSync(join(temporary, "..")), ({ name }) => name)
      .filter((name) => /^vecfsck-[^t]/.test(name));
  const before = list();
  for await (const _document of readChromemCollection(path, "sessions")) break;
  assertEquals(list(), before);
});

Deno.test("readChromemCollection() ends when it is cancelled", async () => {
  const store = await chromemStore("plain");
  const signal = AbortSignal.abort();
  const error = await assertRejects(() => read(store, "sessions", { signal }), OperationError);
  assertEquals(error.code, "cancelled");
});
