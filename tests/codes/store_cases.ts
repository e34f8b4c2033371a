/**
 * Findings in the directory of a store, in the file of its catalogue, and of what vecfsck itself has
 * left: VF10, VF11 and VF29.
 *
 * @module
 */

import { join } from "@std/path";
import { writeTransactionRecord } from "../../lib/engine/transaction_record.ts";
import { Journal } from "../../lib/fs/journal.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { openWorkDirectory } from "../../lib/fs/work_directory.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import type { BrokenStore } from "../support/broken_store.ts";
import type { CodeCases } from "./case.ts";

const PAGE_BYTES = 4096;

/** Leaves the record of a swap, as a run does that was killed in the middle of it. */
function interruptSwap(store: BrokenStore): void {
  const workDirectory = openWorkDirectory(localFs, store.path);
  new Journal(localFs, workDirectory).write({
    kind: "swap-directory",
    id: "20261121T070000-0123456789abcdef",
    startedAt: "2026-11-21T07:00:00.000Z",
    live: store.file(),
    hadLive: true,
    replacement: join(workDirectory, "rebuilt"),
    aside: join(workDirectory, "replaced"),
  });
}

function removeSegments(store: BrokenStore): void {
  for (const entry of [...Deno.readDirSync(store.path)]) {
    if (entry.isDirectory) Deno.removeSync(join(store.path, entry.name), { recursive: true });
  }
}

/** Makes a transaction that was interrupted: the database half changed, the journal beside it. */
function interruptTransaction(store: BrokenStore): void {
  const before = Deno.readFileSync(store.catalogue());
  store.sql("UPDATE collections SET name = name || '!'");
  const after = Deno.readFileSync(store.catalogue());
  const changed: number[] = [];
  for (let page = 0; page < before.length / PAGE_BYTES; page++) {
    const range = [page * PAGE_BYTES, (page + 1) * PAGE_BYTES] as const;
    const [old, now] = [before.subarray(...range), after.subarray(...range)];
    if (old.some((byte, index) => byte !== now[index])) changed.push(page);
  }
  Deno.writeFileSync(store.catalogue("-journal"), encodeJournal(before, changed));
}

