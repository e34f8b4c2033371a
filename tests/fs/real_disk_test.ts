/**
 * The file layer on real disks: a second file system, a full one, and processes that are killed.
 * Where a small file system cannot be mounted (not root, not Linux), those tests are left out.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { writeAtomically } from "../../lib/fs/atomic.ts";
import { digestTree } from "../../lib/fs/copy.ts";
import { moveAcrossDevices } from "../../lib/fs/move.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import { requireSpace } from "../../lib/fs/space.ts";
import { swapDirectory } from "../../lib/fs/swap.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { errorCodeOf } from "../../lib/fs/write_errors.ts";
import { seededRandom } from "../support/crash_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { canMountTmpfs, fillDisk, Tmpfs } from "../support/tmpfs.ts";
import { FileProcess } from "./file_process.ts";

const FILE_PROCESS = fromFileUrl(new URL("./file_process.ts", import.meta.url));

const canMount = await canMountTmpfs();

function createTree(root: string): void {
  Deno.mkdirSync(join(root, "deep", "empty"), { recursive: true });
  Deno.writeTextFileSync(join(root, "header"), "header");
  Deno.writeFileSync(join(root, "deep", "data"), new Uint8Array(3_000_000).map((_, i) => i * 7));
  Deno.symlinkSync("deep/data", join(root, "link"));
  Deno.chmodSync(join(root, "header"), 0o640);
  Deno.utimeSync(join(root, "header"), new Date(1_000_000), new Date(2_000_123));
  Deno.utimeSync(join(root, "deep"), new Date(1_000_000), new Date(3_000_456));
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test({
  name: "moveAcrossDevices() moves a directory to a real second file system and back",
  ignore: !canMount,
  async fn() {
    using other = await Tmpfs.mount(20_000_000);
    assert(other !== null);
    const directory = await scratchDirectory();
    const [here, there] = [join(directory, "tree"), join(other.path, "tree")];
    createTree(here);
    const digest = digestTree(localFs, here);
    for (const [from, to] of [[here, there], [there, here]] as const) {
      assertEquals(moveAcrossDevices(from, to), { how: "copied", leftover: null });
      assertEquals(digestTree(localFs, to), digest);
      const header = Deno.statSync(join(to, "header"));
      assertEquals([header.mode, header.mtime?.getTime()], [0o100640, 2_000_123]);
      assertEquals(Deno.statSync(join(to, "deep")).mtime?.getTime(), 3_000_456);
      assertEquals(namesIn(dirname(from)), []);
      assertEquals(namesIn(dirname(to)), ["tree"]);
    }
  },
});

Deno.test({
  name: "moveAcrossDevices() keeps the holes of a real file",
  ignore: !canMount,
  async fn() {
    using other = await Tmpfs.mount(20_000_000);
    assert(other !== null);
    const path = join(await scratchDirectory(), "sparse");
    {
      using file = Deno.openSync(path, { write: true, createNew: true });
      file.truncateSync(100_000_000);
      file.seekSync(50_000_000, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array(10_000).fill(1));
    }
    moveAcrossDevices(path, join(other.path, "sparse"));
    const { size, blocks } = Deno.statSync(join(other.path, "sparse"));
    assertEquals(size, 100_000_000);
    assert(blocks !== null && blocks * 512 < 100_000, String(blocks));
  },
});

Deno.test({
  name: "moveAcrossDevices() leaves a real full disk as it was",
  ignore: !canMount,
  async fn() {
    using other = await Tmpfs.mount(1_000_000);
    assert(other !== null);
    const directory = await scratchDirectory();
    const here = join(directory, "tree");
    createTree(here);
    const digest = digestTree(localFs, here);
    let code = "";
    try {
      moveAcrossDevices(here, join(other.path, "tree"), { store: here });
    } catch (error) {
      code = errorCodeOf(error);
    }
    assertEquals(code, "ENOSPC");
    assertEquals([namesIn(other.path), namesIn(directory)], [[], ["tree"]]);
    assertEquals(digestTree(localFs, here), digest);
  },
});

Deno.test({
  name: "writeAtomically(), requireSpace() and swapDirectory() leave a real full disk as it was",
  ignore: !canMount,
  async fn() {
    using disk = await Tmpfs.mount(1_000_000);
    assert(disk !== null);
    const [file, store] = [join(disk.path, "file"), join(disk.path, "store")];
    writeAtomically(file, new Uint8Array(100_000).fill(1));
    Deno.mkdirSync(join(store, "segment"), { recursive: true });
    Deno.mkdirSync(join(disk.path, "next"));
    Deno.writeTextFileSync(join(disk.path, "next", "new"), "new");
    const error = assertThrows(
      () => writeAtomically(file, new Uint8Array(2_000_000)),
      OperationError,
    );
    assertEquals(error.code, "no-space");
    const unasked: WriteFs = { ...localFs, freeBytes: () => null };
    for (const fs of [localFs, unasked]) {
      const refusal = assertThrows(
        () => requireSpace(disk.path, 2_000_000, { fs }),
        OperationError,
      );
      assertEquals(refusal.code, "no-space");
      requireSpace(disk.path, 100_000, { fs });
    }
    assertEquals(namesIn(disk.path), ["file", "next", "store"]);
    assertEquals(Deno.statSync(file).size, 100_000);
    fillDisk(join(disk.path, "filler"));
    const swapped = assertThrows(
      () => swapDirectory(join(store, "segment"), join(disk.path, "next"), { store }),
      OperationError,
    );
    assertEquals(swapped.code, "no-space");
    Deno.removeSync(join(disk.path, "filler"));
    assertEquals(recoverSwaps(store), []);
    assertEquals([namesIn(disk.path), namesIn(join(disk.path, "next"))], [
      ["file", "next", "store"],
      ["new"],
    ]);
    assertEquals(namesIn(store), ["segment"]);
  },
});

Deno.test({
  name: "swapDirectory() keeps a mounted store's journal and original on its own file system",
  ignore: !canMount,
  async fn() {
    using store = await Tmpfs.mount(1_000_000);
    assert(store !== null);
    Deno.mkdirSync(join(store.path, "segment"));
    Deno.mkdirSync(join(store.path, "next"));
    Deno.writeTextFileSync(join(store.path, "segment", "old"), "old");
    const { aside } = swapDirectory(join(store.path, "segment"), join(store.path, "next"), {
      store: store.path,
    });
    assertEquals(namesIn(aside ?? ""), ["old"]);
    assertEquals([namesIn(store.path), namesIn(dirname(store.path))], [
      [".vecfsck", "segment"],
      ["mounted"],
    ]);
  },
});

/** The letter that every file of a tree holds. */
function letterOf(root: string): string {
  const letters = ["header", "data", "links"].map((name) => {
    const text = Deno.readTextFileSync(join(root, name));
    assertEquals(text.length, 20_000);
    return text.slice(0, 1) === text.slice(-1) ? text.slice(0, 1) : "mixed";
  });
  return new Set(letters).size === 1 ? letters[0] ?? "" : "mixed";
}

