import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type EntriesRecord,
  Journal,
  type JournalRecord,
  type MoveRecord,
  type SwapRecord,
} from "../../lib/fs/journal.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import { MemoryDisk } from "../support/memory_fs.ts";

const STORE = "/data/store";
const WORK = "/data/store.vecfsck";
const MANIFEST = '{\n  "vecfsckQuarantine": 1,\n  "sha256": "0"\n}\n';

const SWAP: SwapRecord = {
  kind: "swap-directory",
  id: "20260102T030405-0000000000000001",
  startedAt: "2026-01-02T03:04:05.000Z",
  live: `${STORE}/segment`,
  hadLive: true,
  replacement: `${WORK}/staged`,
  aside: `${WORK}/kept`,
};

const ENTRIES: EntriesRecord = {
  kind: "swap-entries",
  id: SWAP.id,
  startedAt: SWAP.startedAt,
  live: STORE,
  replacement: `${WORK}/staged`,
  aside: `${WORK}/kept`,
  leaving: ["segment"],
  coming: ["segment"],
  database: null,
  hadDatabase: false,
};

const MOVE: MoveRecord = {
  kind: "move",
  id: SWAP.id,
  startedAt: SWAP.startedAt,
  source: `${STORE}/segment`,
  destination: "/other/place/data/segment",
  incomplete: "/other/place/data/.segment.vecfsck-0000000000000003.new",
  removed: `${STORE}/.segment.vecfsck-0000000000000004.removed`,
};

/** A store in which a swap and a move could both go on, and files of somebody else. */
function disk(): MemoryDisk {
  const made = new MemoryDisk();
  made.write(`${STORE}/chroma.sqlite3`, "database");
  made.write(`${STORE}/segment/data`, "vectors");
  made.write(`${WORK}/staged/segment/data`, "new vectors");
  made.write(`${WORK}/quarantine/id/manifest.json`, MANIFEST);
  made.write("/home/user/thesis/data", "the only copy");
  made.write("/home/user/.thesis.vecfsck-0000000000000005.new", "not ours");
  return made;
}

/** What becomes of a record, and whether anything was changed by it. */
function recover(made: MemoryDisk, record: JournalRecord): { outcome: string; message: string } {
  new Journal(made.fs, WORK).write(record);
  const before = made.list();
  const [change] = recoverSwaps(STORE, { fs: made.fs });
  assert(change !== undefined);
  if (change.outcome === "conflict") assertEquals(made.list(), before);
  return { outcome: change.outcome, message: change.message };
}

Deno.test("recoverSwaps() carries out no swap that leads out of the store", () => {
  const elsewhere = "/home/user/thesis";
  const records: JournalRecord[] = [
    { ...SWAP, live: elsewhere },
    { ...SWAP, replacement: elsewhere },
    { ...SWAP, aside: "/home/user/new" },
    { ...SWAP, kind: "swap-file", aside: "/home/user" },
    { ...ENTRIES, live: elsewhere },
    { ...ENTRIES, replacement: "/home/user" },
    { ...ENTRIES, aside: elsewhere },
    { ...SWAP, live: "/data/store.vecfsck.other" },
    { ...SWAP, live: "/data" },
  ];
  for (const record of records) {
    const { outcome, message } = recover(disk(), record);
    assertEquals(outcome, "conflict", JSON.stringify(record));
    assertStringIncludes(message, "is no part of the store; nothing was touched");
  }
});

Deno.test("recoverSwaps() follows the links in a path before it trusts it", () => {
  for (
    const record of [{ ...ENTRIES, aside: `${STORE}/link` }, {
      ...SWAP,
      live: `${STORE}/link/thesis`,
    }]
  ) {
    const made = disk();
    made.fs.makeSymbolicLink("/home/user", `${STORE}/link`);
    assertEquals(recover(made, record).outcome, "conflict", JSON.stringify(record));
  }
});

Deno.test("recoverSwaps() goes into no folder of the store that has become a link out of it", () => {
  const inner = { leaving: ["folder/data"], coming: ["folder/data"] };
  for (const place of [STORE, `${WORK}/staged`, `${WORK}/kept`]) {
    const made = disk();
    made.makeDirectories(`${WORK}/kept`);
    made.fs.makeSymbolicLink("/home/user/thesis", `${place}/folder`);
    assertEquals(recover(made, { ...ENTRIES, ...inner }).outcome, "conflict", place);
  }
});

Deno.test("recoverSwaps() carries out what stays in the store and its work directory", () => {
  assertEquals(recover(disk(), SWAP).outcome, "undone");
  assertEquals(recover(disk(), ENTRIES).outcome, "undone");
  assertEquals(recover(disk(), { ...SWAP, live: STORE }).outcome, "undone");
});

Deno.test("recoverSwaps() removes no source outside, though a copy of it is in the store", () => {
  const made = disk();
  made.write(`${STORE}/segment/data`, "the only copy");
  const record = {
    ...MOVE,
    source: "/home/user/thesis",
    destination: `${STORE}/segment`,
    incomplete: `${STORE}/.segment.vecfsck-0000000000000003.new`,
    removed: "/home/user/.thesis.vecfsck-0000000000000005.removed",
  };
  assertEquals(recover(made, record).outcome, "conflict");
});

Deno.test("recoverSwaps() removes no incomplete copy outside that may be another's", () => {
  const record = {
    ...MOVE,
    destination: "/home/user/copy",
    incomplete: "/home/user/.thesis.vecfsck-0000000000000005.new",
  };
  assertEquals(recover(disk(), record).outcome, "conflict");
});

Deno.test("recoverSwaps() goes on with a move to the place of an entry, by its manifest", () => {
  const made = disk();
  made.write("/other/place/manifest.json", MANIFEST);
  made.write(MOVE.incomplete, "a half");
  assertEquals(recover(made, MOVE).outcome, "undone");
  assertEquals(made.fs.look(MOVE.incomplete), null);
  for (const manifest of ['{ "name": "a web application" }', MANIFEST.replace("0", "1")]) {
    const other = disk();
    other.write("/other/place/manifest.json", manifest);
    other.write(`${WORK}/quarantine/other/manifest.json`, '{ "name": "a web application" }');
    other.write(MOVE.incomplete, "a half");
    assertEquals(recover(other, MOVE).outcome, "conflict");
  }
});

Deno.test("recoverSwaps() ends a move to a place that is not there, where nothing can be touched", () => {
  assertEquals(recover(disk(), MOVE).outcome, "undone");
});
