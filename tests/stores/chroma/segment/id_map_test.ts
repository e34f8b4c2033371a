import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StringHash } from "../../../../lib/base/multiset_hash.ts";
import { BoundedFile } from "../../../../lib/fs/read_fs.ts";
import {
  type IdMap,
  type IdMapDirection,
  readIdMap,
  streamIdMap,
} from "../../../../lib/stores/chroma/segment/id_map.ts";
import {
  CLASS_NAME,
  dictionary,
  integer,
  NONE,
  PROTO_3,
  PYTHON_ENTRIES,
  PYTHON_PICKLES,
  sourceOf,
  STOP,
  text,
} from "../../../codec/pickle_bytes.ts";
import {
  GOLDEN_STORES,
  type GoldenFacts,
  goldenFacts,
  type GoldenStore,
  goldenStore,
  TORN_STORES,
  tornStore,
} from "../../../support/fixtures.ts";

const FILE_NAME = "index_metadata.pickle";

type Pair = readonly [string, number];

function idMapPath(store: string, facts: GoldenFacts, collection: string): string {
  const segment = facts.segments.find(({ collection: id, scope }) =>
    scope === "VECTOR" && id === facts.collections[collection]?.id
  );
  return join(store, segment?.id ?? "", FILE_NAME);
}

function streamPairs(path: string): Record<IdMapDirection, Pair[]> {
  using file = BoundedFile.open(path);
  const pairs: Record<IdMapDirection, Pair[]> = { "id-to-label": [], "label-to-id": [] };
  const fault = streamIdMap(file, (direction, id, label) => pairs[direction].push([id, label]));
  assertEquals(fault, null);
  return pairs;
}

function read(path: string): IdMap {
  using file = BoundedFile.open(path);
  return readIdMap(file);
}

interface Expected {
  readonly era: "python" | "rust";
  readonly entries: number;
  readonly sequenced: number;
  readonly added: number;
  readonly dimensionality: number | null;
  readonly maxSeqId: number | null;
  /** Ids of deleted records, whose deletion the index had not taken in. */
  readonly deleted: number;
}

function python(entries: number, dimensionality: number, deleted: number): Expected {
  const rest = { sequenced: entries, added: entries, dimensionality, maxSeqId: null, deleted };
  return { era: "python", entries, ...rest };
}

function rust(entries: number, added: number): Expected {
  const rest = { sequenced: 0, added, dimensionality: null, maxSeqId: null, deleted: 0 };
  return { era: "rust", entries, ...rest };
}

const RUST_STORE = { notes: rust(382, 400), cosine: rust(120, 120), dot: rust(120, 120) };
const PYTHON_STORE = {
  notes: python(400, 32, 18),
  cosine: python(100, 32, 0),
  dot: python(100, 16, 0),
};

/** The last write of each index that the Python era took in. */
const LAST_SEQUENCES: Readonly<Record<string, number>> = { notes: 400, cosine: 500, dot: 620 };

const EXPECTED: Record<GoldenStore, Record<"notes" | "cosine" | "dot", Expected>> = {
  "chroma-0.4.24": {
    notes: { ...PYTHON_STORE.notes, maxSeqId: 400 },
    cosine: { ...PYTHON_STORE.cosine, maxSeqId: 500 },
    dot: { ...PYTHON_STORE.dot, maxSeqId: 620 },
  },
  "chroma-0.5.23": PYTHON_STORE,
  // 1.x wrote the first segment anew and kept what the Python era had put into it.
  "chroma-0.5.23-then-1.5.9": {
    ...PYTHON_STORE,
    notes: { ...rust(462, 480), dimensionality: 32, sequenced: 400 },
  },
  "chroma-1.0.21-configuration": RUST_STORE,
  "chroma-1.5.9": RUST_STORE,
  "chroma-1.5.9-configuration": RUST_STORE,
};

