import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import {
  type Moment,
  moveStaleIndexes,
  quarantineStaleHnsw,
} from "../../lib/quarantine/stale_hnsw.ts";
import { scratchDirectory } from "../support/fixtures.ts";

const NOW = new Date("2026-01-31T23:59:58.765Z");
const MARK = ".drift-20260131-235958";
const [STALE, FRESH] = [
  "11111111-2222-3333-4444-555555555555",
  "66666666-7777-8888-9999-000000000000",
] as const;

/** The time of modification of the catalogue. */
const CATALOGUE_SECONDS = 1_700_000_000;

/** Makes an index that was written some seconds before the catalogue. */
function makeIndex(palace: string, name: string, ageSeconds: number): string {
  const directory = join(palace, name);
  Deno.mkdirSync(directory, { recursive: true });
  const file = join(directory, "data_level0.bin");
  Deno.writeTextFileSync(file, "not an index");
  const time = new Date((CATALOGUE_SECONDS - ageSeconds) * 1000);
  Deno.utimeSync(file, time, time);
  return directory;
}

/** Makes a palace with an empty catalogue, which nothing can parse. */
async function makePalace(): Promise<string> {
  const palace = await scratchDirectory();
  const catalogue = join(palace, "chroma.sqlite3");
  Deno.writeFileSync(catalogue, new Uint8Array());
  const time = new Date(CATALOGUE_SECONDS * 1000);
  Deno.utimeSync(catalogue, time, time);
  return palace;
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test("quarantineStaleHnsw() renames what is an hour older than the catalogue, and nothing else", async () => {
  const palace = await makePalace();
  makeIndex(palace, STALE, 3600);
  makeIndex(palace, FRESH, 3599);
  assertEquals(quarantineStaleHnsw(palace, { now: NOW }), [join(palace, STALE + MARK)]);
  assertEquals(namesIn(palace), [STALE + MARK, FRESH, "chroma.sqlite3"]);
  assertEquals(
    Deno.readTextFileSync(join(palace, STALE + MARK, "data_level0.bin")),
    "not an index",
  );
  assertEquals(quarantineStaleHnsw(palace, { now: NOW }), []);
});

Deno.test("quarantineStaleHnsw() goes by the threshold that it is given", async () => {
  const palace = await makePalace();
  makeIndex(palace, STALE, 10);
  assertEquals(quarantineStaleHnsw(palace, { staleSeconds: 11, now: NOW }), []);
  assertEquals(quarantineStaleHnsw(palace, { staleSeconds: 10, now: NOW }).length, 1);
  makeIndex(palace, FRESH, 0);
  assertEquals(quarantineStaleHnsw(palace, { staleSeconds: 0, now: NOW }).length, 1);
  const newer = makeIndex(palace, STALE, -5);
  assertEquals(quarantineStaleHnsw(palace, { staleSeconds: 0, now: NOW }), []);
  assert(Deno.statSync(newer).isDirectory);
  assertThrows(() => quarantineStaleHnsw(palace, { staleSeconds: NaN }), OperationError);
});

Deno.test("quarantineStaleHnsw() gives a name that is taken a number", async () => {
  const palace = await makePalace();
  for (const suffix of ["", "-2", "-3"]) {
    makeIndex(palace, STALE, 7200);
    assertEquals(quarantineStaleHnsw(palace, { now: NOW }), [
      join(palace, STALE + MARK + suffix),
    ]);
  }
});

Deno.test("quarantineStaleHnsw() passes over what was moved, has no index, or is no directory", async () => {
  const palace = await makePalace();
  makeIndex(palace, `${STALE}.drift-20250101-000000`, 7200);
  makeIndex(palace, `.${STALE}`, 7200);
  Deno.mkdirSync(join(palace, FRESH));
  Deno.writeTextFileSync(join(palace, FRESH, "header.bin"), "");
  Deno.writeTextFileSync(join(palace, "data_level0.bin"), "");
  Deno.mkdirSync(join(palace, "nested", "data_level0.bin"), { recursive: true });
  const before = namesIn(palace);
  assertEquals(quarantineStaleHnsw(palace, { staleSeconds: 0, now: NOW }), []);
  assertEquals(namesIn(palace), before);
});

Deno.test("quarantineStaleHnsw() does nothing where there is no palace or no catalogue", async () => {
  const palace = await scratchDirectory();
  makeIndex(palace, STALE, 7200);
  assertEquals(quarantineStaleHnsw(palace, { now: NOW }), []);
  assertEquals(quarantineStaleHnsw(join(palace, "missing"), { now: NOW }), []);
  assertEquals(quarantineStaleHnsw(join(palace, STALE, "data_level0.bin"), { now: NOW }), []);
  Deno.mkdirSync(join(palace, "chroma.sqlite3"));
  assertEquals(quarantineStaleHnsw(palace, { now: NOW }), []);
  assertEquals(namesIn(palace), [STALE, "chroma.sqlite3"]);
});

Deno.test("quarantineStaleHnsw() takes the time as a date, a number or a clock", async () => {
  const palace = await makePalace();
  const moments: Moment[] = [NOW, NOW.getTime(), () => NOW, () => NOW.getTime()];
  for (const [index, now] of moments.entries()) {
    makeIndex(palace, `index-${index}`, 7200);
    assertEquals(quarantineStaleHnsw(palace, { now }), [join(palace, `index-${index}${MARK}`)]);
  }
  makeIndex(palace, STALE, 7200);
  const [path = ""] = quarantineStaleHnsw(palace);
  assert(/\.drift-\d{8}-\d{6}$/.test(path), path);
});

Deno.test("quarantineStaleHnsw() follows links to the palace and to what is in it", async () => {
  const palace = await makePalace();
  const elsewhere = makeIndex(await scratchDirectory(), "kept", 7200);
  Deno.symlinkSync(elsewhere, join(palace, STALE));
  const link = join(await scratchDirectory(), "palace");
  Deno.symlinkSync(palace, link);
  assertEquals(quarantineStaleHnsw(link, { now: NOW }), [join(link, STALE + MARK)]);
  assertEquals(Deno.readLinkSync(join(palace, STALE + MARK)), elsewhere);
});

Deno.test("moveStaleIndexes() opens no file and makes none", async () => {
  const palace = await makePalace();
  makeIndex(palace, STALE, 7200);
  const refuse = (): never => {
    throw new Error("goes by more than the stamps");
  };
  const fs: WriteFs = {
    ...localFs,
    openForReading: refuse,
    createFile: refuse,
    makeDirectory: refuse,
  };
  assertEquals(moveStaleIndexes(fs, palace, { now: NOW }), [join(palace, STALE + MARK)]);
});

Deno.test("quarantineStaleHnsw() leaves a store alone on which another vecfsck is at work", async () => {
  const palace = await makePalace();
  makeIndex(palace, STALE, 7200);
  {
    using _lock = acquireStoreLock(palace);
    const error = assertThrows(() => quarantineStaleHnsw(palace, { now: NOW }), OperationError);
    assertEquals(error.code, "busy");
  }
  assertEquals(quarantineStaleHnsw(palace, { now: NOW }).length, 1);
});
