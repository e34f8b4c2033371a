import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { dirname, join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { type DatabaseReading, openForReading, openLocation } from "../../lib/sqlite/reading.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import {
  countLetters,
  describeDirectory,
  editDatabase,
  makeDatabase,
  makeHotDatabase,
  makeLoggedDatabase,
  patchFile,
} from "./database_cases.ts";

const ALL_A = [["a", 2000]];
const ALL_B = [["b", 2000]];

/** Opens a database and holds that this, and giving it back, changes nothing in its directory. */
async function readUnchanged(
  path: string,
  examine: (reading: DatabaseReading) => void,
): Promise<void> {
  const before = await describeDirectory(dirname(path));
  const reading = openForReading(path);
  const copy = reading.facts.privateCopy ? reading.location?.path : undefined;
  try {
    examine(reading);
    assertEquals(await describeDirectory(dirname(path)), before);
  } finally {
    reading.release();
    reading.release();
  }
  assertEquals(await describeDirectory(dirname(path)), before);
  if (copy !== undefined) assertThrows(() => Deno.statSync(dirname(copy)), Deno.errors.NotFound);
}

Deno.test("openForReading() opens every golden store in its place", async () => {
  for (const name of GOLDEN_STORES) {
    const path = join(await goldenStore(name), "chroma.sqlite3");
    await readUnchanged(path, ({ database, location, facts }) => {
      assertEquals(database?.number("SELECT count(*) FROM collections"), 5);
      assertEquals(location, { path: Deno.realPathSync(path), tolerant: false });
      assertEquals([facts.privateCopy, facts.refusal], [false, null]);
      assertEquals(facts, structuredClone(facts));
    });
  }
});

Deno.test("openForReading() rolls a hot journal back in a private copy", async () => {
  await readUnchanged(await makeHotDatabase(), ({ database, location, facts }) => {
    assertEquals(facts.journal.state, "hot");
    assertEquals(facts.privateCopy, true);
    assertEquals(countLetters(database), ALL_A);
    if (location === null) throw new Error("no location");
    using other = openLocation(location);
    assertEquals(countLetters(other), ALL_A);
  });
});

Deno.test("openForReading() judges a torn store with a hot journal as it is after the rollback", async () => {
  const path = join(await tornStore("chroma-0.5.23-1"), "chroma.sqlite3");
  await readUnchanged(path, ({ facts }) => {
    assertEquals(facts.sizeBytes, 901_120);
    assertEquals(facts.judgedSizeBytes, 847_872);
    assertEquals(facts.judgedHeader?.pageCount, 207);
  });
});

Deno.test("openForReading() reads without a journal that SQLite would throw away", async () => {
  const path = await makeDatabase();
  await Deno.writeFile(`${path}-journal`, new Uint8Array(2000).fill(7));
  await readUnchanged(path, ({ database, facts }) => {
    assertEquals(facts.journal.state, "unusable");
    assertEquals(facts.privateCopy, true);
    assertEquals(countLetters(database), ALL_A);
  });
});

Deno.test("openForReading() opens in its place beside a journal that has nothing to undo", async () => {
  for (const [state, bytes] of [["zeroed", new Uint8Array(2000)], ["empty", new Uint8Array()]]) {
    const path = await makeDatabase();
    await Deno.writeFile(`${path}-journal`, bytes as Uint8Array<ArrayBuffer>);
    await readUnchanged(path, ({ database, facts }) => {
      assertEquals<string>(facts.journal.state, state as string);
      assertEquals(facts.privateCopy, false);
      assertEquals(countLetters(database), ALL_A);
    });
  }
});

Deno.test("openForReading() reads the committed pages of a write-ahead log", async () => {
  await readUnchanged(await makeLoggedDatabase(), ({ database, location, facts }) => {
    assertEquals(facts.log.state, "pending");
    assertEquals(facts.privateCopy, true);
    assertEquals(countLetters(database), ALL_B);
    assertEquals(database?.rows("PRAGMA journal_mode"), [["delete"]]);
    if (location === null) throw new Error("no location");
    using other = openLocation(location);
    assertEquals(countLetters(other), ALL_B);
  });
});

