/**
 * The verbs that write, each in a world of its own.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { CHROMEM_CASES } from "./chromem_cases.ts";
import type { VerbCase } from "./verb_case.ts";
import { asTwoDevices, copyEntry, PREPARATION_TIME, runVerb, type World } from "./world.ts";

/** The index of the store that was flushed. */
export const DOT_SEGMENT = "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2";

/** The one that was not. */
const UNFLUSHED_SEGMENT = "f460398b-038c-4d29-ac06-c8f43e8c9ddf";

const TRIES_EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** What was made when the world was prepared. */
const PREPARED_ID = "20400101T000000Z";

/** When the first backup was made, in a world that has two. */
const FIRST_TIME = new Date("2039-12-01T00:00:00Z");

/** Runs a verb that has to succeed. */
async function must(time: Date, ...args: string[]): Promise<void> {
  const result = await runVerb(args, localFs, time);
  const success = args[0] === "repair" ? 1 : 0;
  assertEquals(result.code, success, `${args.join(" ")}: ${JSON.stringify(result)}`);
}

/**
 * Damages a store so that a repair replaces the database and an index, and takes records out: the
 * tenant has no row, and some vectors are zeros.
 */
export async function damageStore({ store }: Pick<World, "store">): Promise<void> {
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.execute("DELETE FROM tenants");
  }
  using file = await Deno.open(join(store, DOT_SEGMENT, "data_level0.bin"), { write: true });
  await file.write(new Uint8Array(500));
}

/** Moves an index to another file system. */
async function quarantineToOther(world: World): Promise<void> {
  const args = ["quarantine", world.store, "--segment", DOT_SEGMENT, "--to", world.other, "--yes"];
  const result = await runVerb(args, asTwoDevices(localFs, world.other), PREPARATION_TIME);
  assertEquals(result.code, 0, JSON.stringify(result));
}

/** Makes a backup of a store, and changes the store afterwards. */
async function prepareRestore({ store }: World): Promise<void> {
  await must(PREPARATION_TIME, "backup", store);
  await changeStore(store);
}

/** Does what engines and users do: records go, an index goes, a file comes. */
async function changeStore(store: string): Promise<void> {
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.execute("DELETE FROM embeddings_queue; DELETE FROM max_seq_id");
  }
  await Deno.remove(join(store, UNFLUSHED_SEGMENT), { recursive: true });
  await Deno.writeTextFile(join(store, "notes.txt"), "not in the backup");
}

/** It takes as many operations as a backup and a repair together. */
const OPTIMIZE_WITH_BACKUP: VerbCase = {
  name: "optimize",
  prepare: () => Promise.resolve(),
  args: ({ store }) => ["optimize", store, "--yes", "--jobs", "1"],
  // The backup has its rows, and a header of its own.
  removes: (path) => path === "store/chroma.sqlite3",
  passes: (unit) => unit.startsWith("store.vecfsck/quarantine/"),
};

