import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { OperationError } from "../../lib/base/errors.ts";
import {
  type EntriesRecord,
  Journal,
  type JournalRecord,
  LONGEST_RECORD_BYTES,
  type MoveRecord,
  parseRecord,
  type SwapRecord,
} from "../../lib/fs/journal.ts";
import { listInterruptedChanges, recoverSwaps } from "../../lib/fs/recover.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";
import { exploreFaults, type Scenario } from "./explore.ts";

const STORE = "/data/store";
const WORK_DIRECTORY = "/data/store.vecfsck";
const JOURNAL = `${WORK_DIRECTORY}/journal`;

const SWAP: SwapRecord = {
  kind: "swap-file",
  id: "20260102T030405-0000000000000001",
  startedAt: "2026-01-02T03:04:05.000Z",
  live: `${STORE}/chroma.sqlite3`,
  hadLive: true,
  replacement: `${WORK_DIRECTORY}/staged/Zürich "1"\n`,
  aside: "/elsewhere/kept",
};

const MOVE: MoveRecord = {
  kind: "move",
  id: "20260102T030406-0000000000000002",
  startedAt: "2026-01-02T03:04:06.000Z",
  source: `${STORE}/segment`,
  destination: "/other/quarantine/segment",
  incomplete: "/other/quarantine/.segment.vecfsck-0000000000000003.new",
  removed: `${STORE}/.segment.vecfsck-0000000000000004.removed`,
};

const ENTRIES: EntriesRecord = {
  kind: "swap-entries",
  id: "20260102T030410-0000000000000007",
  startedAt: "2026-01-02T03:04:10.000Z",
  live: STORE,
  replacement: `${WORK_DIRECTORY}/staged`,
  aside: `${WORK_DIRECTORY}/quarantine/data`,
  leaving: ["chroma.sqlite3", "segment"],
  coming: ["chroma.sqlite3"],
  database: "chroma.sqlite3",
  hadDatabase: true,
};

const RECORDS: readonly JournalRecord[] = [
  SWAP,
  MOVE,
  { ...SWAP, kind: "swap-directory", id: "c", startedAt: "2026-01-02T03:04:07.000Z", live: STORE },
  { ...SWAP, id: "d", startedAt: "2026-01-02T03:04:08.000Z", hadLive: false, aside: "/data/..a/b" },
  {
    ...MOVE,
    id: "e",
    startedAt: "2026-01-02T03:04:09.000Z",
    source: MOVE.destination,
    destination: MOVE.source,
    incomplete: `${STORE}/.segment.vecfsck-0000000000000005.new`,
    removed: "/other/quarantine/.segment.vecfsck-0000000000000006.removed",
  },
  ENTRIES,
  { ...ENTRIES, id: "f", startedAt: "2026-01-02T03:04:11.000Z", leaving: [], database: null },
];

function storeDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.write(`${STORE}/chroma.sqlite3`, "database");
  disk.makeDirectories(WORK_DIRECTORY);
  return disk;
}

/** The text of a file that holds a record, as it stands there, with a checksum that is right. */
function fileOf(record: unknown, file: Record<string, unknown> = {}): string {
  const text = typeof record === "string" ? record : JSON.stringify(record);
  const sha256 = createHash("sha256").update(text).digest("hex");
  return JSON.stringify({ vecfsckJournal: 1, sha256, record: text, ...file });
}

Deno.test("Journal.read() gives back every kind of record that write() was given", () => {
  const disk = storeDisk();
  const journal = new Journal(disk.fs, WORK_DIRECTORY);
  for (const record of RECORDS.toReversed()) journal.write(record);
  assertEquals(journal.read(), { records: RECORDS, unreadable: [] });
  assertEquals(listInterruptedChanges(STORE, { fs: disk.fs }), RECORDS);
});

Deno.test("Journal.read() follows what lies below the volume to where that is mounted now", () => {
  const disk = storeDisk();
  const journal = new Journal(disk.fs, WORK_DIRECTORY);
  for (const record of RECORDS) journal.write(record);
  disk.makeDirectories("/mnt/deep");
  disk.fs.rename("/data", "/mnt/deep/volume");
  const moved = RECORDS.map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        typeof value === "string" ? value.replace(/^\/data\//, "/mnt/deep/volume/") : value,
      ]),
    )
  );
  const { records, unreadable } = new Journal(disk.fs, "/mnt/deep/volume/store.vecfsck").read();
  assertEquals<unknown>(records, moved);
  assertEquals(unreadable, []);
});