for (const name of GOLDEN_STORES) {
  Deno.test(`readIdMap() reads every id map of ${name}`, async () => {
    const [store, facts] = [await goldenStore(name), await goldenFacts(name)];
    for (const [collection, expected] of Object.entries(EXPECTED[name])) {
      const path = idMapPath(store, facts, collection);
      const { labels, ...map } = read(path);
      const { "id-to-label": pairs, "label-to-id": reverse } = streamPairs(path);
      assertEquals(map, {
        era: expected.era,
        protocol: expected.era === "rust" ? 3 : 5,
        fault: null,
        missingFields: [],
        dimensionality: expected.dimensionality,
        totalElementsAdded: expected.added,
        maxSeqId: expected.maxSeqId,
        trailingBytes: 0,
        entries: expected.entries,
        reverseEntries: expected.entries,
        sequencedEntries: expected.sequenced,
        highestSequence: expected.sequenced === 0 ? 0 : LAST_SEQUENCES[collection] ?? 0,
        highestLabel: Math.max(...pairs.map(([, label]) => label)),
        duplicateLabels: 0,
        oddEntries: 0,
        directionsAgree: true,
        sequencesAgree: expected.era === "python",
      });
      assertEquals(new Map(pairs), new Map(reverse));
      assertEquals(pairs.length, expected.entries);
      assertEquals(labels.count, expected.entries);
      assert(pairs.every(([, label]) => labels.has(label)));
      const ids = new Set(facts.collections[collection]?.ids);
      assertEquals(pairs.filter(([id]) => !ids.has(id)).length, expected.deleted);
    }
  });
}

for (const name of TORN_STORES) {
  Deno.test(`readIdMap() reads the id map of the torn store ${name}`, async () => {
    const store = await tornStore(name);
    for await (const entry of Deno.readDir(store)) {
      if (!entry.isDirectory) continue;
      const map = read(join(store, entry.name, FILE_NAME));
      assertEquals([map.fault, map.entries, map.directionsAgree], [null, 1520, true]);
      assertEquals(map.sequencesAgree, map.era === "python");
    }
  });
}

Deno.test("readIdMap() hashes an id as the same text from SQLite is hashed", () => {
  for (const pickle of PYTHON_PICKLES) {
    const hashes: [number, number][] = [];
    const source = sourceOf(pickle);
    readIdMap(source, ({ hash }) => hashes.push([hash.low, hash.high]));
    const hash = new StringHash();
    assertEquals(
      hashes,
      PYTHON_ENTRIES.map(([id]) => {
        const { low, high } = hash.ofText(id);
        return [low, high];
      }),
    );
  }
});

Deno.test("readIdMap() tells every id with its label", () => {
  for (const pickle of PYTHON_PICKLES) {
    const entries: (readonly [string | null, number])[] = [];
    readIdMap(sourceOf(pickle), (id, label) => entries.push([id.text(), label]));
    assertEquals(entries, [...PYTHON_ENTRIES]);
  }
});

interface Fields {
  dimensionality?: number[];
  total_elements_added?: number[];
  max_seq_id?: number[];
  id_to_label?: number[];
  label_to_id?: number[];
  id_to_seq_id?: number[];
}

const PAIRS: readonly Pair[] = [["a", 1], ["b", 2], ["ключ", 3]];

const HEALTHY: Fields = {
  dimensionality: [NONE],
  total_elements_added: integer(3),
  max_seq_id: [NONE],
  id_to_label: forward(PAIRS),
  label_to_id: reverse(PAIRS),
  id_to_seq_id: dictionary([]),
};

function forward(pairs: readonly Pair[]): number[] {
  return dictionary(pairs.map(([id, label]) => [text(id), integer(label)]));
}

function reverse(pairs: readonly Pair[]): number[] {
  return dictionary(pairs.map(([id, label]) => [integer(label), text(id)]));
}

function writeIdMap(fields: Fields): Uint8Array {
  const entries = Object.entries(fields).map(([name, value]) => [text(name), value] as const);
  return Uint8Array.from([...PROTO_3, ...dictionary(entries), STOP]);
}

function readFields(change: Fields): IdMap {
  return readIdMap(sourceOf(writeIdMap({ ...HEALTHY, ...change })));
}

Deno.test("readIdMap() finds nothing wrong when an id map is healthy", () => {
  const map = readFields({});
  assertEquals(map.missingFields, []);
  assertEquals([map.entries, map.reverseEntries, map.oddEntries], [3, 3, 0]);
  assertEquals(map.directionsAgree, true);
});

