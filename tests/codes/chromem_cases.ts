/**
 * Findings in databases of chromem-go: VF30 to VF32.
 *
 * @module
 */

import type { FindingName } from "../../lib/model/codes.ts";
import type { CheckLevel } from "../../lib/model/report.ts";
import type { BrokenDatabase } from "../support/broken_database.ts";
import type { ChromemStore } from "../support/chromem_stores.ts";

/** A way to make a finding appear. */
export interface ChromemCase {
  /** The database that is broken; the one without compression unless told otherwise. */
  readonly store?: ChromemStore;
  /** How much is looked at; full unless told otherwise. */
  readonly level?: CheckLevel;
  /** Breaks the database. */
  readonly damage: (store: BrokenDatabase) => void;
  /** The path that the finding must name. */
  readonly path?: (store: BrokenDatabase) => string | null;
  /** The offset that it must name. */
  readonly offset?: number | null;
  /** How many places it must count. */
  readonly count?: number;
  /** What its message must contain. */
  readonly says?: string;
  /** Further findings of the same damage that are worse than info; there must be no others. */
  readonly besides?: readonly FindingName[];
}

const BASE = "knowledge-base";

function first(store: BrokenDatabase): string {
  return store.document(BASE, "knowledge-base/0");
}

function second(store: BrokenDatabase): string {
  return store.document(BASE, "knowledge-base/1");
}

function ofSessions(store: BrokenDatabase): string {
  return store.document("sessions", "sessions/0");
}

function metadataOf(store: BrokenDatabase): string {
  return store.metadata(BASE);
}

function folderOf(store: BrokenDatabase): string {
  return store.folder(BASE);
}

/** Lets the map of a document, which has one entry, claim 2^31 - 1. */
function claimEntries(document: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(document);
  // The number of the field, how many entries there are, and the first key.
  const count = text.indexOf("\x01\x01\x01i") + 1;
  const bytes = [...document];
  bytes.splice(count, 1, 0xfc, 0x7f, 0xff, 0xff, 0xff);
  // The type of the value, before which stands the length of its message.
  const length = text.indexOf("\xff\x84\x01\x10") - 1;
  bytes[length] = (bytes[length] ?? 0) + 4;
  return Uint8Array.from(bytes);
}

