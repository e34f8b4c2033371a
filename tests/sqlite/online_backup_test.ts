import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { type HeldDatabase, holdDatabase } from "../../lib/sqlite/online_backup.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import {
  editDatabase,
  makeDatabase,
  makeHotDatabase,
  makeLoggedDatabase,
} from "./database_cases.ts";

function require(held: HeldDatabase | null): HeldDatabase {
  assert(held !== null);
  return held;
}

async function copyOf(path: string): Promise<string> {
  const target = join(await scratchDirectory(), "copy.sqlite3");
  using held = require(holdDatabase(path));
  await held.copyTo(target);
  return target;
}

/** How many rows of the table begin with a letter, and what SQLite says of the whole. */
function judge(path: string, letter: string): unknown[] {
  using database = StoreDatabase.open(path);
  return [
    database.number("SELECT count(*) FROM letters WHERE letter LIKE ? || '%'", letter),
    database.row("PRAGMA integrity_check")?.[0],
  ];
}

Deno.test("holdDatabase() copies a database that rests, and changes nothing beside it", async () => {
  const path = await makeDatabase();
  const before = await snapshotTree(join(path, ".."));
  const copy = await copyOf(path);
  assertEquals(await snapshotTree(join(path, "..")), before);
  assertEquals(judge(copy, "a"), [2000, "ok"]);
  const [original, copied] = [Deno.readFileSync(path), Deno.readFileSync(copy)];
  // The change counter, the schema cookie, and the version of the SQLite that wrote last.
  const differing = [...original.keys()].filter((offset) => original[offset] !== copied[offset]);
  const allowed = [[24, 28], [40, 44], [92, 100]] as const;
  assert(differing.every((offset) => allowed.some(([from, to]) => offset >= from && offset < to)));
  assertEquals(copied.byteLength, original.byteLength);
});

Deno.test("holdDatabase() copies the state at which it was held, while others want to write", async () => {
  const path = await makeDatabase();
  const target = join(await scratchDirectory(), "copy.sqlite3");
  using writer = StoreDatabase.open(path, { writable: true, busyTimeoutMs: 0 });
  {
    using held = require(holdDatabase(path));
    // What an engine does within a transaction beside its database would not be of that state.
    assertThrows(() => writer.rows("BEGIN IMMEDIATE"), Error, "locked");
    await held.copyTo(target);
    assertThrows(() => writer.rows("UPDATE letters SET letter = 'b'"), Error, "locked");
    assertEquals(writer.number("SELECT count(*) FROM letters"), 2000);
  }
  writer.rows("UPDATE letters SET letter = 'b'");
  assertEquals(judge(target, "a"), [2000, "ok"]);
  assertEquals(judge(path, "b"), [2000, "ok"]);
});

Deno.test("holdDatabase() takes no hold while another process is within a transaction that writes", async () => {
  const path = await makeDatabase();
  const before = await snapshotTree(join(path, ".."));
  using writer = StoreDatabase.open(path, { writable: true, busyTimeoutMs: 0 });
  writer.rows("BEGIN IMMEDIATE");
  const error = assertThrows(() => holdDatabase(path, { busyTimeoutMs: 20 }), OperationError);
  assertEquals(error.code, "busy");
  // It can be ended all the same: nobody who waits for it stands in its way.
  writer.rows("COMMIT");
  require(holdDatabase(path))[Symbol.dispose]();
  assertEquals(await snapshotTree(join(path, "..")), before);
});

Deno.test("holdDatabase() holds a file that may only be read", async () => {
  const path = await makeDatabase();
  await Deno.chmod(path, 0o400);
  const isRoot = Deno.uid() === 0;
  using held = require(holdDatabase(path));
  using writer = StoreDatabase.open(path, { writable: true, busyTimeoutMs: 0 });
  assertThrows(() => writer.rows("BEGIN IMMEDIATE"), Error, isRoot ? "locked" : "readonly");
  const target = join(await scratchDirectory(), "copy.sqlite3");
  await held.copyTo(target);
  assertEquals(judge(target, "a"), [2000, "ok"]);
});

Deno.test("holdDatabase() lets go when it is released", async () => {
  const path = await makeDatabase();
  editDatabase(path, "CREATE TABLE t (a)");
  const held = require(holdDatabase(path));
  held[Symbol.dispose]();
  held[Symbol.dispose]();
  editDatabase(path, "INSERT INTO t VALUES (1)");
});

Deno.test("holdDatabase() takes a hot journal back in the copy alone", async () => {
  const path = await makeHotDatabase();
  const before = await snapshotTree(join(path, ".."));
  assertEquals(judge(await copyOf(path), "a"), [2000, "ok"]);
  assertEquals(await snapshotTree(join(path, "..")), before);
});

Deno.test("holdDatabase() applies a write-ahead log in the copy alone", async () => {
  const path = await makeLoggedDatabase();
  const before = await snapshotTree(join(path, ".."));
  assertEquals(judge(await copyOf(path), "b"), [2000, "ok"]);
  assertEquals(await snapshotTree(join(path, "..")), before);
});

Deno.test("holdDatabase() gives null for what SQLite refuses", async () => {
  const directory = await scratchDirectory();
  for (const [name, bytes] of [["empty", 0], ["short", 50], ["noise", 5000]] as const) {
    const path = join(directory, name);
    Deno.writeFileSync(path, new Uint8Array(bytes).fill(9));
    assertEquals(holdDatabase(path), null, name);
  }
  const cut = await makeDatabase();
  Deno.truncateSync(cut, 8192);
  using held = holdDatabase(cut);
  assertEquals(held, null);
});

Deno.test("holdDatabase() throws busy while another process ends a transaction", async () => {
  const path = await makeDatabase();
  using writer = StoreDatabase.open(path, { writable: true });
  writer.rows("BEGIN EXCLUSIVE");
  const error = assertThrows(() => holdDatabase(path, { busyTimeoutMs: 10 }), OperationError);
  assertEquals(error.code, "busy");
  writer.rows("ROLLBACK");
});

Deno.test("holdDatabase() throws when the copy cannot be written", async () => {
  const path = await makeDatabase();
  using held = require(holdDatabase(path));
  const error = await assertRejects(
    () => held.copyTo(join(path, "..", "missing", "copy.sqlite3")),
    OperationError,
  );
  assertEquals(error.code, "write-failed");
});
