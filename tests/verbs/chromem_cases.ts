/**
 * The verbs that write single files of a database of chromem-go, whose folders may hold very many.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { TINY_STORE_TIME } from "./tiny_store.ts";
import type { VerbCase } from "./verb_case.ts";
import { copyEntry, PREPARATION_TIME, runVerb, type World } from "./world.ts";

/** The collection "sessions". */
const SESSIONS = "1225ae6c";

/** The collection "knowledge-base". */
const KNOWLEDGE = "e6684f6c";

const METADATA = "00000000.gob";

/** How many documents are left of each. */
const MOST_DOCUMENTS = 3;

/** Puts a small database in the place of the store: two collections with few documents. */
async function putDatabase({ store }: World): Promise<void> {
  await Deno.remove(store, { recursive: true });
  copyEntry(await chromemStore("plain"), store);
  for (const folder of localFs.list(store)) {
    const path = join(store, folder);
    const kept = localFs.list(path).slice(0, 1 + MOST_DOCUMENTS);
    for (const name of localFs.list(path)) {
      if (!kept.includes(name)) Deno.removeSync(join(path, name));
      else Deno.utimeSync(join(path, name), TINY_STORE_TIME, TINY_STORE_TIME);
    }
    if (![SESSIONS, KNOWLEDGE].includes(folder)) Deno.removeSync(path, { recursive: true });
  }
}

/** Runs a verb that has to succeed. */
async function must(...args: string[]): Promise<void> {
  const result = await runVerb(args, localFs, PREPARATION_TIME);
  assert(result.code <= 1, `${args.join(" ")}: ${JSON.stringify(result)}`);
}

/** Loses the metadata of one collection, and cuts that of the other. */
function loseMetadata({ store }: World): void {
  Deno.removeSync(join(store, SESSIONS, METADATA));
  Deno.truncateSync(join(store, KNOWLEDGE, METADATA), 20);
}

/** Loses the metadata of a collection whose name is built in or told, and cuts a document. */
function damage({ store }: World): void {
  Deno.removeSync(join(store, SESSIONS, METADATA));
  const [, document = ""] = localFs.list(join(store, KNOWLEDGE));
  Deno.truncateSync(join(store, KNOWLEDGE, document), 40);
}

function repairArgs({ store }: World): string[] {
  return ["repair", store, "--yes", "--jobs", "1", "--name", "sessions"];
}

/** Every verb that writes single files. */
export const CHROMEM_CASES: readonly VerbCase[] = [
  {
    name: "backup --metadata-only, the first",
    prepare: putDatabase,
    args: ({ store }) => ["backup", store, "--metadata-only"],
  },
  {
    name: "backup --metadata-only, where nothing has changed",
    prepare: putDatabase,
    prepareCopy: async ({ store }) => await must("backup", store, "--metadata-only"),
    args: ({ store }) => ["backup", store, "--metadata-only"],
  },
  {
    name: "restore --metadata-only",
    prepare: async (world) => {
      await putDatabase(world);
      await must("backup", world.store, "--metadata-only");
      loseMetadata(world);
    },
    args: ({ store }) => ["restore", store, "--metadata-only", "--yes"],
    isKilled: true,
  },
  {
    name: "repair of single files",
    prepare: async (world) => {
      await putDatabase(world);
      damage(world);
    },
    args: repairArgs,
    exitCode: 1,
    isKilled: true,
  },
  {
    name: "undo of a repair of single files",
    prepare: async (world) => {
      await putDatabase(world);
      damage(world);
      const { code } = await runVerb(repairArgs(world), localFs, PREPARATION_TIME);
      assertEquals(code, 1);
    },
    args: ({ store }) => ["undo", store, "--yes"],
    removes: (path) => /\/quarantine\/20400101T000000Z\/manifest\.json$/.test(path),
  },
];
