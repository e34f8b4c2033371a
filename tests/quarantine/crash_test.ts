/**
 * What is left when the power is cut, the process killed, or the disk fails, at every operation.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { findEntry } from "../../lib/quarantine/entries.ts";
import { prepareEntry } from "../../lib/quarantine/entry.ts";
import { readQuarantine } from "../../lib/quarantine/list_quarantine.ts";
import { MANIFEST_NAME, parseManifest } from "../../lib/quarantine/manifest.ts";
import { moveIndexes } from "../../lib/quarantine/move_indexes.ts";
import { type IndexNumbers, putBack } from "../../lib/quarantine/put_back.ts";
import { executePurge, planPurge } from "../../lib/quarantine/purge.ts";
import { removeEntry } from "../../lib/quarantine/remove_entry.ts";
import { moveStaleIndexes } from "../../lib/quarantine/stale_hnsw.ts";
import { exploreCrashes, exploreFaults, type Scenario } from "../fs/explore.ts";
import { MemoryDisk } from "../support/memory_fs.ts";
import {
  assertNothingElse,
  below,
  ID,
  INDEXES,
  NAMES,
  NOW,
  NUMBERS,
  outOfStore,
  placesOf,
  PLANNED,
  put,
  putStore,
  QUARANTINE,
  recover,
  STORE,
} from "./memory_store.ts";

type Files = Record<string, string>;

const ELSEWHERE = "/elsewhere/kept";
const OUTSIDE = `${ELSEWHERE}/store.${ID}`;

/** Holds that a place has a manifest that can be read, if it has data. */
function assertManifest(files: Files, place: string): void {
  const names = Object.keys(below(files, place));
  if (names.length === 0) return;
  const { items } = parseManifest(files[`${place}/${MANIFEST_NAME}`] ?? "");
  assertEquals(items.map(({ from }) => from), NAMES.slice(0, items.length));
}

/** Every index is whole in the store, or whole in quarantine with its manifest. */
function judgeMove(files: Files): "old" | "new" {
  assertEquals(files[`${STORE}/chroma.sqlite3`], "database");
  const kept = [`${QUARANTINE}/${ID}/data`, `${OUTSIDE}/data`];
  const places = placesOf(files, [STORE, ...kept]);
  assertManifest(files, `${QUARANTINE}/${ID}`);
  assertManifest(files, OUTSIDE);
  if (places.some((place) => place !== STORE)) assert(files[`${QUARANTINE}/${ID}/manifest.json`]);
  assertNothingElse(files, [STORE, `${QUARANTINE}/${ID}`, OUTSIDE]);
  return places[0] !== STORE && (places[1] !== STORE || isFar(files)) ? "new" : "old";
}

/** What goes far: one index alone, for each step of a copy can be the last. */
const FAR = PLANNED.slice(0, 1);

function isFar(files: Files): boolean {
  return Object.keys(below(files, OUTSIDE)).length > 0;
}

const move: Scenario = {
  setUp: putStore,
  run: (fs) => void moveIndexes(STORE, PLANNED, { fs, now: NOW }),
  recover,
  judge: judgeMove,
};

const moveFar: Scenario = {
  ...move,
  setUp(disk) {
    putStore(disk);
    disk.mount("/elsewhere");
    disk.makeDirectories(ELSEWHERE);
  },
  // What looking for room leaves has its own tests.
  run: (fs) =>
    void moveIndexes(STORE, FAR, {
      fs: { ...fs, freeBytes: () => 1_000_000 },
      now: NOW,
      to: ELSEWHERE,
    }),
};

/** Puts the store on the disk with both indexes in quarantine. */
function putQuarantined(disk: MemoryDisk, to?: string): void {
  putStore(disk);
  if (to !== undefined) {
    disk.mount("/elsewhere");
    disk.makeDirectories(to);
  }
  moveIndexes(STORE, to === undefined ? PLANNED : FAR, { fs: disk.fs, now: NOW, to });
}

const LATER = (): Date => new Date("2026-02-01T04:00:00Z");
const LATER_ID = "20260201T040000Z";

/** What an engine has made in the place of the first index. */
const NEWER = { "/header.bin": "newer" };

function putBackAll(fs: WriteFs): void {
  const entry = findEntry(STORE, ID, { fs });
  putBack(STORE, entry, { fs, now: LATER, describe: () => NUMBERS });
}

const restore: Scenario = {
  setUp: (disk) => putQuarantined(disk),
  run: putBackAll,
  recover,
  judge(files) {
    const places = placesOf(files, [STORE, `${QUARANTINE}/${ID}/data`]);
    assertManifest(files, `${QUARANTINE}/${ID}`);
    if (places.some((place) => place !== STORE)) assert(files[`${QUARANTINE}/${ID}/manifest.json`]);
    assertNothingElse(files, [STORE, `${QUARANTINE}/${ID}`]);
    return places.every((place) => place === STORE) ? "new" : "old";
  },
};