Deno.test("Journal.read() follows a store that is a volume of its own", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/in/container/.vecfsck");
  const record = {
    ...SWAP,
    live: "/in/container/chroma.sqlite3",
    replacement: "/in/container/.vecfsck/staged/new",
  };
  const whole: SwapRecord = {
    ...record,
    kind: "swap-directory",
    id: "whole",
    startedAt: "2026-01-03T00:00:00.000Z",
    live: "/in/container",
  };
  for (const written of [record, whole]) {
    new Journal(disk.fs, "/in/container/.vecfsck").write(written);
  }
  disk.makeDirectories("/on");
  disk.fs.rename("/in/container", "/on/host");
  assertEquals(new Journal(disk.fs, "/on/host/.vecfsck").read().records, [
    { ...record, live: "/on/host/chroma.sqlite3", replacement: "/on/host/.vecfsck/staged/new" },
    { ...whole, live: "/on/host", replacement: "/on/host/.vecfsck/staged/new" },
  ]);
});

Deno.test("Journal.write() puts a record on the disk that only its owner can read", () => {
  const disk = storeDisk();
  const operations: string[] = [];
  const fs = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "syncDirectory" || name === "sync") operations.push(`${name} ${paths[0]}`);
    return "as-it-is";
  });
  new Journal(fs, WORK_DIRECTORY).write(SWAP);
  assertEquals(disk.fs.list(JOURNAL), [`${SWAP.id}.json`]);
  assertEquals(disk.fs.look(`${JOURNAL}/${SWAP.id}.json`)?.mode, 0o600);
  assertEquals(disk.fs.look(JOURNAL)?.mode, 0o700);
  // Its name, that of the journal, and that of the work directory, which may be new as well.
  assert(operations[1]?.startsWith("sync /data/store.vecfsck/journal/."), operations[1]);
  assertEquals(operations.slice(2), [
    `syncDirectory ${JOURNAL}`,
    `syncDirectory ${JOURNAL}`,
    `syncDirectory ${WORK_DIRECTORY}`,
    "syncDirectory /data",
  ]);
});

Deno.test("Journal.settle() syncs nothing where there is no journal", () => {
  const disk = storeDisk();
  const silent = interceptWrites(disk.fs, ({ name, paths }) => {
    throw new Error(`${name} ${paths}`);
  });
  new Journal(silent, WORK_DIRECTORY).settle();
  disk.write(JOURNAL, "no directory");
  new Journal(silent, WORK_DIRECTORY).settle();
  assertEquals(new Journal(silent, WORK_DIRECTORY).read(), { records: [], unreadable: [] });
});

Deno.test("Journal.remove() takes a record off the disk, and the journal with the last one", () => {
  const disk = storeDisk();
  const journal = new Journal(disk.fs, WORK_DIRECTORY);
  for (const record of [SWAP, MOVE]) journal.write(record);
  const operations: string[] = [];
  const watched = new Journal(
    interceptWrites(disk.fs, ({ name, paths }) => {
      operations.push(`${name} ${paths[0]}`);
      return "as-it-is";
    }),
    WORK_DIRECTORY,
  );
  watched.remove(SWAP);
  assertEquals(journal.read().records, [MOVE]);
  assertEquals(operations.slice(0, 2), [
    `removeFile ${JOURNAL}/${SWAP.id}.json`,
    `syncDirectory ${JOURNAL}`,
  ]);
  watched.remove(MOVE);
  assertEquals(disk.list(WORK_DIRECTORY), { [WORK_DIRECTORY]: "/" });
  assertThrows(() => watched.remove(MOVE), Deno.errors.NotFound);
});