/** Every verb that writes. */
export const VERB_CASES: readonly VerbCase[] = [
  {
    name: "backup, the first",
    prepare: () => Promise.resolve(),
    args: ({ store }) => ["backup", store],
    isKilled: true,
  },
  {
    name: "backup, with one to share with",
    prepare: () => Promise.resolve(),
    prepareCopy: async (world) => await must(PREPARATION_TIME, "backup", world.store),
    args: ({ store }) => ["backup", store, "--keep-last", "5"],
    isKilled: true,
  },
  {
    name: "backup --verify --to another file system",
    prepare: () => Promise.resolve(),
    args: ({ store, other }) => ["backup", store, "--to", other, "--verify"],
    device: "other",
  },
  {
    name: "backup prune",
    prepare: async (world) => {
      for (const time of [FIRST_TIME, PREPARATION_TIME]) {
        await must(time, "backup", world.store, "--keep-last", "5");
      }
    },
    args: ({ store }) => ["backup", "prune", store, "--keep-last", "1", "--yes"],
    removes: (path) => path.startsWith("store.backups/20391201T000000Z/"),
    isKilled: true,
  },
  {
    name: "export, a file",
    prepare: () => Promise.resolve(),
    args: ({ store, other }) => ["export", store, "-o", join(other, "export.jsonl")],
    refusesSecond: true,
  },
  {
    name: "export, a directory",
    prepare: () => Promise.resolve(),
    args: ({ store, other }) => {
      return ["export", store, "--format", "npy", "-o", join(other, "export")];
    },
    refusesSecond: true,
  },
  {
    name: "seal, the first",
    prepare: () => Promise.resolve(),
    args: ({ store }) => ["seal", store],
  },
  {
    name: "seal, in the place of another",
    prepare: async ({ store }) => {
      await must(PREPARATION_TIME, "seal", store);
      await Deno.writeTextFile(join(store, "new.txt"), "new");
    },
    args: ({ store }) => ["seal", store],
    removes: (path) => path === "store.vecfsck/seal" || path === "store.vecfsck/checked.json",
  },
  {
    name: "quarantine --segment",
    prepare: () => Promise.resolve(),
    args: ({ store }) => ["quarantine", store, "--segment", DOT_SEGMENT, "--yes"],
    isKilled: true,
  },
  {
    name: "quarantine --segment --segment",
    prepare: () => Promise.resolve(),
    args: ({ store }) => [
      ...["quarantine", store, "--yes"],
      ...["--segment", DOT_SEGMENT, "--segment", UNFLUSHED_SEGMENT],
    ],
    isStepwise: true,
  },
  {
    name: "quarantine --damaged --to another file system",
    prepare: async ({ store }) => {
      await Deno.truncate(join(store, DOT_SEGMENT, "data_level0.bin"), 9_000);
    },
    args: ({ store, other }) => ["quarantine", store, "--damaged", "--to", other, "--yes"],
    device: "other",
    isKilled: true,
  },
  {
    name: "quarantine restore",
    prepare: async ({ store }) => {
      await must(PREPARATION_TIME, "quarantine", store, "--segment", DOT_SEGMENT, "--yes");
    },
    args: ({ store }) => ["quarantine", "restore", store, PREPARED_ID],
    removes: (path) => path.endsWith(`${PREPARED_ID}/manifest.json`),
    isKilled: true,
  },
  {
    name: "quarantine restore, where another index stands",
    prepare: async ({ store }) => {
      const place = join(store, DOT_SEGMENT);
      await must(PREPARATION_TIME, "quarantine", store, "--segment", DOT_SEGMENT, "--yes");
      copyEntry(join(store, UNFLUSHED_SEGMENT), place);
      await Deno.writeTextFile(join(place, "rebuilt"), "rebuilt");
    },
    args: ({ store }) => ["quarantine", "restore", store, PREPARED_ID],
    removes: (path) => path.endsWith(`${PREPARED_ID}/manifest.json`),
    isKilled: true,
  },
  {
    name: "quarantine restore from another file system",
    prepare: () => Promise.resolve(),
    // The entry names the place by its whole path.
    prepareCopy: quarantineToOther,
    args: ({ store }) => ["quarantine", "restore", store, PREPARED_ID],
    removes: (path) => path.endsWith(`${PREPARED_ID}/manifest.json`),
    device: "other",
  },
  {
    name: "quarantine purge",
    prepare: async ({ store }) => {
      await must(PREPARATION_TIME, "quarantine", store, "--segment", DOT_SEGMENT, "--yes");
    },
    args: ({ store }) => [
      ...["quarantine", "purge", store, "--older-than", "1d", "--yes"],
      "--unsafe-purge-only-copies",
    ],
    removes: (path) => path.startsWith(`store.vecfsck/quarantine/${PREPARED_ID}/`),
  },
  {
    name: "quarantine purge on another file system",
    prepare: () => Promise.resolve(),
    prepareCopy: quarantineToOther,
    args: ({ store }) => [
      ...["quarantine", "purge", store, "--older-than", "1d", "--yes"],
      "--unsafe-purge-only-copies",
    ],
    removes: (path) => path.includes(`${PREPARED_ID}/`),
    device: "other",
  },
  {
    name: "quarantine restore of a whole store",
    prepare: async (world) => {
      await prepareRestore(world);
      await must(PREPARATION_TIME, "restore", world.store, "--yes");
    },
    args: ({ store }) => ["quarantine", "restore", store, PREPARED_ID],
    removes: (path) => path.endsWith(`${PREPARED_ID}/manifest.json`),
    isKilled: true,
  },
  {
    name: "restore",
    prepare: prepareRestore,
    args: ({ store }) => ["restore", store, "--yes"],
    isKilled: true,
  },
  {
    name: "restore of a store that is lost",
    prepare: async (world) => {
      await prepareRestore(world);
      await Deno.remove(world.store, { recursive: true });
    },
    args: ({ store }) => ["restore", store, "--yes"],
  },
  {
    name: "restore --into",
    prepare: prepareRestore,
    args: ({ store, restored }) => ["restore", store, "--into", restored],
    makesStore: true,
    isKilled: true,
  },
  {
    name: "repair",
    prepare: damageStore,
    // Several threads do not build the same index twice.
    args: ({ store }) => ["repair", store, "--yes", "--jobs", "1"],
    exitCode: 1,
    isKilled: true,
  },
  {
    name: "repair of which records leave the store into files",
    prepare: async ({ store }) => {
      await Deno.truncate(join(store, DOT_SEGMENT, "data_level0.bin"), 9_000);
    },
    args: ({ store, other }) => [
      ...["repair", store, "--yes", "--jobs", "1"],
      ...["--missing", join(other, "missing.jsonl")],
    ],
    exitCode: 1,
    hasHoles: true,
    isKilled: true,
  },
  {
    name: "undo",
    prepare: async (world) => {
      await damageStore(world);
      await must(PREPARATION_TIME, "repair", world.store, "--yes", "--jobs", "1");
    },
    args: ({ store }) => ["undo", store, "--yes"],
    removes: (path) => path.endsWith(`${PREPARED_ID}/manifest.json`),
    isKilled: true,
  },
  {
    name: "optimize --no-backup",
    prepare: () => Promise.resolve(),
    args: ({ store }) => ["optimize", store, "--yes", "--jobs", "1", "--no-backup"],
    isKilled: true,
  },
  ...(TRIES_EVERYTHING ? [OPTIMIZE_WITH_BACKUP] : []),
  {
    name: "restore of a store that is a file system of its own",
    prepare: () => Promise.resolve(),
    // Backups that lie with others are told apart by the path of their store.
    prepareCopy: async ({ store, other }) => {
      await must(PREPARATION_TIME, "backup", store, "--to", other);
      await changeStore(store);
    },
    args: ({ store, other }) => ["restore", store, "--to", other, "--yes"],
    device: "store",
  },
  ...CHROMEM_CASES,
];