Deno.test("readIdMap() compares the two directions whatever their order", () => {
  const map = readFields({ label_to_id: reverse(PAIRS.toReversed()) });
  assertEquals(map.directionsAgree, true);
});

for (
  const [what, pairs] of Object.entries<readonly Pair[]>({
    "has two labels swapped": [["a", 2], ["b", 1], ["ключ", 3]],
    "has another id": [["a", 1], ["c", 2], ["ключ", 3]],
    "has another label": [["a", 1], ["b", 4], ["ключ", 3]],
    "lacks an entry": [["a", 1], ["b", 2]],
    "has one entry more": [...PAIRS, ["d", 4]],
    "has an entry twice": [["a", 1], ["a", 1], ["ключ", 3]],
    "is empty": [],
  })
) {
  Deno.test(`readIdMap() sees that the directions disagree when one ${what}`, () => {
    assertEquals(readFields({ label_to_id: reverse(pairs) }).directionsAgree, false);
    assertEquals(readFields({ id_to_label: forward(pairs) }).directionsAgree, false);
  });
}

Deno.test("readIdMap() counts labels that were given twice", () => {
  const pairs: Pair[] = [["a", 1], ["b", 1], ["c", 1], ["d", 2]];
  const map = readFields({ id_to_label: forward(pairs), label_to_id: reverse(pairs) });
  assertEquals([map.duplicateLabels, map.labels.count, map.directionsAgree], [2, 2, true]);
});

Deno.test("readIdMap() counts entries that no engine can load", () => {
  const float = [0x47, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0];
  const odd: [number[], number[]][] = [
    [text("float"), float],
    [text("none"), [NONE]],
    [text("negative"), integer(-1)],
    [text("too large"), integer(2 ** 32)],
    [text("text"), text("1")],
    [integer(1), integer(1)],
  ];
  assertEquals(readFields({ id_to_label: dictionary(odd) }).oddEntries, odd.length);
  const turned = odd.map(([key, value]): [number[], number[]] => [value, key]);
  assertEquals(readFields({ label_to_id: dictionary(turned) }).oddEntries, odd.length);
  const sequences = readFields({ id_to_seq_id: dictionary(odd) });
  assertEquals([sequences.oddEntries, sequences.sequencedEntries], [odd.length - 1, 1]);
});

Deno.test("readIdMap() takes labels to the last of 32 bits", () => {
  const pairs: Pair[] = [["first", 0], ["last", 2 ** 32 - 1]];
  const map = readFields({ id_to_label: forward(pairs), label_to_id: reverse(pairs) });
  assertEquals([map.highestLabel, map.labels.count, map.oddEntries], [2 ** 32 - 1, 2, 0]);
});

for (const name of Object.keys(HEALTHY) as (keyof Fields)[]) {
  const isRequired = name !== "dimensionality" && name !== "max_seq_id";
  Deno.test(`readIdMap() ${isRequired ? "misses" : "does not need"} ${name}`, () => {
    const { [name]: _, ...rest } = HEALTHY;
    const map = readIdMap(sourceOf(writeIdMap(rest)));
    assertEquals(map.missingFields, isRequired ? [name] : []);
  });

  Deno.test(`readIdMap() misses ${name} when it has another type`, () => {
    assertEquals(readFields({ [name]: text("text") }).missingFields, [name]);
    if (isRequired) assertEquals(readFields({ [name]: [NONE] }).missingFields, [name]);
  });
}

Deno.test("readIdMap() misses total_elements_added when it is not of 32 bits", () => {
  for (const value of [-1, 2 ** 32]) {
    const map = readFields({ total_elements_added: integer(value) });
    assertEquals(map.missingFields, ["total_elements_added"]);
  }
});

Deno.test("readIdMap() sees whether the ids with labels are those with sequence numbers", () => {
  assertEquals(readFields({ id_to_seq_id: forward(PAIRS) }).sequencesAgree, true);
  assertEquals(readFields({ id_to_seq_id: forward(PAIRS.slice(1)) }).sequencesAgree, false);
  const other: Pair[] = [["a", 1], ["b", 2], ["c", 3]];
  assertEquals(readFields({ id_to_seq_id: forward(other) }).sequencesAgree, false);
});