/** A record is written; the store's other files stay as they are. */
const WRITING: Scenario = {
  setUp(disk) {
    disk.write(`${STORE}/chroma.sqlite3`, "database");
    disk.makeDirectories(WORK_DIRECTORY);
  },
  run: (fs) => new Journal(fs, WORK_DIRECTORY).write(SWAP),
  recover: (fs) => new Journal(fs, WORK_DIRECTORY).tidy(),
  judge(files) {
    const names = Object.keys(files).filter((path) => path.startsWith(`${JOURNAL}/`));
    if (names.length === 0) return "old";
    assertEquals(names, [`${JOURNAL}/${SWAP.id}.json`]);
    const text = files[names[0] ?? ""] ?? "";
    assertEquals(parseRecord(text)?.kind, "swap-file");
    return "new";
  },
};

Deno.test("Journal.write() leaves a whole record or none after every fault", () => {
  const states = { old: 0, new: 0 };
  for (const { error, state } of exploreFaults(WRITING)) {
    states[state]++;
    // Who is not told that it was written must not begin, so a record may stay but not be missing.
    if (error === null) assertEquals(state, "new");
  }
  assert(states.old > 20 && states.new > 5, JSON.stringify(states));
});

Deno.test("Journal.tidy() removes what an interrupted write has left, and nothing else", () => {
  const disk = storeDisk();
  disk.write(`${JOURNAL}/.x.json.vecfsck-0123456789abcdef.new`, "half");
  disk.write(`${JOURNAL}/x.json`, "damaged");
  const journal = new Journal(disk.fs, WORK_DIRECTORY);
  journal.tidy();
  assertEquals(disk.list(JOURNAL), { [`${JOURNAL}/x.json`]: "damaged" });
  disk.fs.removeFile(`${JOURNAL}/x.json`);
  journal.tidy();
  journal.tidy();
  assertEquals(disk.fs.list(WORK_DIRECTORY), []);
});

Deno.test("Journal.read() takes no record for whole that has lost or changed a byte", () => {
  for (const record of [SWAP, MOVE, ENTRIES]) {
    const disk = storeDisk();
    const journal = new Journal(disk.fs, WORK_DIRECTORY);
    journal.write(record);
    const path = `${JOURNAL}/${record.id}.json`;
    const bytes = disk.fs.openForReading(path).readAt(0, new Uint8Array(4096)).slice();
    let damaged = 0;
    const tryBytes = (changed: Uint8Array, what: string): void => {
      disk.fs.removeFile(path);
      {
        using file = disk.fs.createFile(path, 0o600);
        file.write(changed);
      }
      const { records, unreadable } = journal.read();
      if (unreadable.length === 0) assertEquals(records, [record], what);
      else assertEquals([records, unreadable], [[], [path]], what);
      damaged += unreadable.length;
    };
    for (let index = 0; index < bytes.byteLength; index++) {
      for (const mask of [1, 0x20, 0x80, 0xff]) {
        tryBytes(bytes.with(index, (bytes[index] ?? 0) ^ mask), `byte ${index} ^ ${mask}`);
      }
      tryBytes(bytes.slice(0, index), `the first ${index} bytes`);
      tryBytes(
        Uint8Array.of(...bytes.slice(0, index), ...bytes.slice(index + 1)),
        `without byte ${index}`,
      );
    }
    // Only the line feed at the end is of no account, and the case of no digit of a checksum.
    assert(damaged >= 6 * (bytes.byteLength - 1), `${damaged} of ${6 * bytes.byteLength}`);
  }
});

