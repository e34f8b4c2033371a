import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { findEntry, holdingOf, listEntries, locateItem } from "../../lib/quarantine/entries.ts";
import { prepareEntry } from "../../lib/quarantine/entry.ts";
import {
  encodeManifest,
  isQuarantineId,
  parseManifest,
  type QuarantineItem,
  type QuarantineManifest,
} from "../../lib/quarantine/manifest.ts";
import { putBack } from "../../lib/quarantine/put_back.ts";
import { removeEntry } from "../../lib/quarantine/remove_entry.ts";
import { MemoryDisk } from "../support/memory_fs.ts";
import {
  below,
  ID,
  NAMES,
  NOW,
  NUMBERS,
  put,
  putStore,
  QUARANTINE,
  STORE,
} from "./memory_store.ts";

const ITEM: QuarantineItem = {
  from: "segment",
  to: "data/segment",
  sizeBytes: 12,
  sha256: "0123456789abcdef".repeat(4),
  collection: "notes",
  records: 3,
  onlyCopies: null,
};

const MANIFEST: QuarantineManifest = {
  id: ID,
  store: STORE,
  createdAt: "2026-01-31T04:00:00.000Z",
  vecfsckVersion: "0.1.0",
  kind: "index",
  reason: "it is damaged: VF2301",
  findings: ["VF2301"],
  location: null,
  items: [ITEM],
};

/** Why a manifest is refused; an error when it is not. */
function refusalOf(change: object): string {
  const text = encodeManifest({ ...MANIFEST, ...change });
  return assertThrows(() => parseManifest(text), OperationError).message;
}

function refusalOfItem(change: object): string {
  return refusalOf({ items: [{ ...ITEM, ...change }] });
}

Deno.test("parseManifest() reads what encodeManifest() writes", () => {
  assertEquals(parseManifest(encodeManifest(MANIFEST)), MANIFEST);
  const store = {
    ...MANIFEST,
    kind: "store",
    items: [{ ...ITEM, from: ".", to: "data" }],
  } as const;
  assertEquals(parseManifest(encodeManifest(store)), store);
});

Deno.test("parseManifest() refuses a manifest in which one character has changed", () => {
  const text = encodeManifest(MANIFEST);
  let refused = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] === "1" ? "2" : "1";
    const changed = text.slice(0, index) + character + text.slice(index + 1);
    try {
      parseManifest(changed);
    } catch (error) {
      assert(error instanceof OperationError, String(error));
      refused++;
    }
  }
  // Spaces between the tokens carry nothing; a character in their place is no JSON.
  assertEquals(refused, text.length);
});

Deno.test("parseManifest() refuses what is no manifest, or one of another version", () => {
  for (const text of ["", "{", "[]", "null", "{}", '{"vecfsckQuarantine":1}', "\0".repeat(50)]) {
    assertThrows(() => parseManifest(text), OperationError, "is damaged");
  }
  const text = encodeManifest(MANIFEST).replace('"vecfsckQuarantine": 1', '"vecfsckQuarantine": 2');
  assertThrows(() => parseManifest(text), OperationError, "has version 2; this vecfsck knows 1");
});

Deno.test("parseManifest() refuses paths that lead out of the store or the entry", () => {
  const hostile = ["..", "../other", "/etc", "a/../../b", "", ".", "a//b", "a/", "a\0b"];
  for (const from of [...hostile, ".vecfsck", ".vecfsck/journal", ".VECFSCK"]) {
    assertStringIncludes(refusalOfItem({ from }), "items[0].from leads out of the store");
  }
  for (const to of [...hostile, "manifest.json", "dat", "data/..", "data/../x", "data/"]) {
    assertStringIncludes(refusalOfItem({ to }), "items[0].to leads out of the entry");
  }
  assertStringIncludes(
    refusalOf({ kind: "store", items: [{ ...ITEM, from: "segment" }] }),
    "items[0].from is not the whole store",
  );
  assertStringIncludes(refusalOf({ location: "other/place" }), "location is no absolute path");
});

