/**
 * A real process that uses a database beside the one that is tested. Each task says so on standard
 * output when it is at work; `idle` and `idle-wal` then write when something comes in.
 *
 * @module
 */

import { StoreDatabase } from "../../lib/sqlite/database.ts";

const [task = "", path = ""] = Deno.args;

function open(): StoreDatabase {
  return StoreDatabase.open(path, { writable: true, busyTimeoutMs: 0 });
}

function describe(action: () => void): string {
  try {
    action();
    return "done";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Writes so much in one transaction that SQLite has to begin with the file itself. */
function writeWithoutEnd(database: StoreDatabase): void {
  database.execute("PRAGMA cache_size = 5; BEGIN IMMEDIATE");
  const fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)";
  database.execute(`${fill} INSERT INTO t SELECT hex(randomblob(200)) FROM n`);
}

if (task === "probe") {
  console.log(describe(() => {
    using database = open();
    database.execute("BEGIN IMMEDIATE");
    database.rows("SELECT count(*) FROM t");
  }));
} else if (task === "write") {
  const database = open();
  writeWithoutEnd(database);
  console.log("at work");
  setInterval(() => database.number("SELECT 1"), 1_000_000);
} else {
  const database = open();
  if (task === "idle-wal") {
    database.rows("PRAGMA journal_mode = WAL");
    database.execute("INSERT INTO t VALUES ('logged')");
  }
  database.rows("SELECT count(*) FROM t");
  console.log("at work");
  await Deno.stdin.read(new Uint8Array(1));
  console.log(describe(() => database.execute("INSERT INTO t VALUES ('late')")));
}