Deno.test("Journal.read() takes nothing for a record that is of another version or of none", () => {
  const portable = { ...SWAP, live: "store/chroma.sqlite3" };
  const id = SWAP.id;
  const files: Record<string, string> = {
    [`${id}.json`]: fileOf({ ...portable, id: "of another name" }),
    "version.json": fileOf({ ...portable, id: "version" }, { vecfsckJournal: 2 }),
    "text.json": fileOf({ ...portable, id: "text" }, { vecfsckJournal: "1" }),
    "sum.json": fileOf({ ...portable, id: "sum" }, { sha256: "0".repeat(64) }),
    "inner.json": fileOf({ ...portable, id: "inner" }, { record: { ...portable, id: "inner" } }),
    "kind.json": fileOf({ ...portable, id: "kind", kind: "remove-everything" }),
    "mixed.json": fileOf({ ...portable, id: "mixed", kind: "move" }),
    "moved.json": fileOf({ ...MOVE, id: "moved", kind: "swap-file" }),
    "start.json": fileOf({ ...portable, id: "start", startedAt: 5 }),
    "number.json": fileOf({ ...portable, id: "number", live: 5 }),
    "empty.json": fileOf({ ...portable, id: "empty", aside: "" }),
    "had.json": fileOf({ ...portable, id: "had", hadLive: "true" }),
    "undefined.json": fileOf({ ...portable, id: undefined }),
    "path.json": fileOf({ ...MOVE, id: "path", incomplete: undefined }),
    "null.json": fileOf("null"),
    "array.json": fileOf("[]"),
    "deep.json": "[".repeat(100_000),
    "other.json": '{"a": 1}',
    "nothing.json": "",
    "large.json": fileOf({ ...portable, id: "large" }),
  };
  const disk = storeDisk();
  for (const [name, text] of Object.entries(files)) disk.write(`${JOURNAL}/${name}`, text);
  disk.makeDirectories(`${JOURNAL}/directory.json`);
  disk.write("/data/linked", fileOf({ ...portable, id: "link" }));
  disk.fs.makeSymbolicLink("/data/linked", `${JOURNAL}/link.json`);
  disk.write(`${JOURNAL}/notes.txt`, "somebody's");
  const names = [...Object.keys(files), "directory.json", "link.json"].sort();
  const look: WriteFs["look"] = (path) => {
    const facts = disk.fs.look(path);
    const isLarge = facts !== null && path.endsWith("large.json");
    return isLarge ? { ...facts, sizeBytes: LONGEST_RECORD_BYTES + 1 } : facts;
  };
  assertEquals(new Journal({ ...disk.fs, look }, WORK_DIRECTORY).read(), {
    records: [],
    unreadable: names.map((name) => `${JOURNAL}/${name}`),
  });
});

Deno.test("Journal.write() keeps a record of very many names, and refuses one that could not be read", () => {
  const disk = storeDisk();
  const journal = new Journal(disk.fs, WORK_DIRECTORY);
  const leaving = Array.from({ length: 150_000 }, (_, number) => `a1b2c3d4/${number}.gob`);
  const record: EntriesRecord = { ...ENTRIES, leaving };
  journal.write(record);
  assertEquals(journal.read().records.length, 1);
  journal.remove(record);
  const long = "x".repeat(LONGEST_RECORD_BYTES);
  assertThrows(() => journal.write({ ...ENTRIES, leaving: [long] }), OperationError, "Too many");
  assertEquals(journal.read(), { records: [], unreadable: [] });
});

Deno.test("parseRecord() passes over what a later version adds", () => {
  const text = fileOf({ ...MOVE, reason: "stale" }, { writtenBy: "vecfsck 9" });
  assertEquals(parseRecord(text), { ...MOVE, reason: "stale" } as MoveRecord);
});

Deno.test("Journal.read() takes no record that names what is not temporary as if it were", () => {
  const hostile: Partial<MoveRecord>[] = [
    { removed: "/home/somebody" },
    { removed: "/home/.somebody.vecfsck-0123456789abcdef.removed" },
    { removed: `${STORE}/segment` },
    { removed: `${STORE}/.segment.vecfsck-0000000000000004.new` },
    { removed: `${STORE}/.segment.vecfsck-0000000000000004.removed/../other` },
    { incomplete: "/home/somebody" },
    { incomplete: "/other/quarantine/segment" },
    { incomplete: "/other/quarantine/.segment.vecfsck-0000000000000004.removed" },
    { incomplete: "/other/.segment.vecfsck-0000000000000004.new" },
  ];
  for (const change of hostile) {
    const disk = storeDisk();
    disk.write("/home/somebody/letters", "letters");
    disk.write("/other/quarantine/segment/data", "vectors");
    disk.write(`${JOURNAL}/hostile.json`, fileOf({ ...MOVE, id: "hostile", ...change }));
    const before = disk.list();
    const changes = recoverSwaps(STORE, { fs: disk.fs });
    assertEquals(changes.map(({ outcome }) => outcome), ["unreadable"], JSON.stringify(change));
    assertEquals(disk.list(), before);
  }
});