function writeLetters(root: string, letter: string): void {
  Deno.mkdirSync(root, { recursive: true });
  for (const name of ["header", "data", "links"]) {
    Deno.writeTextFileSync(join(root, name), letter.repeat(20_000));
  }
}

/** So often a process is killed, and more often until so many kills have interrupted a change. */
const KILLS = 50;
const INTERRUPTIONS = 5;

/**
 * Kills a process at random moments.
 *
 * @param args What the process does.
 * @param store Whose changes are recovered after each kill.
 * @param settle Holds the oracle.
 */
async function killOften(
  args: readonly string[],
  store: string,
  settle: () => void,
): Promise<void> {
  const random = seededRandom(20_260_101);
  let interruptions = 0;
  for (let kills = 0; kills < KILLS || interruptions < INTERRUPTIONS; kills++) {
    assert(kills < 20 * KILLS, "no kill ever interrupts anything: this test tests nothing");
    await using child = await FileProcess.start(FILE_PROCESS, args);
    await new Promise((resume) => setTimeout(resume, random() * 40));
    await child.kill();
    for (const { outcome, message } of recoverSwaps(store)) {
      assert(outcome === "completed" || outcome === "undone", message);
      interruptions++;
    }
    settle();
  }
}

function exists(path: string): boolean {
  return localFs.look(path) !== null;
}

Deno.test("swapDirectory() and swapFile() lose nothing when a real process is killed 50 times", async () => {
  const beside = await scratchDirectory();
  const [store, work] = [join(beside, "store"), join(beside, "store.vecfsck")];
  const [next, aside] = [join(work, "next"), join(work, "aside")];
  const [database, nextDatabase] = [join(store, "database"), join(work, "next-database")];
  writeLetters(join(store, "segment"), "a");
  writeLetters(next, "b");
  Deno.writeTextFileSync(database, "first");
  Deno.writeTextFileSync(nextDatabase, "second");
  await killOften(["swap", store], store, () => {
    // The process itself was between two of its own renames.
    if (!exists(next)) Deno.renameSync(aside, next);
    if (!exists(nextDatabase)) Deno.renameSync(join(aside, "database"), nextDatabase);
    if (exists(aside)) Deno.removeSync(aside);
    assertEquals([letterOf(join(store, "segment")), letterOf(next)].sort(), ["a", "b"]);
    const texts = [database, nextDatabase].map((path) => Deno.readTextFileSync(path));
    assertEquals(texts.sort(), ["first", "second"]);
    assertEquals([beside, work, store].map(namesIn), [
      ["store", "store.vecfsck"],
      ["next", "next-database"],
      ["database", "segment"],
    ]);
  });
});

Deno.test({
  name: "moveAcrossDevices() loses nothing when a real process is killed 50 times",
  ignore: !canMount,
  async fn() {
    using other = await Tmpfs.mount(20_000_000);
    assert(other !== null);
    const directory = await scratchDirectory();
    const store = join(directory, "store");
    const places = [join(store, "segment"), join(other.path, "segment")] as const;
    writeLetters(places[0], "a");
    // By this the other place is known for that of an entry of the store.
    const entry = `${store}.vecfsck/quarantine/id`;
    Deno.mkdirSync(entry, { recursive: true });
    for (const place of [entry, other.path]) {
      Deno.writeTextFileSync(join(place, "manifest.json"), '{ "vecfsckQuarantine": 1 }');
    }
    await killOften(["move", store, other.path], store, () => {
      const where = places.filter(exists);
      assertEquals(where.length, 1);
      assertEquals(letterOf(where[0] ?? ""), "a");
      assertEquals(namesIn(`${store}.vecfsck`), ["quarantine"]);
      const names = [...namesIn(store), ...namesIn(other.path)];
      assertEquals(names.sort(), ["manifest.json", "segment"]);
      // The process begins at home again.
      if (where[0] === places[1]) moveAcrossDevices(places[1], places[0]);
    });
  },
});