Deno.test("readIdMap() counts what follows the end", () => {
  const bytes = writeIdMap(HEALTHY);
  const longer = new Uint8Array(bytes.byteLength + 4096);
  longer.set(bytes);
  const map = readIdMap(sourceOf(longer));
  assertEquals([map.fault, map.trailingBytes, map.entries], [null, 4096, 3]);
});

Deno.test("readIdMap() says foreign-object when the class is another", () => {
  const name = CLASS_NAME.replace("PersistentData", "PersistentLocalHnswSegment").split(".");
  const pickle = new TextEncoder().encode(
    `c${name.slice(0, -1).join(".")}\n${name.at(-1)}\n)\x81.`,
  );
  assertEquals(readIdMap(sourceOf(pickle)).fault?.kind, "foreign-object");
});

Deno.test("readIdMap() notices every bit that flips in the two directions of 1.x", async () => {
  const [store, facts] = [await goldenStore("chroma-1.5.9"), await goldenFacts("chroma-1.5.9")];
  const bytes = await Deno.readFile(idMapPath(store, facts, "cosine"));
  const find = (name: string) => new TextDecoder("latin1").decode(bytes).indexOf(name);
  const [start, end] = [find("id_to_label"), find("id_to_seq_id")];
  assert(start > 0 && end > start);
  // A stride that has no factor in common with eight meets every bit of the repeating pattern.
  for (let bit = start * 8; bit < end * 8; bit += 7) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const map = readIdMap(sourceOf(flipped));
    const isNoticed = map.fault !== null || !map.directionsAgree || map.oddEntries > 0 ||
      map.duplicateLabels > 0 || map.missingFields.length > 0;
    assert(isNoticed, `bit ${bit & 7} of byte ${bit >> 3}`);
    assert(map.fault?.kind !== "foreign-object", `bit ${bit & 7} of byte ${bit >> 3}`);
  }
});

for (const name of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
  Deno.test(`readIdMap() says truncated wherever an id map of ${name} is cut`, async () => {
    const [store, facts] = [await goldenStore(name), await goldenFacts(name)];
    const bytes = await Deno.readFile(idMapPath(store, facts, "dot"));
    for (let end = 0; end < bytes.byteLength; end++) {
      const { fault } = readIdMap(sourceOf(bytes.subarray(0, end)));
      assertEquals(fault?.kind, "truncated", `cut at ${end}`);
    }
  });
}

Deno.test("readIdMap() ends when a random byte of a Python-era id map is damaged", async () => {
  const [store, facts] = [await goldenStore("chroma-0.5.23"), await goldenFacts("chroma-0.5.23")];
  const bytes = await Deno.readFile(idMapPath(store, facts, "notes"));
  let seed = 20_240_607;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
  let faults = 0;
  for (let round = 0; round < 2000; round++) {
    const damaged = bytes.slice();
    damaged[random(damaged.byteLength)] = random(256);
    const map = readIdMap(sourceOf(damaged));
    assert(map.entries <= 400);
    if (map.fault !== null) faults++;
  }
  assert(faults > 500, `${faults} of 2000`);
});

Deno.test("streamIdMap() tells what stands before a fault", () => {
  const bytes = writeIdMap(HEALTHY);
  const end = bytes.byteLength - 40;
  const entries: [IdMapDirection, string, number][] = [];
  const fault = streamIdMap(
    sourceOf(bytes.subarray(0, end)),
    (direction, id, label) => entries.push([direction, id, label]),
  );
  assertEquals(fault?.kind, "truncated");
  assertEquals(entries.slice(0, 3), PAIRS.map(([id, label]) => ["id-to-label", id, label]));
  assert(entries.length >= 4);
});

Deno.test("streamIdMap() passes over what is no id and label", () => {
  const pairs = dictionary([[text("a"), integer(1)], [text("b"), [NONE]], [integer(3), text("c")]]);
  const ids: string[] = [];
  streamIdMap(sourceOf(writeIdMap({ ...HEALTHY, id_to_label: pairs })), (direction, id) => {
    if (direction === "id-to-label") ids.push(id);
  });
  assertEquals(ids, ["a"]);
});