Deno.test("parseManifest() refuses items that overlap, none, and fields that make no sense", () => {
  const second = { ...ITEM, from: "segment/inner", to: "data/other" };
  assertStringIncludes(refusalOf({ items: [ITEM, second] }), "the same path twice in from");
  const third = { ...ITEM, from: "other" };
  assertStringIncludes(refusalOf({ items: [ITEM, third] }), "the same path twice in to");
  assertStringIncludes(refusalOf({ items: [] }), "items is empty");
  assertStringIncludes(refusalOf({ id: "../20260131T040000Z" }), "id is no name of an entry");
  assertStringIncludes(refusalOf({ kind: "file" }), "kind is none of index, store");
  assertStringIncludes(refusalOf({ createdAt: "yesterday" }), "createdAt is no time in UTC");
  assertStringIncludes(refusalOfItem({ sizeBytes: -1 }), "items[0].sizeBytes");
  assertStringIncludes(refusalOfItem({ sha256: "abc" }), "items[0].sha256 is no SHA-256");
  assertStringIncludes(refusalOfItem({ onlyCopies: 1.5 }), "items[0].onlyCopies");
});

const REPAIR: QuarantineManifest = {
  ...MANIFEST,
  kind: "repair",
  items: [{ ...ITEM, from: "chroma.sqlite3", to: "data/chroma.sqlite3" }],
  repair: {
    added: ["segment"],
    came: [{ path: "segment/header.bin", sizeBytes: 100, modifiedMs: 1_770_000_000_000 }],
    holdsOnlyCopies: true,
    records: 3,
  },
};

Deno.test("parseManifest() reads what a repair has left, also where it has only added something", () => {
  assertEquals(parseManifest(encodeManifest(REPAIR)), REPAIR);
  const added = { ...REPAIR, items: [] };
  assertEquals(parseManifest(encodeManifest(added)), added);
  const inner = {
    ...REPAIR,
    items: [{ ...ITEM, from: "a1b2c3d4/00000000.gob", to: "data/a1b2c3d4/00000000.gob" }],
    repair: { ...REPAIR.repair, added: ["a1b2c3d4/0123abcd.gob"] },
  };
  assertEquals(parseManifest(encodeManifest(inner as typeof REPAIR)), inner as typeof REPAIR);
});

Deno.test("parseManifest() refuses what a repair cannot have left", () => {
  const { repair } = REPAIR;
  assert(repair !== undefined);
  const changes: readonly [object, string][] = [
    [{ repair: undefined }, "entry.repair is no object"],
    [{ items: [], repair: { ...repair, added: [] } }, "entry.items is empty"],
    [{ repair: { ...repair, added: ["../other"] } }, "added leads out of the store"],
    [{ repair: { ...repair, added: ["a/b/c"] } }, "added leads out of the store"],
    [{ repair: { ...repair, added: ["a/.."] } }, "added leads out of the store"],
    [{ repair: { ...repair, added: [".vecfsck"] } }, "added leads out of the store"],
    [{ repair: { ...repair, came: [{ ...repair.came[0], path: "/etc/passwd" }] } }, "leads out"],
    [{ items: [{ ...ITEM, from: "a/b/c", to: "data/a/b/c" }] }, "from leads out of the store"],
    [{ items: [{ ...ITEM, from: "a//b", to: "data/a//b" }] }, "from leads out of the store"],
    [{ items: [{ ...ITEM, from: "a/b", to: "data/b" }] }, "is not named as it was in the store"],
    [
      { items: ["a", "a/b"].map((from) => ({ ...ITEM, from, to: `data/${from}` })) },
      "hold the same path twice in from",
    ],
    [{ items: [{ ...ITEM, from: "a", to: "data/b" }] }, "is not named as it was in the store"],
  ];
  for (const [change, problem] of changes) {
    const text = encodeManifest({ ...REPAIR, ...change });
    const { message } = assertThrows(() => parseManifest(text), OperationError);
    assertStringIncludes(message, problem);
  }
});