/** A rollback journal as sqlite.org/fileformat2.html describes it. */
function encodeJournal(database: Uint8Array, pages: readonly number[]): Uint8Array {
  const sector = 512;
  const record = 4 + PAGE_BYTES + 4;
  const bytes = new Uint8Array(sector + pages.length * record);
  const view = new DataView(bytes.buffer);
  bytes.set([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
  view.setUint32(8, pages.length);
  view.setUint32(12, 7);
  view.setUint32(16, database.length / PAGE_BYTES);
  view.setUint32(20, sector);
  view.setUint32(24, PAGE_BYTES);
  for (const [index, page] of pages.entries()) {
    const start = sector + index * record;
    const content = database.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    view.setUint32(start, page + 1);
    bytes.set(content, start + 4);
    let checksum = 7;
    for (let at = PAGE_BYTES - 200; at > 0; at -= 200) checksum += content[at] ?? 0;
    view.setUint32(start + 4 + PAGE_BYTES, checksum >>> 0);
  }
  return bytes;
}

/** The page on which a table or an index begins. */
function rootPage(store: BrokenStore, name: string): number {
  return Number(store.value(`SELECT rootpage FROM sqlite_schema WHERE name = '${name}'`));
}

/** Cases for VF10 and VF11. */
export const STORE_CASES: CodeCases = {
  "catalogue-missing": {
    damage: (store) => Deno.removeSync(store.catalogue()),
    path: "chroma.sqlite3",
  },
  "catalogue-empty": {
    damage: (store) => Deno.truncateSync(store.catalogue(), 0),
    path: "chroma.sqlite3",
    offset: 0,
  },
  "catalogue-fresh": {
    damage: (store) => {
      Deno.truncateSync(store.catalogue(), 0);
      removeSegments(store);
    },
    path: "chroma.sqlite3",
  },
  "orphan-segment-directory": { damage: () => {}, says: "38.7 kB" },
  "moved-aside-segment": {
    damage: (store) => Deno.renameSync(store.file(), `${store.file()}.drift-20260101-000000`),
    path: ".drift-20260101-000000",
  },
  "foreign-entry": {
    damage: (store) => Deno.writeTextFileSync(join(store.path, "notes.txt"), "x"),
    path: "notes.txt",
  },
  "file-overallocated": {
    damage: (store) => {
      const path = store.file("header.bin");
      const { success } = new Deno.Command("fallocate", { args: ["-n", "-l", "80M", path] })
        .outputSync();
      if (!success) throw new Error("No room could be allocated");
    },
    path: "header.bin",
  },
  "segment-not-a-directory": {
    damage: (store) => {
      Deno.removeSync(store.file(), { recursive: true });
      Deno.writeTextFileSync(store.file(), "x");
    },
  },
  "index-older-than-catalogue": {
    damage: (store) => Deno.utimeSync(store.file("data_level0.bin"), 1_000_000, 1_000_000),
    path: "data_level0.bin",
  },
  "segment-type-unknown": {
    damage: (store) =>
      store.sql(
        `UPDATE segments SET type = 'urn:chroma:segment/vector/spann' WHERE id = '${store.segment()}'`,
      ),
  },
  "schema-newer": {
    damage: (store) =>
      store.sql("INSERT INTO migrations VALUES ('sysdb', 99, '00099-new.sqlite.sql', 'x', 'y')"),
  },
  "file-unreadable": {
    damage: (store) => {
      Deno.removeSync(store.file("length.bin"));
      Deno.mkdirSync(store.file("length.bin"));
    },
    path: "length.bin",
  },

  "sqlite-not-a-database": {
    damage: (store) => store.patch(store.catalogue(), (_view, bytes) => bytes.fill(0x41, 0, 16)),
    path: "chroma.sqlite3",
    offset: 0,
  },
  "sqlite-header-damaged": {
    damage: (store) => store.patch(store.catalogue(), (view) => view.setUint8(21, 99)),
    path: "chroma.sqlite3",
  },
  "sqlite-truncated": {
    damage: (store) => Deno.truncateSync(store.catalogue(), 100 * PAGE_BYTES),
    path: "chroma.sqlite3",
    offset: 100 * PAGE_BYTES,
  },
  "sqlite-trailing-bytes": {
    damage: (store) => store.append(store.catalogue(), new Uint8Array(2 * PAGE_BYTES)),
    path: "chroma.sqlite3",
  },
  "sqlite-malformed": {
    damage: (store) => {
      const page = rootPage(store, "embedding_metadata");
      store.patch(store.catalogue(), (_view, bytes) => {
        bytes.fill(0, (page - 1) * PAGE_BYTES, page * PAGE_BYTES);
      });
    },
    path: "chroma.sqlite3",
    says: "embedding_metadata",
  },
  "sqlite-index-mismatch": {
    damage: (store) => {
      // A row that is written while the index is not in the schema is not in the index.
      const sql = store.value(
        "SELECT sql FROM sqlite_schema WHERE name = 'embedding_metadata_int_value'",
      );
      const page = rootPage(store, "embedding_metadata_int_value");
      store.sql(
        "PRAGMA writable_schema = ON",
        "DELETE FROM sqlite_schema WHERE name = 'embedding_metadata_int_value'",
        "PRAGMA writable_schema = RESET",
        "INSERT INTO embedding_metadata (id, key, int_value) VALUES (1, 'unindexed', 5)",
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_schema VALUES ('index', 'embedding_metadata_int_value', " +
          `'embedding_metadata', ${page}, '${sql}')`,
      );
    },
    path: "chroma.sqlite3",
    says: "embedding_metadata_int_value",
  },
  "sqlite-hot-journal": { damage: interruptTransaction, path: "chroma.sqlite3-journal" },
  "sqlite-stray-wal": {
    damage: (store) => Deno.writeFileSync(store.catalogue("-wal"), new Uint8Array(500).fill(0x5a)),
    path: "chroma.sqlite3-wal",
  },
  "sqlite-wal-pending": {
    damage: (store) => {
      store.sql("PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0");
      const copies = copyWhileOpen(store);
      for (const [suffix, bytes] of copies) Deno.writeFileSync(store.catalogue(suffix), bytes);
    },
    path: "chroma.sqlite3-wal",
  },
  "sqlite-table-missing": {
    damage: (store) => store.sql("DROP TABLE collection_metadata"),
    says: "collection_metadata",
  },
  "sqlite-column-missing": {
    damage: (store) => store.sql("ALTER TABLE collections DROP COLUMN schema_str"),
    says: "schema_str",
  },
  "sqlite-constraint-broken": {
    damage: (store) =>
      store.sql(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'created_at TIMESTAMP NOT NULL', " +
          "'created_at TIMESTAMP') WHERE name = 'embeddings'",
        "PRAGMA writable_schema = RESET",
        "UPDATE embeddings SET created_at = NULL WHERE id = 3",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, 'created_at TIMESTAMP', " +
          "'created_at TIMESTAMP NOT NULL') WHERE name = 'embeddings'",
      ),
    says: "embeddings.created_at",
  },
  "sqlite-pages-unused": {
    damage: (store) =>
      store.sql(
        "PRAGMA writable_schema = ON",
        "DELETE FROM sqlite_schema WHERE name = 'embedding_metadata_string_value'",
      ),
    path: "chroma.sqlite3",
  },
  "sqlite-foreign-wal": {
    damage: (store) => {
      const before = Deno.readFileSync(store.catalogue());
      store.sql("PRAGMA journal_mode = WAL");
      const log = copyWhileOpen(store)[1];
      Deno.writeFileSync(store.catalogue(), before);
      if (log !== undefined) Deno.writeFileSync(store.catalogue("-wal"), log[1]);
    },
    path: "chroma.sqlite3-wal",
  },
  "sqlite-trigger": {
    damage: (store) =>
      store.sql(
        "CREATE TRIGGER forget AFTER INSERT ON embeddings BEGIN DELETE FROM embeddings; END",
        "CREATE TRIGGER again AFTER DELETE ON tenants BEGIN DELETE FROM databases; END",
      ),
    path: "chroma.sqlite3",
    count: 2,
    says: "forget, and 1 more",
  },
  "sqlite-stray-journal": {
    damage: (store) => Deno.writeFileSync(store.catalogue("-journal"), new Uint8Array(600)),
    path: "chroma.sqlite3-journal",
  },
  "change-interrupted": {
    level: "quick",
    damage: interruptSwap,
    says: "began at 2026-11-21T07:00:00.000Z",
  },
  "transaction-interrupted": {
    level: "quick",
    damage: (store) =>
      writeTransactionRecord(localFs, store.path, {
        startedAt: "2026-11-21T07:00:00.000Z",
        backup: `${store.path}.backups/20261121T070000Z`,
      }),
    says: "began at 2026-11-21T07:00:00.000Z",
  },
};

/** What database and log hold while a connection in WAL mode has written and not yet closed. */
function copyWhileOpen(store: BrokenStore): [string, Uint8Array][] {
  using database = StoreDatabase.open(store.catalogue(), { writable: true });
  database.execute("PRAGMA wal_autocheckpoint = 0");
  database.execute("UPDATE tenants SET id = id");
  return ["", "-wal"].map((suffix) => [suffix, Deno.readFileSync(store.catalogue(suffix))]);
}