/** Cases by the name of the finding. */
export const CHROMEM_CASES: Partial<Record<FindingName, ChromemCase>> = {
  "chromem-metadata-missing": {
    damage: (store) => store.remove(metadataOf(store)),
    path: folderOf,
    says: "60 documents; the folder is the hash of the name knowledge-base (ids of documents)",
  },
  "chromem-name-empty": {
    damage: (store) => store.copy(first(store), metadataOf(store)),
    path: metadataOf,
    says: "the folder is the hash of the name knowledge-base",
  },
  "chromem-folder-misnamed": {
    damage: (store) => store.rename(folderOf(store), "copy"),
    path: () => "copy",
    says: "The hash of the name knowledge-base is e6684f6c",
  },
  "chromem-metadata-exchanged": {
    damage: (store) => store.exchange(metadataOf(store), store.metadata("sessions")),
    path: (store) => store.metadata("sessions"),
    says: "The name knowledge-base belongs to the folder e6684f6c; the documents tell of this one",
  },
  "chromem-collection-shadowed": {
    damage(store) {
      store.copy(metadataOf(store), `ffffffff/00000000.gob`);
      store.copy(first(store), `ffffffff/${first(store).slice(9)}`);
    },
    path: folderOf,
    says: "The folder ffffffff holds a collection of the name knowledge-base too",
  },
  "chromem-collection-empty": {
    damage: (store) => store.documents(BASE).forEach((path) => store.remove(path)),
    path: (store) => store.folder("empty"),
  },
  "chromem-extension-mixed": {
    store: "gzip",
    damage: (store) => store.rename(first(store), first(store).slice(0, -3)),
    path: folderOf,
    count: 1,
    says: "1 of 61 files ends in .gob, and most files of the database in .gob.gz",
  },
  "chromem-extension-wrong": {
    damage(store) {
      for (const collection of [BASE, "sessions", "日本語 notes", "contextd_memories", "empty"]) {
        for (const path of [store.metadata(collection), ...store.documents(collection)]) {
          store.rename(path, `${path}.gz`);
        }
      }
    },
    path: () => null,
    says: "Most files end in .gob.gz, but",
  },
  "chromem-folder-empty": {
    damage: (store) => store.remove(store.metadata("empty")),
    path: (store) => store.folder("empty"),
  },
  "chromem-leftover": {
    damage: (store) => store.write(`${metadataOf(store)}.tmp`, "x"),
    path: (store) => `${metadataOf(store)}.tmp`,
  },
  "chromem-not-a-folder": {
    damage(store) {
      store.rename(folderOf(store), "elsewhere.d");
      Deno.symlinkSync(store.at("elsewhere.d"), store.at(folderOf(store)));
    },
    path: folderOf,
    besides: ["chromem-folder-misnamed"],
  },
  "gob-empty": {
    level: "quick",
    damage: (store) => store.cut(first(store), 0),
    path: first,
    offset: 0,
  },
  "gob-truncated": {
    damage: (store) => store.cut(first(store), 200),
    path: first,
    says: "it is what is left of the document knowledge-base/0",
  },
  "gob-malformed": {
    damage: (store) => store.flip(first(store), 1),
    path: first,
    offset: 2,
  },
  "gob-type-mismatch": {
    damage(store) {
      // The name of a field in the description of the type: none is left that a document has.
      const bytes = store.read(metadataOf(store));
      const text = new TextDecoder("latin1").decode(bytes);
      for (const name of ["Name", "Metadata"]) bytes[text.indexOf(name)] = 0x78;
      store.write(metadataOf(store), bytes);
    },
    path: metadataOf,
  },
  "gob-trailing-bytes": {
    damage: (store) =>
      store.write(first(store), new Uint8Array([...store.read(first(store)), 1, 2, 3])),
    path: first,
    says: "3 bytes behind the value",
  },
  "gzip-malformed": {
    store: "gzip",
    damage: (store) => store.cut(first(store), 100),
    path: first,
    offset: 100,
  },
  "gzip-checksum": {
    store: "gzip",
    damage: (store) => store.flip(first(store), -8),
    path: first,
    says: "the value before it is whole",
  },
  "gzip-checksum-missing": {
    store: "gzip",
    damage: (store) => store.cut(first(store), store.read(first(store)).length - 3),
    path: first,
  },
  "gob-too-large": {
    damage: (store) => Deno.truncateSync(store.at(first(store)), (1 << 26) + 1),
    path: first,
  },
  "gob-not-a-file": {
    damage: (store) => Deno.symlinkSync("nowhere", store.at(`${folderOf(store)}/link.gob`)),
    path: (store) => `${folderOf(store)}/link.gob`,
    says: "A link that leads nowhere",
  },
  "gob-pipe": {
    damage(store) {
      const path = store.at(`${folderOf(store)}/pipe.gob`);
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    },
    path: (store) => `${folderOf(store)}/pipe.gob`,
  },
  "gob-claims-memory": {
    damage: (store) => store.write(first(store), claimEntries(store.read(first(store)))),
    path: first,
    says: "A map claims 2,147,483,647 entries",
  },
  "document-without-id": {
    damage: (store) => store.copy(metadataOf(store), first(store)),
    path: first,
  },
  "document-misnamed": {
    damage: (store) => store.rename(first(store), `${folderOf(store)}/copy.gob`),
    path: (store) => `${folderOf(store)}/copy.gob`,
    says: "The name that belongs to the id knowledge-base/0 is",
  },
  "document-duplicate": {
    damage: (store) => store.copy(first(store), `${folderOf(store)}/copy.gob`),
    path: (store) => `${folderOf(store)}/copy.gob`,
    says: "holds a document of the id knowledge-base/0 too",
  },
  "document-exchanged": {
    damage: (store) => store.exchange(first(store), ofSessions(store)),
    path: first,
    says: "It holds the document sessions/0 of the folder 1225ae6c",
  },
  "document-without-embedding": {
    damage: (store) => store.change(first(store), { Embedding: undefined }),
    path: first,
  },
  "document-dimension": {
    damage: (store) => store.change(first(store), { Embedding: Float32Array.of(0, 1, 0) }),
    path: first,
    says: "3 dimensions, where 59 of 60 documents have 24",
  },
  "embedding-not-finite": {
    damage: (store) => store.change(first(store), { Embedding: new Float32Array(24).fill(NaN) }),
    path: first,
    says: "24 numbers of 24",
  },
  "embedding-not-normalised": {
    damage(store) {
      for (const path of [first(store), second(store)]) {
        const { Embedding: vector } = store.readDocument(path);
        store.change(path, { Embedding: vector?.map((value) => 2 * value) });
      }
    },
    path: folderOf,
    count: 2,
    says: "2 of 60 embeddings have the length 2.00000",
  },
};