/** The same with something new in the place of the first index. */
function overTaken(to?: string): Scenario {
  const [first = ""] = NAMES;
  const kept = [`${QUARANTINE}/${ID}/data`, `${OUTSIDE}/data`];
  const room = `${QUARANTINE}/${LATER_ID}`;
  return {
    setUp(disk) {
      putQuarantined(disk, to);
      put(disk, `${STORE}/${first}`, NEWER);
    },
    run: putBackAll,
    recover,
    judge(files) {
      const inStore = below(files, `${STORE}/${first}`);
      const isNewer = JSON.stringify(inStore) === JSON.stringify(NEWER);
      // What makes room is in one place, too, and the old one is never lost for it.
      const newer = [`${STORE}/${first}`, `${room}/data/${first}`]
        .filter((place) => JSON.stringify(below(files, place)) === JSON.stringify(NEWER));
      assertEquals(newer.length, 1);
      const old = { ...files };
      if (isNewer) {
        for (const name of Object.keys(inStore)) {
          delete old[`${STORE}/${first}${name}`];
        }
      }
      const places = placesOf(old, [STORE, ...kept]);
      if (files[`${room}/data/${first}/header.bin`]) assert(files[`${room}/manifest.json`]);
      assertNothingElse(files, [STORE, `${QUARANTINE}/${ID}`, OUTSIDE, room]);
      return places.every((place) => place === STORE) ? "new" : "old";
    },
  };
}

const purge = (to?: string): Scenario => ({
  setUp: (disk) => putQuarantined(disk, to),
  run: (fs) => removeEntry(fs, findEntry(STORE, ID, { fs })),
  recover,
  judge(files) {
    const entry = below(files, `${QUARANTINE}/${ID}`);
    const outside = below(files, OUTSIDE);
    assertNothingElse(files, [STORE, `${QUARANTINE}/${ID}`, OUTSIDE]);
    if (entry["/manifest.json"] === undefined) {
      assertEquals([entry, outside], [{}, {}]);
      return "new";
    }
    placesOf(files, [STORE, `${QUARANTINE}/${ID}/data`, `${OUTSIDE}/data`]);
    return "old";
  },
});

const OLD_STORE = { "/chroma.sqlite3": "old database", "/segment/header.bin": "old header" };
const NEW_STORE = { "/chroma.sqlite3": "new database", "/other/header.bin": "new header" };

/** A whole store in quarantine comes back; a mount point has its work directory inside. */
function wholeStore(isMount: boolean): Scenario {
  const quarantine = isMount ? `${STORE}/.vecfsck/quarantine` : QUARANTINE;
  const [entry, room] = [`${quarantine}/${ID}`, `${quarantine}/${LATER_ID}`];
  return {
    setUp(disk) {
      disk.makeDirectories("/data");
      if (isMount) disk.mount(STORE);
      put(disk, STORE, NEW_STORE);
      const item = {
        from: ".",
        to: "data",
        sizeBytes: 1,
        sha256: null,
        collection: null,
        records: null,
        onlyCopies: null,
      };
      const draft = {
        kind: "store",
        reason: "it was replaced",
        findings: [],
        items: [item],
      } as const;
      put(disk, prepareEntry(STORE, draft, { fs: disk.fs, now: NOW }).dataPath, OLD_STORE);
    },
    run(fs) {
      using lock = acquireStoreLock(STORE, { fs });
      const describe = (): IndexNumbers => ({ collection: null, records: null, onlyCopies: null });
      const options = { fs, now: LATER, describe, lock, database: "chroma.sqlite3" };
      putBack(STORE, findEntry(STORE, ID, { fs }), options);
    },
    recover,
    judge(files) {
      const live = Object.fromEntries(
        Object.entries(below(files, STORE)).filter(([path]) => !path.startsWith("/.vecfsck/")),
      );
      const kept = [below(files, `${entry}/data`), below(files, `${room}/data`)];
      assertNothingElse(files, [STORE, entry, room]);
      if (live["/chroma.sqlite3"] === "old database") {
        assertEquals([live, ...kept], [OLD_STORE, {}, NEW_STORE]);
        assert(files[`${room}/manifest.json`]);
        return "new";
      }
      assertEquals([live, ...kept], [NEW_STORE, OLD_STORE, {}]);
      assert(files[`${entry}/manifest.json`]);
      return "old";
    },
  };
}

