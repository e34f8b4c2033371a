import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { decodePickle, type PickleScalar } from "../../lib/codec/pickle.ts";
import { type PickleDialect, PickleEncoder } from "../../lib/codec/pickle_encoder.ts";
import { GOLDEN_STORES, goldenStore } from "../support/fixtures.ts";
import { CLASS_NAME, sourceOf } from "./pickle_bytes.ts";

/** What was written, and how long each part of it was. */
interface Written {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sizesBytes: readonly number[];
}

function encode(dialect: PickleDialect, put: (pickle: PickleEncoder) => void): Written {
  const chunks: Uint8Array[] = [];
  const pickle = new PickleEncoder(dialect, (bytes) => chunks.push(bytes.slice()));
  put(pickle);
  pickle.finish();
  const sizesBytes = chunks.map(({ byteLength }) => byteLength);
  const bytes = new Uint8Array(sizesBytes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return { bytes, sizesBytes };
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/**
 * The object of which CPython 3.11.7 made the pickles whose digests stand below:
 *
 * ```python
 * ids = ["日本-" + "x" * (i % 300) + str(i) if i % 7 == 0 else "id" + str(i) for i in range(n)]
 * if n == 2: ids[1] = "ü" * 40000
 * pickle.dump({
 *     "a": {ids[i]: i * 3 for i in range(n)},
 *     "b": {i * 3: ids[i] for i in range(n)},
 *     "c": {ids[i]: 2 ** (i % 63) - (5 if i % 2 else 1) for i in range(n)},
 *     "d": None,
 * }, file, 5)
 * ```
 */
function putSample(pickle: PickleEncoder, count: number): void {
  const ids = Array.from(
    { length: count },
    (_, index) => index % 7 === 0 ? `日本-${"x".repeat(index % 300)}${index}` : `id${index}`,
  );
  if (count === 2) ids[1] = "ü".repeat(40_000);
  const places: number[] = [];
  const dictionary = (name: string, put: (id: string, index: number) => void): void => {
    pickle.nextEntry();
    pickle.string(name);
    pickle.beginDictionary(count);
    for (const [index, id] of ids.entries()) {
      pickle.nextEntry();
      put(id, index);
    }
    pickle.endDictionary();
  };
  pickle.beginDictionary(4);
  dictionary("a", (id, index) => {
    places.push(pickle.string(id));
    pickle.integer(3 * index);
  });
  dictionary("b", (_, index) => {
    pickle.integer(3 * index);
    pickle.reference(places[index] ?? -1);
  });
  dictionary("c", (_, index) => {
    pickle.reference(places[index] ?? -1);
    pickle.integer(2n ** BigInt(index % 63) - (index % 2 === 1 ? 5n : 1n));
  });
  pickle.nextEntry();
  pickle.string("d");
  pickle.none();
  pickle.endDictionary();
}

const RECORDED_DIGESTS: readonly (readonly [count: number, digest: string])[] = [
  [0, "6ad877098d91b69dace90f35f7585159af7226455d7a28ec9078486b3a23180d"],
  [1, "0be896cfacaa865f090a6c2defea8d8ce587efbe4d56720b44da4991ee80f475"],
  [2, "cbfafb6a3e37d2a561b27be68919e676e388832ae24a2888326954200bf03037"],
  [1000, "16d494b832c89b6418468b24b29cc24f927e95d7ceb28f077a28e2ac30343405"],
  [1001, "03490a17827c4820e20fada7cd3309be5284b20f36bc151391ae7f6b0ac098a6"],
  [20_000, "823ea401c1d65a5d0be96e1a8a202703ae0e812ab3433fb7bf05c42b0fc9ca83"],
];

Deno.test("PickleEncoder writes the bytes that Python writes", async () => {
  for (const [count, recorded] of RECORDED_DIGESTS) {
    const { bytes } = encode("python", (pickle) => putSample(pickle, count));
    assertEquals(await digest(bytes), recorded, `${count} entries`);
  }
});

Deno.test("PickleEncoder hands out a long pickle in short parts", () => {
  for (const dialect of ["python", "serde"] as const) {
    const { bytes, sizesBytes } = encode(dialect, (pickle) => {
      pickle.beginDictionary(100_000);
      for (let index = 0; index < 100_000; index++) {
        pickle.nextEntry();
        pickle.string(`record ${index}`);
        pickle.integer(index);
      }
      pickle.endDictionary();
    });
    assert(bytes.byteLength > 1_500_000);
    assert(Math.max(...sizesBytes) < 100_000, `${Math.max(...sizesBytes)}`);
  }
});

Deno.test("PickleEncoder writes integers of any size that decode to themselves", () => {
  const values = [0, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40];
  values.push(2 ** 53 - 1);
  for (const dialect of ["python", "serde"] as const) {
    const { bytes } = encode(dialect, (pickle) => {
      pickle.beginDictionary(1);
      pickle.nextEntry();
      pickle.string("id_to_seq_id");
      pickle.beginDictionary(values.length);
      for (const value of values) {
        pickle.nextEntry();
        pickle.string(`${value}`);
        pickle.integer(value);
      }
      pickle.endDictionary();
      pickle.endDictionary();
    });
    const decoded: number[] = [];
    const { fault } = decodePickle(sourceOf(bytes), {
      className: CLASS_NAME,
      streamed: ["id_to_seq_id"],
      onEntry: (_, key, value) => {
        assertEquals(key.text(), `${value.number}`);
        decoded.push(value.number);
      },
    });
    assertEquals([decoded, fault], [values, null], dialect);
  }
});

type Entry = readonly [key: string | number, value: string | number];

function valueOf(scalar: PickleScalar): string | number {
  return scalar.kind === "string" ? scalar.text() ?? "" : scalar.number;
}

/** Decodes an id map, and encodes what came out in the same order. */
function encodeAgain(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const entries = new Map<string, Entry[]>();
  const { fields, isInstance } = decodePickle(sourceOf(bytes), {
    className: CLASS_NAME,
    streamed: ["id_to_label", "label_to_id", "id_to_seq_id"],
    onEntry: (name, key, value) => {
      const list = entries.get(name) ?? [];
      entries.set(name, list);
      list.push([valueOf(key), valueOf(value)]);
    },
  });
  return encode(isInstance ? "python" : "serde", (pickle) => {
    const places = new Map<string, number>();
    const put = (value: string | number): void => {
      if (typeof value === "number") return pickle.integer(value);
      const place = places.get(value) ?? -1;
      if (place >= 0) pickle.reference(place);
      else places.set(value, pickle.string(value));
    };
    const dot = CLASS_NAME.lastIndexOf(".");
    if (isInstance) pickle.beginInstance(CLASS_NAME.slice(0, dot), CLASS_NAME.slice(dot + 1));
    pickle.beginDictionary(fields.size);
    for (const [name, field] of fields) {
      pickle.nextEntry();
      pickle.string(name);
      if (typeof field === "number") pickle.integer(field);
      else if (field === null) pickle.none();
      else {
        const list = entries.get(name) ?? [];
        pickle.beginDictionary(list.length);
        for (const [key, value] of list) {
          pickle.nextEntry();
          put(key);
          put(value);
        }
        pickle.endDictionary();
      }
    }
    pickle.endDictionary();
    if (isInstance) pickle.endInstance();
  }).bytes;
}

for (const name of GOLDEN_STORES) {
  Deno.test(`PickleEncoder writes every id map of ${name} as the engine wrote it`, async () => {
    const store = await goldenStore(name);
    let compared = 0;
    for await (const { name: directory, isDirectory } of Deno.readDir(store)) {
      if (!isDirectory) continue;
      const path = join(store, directory, "index_metadata.pickle");
      const bytes = await Deno.readFile(path).catch(() => null);
      if (bytes === null) continue;
      assertEquals(encodeAgain(bytes), bytes, path);
      compared++;
    }
    assert(compared > 0);
  });
}