Deno.test("openForReading() copies a database in WAL mode that has no log", async () => {
  await readUnchanged(await makeDatabase("PRAGMA journal_mode = WAL"), ({ database, facts }) => {
    assertEquals([facts.header?.readVersion, facts.log.state], [2, "absent"]);
    assertEquals(facts.privateCopy, true);
    assertEquals(countLetters(database), ALL_A);
  });
});

Deno.test("openForReading() applies a log beside a database that is not in WAL mode, as SQLite does", async () => {
  const logged = await makeLoggedDatabase();
  // The versions to write and to read by: rollback journal.
  await patchFile(logged, 18, Uint8Array.of(1, 1));
  await readUnchanged(logged, ({ database, facts }) => {
    assertEquals(facts.log.state, "pending");
    assertEquals(countLetters(database), ALL_B);
  });
  using asAnEngineWould = StoreDatabase.open(logged, { writable: true });
  assertEquals(countLetters(asAnEngineWould), ALL_B);
});

Deno.test("openForReading() leaves a log that is none out of the copy", async () => {
  const path = await makeDatabase();
  await Deno.writeFile(`${path}-wal`, new Uint8Array(8192).fill(3));
  await readUnchanged(path, ({ database, facts }) => {
    assertEquals([facts.log.state, facts.privateCopy], ["unusable", true]);
    assertEquals(countLetters(database), ALL_A);
  });
});

Deno.test("openForReading() opens neither a file without bytes nor one that is no database", async () => {
  for (const bytes of [new Uint8Array(), new Uint8Array(60), new Uint8Array(8192).fill(1)]) {
    const path = join(await scratchDirectory(), "chroma.sqlite3");
    await Deno.writeFile(path, bytes);
    // SQLite would delete the journal of a database without bytes.
    await Deno.copyFile(`${await makeHotDatabase()}-journal`, `${path}-journal`);
    await readUnchanged(path, ({ database, location, facts }) => {
      assertEquals([database, location], [null, null]);
      assertEquals(facts.sizeBytes, bytes.byteLength);
      assertEquals(facts.privateCopy, false);
    });
  }
});

Deno.test("openForReading() opens nothing when the rollback leaves no bytes", async () => {
  const path = await makeHotDatabase();
  // The pages of the database before the transaction: none, as in the very first one.
  await patchFile(`${path}-journal`, 16, new Uint8Array(4));
  await readUnchanged(path, ({ database, facts }) => {
    assertEquals(database, null);
    assertEquals(facts.judgedSizeBytes, 0);
    assertNotEquals(facts.sizeBytes, 0);
  });
});

Deno.test("openForReading() reads what is left of a database that was cut in half", async () => {
  const path = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  await Deno.truncate(path, Math.floor((await Deno.stat(path)).size / 2));
  await readUnchanged(path, ({ database, location, facts }) => {
    assertEquals(facts.refusal, "database disk image is malformed");
    assertEquals(location?.tolerant, true);
    assertEquals(database?.number("SELECT count(*) FROM collections"), 5);
    if (location === null) throw new Error("no location");
    using other = openLocation(location);
    assertEquals(other.number("SELECT count(*) FROM collections"), 5);
  });
});

Deno.test("openForReading() says why SQLite refuses a database whose first page is gone", async () => {
  const path = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  await patchFile(path, 100, new Uint8Array(3996));
  await readUnchanged(path, ({ database, facts }) => {
    assertEquals(database, null);
    assertEquals(facts.refusal, "database disk image is malformed");
  });
});

Deno.test("openForReading() follows a link to the database and to the files beside it", async () => {
  const target = await makeHotDatabase();
  const link = join(await scratchDirectory(), "chroma.sqlite3");
  await Deno.symlink(target, link);
  await readUnchanged(link, ({ database, facts }) => {
    assertEquals(facts.journal.state, "hot");
    assertEquals(countLetters(database), ALL_A);
  });
});