Deno.test("isQuarantineId() knows the names of entries", () => {
  assert(isQuarantineId(ID) && isQuarantineId(`${ID}-2`));
  for (const text of ["", "..", `${ID}-0`, `${ID}/`, ".20260131T040000Z"]) {
    assert(!isQuarantineId(text), text);
  }
});

Deno.test("prepareEntry() gives entries of one second numbers", () => {
  const disk = new MemoryDisk();
  putStore(disk);
  const draft = { kind: "index", reason: "x", findings: [], items: [ITEM] } as const;
  const made = [1, 2, 3].map(() => prepareEntry(STORE, draft, { fs: disk.fs, now: NOW }));
  assertEquals(made.map(({ id }) => id), [ID, `${ID}-2`, `${ID}-3`]);
  assertEquals(made[0]?.dataPath, `${QUARANTINE}/${ID}/data`);
  assertEquals(disk.fs.look(`${QUARANTINE}/${ID}/data`), null);
  assertEquals(findEntry(STORE, `${ID}-2`, { fs: disk.fs }).manifest, {
    ...MANIFEST,
    id: `${ID}-2`,
    reason: "x",
    findings: [],
  });
});

Deno.test("listEntries() names an entry that it cannot read, and hides no other", () => {
  const disk = new MemoryDisk();
  putStore(disk);
  put(disk, QUARANTINE, {
    [`/${ID}/manifest.json`]: encodeManifest(MANIFEST),
    "/20260101T000000Z/manifest.json": "{",
    "/20260102T000000Z/data/file": "no manifest",
    "/20260103T000000Z/manifest.json": encodeManifest(MANIFEST),
    "/notes/file": "of somebody else",
    "/20260104T000000Z": "a file",
  });
  const { entries, unreadable } = listEntries(STORE, { fs: disk.fs });
  assertEquals(entries.map(({ id }) => id), [ID]);
  assertEquals(unreadable.map(({ directory }) => directory), [
    `${QUARANTINE}/20260101T000000Z`,
    `${QUARANTINE}/20260102T000000Z`,
    `${QUARANTINE}/20260103T000000Z`,
  ]);
  for (const [index, text] of ["is damaged", "is missing", "of another entry"].entries()) {
    assertStringIncludes(unreadable[index]?.problem ?? "", text);
  }
  assertThrows(() => findEntry(STORE, "20260105T000000Z", { fs: disk.fs }), OperationError, "no ");
  assertThrows(
    () => findEntry(STORE, "../../data", { fs: disk.fs }),
    OperationError,
    "There is no",
  );
});

Deno.test("an entry of somebody else's making reaches nothing outside", () => {
  const disk = new MemoryDisk();
  putStore(disk);
  const { fs } = disk;
  disk.write("/home/user/file", "mine");
  // Links in the entry, and a place outside that was never a part of it.
  put(disk, QUARANTINE, {
    [`/${ID}/manifest.json`]: encodeManifest({
      ...MANIFEST,
      location: "/home/user",
      items: [{ ...ITEM, from: "new", to: "data/user", sha256: null }],
    }),
  });
  fs.makeSymbolicLink("/home", `${QUARANTINE}/${ID}/data`);
  const entry = findEntry(STORE, ID, { fs });
  assertEquals(locateItem(fs, entry, entry.manifest.items[0] ?? ITEM), null);
  assertEquals(holdingOf(fs, entry), "unreachable");
  assertThrows(
    () => putBack(STORE, entry, { fs, now: NOW, describe: () => NUMBERS }),
    OperationError,
    "What 20260131T040000Z holds is in /home/user",
  );
  removeEntry(fs, entry);
  assertEquals(below(disk.list(), "/home/user"), { "/file": "mine" });
  assertEquals(below(disk.list(), QUARANTINE), {});
  assertEquals(fs.look(`${STORE}/new`), null);
  assert(NAMES.every((name) => fs.look(`${STORE}/${name}`) !== null));
});
