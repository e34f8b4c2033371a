import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { findEntry, holdingOf } from "../../lib/quarantine/entries.ts";
import { readQuarantine } from "../../lib/quarantine/list_quarantine.ts";
import { moveIndexes } from "../../lib/quarantine/move_indexes.ts";
import { putBack } from "../../lib/quarantine/put_back.ts";
import { MemoryDisk } from "../support/memory_fs.ts";
import {
  below,
  ID,
  INDEXES,
  NAMES,
  NOW,
  NUMBERS,
  placesOf,
  PLANNED,
  put,
  putStore,
  QUARANTINE,
  STORE,
} from "./memory_store.ts";

const LATER = (): Date => new Date("2026-02-01T04:00:00Z");
const LATER_ID = "20260201T040000Z";
const [A = "", B = ""] = NAMES;

function quarantined(to?: string): MemoryDisk {
  const disk = new MemoryDisk();
  putStore(disk);
  if (to !== undefined) disk.makeDirectories(to);
  moveIndexes(STORE, PLANNED, { fs: disk.fs, now: NOW, to });
  return disk;
}

function putBackAll({ fs }: MemoryDisk, id = ID): ReturnType<typeof putBack> {
  const entry = findEntry(STORE, id, { fs });
  return putBack(STORE, entry, { fs, now: LATER, describe: () => NUMBERS });
}

Deno.test("moveIndexes() writes down what was moved, why, and what only it has", () => {
  const disk = quarantined();
  const { manifest } = findEntry(STORE, ID, { fs: disk.fs });
  assertEquals([manifest.kind, manifest.reason, manifest.store], [
    "index",
    "it was asked for",
    STORE,
  ]);
  assertEquals(
    manifest.items.map((
      { from, to, collection, onlyCopies },
    ) => [from, to, collection, onlyCopies]),
    [
      [A, `data/${A}`, "collection 0", 4],
      [B, `data/${B}`, "collection 1", 4],
    ],
  );
  assert(manifest.items.every(({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256 ?? "")));
});

Deno.test("moveIndexes() keeps the data where it is told to, and the entry where it is looked for", () => {
  const disk = quarantined("/elsewhere");
  const place = `/elsewhere/store.${ID}`;
  assertEquals(placesOf(disk.list(), [STORE, `${place}/data`]), [`${place}/data`, `${place}/data`]);
  const manifest = below(disk.list(), place)["/manifest.json"] ?? "";
  assertEquals(below(disk.list(), QUARANTINE), { [`/${ID}/manifest.json`]: manifest });
  const [listed] = readQuarantine(STORE, { fs: disk.fs }).entries;
  assertEquals([listed?.holding, listed?.paths], [
    "everything",
    [`${place}/data/${A}`, `${place}/data/${B}`],
  ]);
});

Deno.test("putBack() puts everything back and leaves nothing", () => {
  for (const to of [undefined, "/elsewhere"]) {
    const disk = quarantined(to);
    assertEquals(putBackAll(disk), { restored: [A, B], replacedBy: null });
    const files = disk.list();
    assertEquals(placesOf(files, [STORE]), [STORE, STORE]);
    assertEquals(
      Object.keys(files).filter((path) => path.includes("vecfsck") || path.includes(ID)),
      [],
    );
  }
});

Deno.test("putBack() keeps what stands in the place, with what is known of it", () => {
  const disk = quarantined();
  put(disk, `${STORE}/${A}`, { "/header.bin": "newer" });
  assertEquals(putBackAll(disk), { restored: [A, B], replacedBy: LATER_ID });
  assertEquals(placesOf(disk.list(), [STORE]), [STORE, STORE]);
  const { manifest } = findEntry(STORE, LATER_ID, { fs: disk.fs });
  assertEquals(manifest.reason, `it made room for what ${ID} held`);
  assertEquals(
    manifest.items.map(({ from, sizeBytes, onlyCopies }) => [from, sizeBytes, onlyCopies]),
    [
      [A, 5, 1],
    ],
  );
  // And back again: nothing is lost by either.
  const again = putBackAll(disk, LATER_ID);
  assertEquals(again, { restored: [A], replacedBy: `${LATER_ID}-2` });
  assertEquals(below(disk.list(), `${STORE}/${A}`), { "/header.bin": "newer" });
  assertEquals(
    below(disk.list(), `${QUARANTINE}/${LATER_ID}-2/data/${A}`),
    INDEXES[A as keyof typeof INDEXES],
  );
});

Deno.test("putBack() refuses what was changed in quarantine, and changes nothing", () => {
  const disk = quarantined();
  disk.write(`${QUARANTINE}/${ID}/data/${B}/header.bin`, "b headex");
  const before = disk.list();
  const error = assertThrows(() => putBackAll(disk), OperationError);
  assertStringIncludes(error.message, `${B} is not what was put there`);
  assertEquals(disk.list(), before);
});

Deno.test("putBack() puts back what is there, and keeps what its manifest does not name", () => {
  const disk = quarantined();
  disk.fs.rename(`${QUARANTINE}/${ID}/data/${A}`, `/data/${A}`);
  disk.write(`${QUARANTINE}/${ID}/data/notes.txt`, "of the operator");
  const entry = findEntry(STORE, ID, { fs: disk.fs });
  assertEquals(holdingOf(disk.fs, entry), "part");
  assertEquals(putBackAll(disk), { restored: [B], replacedBy: null });
  assertEquals(holdingOf(disk.fs, entry), "nothing");
  assertEquals(below(disk.list(), `${QUARANTINE}/${ID}/data`), { "/notes.txt": "of the operator" });
});

Deno.test("putBack() says so when the disk with the data is not there", () => {
  const disk = quarantined("/elsewhere");
  disk.fs.rename(`/elsewhere/store.${ID}`, "/elsewhere/unmounted");
  const error = assertThrows(() => putBackAll(disk), OperationError);
  assertEquals([error.message, error.hint], [
    `What ${ID} holds is in /elsewhere/store.${ID}`,
    "Nothing of that entry is there now. Is the disk mounted?",
  ]);
});