Deno.test("openForReading() never lets a journal delete the file that it names", async () => {
  const path = await makeHotDatabase();
  const victim = join(await scratchDirectory(), "victim");
  // The name of no journal that exists: SQLite deletes a super-journal that nobody needs.
  await Deno.writeTextFile(victim, "/no/such/journal\0");
  const name = new TextEncoder().encode(victim);
  const record = new DataView(new ArrayBuffer(4 + name.byteLength + 16));
  new Uint8Array(record.buffer).set(name, 4);
  record.setUint32(4 + name.byteLength, name.byteLength);
  record.setUint32(8 + name.byteLength, name.reduce((sum, byte) => sum + byte, 0));
  record.setBigUint64(12 + name.byteLength, 0xd9d505f920a163d7n);
  await Deno.writeFile(`${path}-journal`, new Uint8Array(record.buffer), { append: true });
  await readUnchanged(path, ({ database }) => assertEquals(countLetters(database), ALL_A));
  assertEquals((await Deno.stat(victim)).isFile, true);
  using asAnEngineWould = StoreDatabase.open(path, { writable: true });
  assertEquals(countLetters(asAnEngineWould), ALL_A);
  assertThrows(() => Deno.statSync(victim), Deno.errors.NotFound);
});

Deno.test("openForReading() throws busy when another process holds the database", async () => {
  const path = await makeDatabase();
  using writer = StoreDatabase.open(path, { writable: true });
  writer.execute("BEGIN EXCLUSIVE");
  const error = assertThrows(() => openForReading(path, { busyTimeoutMs: 20 }), OperationError);
  assertEquals(error.code, "busy");
  assertEquals(error.hint?.includes("Stop every process"), true);
});

Deno.test("openForReading() throws busy when the writer of a hot journal still runs", async () => {
  const path = await makeDatabase();
  using writer = StoreDatabase.open(path, { writable: true });
  // Without syncing, the header of the journal stands from the first write on.
  writer.execute("PRAGMA synchronous = OFF");
  writer.execute("BEGIN IMMEDIATE");
  writer.execute("UPDATE letters SET letter = 'c' WHERE rowid = 1");
  const error = assertThrows(() => openForReading(path, { busyTimeoutMs: 20 }), OperationError);
  assertEquals(error.code, "busy");
});

Deno.test({
  name: "openForReading() leaves journals their owner and their times when it runs as root",
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  async fn() {
    const somebody = 12_345;
    const journals: [string, Uint8Array | null, unknown][] = [
      ["hot", null, ALL_A],
      ["zeroed", new Uint8Array(2_000), ALL_A],
      ["unusable", new Uint8Array(2_000).fill(7), ALL_A],
    ];
    for (const [state, bytes, letters] of journals) {
      const path = bytes === null ? await makeHotDatabase() : await makeDatabase();
      if (bytes !== null) Deno.writeFileSync(`${path}-journal`, bytes);
      Deno.chownSync(path, somebody, somebody);
      const longAgo = new Date("2026-01-01");
      for (const file of [path, `${path}-journal`]) Deno.utimeSync(file, longAgo, longAgo);
      await readUnchanged(path, ({ database, facts }) => {
        assertEquals([facts.journal.state, facts.privateCopy], [state, true]);
        assertEquals(countLetters(database), letters);
        assertEquals(Deno.statSync(`${path}-journal`).uid, 0, state);
      });
    }
  },
});

Deno.test("openForReading() throws not-found when there is no such file", async () => {
  const path = join(await scratchDirectory(), "chroma.sqlite3");
  assertEquals(assertThrows(() => openForReading(path), OperationError).code, "not-found");
});

Deno.test("openForReading() reads a schema of which one row makes no sense", async () => {
  const path = await makeDatabase();
  editDatabase(
    path,
    "CREATE TABLE other (x)",
    "UPDATE sqlite_schema SET sql = 'CREATE TABEL other (x)' WHERE name = 'other'",
  );
  await readUnchanged(path, ({ database, location, facts }) => {
    assertEquals(facts.refusal?.startsWith("malformed database schema"), true);
    assertEquals(location?.tolerant, true);
    assertEquals(countLetters(database), ALL_A);
  });
});
