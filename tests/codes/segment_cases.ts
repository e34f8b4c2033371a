/**
 * Findings in the files of a segment: VF20 to VF27.
 *
 * @module
 */

import { HEADER_OFFSETS } from "../../lib/hnsw/header.ts";
import type { BrokenStore } from "../support/broken_store.ts";
import type { CodeCase, CodeCases } from "./case.ts";

// The collection `notes`: 32 dimensions, M 16, l2, 400 slots of 268 bytes, 18 of them deleted.
const SLOT_BYTES = 268;
const LABEL_OFFSET = 260;
const VECTOR_OFFSET = 132;
const SLOTS = 400;

const FOREIGN_PICKLE = new TextEncoder().encode("cposix\nsystem\n(S'true'\ntR.");

function slot(number: number, within = 0): number {
  return number * SLOT_BYTES + within;
}

function inHeader(
  offset: number,
  change: (view: DataView) => void,
  facts: Partial<CodeCase> = {},
): CodeCase {
  return {
    damage: (store) => store.patchSegment("header.bin", change),
    path: "header.bin",
    offset,
    ...facts,
  };
}

function inSlots(
  offset: number,
  change: (view: DataView, bytes: Uint8Array) => void,
  facts: Partial<CodeCase> = {},
): CodeCase {
  return {
    damage: (store) => store.patchSegment("data_level0.bin", change),
    path: "data_level0.bin",
    offset,
    ...facts,
  };
}

/** Where the record of the first node above level 0 begins in link_lists.bin. */
function firstUpperRecord(view: DataView): number {
  let offset = 0;
  while (view.getUint32(offset, true) === 0) offset += 4;
  return offset;
}

function inLinks(change: (view: DataView, bytes: Uint8Array) => void): CodeCase {
  return {
    damage: (store) => store.patchSegment("link_lists.bin", change),
    path: "link_lists.bin",
  };
}

/** Replaces the only occurrence of some bytes in the id map by others of the same length. */
function replaceInIdMap(store: BrokenStore, from: Uint8Array, to: Uint8Array): void {
  store.patchSegment("index_metadata.pickle", (_view, bytes) => {
    const at = bytes.findIndex((_byte, start) =>
      from.every((expected, index) => bytes[start + index] === expected)
    );
    if (at < 0) throw new Error("The bytes are not in the id map");
    bytes.set(to, at);
  });
}

