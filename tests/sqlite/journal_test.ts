import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type JournalState, readJournal } from "../../lib/sqlite/journal.ts";
import { scratchDirectory, tornStore } from "../support/fixtures.ts";
import { makeHotDatabase } from "./database_cases.ts";

const DATABASE_SIZE_BYTES = 900_000;

async function writeJournal(bytes: Uint8Array): Promise<string> {
  const path = join(await scratchDirectory(), "x-journal");
  await Deno.writeFile(path, bytes);
  return path;
}

async function readHotJournal(): Promise<Uint8Array> {
  return await Deno.readFile(`${await makeHotDatabase()}-journal`);
}

async function stateOf(bytes: Uint8Array): Promise<JournalState> {
  return readJournal(await writeJournal(bytes), DATABASE_SIZE_BYTES).state;
}

/** Ends a journal as a transaction over several databases does. */
function withSuperJournal(journal: Uint8Array, superJournal: string): Uint8Array {
  const name = new TextEncoder().encode(superJournal);
  const result = new Uint8Array(journal.byteLength + 4 + name.byteLength + 16);
  result.set(journal);
  result.set(name, journal.byteLength + 4);
  const view = new DataView(result.buffer, journal.byteLength + 4 + name.byteLength);
  view.setUint32(0, name.byteLength);
  view.setUint32(4, name.reduce((sum, byte) => sum + byte, 0));
  result.set(journal.subarray(0, 8), result.byteLength - 8);
  return result;
}

Deno.test("readJournal() tells hot journals from finished ones in torn stores", async () => {
  const expected = {
    "chroma-0.5.23-1": "hot",
    "chroma-0.5.23-2": "zeroed",
    "chroma-0.5.23-3": "absent",
    "chroma-1.5.9-1": "absent",
    "chroma-1.5.9-2": "zeroed",
    "chroma-1.5.9-3": "hot",
  } as const;
  for (const [name, state] of Object.entries(expected)) {
    const path = join(await tornStore(name as keyof typeof expected), "chroma.sqlite3");
    const journal = readJournal(`${path}-journal`, (await Deno.stat(path)).size);
    assertEquals(journal.state, state, name);
    assertEquals(journal.problem, null);
  }
});

Deno.test("readJournal() reads the size of the database before the transaction", async () => {
  const path = join(await tornStore("chroma-0.5.23-1"), "chroma.sqlite3");
  assertEquals(readJournal(`${path}-journal`, DATABASE_SIZE_BYTES).initialPageCount, 207);
});

Deno.test("readJournal() takes a journal without bytes for finished", async () => {
  assertEquals(await stateOf(new Uint8Array()), "empty");
});

Deno.test("readJournal() cannot use a journal that is none, that is cut, or whose sizes are absurd", async () => {
  const hot = await readHotJournal();
  assertEquals(await stateOf(hot), "hot");
  assertEquals(await stateOf(new Uint8Array(4096).fill(7)), "unusable");
  assertEquals(await stateOf(hot.slice(0, 300)), "unusable");
  for (const [offset, value] of [[20, 500], [24, 4095], [16, 0xffff_fff0]] as const) {
    const damaged = hot.slice();
    new DataView(damaged.buffer).setUint32(offset, value);
    assertEquals(await stateOf(damaged), "unusable", `${offset}`);
  }
});

Deno.test("readJournal() takes a journal whose super-journal is gone for superseded", async () => {
  const hot = await readHotJournal();
  const superJournal = await writeJournal(Uint8Array.of(1));
  assertEquals(await stateOf(withSuperJournal(hot, superJournal)), "hot");
  assertEquals(await stateOf(withSuperJournal(hot, `${superJournal}-gone`)), "superseded");
});

Deno.test("readJournal() does not follow a length of the super-journal's name past the file", async () => {
  const bytes = withSuperJournal((await readHotJournal()).slice(0, 512), "x");
  new DataView(bytes.buffer).setUint32(bytes.byteLength - 16, 4000);
  assertEquals(await stateOf(bytes), "hot");
});

Deno.test("readJournal() takes a journal that goes while it is opened for absent", async () => {
  const path = await writeJournal(await readHotJournal());
  const { openSync } = Deno;
  Deno.openSync = (opened, options) => {
    if (opened === path) Deno.removeSync(path);
    return openSync(opened, options);
  };
  try {
    assertEquals(readJournal(path, DATABASE_SIZE_BYTES).state, "absent");
  } finally {
    Deno.openSync = openSync;
  }
});
