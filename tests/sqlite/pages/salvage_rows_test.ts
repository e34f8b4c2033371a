import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../lib/sqlite/database.ts";
import {
  type LostRow,
  type SalvagedRow,
  salvageRows,
} from "../../../lib/sqlite/pages/salvage_rows.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory } from "../../support/fixtures.ts";

const PAGE_BYTES = 4096;

/** A database whose rows have every serial type, and texts and blobs that overflow. */
async function makeDatabase(...more: string[]): Promise<string> {
  const path = join(await scratchDirectory(), "some.sqlite3");
  using database = StoreDatabase.open(path, { writable: true });
  database.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, a, b, c)");
  database.execute("CREATE TABLE others (name TEXT PRIMARY KEY, n INTEGER)");
  database.execute(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
    INSERT INTO things SELECT i,
      CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN 0 WHEN 2 THEN 1 WHEN 3 THEN -i WHEN 4 THEN i * 70000
        WHEN 5 THEN -i * 5000000000 WHEN 6 THEN i * 4611686018427387 WHEN 7 THEN i / 7.0
        ELSE 'text é ' || i END,
      zeroblob(i % 5), printf('%.*c', (i % 40) * (i % 40) * 30, 'x') FROM n`);
  database.execute("INSERT INTO others SELECT 'name ' || id, id FROM things WHERE id <= 500");
  for (const statement of more) database.execute(statement);
  return path;
}

function key({ rowId, values }: { rowId: number; values: readonly unknown[] }): string {
  const shown = values.map((value) =>
    value instanceof Uint8Array
      ? `x${value.join()}`
      : typeof value === "bigint"
      ? `${value}`
      : value
  );
  return JSON.stringify([rowId, ...shown.map(String)]);
}

function readThrough(path: string, table: string): Set<string> {
  using database = StoreDatabase.open(path);
  const rows = database.bigintRows(`SELECT rowid, * FROM ${table}`);
  return new Set(rows.map(([rowId, ...values]) => key({ rowId: Number(rowId), values })));
}

function salvage(path: string): { rows: SalvagedRow[]; lost: LostRow[] } {
  const lost: LostRow[] = [];
  return { rows: [...salvageRows(path, { onLost: (row) => lost.push(row) })], lost };
}

/** The rows of a table, with the key in its place as SQLite gives it. */
function rowsOf(rows: readonly SalvagedRow[], table: string | null, hasKey: boolean): Set<string> {
  const own = rows.filter((row) => row.table === table).map(({ rowId, values }) =>
    key({ rowId, values: hasKey ? [rowId, ...values.slice(1)] : values })
  );
  return new Set(own);
}

function patch(path: string, change: (bytes: Uint8Array) => void): void {
  const bytes = Deno.readFileSync(path);
  change(bytes);
  Deno.writeFileSync(path, bytes);
}

function rootOf(path: string, table: string): number {
  using database = StoreDatabase.open(path);
  const [row] = database.rows(`SELECT rootpage FROM sqlite_schema WHERE name = '${table}'`);
  return Number(row?.[0]);
}

Deno.test("salvageRows() reads what SQLite reads when the database is healthy", async () => {
  const path = await makeDatabase();
  const { rows, lost } = salvage(path);
  assertEquals(lost, []);
  assertEquals(rowsOf(rows, "things", true), readThrough(path, "things"));
  assertEquals(rowsOf(rows, "others", false), readThrough(path, "others"));
  assertEquals(rowsOf(rows, null, false).size, 0);
  assertEquals(rows.some(({ isLossy }) => isLossy), false);
});

Deno.test("salvageRows() reads every row of a real store", async () => {
  for (const golden of GOLDEN_STORES) {
    const path = join(await goldenStore(golden), "chroma.sqlite3");
    const { rows, lost } = salvage(path);
    assertEquals(lost, []);
    for (const [table, hasKey] of [["embeddings", true], ["segments", false]] as const) {
      assertEquals(rowsOf(rows, table, hasKey), readThrough(path, table), `${golden} ${table}`);
    }
  }
});

Deno.test("salvageRows() gives the rows of leaves whose root page is gone", async () => {
  const path = await makeDatabase();
  const expected = readThrough(path, "things");
  const root = rootOf(path, "things");
  patch(path, (bytes) => bytes.fill(0, (root - 1) * PAGE_BYTES, root * PAGE_BYTES));
  const { rows } = salvage(path);
  assertEquals(rowsOf(rows, "things", true).size, 0);
  assertEquals(rowsOf(rows, null, true), expected);
  assertEquals(rowsOf(rows, "others", false), readThrough(path, "others"));
});

Deno.test("salvageRows() gives every row but those of the leaf that is damaged", async () => {
  const path = await makeDatabase();
  const expected = readThrough(path, "others");
  const page = salvage(path).rows.find(({ table }) => table === "others")?.pageNumber ?? 0;
  assert(page > 1);
  const onPage = rowsOf(
    salvage(path).rows.filter(({ pageNumber }) => pageNumber === page),
    "others",
    false,
  );
  patch(path, (bytes) => bytes.fill(0xff, (page - 1) * PAGE_BYTES, page * PAGE_BYTES));
  const found = rowsOf(salvage(path).rows, "others", false);
  assertEquals(found, expected.difference(onPage));
});

Deno.test("salvageRows() works when the first page is gone, header and schema", async () => {
  const path = await makeDatabase();
  const expected = readThrough(path, "things").union(readThrough(path, "others"));
  patch(path, (bytes) => bytes.fill(0, 0, PAGE_BYTES));
  const { rows } = salvage(path);
  assertEquals(rows.every(({ table }) => table === null), true);
  const found = rowsOf(rows, null, true).union(rowsOf(rows, null, false));
  assertEquals(expected.difference(found), new Set());
});

Deno.test("salvageRows() does not bring deleted rows back from free pages", async () => {
  const path = await makeDatabase("DELETE FROM things WHERE id > 20", "DELETE FROM others");
  const { rows } = salvage(path);
  assertEquals(rowsOf(rows, "things", true), readThrough(path, "things"));
  assertEquals(rowsOf(rows, "others", false).size, 0);
  assertEquals(rows.filter(({ table }) => table === null), []);
});

Deno.test("salvageRows() names the row whose overflow pages are damaged", async () => {
  const path = await makeDatabase();
  const healthy = salvage(path).rows.filter(({ table }) => table === "things");
  const holders = new Set(salvage(path).rows.map(({ pageNumber }) => pageNumber));
  const { size } = await Deno.stat(path);
  let damaged = 0;
  // Every tenth page that holds no rows: mostly overflow pages, which then lead out of the file.
  patch(path, (bytes) => {
    for (let page = 2; page <= size / PAGE_BYTES; page += 10) {
      if (holders.has(page)) continue;
      bytes.fill(0xff, (page - 1) * PAGE_BYTES, (page - 1) * PAGE_BYTES + 4);
      damaged++;
    }
  });
  const { rows, lost } = salvage(path);
  assert(damaged > 10);
  assert(lost.length > 10);
  assert(lost.every(({ rowId, reason }) => rowId !== null && /^The overflow pages/.test(reason)));
  const found = rows.filter(({ values }) => values.length === 4);
  assertEquals(found.length + lost.length, healthy.length);
});

Deno.test("salvageRows() marks a text with bytes that are no text, and keeps a real U+FFFD", async () => {
  const path = await makeDatabase(
    "INSERT INTO others VALUES ('marked \ufffd', 1)",
    "INSERT INTO others VALUES ('to be torn', 2)",
  );
  patch(path, (bytes) => {
    const needle = new TextEncoder().encode("to be torn");
    for (let at = 0; at < bytes.length; at++) {
      if (needle.every((byte, index) => bytes[at + index] === byte)) bytes[at + 3] = 0xff;
    }
  });
  const { rows } = salvage(path);
  const lossy = rows.filter(({ isLossy, table }) => isLossy && table === "others");
  assertEquals(lossy.map(({ values }) => values[0]), ["to \ufffde torn"]);
  assert(rows.some(({ values, isLossy }) => values[0] === "marked \ufffd" && !isLossy));
});

Deno.test("salvageRows() ends and throws nothing whatever the bytes are", async () => {
  const original = await Deno.readFile(await makeDatabase());
  const path = join(await scratchDirectory(), "fuzzed.sqlite3");
  let state = 20261121;
  const random = (below: number): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 0) % below;
  };
  for (let round = 0; round < 60; round++) {
    const bytes = original.slice();
    for (let hit = 0; hit < 400; hit++) bytes[random(bytes.length)] = random(256);
    // The header of every page, where the numbers stand that are followed.
    for (let hit = 0; hit < 40; hit++) {
      bytes[random(bytes.length / PAGE_BYTES) * PAGE_BYTES + random(16)] = random(256);
    }
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - random(9000)));
    assert(salvage(path).rows.length <= 20_000);
  }
  await Deno.writeFile(path, new Uint8Array());
  assertEquals(salvage(path).rows, []);
});