function binInt(value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = 0x4a;
  new DataView(bytes.buffer).setInt32(1, value, true);
  return bytes;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function unlink(view: DataView, number: number): void {
  // Every slot that links to this one links to slot 0 instead, or no longer to anything there.
  for (let other = 0; other < SLOTS; other++) {
    const links = view.getUint16(slot(other), true);
    for (let index = 0; index < links; index++) {
      const at = slot(other, 4 + 4 * index);
      if (view.getUint32(at, true) !== number) continue;
      view.setUint32(at, view.getUint32(slot(other, 4 + 4 * (links - 1)), true), true);
      view.setUint16(slot(other), links - 1, true);
      break;
    }
  }
}

/** Cases for VF20 to VF27. */
export const SEGMENT_CASES: CodeCases = {
  "segment-missing": {
    damage: (store) => Deno.removeSync(store.file(), { recursive: true }),
    // The queue still has one added record and the updated ones bring no new id.
    says: "without a vector",
  },
  "segment-file-missing": {
    damage: (store) => Deno.removeSync(store.file("link_lists.bin")),
    path: "link_lists.bin",
  },
  "id-map-missing": {
    damage: (store) => Deno.removeSync(store.file("index_metadata.pickle")),
    path: "index_metadata.pickle",
    says: "400 slots",
  },

  "header-truncated": {
    damage: (store) => Deno.truncateSync(store.file("header.bin"), 50),
    path: "header.bin",
    offset: 50,
  },
  "header-version": inHeader(0, (view) => view.setInt32(0, 7, true)),
  "header-geometry": inHeader(
    HEADER_OFFSETS.labelOffset,
    (view) => view.setBigUint64(HEADER_OFFSETS.labelOffset, 256n, true),
    { says: "label_offset_" },
  ),
  "header-parameter": inHeader(
    HEADER_OFFSETS.linksPerNode,
    (view) => view.setBigUint64(HEADER_OFFSETS.linksPerNode, 3n, true),
  ),
  "header-capacity-low": inHeader(
    HEADER_OFFSETS.capacity,
    (view) => view.setBigUint64(HEADER_OFFSETS.capacity, 399n, true),
  ),
  "header-capacity-implausible": inHeader(
    HEADER_OFFSETS.capacity,
    (view) => view.setBigUint64(HEADER_OFFSETS.capacity, 1n << 40n, true),
  ),
  "header-entry-point": inHeader(
    HEADER_OFFSETS.entryPoint,
    (view) => view.setUint32(HEADER_OFFSETS.entryPoint, 400, true),
  ),
  "header-max-level": inHeader(
    HEADER_OFFSETS.maxLevel,
    (view) => view.setInt32(HEADER_OFFSETS.maxLevel, 9, true),
  ),
  "header-count-low": inHeader(
    HEADER_OFFSETS.count,
    (view) => view.setBigUint64(HEADER_OFFSETS.count, 390n, true),
    { says: "400 slots" },
  ),
  "header-count-high": inHeader(
    HEADER_OFFSETS.count,
    (view) => view.setBigUint64(HEADER_OFFSETS.count, 416n, true),
    { says: "400 slots" },
  ),
  "header-trailing-bytes": {
    damage: (store) => store.append(store.file("header.bin"), new Uint8Array(3)),
    path: "header.bin",
    offset: 100,
  },

  "data-truncated": {
    damage: (store) => Deno.truncateSync(store.file("data_level0.bin"), slot(300, 7)),
    path: "data_level0.bin",
    offset: slot(300, 7),
    count: 100,
  },
  "data-size-unusual": {
    damage: (store) => store.append(store.file("data_level0.bin"), new Uint8Array(77)),
    path: "data_level0.bin",
    offset: slot(SLOTS),
  },
  "slot-zeroed": inSlots(
    slot(100),
    (_view, bytes) => bytes.fill(0, slot(100), slot(115)),
    { count: 15 },
  ),
  "slot-neighbour-count": inSlots(slot(7), (view) => view.setUint16(slot(7), 33, true)),
  "slot-neighbour-range": inSlots(
    slot(7, 4),
    (view) => view.setUint32(slot(7, 4), 400, true),
  ),
  "slot-neighbour-self": inSlots(slot(7, 4), (view) => view.setUint32(slot(7, 4), 7, true)),
  "slot-neighbour-duplicate": inSlots(
    slot(7, 8),
    (view) => view.setUint32(slot(7, 8), view.getUint32(slot(7, 4), true), true),
  ),
  "slot-links-empty": inSlots(slot(7), (view) => view.setUint16(slot(7), 0, true)),
  "slot-label-invalid": inSlots(
    slot(7, LABEL_OFFSET),
    (view) => view.setBigUint64(slot(7, LABEL_OFFSET), 1n << 40n, true),
  ),
  "slot-label-duplicate": inSlots(
    slot(9, LABEL_OFFSET),
    (view) =>
      view.setBigUint64(
        slot(9, LABEL_OFFSET),
        view.getBigUint64(slot(7, LABEL_OFFSET), true),
        true,
      ),
  ),
  "vector-not-finite": inSlots(
    slot(7, VECTOR_OFFSET),
    (view) => view.setFloat32(slot(7, VECTOR_OFFSET + 12), NaN, true),
    { count: 1 },
  ),
  "vector-not-normalised": {
    damage: (store) =>
      store.patchSegment(
        "data_level0.bin",
        (view) => view.setFloat32(slot(3, VECTOR_OFFSET), 40, true),
        "cosine",
      ),
    path: "data_level0.bin",
    offset: slot(3, VECTOR_OFFSET),
  },
  "deleted-slots-many": {
    damage: (store) =>
      store.patchSegment("data_level0.bin", (view) => {
        for (let number = 0; number < 250; number++) view.setUint8(slot(number, 2), 1);
      }),
    path: "data_level0.bin",
  },
  "deleted-slots": { damage: () => {}, path: "data_level0.bin", count: 18 },
  "slot-flags-unknown": inSlots(slot(7, 2), (view) => view.setUint8(slot(7, 2), 0x20)),

  "links-truncated": {
    damage: (store) => Deno.truncateSync(store.file("link_lists.bin"), 1000),
    path: "link_lists.bin",
  },
  "links-record-torn": inLinks((view) => {
    view.setUint32(firstUpperRecord(view), 0x9a5b_0001, true);
  }),
  "links-neighbour-count": inLinks((view) => {
    view.setUint16(firstUpperRecord(view) + 4, 17, true);
  }),
  "links-neighbour-range": inLinks((view) => {
    view.setUint32(firstUpperRecord(view) + 8, 5_000_000, true);
  }),
  "links-trailing-bytes": {
    damage: (store) => store.append(store.file("link_lists.bin"), new Uint8Array([1, 2, 3])),
    path: "link_lists.bin",
  },
  "links-sparse": {
    damage: (store) => Deno.truncateSync(store.file("link_lists.bin"), 4e9),
    path: "link_lists.bin",
  },
  "links-zeroed": inLinks((_view, bytes) => bytes.fill(0)),

  "lengths-truncated": {
    damage: (store) => Deno.truncateSync(store.file("length.bin", "cosine"), 240),
    path: "length.bin",
    offset: 240,
    count: 60,
  },
  "lengths-invalid": {
    damage: (store) =>
      store.patchSegment("length.bin", (_view, bytes) => bytes.fill(0, 40, 80), "cosine"),
    path: "length.bin",
    offset: 40,
    count: 10,
  },
  "lengths-short": {
    damage: (store) => Deno.truncateSync(store.file("length.bin"), 800),
    path: "length.bin",
    offset: 800,
    count: 200,
  },

  "id-map-truncated": {
    damage: (store) => Deno.truncateSync(store.file("index_metadata.pickle"), 5000),
    path: "index_metadata.pickle",
  },
  "id-map-undecodable": {
    damage: (store) =>
      store.patchSegment("index_metadata.pickle", (_view, bytes) => bytes.fill(0x2a, 0, 40)),
    path: "index_metadata.pickle",
  },
  "id-map-foreign-object": {
    damage: (store) => Deno.writeFileSync(store.file("index_metadata.pickle"), FOREIGN_PICKLE),
    path: "index_metadata.pickle",
  },
  "id-map-era": {
    store: "chroma-0.5.23",
    damage: (store) => {
      // What 1.x writes for an index of one record.
      const parts = [
        [0x80, 3, 0x7d, 0x28],
        ...["dimensionality", "total_elements_added", "max_seq_id", "id_to_label", "label_to_id"]
          .map((name) => [0x58, name.length, 0, 0, 0, ...text(name)]),
      ];
      const value = [[0x4e], [...binInt(1)], [0x4e], [0x7d], [0x7d]];
      const bytes = [
        ...(parts[0] ?? []),
        ...value.flatMap((part, index) => [...(parts[index + 1] ?? []), ...part]),
        0x75,
        0x2e,
      ];
      Deno.writeFileSync(store.file("index_metadata.pickle"), new Uint8Array(bytes));
    },
    path: "index_metadata.pickle",
  },
  "id-map-protocol": {
    store: "chroma-0.5.23",
    damage: (store) => store.patchSegment("index_metadata.pickle", (view) => view.setUint8(1, 9)),
    path: "index_metadata.pickle",
    offset: 1,
  },
  "id-map-inconsistent": {
    damage: (store) => replaceInIdMap(store, text("notes-00100"), text("notes-99999")),
    path: "index_metadata.pickle",
  },
  "id-map-field-missing": {
    damage: (store) =>
      replaceInIdMap(store, text("total_elements_added"), text("total_elements_edded")),
    path: "index_metadata.pickle",
  },
  "id-map-dimension": {
    store: "chroma-0.5.23",
    damage: (store) =>
      store.patchSegment("index_metadata.pickle", (_view, bytes) => {
        const name = text("dimensionality");
        const at = bytes.findIndex((_byte, start) =>
          name.every((expected, index) => bytes[start + index] === expected)
        );
        // MEMOIZE, BININT1, 32
        bytes[at + name.length + 2] = 31;
      }),
    path: "index_metadata.pickle",
  },
  "id-map-label-invalid": {
    damage: (store) => replaceInIdMap(store, binInt(400), binInt(100)),
    path: "index_metadata.pickle",
  },

  "id-map-trailing-bytes": {
    damage: (store) => store.append(store.file("index_metadata.pickle"), new Uint8Array(20)),
    path: "index_metadata.pickle",
    offset: 16172,
  },
  "id-map-leftover": {
    store: "chroma-0.5.23",
    damage: (store) => store.append(store.file("index_metadata.pickle"), new Uint8Array(20)),
    path: "index_metadata.pickle",
    offset: 11145,
  },
  "id-map-sequences": {
    store: "chroma-0.4.24",
    damage: (store) =>
      store.patchSegment("index_metadata.pickle", (_view, bytes) => {
        // Each entry is LONG_BINGET id, BININT2 number; two SETITEMS, BUILD and STOP follow the last.
        const lastId = bytes.length - 4 - 3 - 4;
        bytes[lastId] = bytes[lastId - 8] ?? 0;
      }),
    path: "index_metadata.pickle",
  },

  "graph-unreachable": {
    damage: (store) =>
      store.patchSegment("data_level0.bin", (view) => {
        for (let number = 50; number < 60; number++) unlink(view, number);
      }),
    path: "data_level0.bin",
  },
  "graph-weak": {
    damage: (store) => store.patchSegment("data_level0.bin", (view) => unlink(view, 51)),
    path: "data_level0.bin",
    count: 1,
  },

  "label-without-slot": {
    damage: (store) =>
      store.patchSegment("data_level0.bin", (view) => view.setUint8(slot(7, 2), 1)),
    path: "index_metadata.pickle",
    count: 1,
  },
  "slot-without-id": {
    damage: (store) =>
      store.patchSegment("data_level0.bin", (view) => {
        // A deleted slot comes back to life.
        for (let number = 0; number < SLOTS; number++) {
          if (view.getUint8(slot(number, 2)) === 1) return view.setUint8(slot(number, 2), 0);
        }
      }),
    path: "data_level0.bin",
    count: 1,
  },
  "vectors-missing": {
    damage: (store) => {
      store.sql(
        `INSERT INTO embeddings (segment_id, embedding_id, seq_id)
         SELECT segment_id, 'lost', 3 FROM embeddings WHERE embedding_id = 'notes-00000'`,
      );
    },
    path: "chroma.sqlite3",
    count: 1,
  },
  "vectors-ghost": {
    damage: (store) => store.sql("DELETE FROM embeddings WHERE embedding_id = 'notes-00010'"),
    path: "index_metadata.pickle",
    count: 1,
  },
  "index-ahead": {
    damage: (store) => {
      // A flush of one more record got as far as the index: the id map is as it was before.
      replaceInIdMap(store, binInt(400), binInt(399));
      store.sql(
        `INSERT INTO embeddings_queue (operation, topic, id, vector, encoding)
         SELECT 0, topic, 'notes-00399', vector, encoding FROM embeddings_queue
         WHERE topic LIKE '%' || (SELECT collection FROM segments WHERE id = '${store.segment()}')
         AND vector IS NOT NULL LIMIT 1`,
      );
      forgetLabel(store, 400);
    },
    path: "data_level0.bin",
    count: 1,
  },
};

/** Takes the last id out of both directions of the id map, with its label. */
function forgetLabel(store: BrokenStore, label: number): void {
  const path = store.file("index_metadata.pickle");
  const bytes = [...Deno.readFileSync(path)];
  const id = text(`notes-${String(label - 1).padStart(5, "0")}`);
  const entry = [0x58, id.length, 0, 0, 0, ...id];
  for (const pair of [[...entry, ...binInt(label)], [...binInt(label), ...entry]]) {
    const at = bytes.findIndex((_byte, start) =>
      pair.every((expected, index) => bytes[start + index] === expected)
    );
    if (at < 0) throw new Error("The id is not in the id map");
    bytes.splice(at, pair.length);
  }
  Deno.writeFileSync(path, new Uint8Array(bytes));
}
