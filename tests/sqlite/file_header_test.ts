import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  countServicePages,
  DATABASE_HEADER_SIZE_BYTES,
  type DatabaseHeader,
  findHeaderProblems,
  parseDatabaseHeader,
} from "../../lib/sqlite/file_header.ts";
import { GOLDEN_STORES, goldenStore } from "../support/fixtures.ts";
import { makeDatabase } from "./database_cases.ts";

async function readStart(path: string): Promise<Uint8Array> {
  return (await Deno.readFile(path)).slice(0, DATABASE_HEADER_SIZE_BYTES);
}

function parse(bytes: Uint8Array): DatabaseHeader {
  const header = parseDatabaseHeader(bytes);
  if (header === null) throw new Error("no header");
  return header;
}

async function makeHeader(edit: (view: DataView) => void = () => {}): Promise<DatabaseHeader> {
  const bytes = await readStart(await makeDatabase());
  edit(new DataView(bytes.buffer));
  return parse(bytes);
}

Deno.test("parseDatabaseHeader() reads the header of every golden store and finds it right", async () => {
  for (const name of GOLDEN_STORES) {
    const path = join(await goldenStore(name), "chroma.sqlite3");
    const header = parse(await readStart(path));
    assertEquals(header.hasMagic, true);
    assertEquals(header.pageSizeBytes, 4096);
    assertEquals([header.writeVersion, header.readVersion], [1, 1]);
    assertEquals((header.pageCount ?? 0) * 4096, (await Deno.stat(path)).size);
    assertEquals(header.textEncoding, 1);
    assertEquals(findHeaderProblems(header), []);
  }
});

Deno.test("parseDatabaseHeader() gives null when the file is shorter than a header", () => {
  assertEquals(parseDatabaseHeader(new Uint8Array(99)), null);
});

Deno.test("parseDatabaseHeader() gives no page count when an old SQLite wrote last", async () => {
  const header = await makeHeader((view) => view.setUint32(24, view.getUint32(92) + 1));
  assertEquals(header.pageCount, null);
  assertEquals(header.declaredPageCount > 0, true);
});

Deno.test("parseDatabaseHeader() takes a page size of 1 for 65536", async () => {
  assertEquals((await makeHeader((view) => view.setUint16(16, 1))).pageSizeBytes, 65_536);
});

Deno.test("findHeaderProblems() names each field that cannot be right, with its offset", async () => {
  const damages: [offset: number, edit: (view: DataView) => void][] = [
    [16, (view) => view.setUint16(16, 5000)],
    [16, (view) => view.setUint16(16, 256)],
    [18, (view) => view.setUint8(18, 3)],
    [19, (view) => view.setUint8(19, 0)],
    [21, (view) => view.setUint8(22, 33)],
    [32, (view) => view.setUint32(36, 7)],
    [32, (view) => {
      view.setUint32(32, 999_999);
      view.setUint32(36, 1);
    }],
    [44, (view) => view.setUint32(44, 5)],
    [56, (view) => view.setUint32(56, 4)],
    [64, (view) => view.setUint32(64, 1)],
  ];
  for (const [offset, edit] of damages) {
    const problems = findHeaderProblems(await makeHeader(edit));
    assertEquals(problems.map((problem) => problem.offset), [offset]);
  }
});

Deno.test("findHeaderProblems() refuses pages of which too little is left", async () => {
  const header = { ...await makeHeader(), pageSizeBytes: 512, reservedBytes: 33 };
  assertEquals(findHeaderProblems(header).map((problem) => problem.offset), [20]);
});

Deno.test("countServicePages() counts the lock page and the pages of a pointer map", async () => {
  const header = { ...await makeHeader(), pageSizeBytes: 4096, reservedBytes: 0 };
  assertEquals(countServicePages(header, 262_144), 0);
  assertEquals(countServicePages(header, 262_145), 1);
  const vacuumed = { ...header, largestRootPage: 3 };
  // A page of 4,096 bytes maps the 819 pages behind it.
  assertEquals(countServicePages(vacuumed, 1), 0);
  assertEquals(countServicePages(vacuumed, 821), 1);
  assertEquals(countServicePages(vacuumed, 822), 2);
});