Deno.test("Journal.read() takes no record whose names of entries are no names", () => {
  const hostile: Record<string, unknown>[] = [
    { leaving: ["../home"] },
    { leaving: ["segment", ".."] },
    { leaving: "segment" },
    { leaving: [5] },
    { coming: ["."] },
    { coming: [""] },
    { coming: ["a/b/c"] },
    { coming: ["a/.."] },
    { coming: ["../b"] },
    { coming: ["/b"] },
    { coming: ["b/"] },
    { coming: ["a//b"] },
    { leaving: ["a"], coming: ["a/b"] },
    ...(Deno.build.os === "windows" ? [{ coming: ["a\\b"] }] : []),
    { coming: ["a\0"] },
    { coming: [".vecfsck"] },
    { coming: [".vecfsck/journal"] },
    { database: "a/b" },
    { coming: undefined },
    { database: "../home" },
    { database: 5 },
    { hadDatabase: 1 },
    { live: "" },
    { aside: 5 },
    { replacement: undefined },
  ];
  for (const change of hostile) {
    const disk = storeDisk();
    disk.write("/data/home/letters", "letters");
    disk.write(`${JOURNAL}/hostile.json`, fileOf({ ...ENTRIES, id: "hostile", ...change }));
    const before = disk.list();
    const changes = recoverSwaps(STORE, { fs: disk.fs });
    assertEquals(changes.map(({ outcome }) => outcome), ["unreadable"], JSON.stringify(change));
    assertEquals(disk.list(), before);
  }
});

Deno.test("recoverSwaps() keeps and names records that it cannot read, and goes on with others", () => {
  const disk = storeDisk();
  const [replacement, aside] = [`${WORK_DIRECTORY}/fresh`, `${WORK_DIRECTORY}/kept`];
  disk.write(replacement, "new database");
  new Journal(disk.fs, WORK_DIRECTORY).write({ ...SWAP, replacement, aside });
  disk.makeDirectories(aside);
  disk.fs.rename(SWAP.live, `${aside}/chroma.sqlite3`);
  disk.write(`${JOURNAL}/damaged.json`, "{");
  disk.write(`${JOURNAL}/foreign.json`, fileOf({ ...SWAP, id: "foreign" }, { vecfsckJournal: 2 }));
  const changes = recoverSwaps(STORE, { fs: disk.fs });
  assertEquals(changes.map(({ outcome }) => outcome), ["completed", "unreadable", "unreadable"]);
  for (const [index, name] of [[1, "damaged"], [2, "foreign"]] as const) {
    const { record, message, error } = changes[index] ?? {};
    assertEquals([record, error], [null, null]);
    assertStringIncludes(message ?? "", `${JOURNAL}/${name}.json`);
    assertStringIncludes(message ?? "", "nothing was touched");
  }
  assertEquals(disk.fs.list(JOURNAL), ["damaged.json", "foreign.json"]);
  assertEquals(disk.list(STORE), { [SWAP.live]: "new database" });
  // They are named again and again, until somebody has looked at them.
  assertEquals(recoverSwaps(STORE, { fs: disk.fs }).length, 2);
});

Deno.test("recoverSwaps() touches nothing when a record may not be read", () => {
  const disk = storeDisk();
  new Journal(disk.fs, WORK_DIRECTORY).write({ ...SWAP, hadLive: false });
  const before = disk.list();
  const fs = {
    ...disk.fs,
    openForReading: (path: string) => {
      if (!path.startsWith(JOURNAL)) return disk.fs.openForReading(path);
      throw new OperationError("permission-denied", `No permission to read ${path}`, { path });
    },
  };
  assertThrows(() => recoverSwaps(STORE, { fs }), OperationError, `${JOURNAL}/${SWAP.id}.json`);
  assertEquals(disk.list(), before);
});

Deno.test("Journal.write() throws what the disk says when there can be no journal", () => {
  const disk = storeDisk();
  disk.write(JOURNAL, "no directory");
  const journal = new Journal(disk.fs, WORK_DIRECTORY);
  assertThrows(() => journal.write(SWAP), Deno.errors.AlreadyExists);
  const full = new Journal(
    {
      ...disk.fs,
      makeDirectory: () => {
        throw systemError("ENOSPC");
      },
    },
    "/elsewhere",
  );
  assertThrows(() => full.write(SWAP), Error, "ENOSPC");
});