const drift: Scenario = {
  setUp(disk) {
    disk.write(`${STORE}/${NAMES[0]}/data_level0.bin`, "a");
    disk.fs.setTimes(`${STORE}/${NAMES[0]}/data_level0.bin`, 0, 0);
    disk.write(`${STORE}/chroma.sqlite3`, "");
    disk.fs.setTimes(`${STORE}/chroma.sqlite3`, 7_200_000, 7_200_000);
  },
  run: (fs) => void moveStaleIndexes(fs, STORE, { now: NOW }),
  recover,
  judge(files) {
    const moved = `${STORE}/${NAMES[0]}.drift-20260131-040000`;
    assertNothingElse(files, [`${STORE}/chroma.sqlite3`, `${STORE}/${NAMES[0]}`, moved]);
    const here = below(files, `${STORE}/${NAMES[0]}`);
    const there = below(files, moved);
    assertEquals([here, there].filter((found) => found["/data_level0.bin"] === "a").length, 1);
    return Object.keys(there).length > 0 ? "new" : "old";
  },
};

const MOUNTED = wholeStore(true);

const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ["putBack() of a whole store", wholeStore(false)],
  ["putBack() of a whole store that is a mount point", MOUNTED],
  ["moveIndexes() into the work directory", move],
  ["moveIndexes() to another file system", moveFar],
  ["putBack() where nothing stands", restore],
  ["putBack() where something new stands", overTaken()],
  ["putBack() from another file system, where something new stands", overTaken(ELSEWHERE)],
  ["removeEntry() in the work directory", purge()],
  ["removeEntry() with a place on another file system", purge(ELSEWHERE)],
  ["moveStaleIndexes()", drift],
];

for (const [name, original] of SCENARIOS) {
  const judge = (files: Files): "old" | "new" =>
    original.judge(original === MOUNTED ? files : outOfStore(files));
  const scenario = { ...original, judge };
  Deno.test(`${name} loses nothing when the power is cut or the process killed anywhere`, () => {
    const tally = exploreCrashes(scenario);
    assert(tally.cuts >= 2 && tally.states >= 2, JSON.stringify(tally));
    assert(tally.old > 0 && tally.new > 0, JSON.stringify(tally));
  });

  Deno.test(`${name} loses nothing when any operation fails in any way`, () => {
    const states = { old: 0, new: 0 };
    for (const { state } of exploreFaults(scenario)) states[state]++;
    assert(states.old > 0, JSON.stringify(states));
  });
}

Deno.test("prepareEntry() leaves a whole entry or nothing, whatever fails", () => {
  const draft = {
    kind: "index",
    reason: "it was asked for",
    findings: ["VF2301"],
    items: NAMES.map((from) => ({
      from,
      to: `data/${from}`,
      sizeBytes: 1,
      sha256: null,
      collection: null,
      records: null,
      onlyCopies: null,
    })),
  } as const;
  const prepare: Scenario = {
    setUp: putStore,
    run: (fs) => void prepareEntry(STORE, draft, { fs, now: NOW }),
    recover,
    judge(found) {
      const files = outOfStore(found);
      assertEquals(below(files, `${STORE}/${NAMES[0]}`), INDEXES[NAMES[0] as keyof typeof INDEXES]);
      const entry = below(files, `${QUARANTINE}/${ID}`);
      assertNothingElse(files, [STORE, `${QUARANTINE}/${ID}`]);
      if (Object.keys(entry).length === 0) return "old";
      assertManifest(files, `${QUARANTINE}/${ID}`);
      return "new";
    },
  };
  const tally = exploreCrashes(prepare);
  assert(tally.old > 0 && tally.new > 0, JSON.stringify(tally));
  for (const { error, files, state } of exploreFaults(prepare)) {
    if (error !== null && state === "new") assertManifest(outOfStore(files), `${QUARANTINE}/${ID}`);
  }
});

Deno.test("an entry whose data never moved is listed, not restored, and purged without asking", async () => {
  const disk = new MemoryDisk();
  putStore(disk);
  const { fs } = disk;
  const items = PLANNED.map(({ part }) => ({
    from: part.path,
    to: `data/${part.path}`,
    sizeBytes: 1,
    sha256: null,
    collection: part.collection,
    records: 5,
    onlyCopies: 4,
  }));
  const draft = { kind: "index", reason: "it was asked for", findings: [], items } as const;
  prepareEntry(STORE, draft, { fs, now: NOW });
  const { entries } = readQuarantine(STORE, { fs });
  assertEquals(entries.map(({ holding, paths }) => [holding, paths]), [["nothing", [null, null]]]);
  assertThrows(() => putBackAll(fs), OperationError, `${ID} holds nothing`);
  const plan = await planPurge(STORE, { olderThanMs: 1e12, fs, now: LATER });
  assertEquals(plan.decisions.map(({ decision, isEmpty }) => [decision, isEmpty]), [
    ["remove", true],
  ]);
  assertEquals(await executePurge(plan, { fs }), { removed: [ID] });
  assertEquals(placesOf(disk.list(), [STORE]), [STORE, STORE]);
  assertNothingElse(disk.list(), [STORE]);
});
