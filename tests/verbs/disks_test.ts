/**
 * The verbs on real file systems: a second one, and one that is really full. Left out where none can
 * be mounted.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { digestTree } from "../../lib/fs/copy.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { canMountTmpfs, fillDisk, Tmpfs } from "../support/tmpfs.ts";
import { damageStore, DOT_SEGMENT } from "./verb_cases.ts";
import {
  copyEntry,
  type Files,
  filesBelow,
  PREPARATION_TIME,
  readFiles,
  runVerb,
  World,
} from "./world.ts";

const canMount = await canMountTmpfs();

/** What is moved aside: one index, without asking. */
const CHOICE = ["--segment", DOT_SEGMENT, "--yes"];

/** Room for the store of the tests many times over. */
const AMPLE_BYTES = 20_000_000;

/** Mounts a file system for a test that needs one. */
async function mount(sizeBytes: number): Promise<Tmpfs> {
  const mounted = await Tmpfs.mount(sizeBytes);
  assert(mounted !== null);
  return mounted;
}

/** Runs a verb that has to succeed. */
async function must(...args: string[]): Promise<void> {
  const result = await runVerb(args, localFs, PREPARATION_TIME);
  assertEquals(result.code, args[0] === "repair" ? 1 : 0, JSON.stringify(result));
}

/** Runs a verb that has to say that there is no room, and leaves nothing. */
async function assertFull(world: World, directory: string, ...args: string[]): Promise<void> {
  const before = digestTree(localFs, world.root);
  const names = localFs.list(directory);
  // With the system's word for it, as where that may be asked; without it, as users run it.
  for (const fs of [localFs, { ...localFs, freeBytes: () => null }]) {
    const { code, stderr } = await runVerb(args, fs);
    assertEquals([code, /no room for|No space left/.test(stderr)], [8, true], stderr);
    assertEquals(localFs.list(directory), names);
    assertEquals(digestTree(localFs, world.root), before);
  }
}

Deno.test({
  name: "backup --to a real second file system makes a backup that verifies",
  ignore: !canMount,
  async fn() {
    using disk = await mount(AMPLE_BYTES);
    const world = await World.create();
    await must("backup", world.store, "--to", disk.path, "--verify");
    await must("backup", "verify", world.store, "--to", disk.path);
    assertEquals(localFs.list(disk.path), ["20400101T000000Z"]);
    assertEquals(localFs.list(world.root), ["other", "store"]);
  },
});

Deno.test({
  name: "backup says that a real disk is full, and leaves nothing there",
  ignore: !canMount,
  async fn() {
    const world = await World.create();
    // Less than the whole; not even a directory; and something between.
    for (const freeBytes of [300_000, 100_000, 20_000, 0]) {
      using disk = await mount(4_000_000);
      fillDisk(join(disk.path, "filler"), freeBytes);
      await assertFull(world, disk.path, "backup", world.store, "--to", disk.path);
    }
  },
});

Deno.test({
  name: "backup beside a store on a real full disk leaves it as it was",
  ignore: !canMount,
  async fn() {
    using disk = await mount(AMPLE_BYTES);
    const world = (await World.create()).copyTo(disk.path);
    await must("backup", world.store);
    await Deno.writeTextFile(join(world.store, "grown.txt"), "x".repeat(500_000));
    fillDisk(join(disk.path, "filler"), 200_000);
    await assertFull(world, `${world.store}.backups`, "backup", world.store);
    await must("backup", "verify", world.store);
  },
});

Deno.test({
  name:
    "quarantine --to a real second file system moves an index there, and restore brings it back",
  ignore: !canMount,
  async fn() {
    using disk = await mount(AMPLE_BYTES);
    const world = await World.create();
    const before = digestTree(localFs, world.store);
    await must("quarantine", world.store, ...CHOICE, "--to", disk.path);
    assertEquals(localFs.look(join(world.store, DOT_SEGMENT)), null);
    assertEquals(localFs.list(disk.path), ["store.20400101T000000Z"]);
    await must("quarantine", "restore", world.store, "20400101T000000Z");
    assertEquals(digestTree(localFs, world.store), before);
    assertEquals([localFs.list(disk.path), localFs.list(world.root)], [[], ["other", "store"]]);
  },
});

Deno.test({
  name: "quarantine --to a real full disk leaves the index where it was",
  ignore: !canMount,
  async fn() {
    const world = await World.create();
    for (const freeBytes of [25_000, 8_000, 0]) {
      using disk = await mount(4_000_000);
      fillDisk(join(disk.path, "filler"), freeBytes);
      const args = ["quarantine", world.store, ...CHOICE, "--to", disk.path];
      await assertFull(world, disk.path, ...args);
    }
  },
});

Deno.test({
  name: "quarantine on a real full disk moves an index, or leaves it where it was",
  ignore: !canMount,
  async fn() {
    using disk = await mount(AMPLE_BYTES);
    const world = (await World.create()).copyTo(disk.path);
    fillDisk(join(disk.path, "filler"));
    await assertFull(world, world.root, "quarantine", world.store, ...CHOICE);
  },
});

Deno.test({
  name: "restore brings a store back from a real second file system",
  ignore: !canMount,
  async fn() {
    using disk = await mount(AMPLE_BYTES);
    const world = await World.create();
    const before = filesBelow(readFiles(world.root), "store");
    await must("backup", world.store, "--to", disk.path);
    await Deno.remove(join(world.store, DOT_SEGMENT), { recursive: true });
    await must("restore", world.store, "--to", disk.path, "--yes");
    const after = filesBelow(readFiles(world.root), "store");
    // SQLite counts its copy in the header of the database.
    const names = (files: Files): string[] => [...files.keys()].sort();
    assertEquals(names(after), names(before));
    assertEquals(
      after.get(`${DOT_SEGMENT}/data_level0.bin`),
      before.get(`${DOT_SEGMENT}/data_level0.bin`),
    );
    assertEquals(localFs.list(`${world.store}.vecfsck`), ["quarantine"]);
  },
});

Deno.test({
  name: "restore onto a real full disk leaves the store as it was",
  ignore: !canMount,
  async fn() {
    const template = await World.create();
    await must("backup", template.store, "--to", template.other);
    await Deno.remove(join(template.store, DOT_SEGMENT), { recursive: true });
    for (const freeBytes of [200_000, 30_000, 0]) {
      using disk = await mount(AMPLE_BYTES);
      const world = template.copyTo(disk.path);
      fillDisk(join(disk.path, "filler"), freeBytes);
      const from = join(world.other, "20400101T000000Z");
      await assertFull(world, world.root, "restore", world.store, "--from", from, "--yes");
    }
  },
});

Deno.test({
  name: "restore exchanges what is in a store that is a real file system of its own",
  ignore: !canMount,
  async fn() {
    const world = await World.create();
    using disk = await mount(AMPLE_BYTES);
    const store = disk.path;
    for (const name of localFs.list(world.store)) {
      copyEntry(join(world.store, name), join(store, name));
    }
    await must("backup", store, "--to", world.other);
    await Deno.remove(join(store, DOT_SEGMENT), { recursive: true });
    await Deno.writeTextFile(join(store, "notes.txt"), "not in the backup");
    await must("restore", store, "--to", world.other, "--yes");
    assertEquals(
      localFs.list(store),
      [".vecfsck", ...localFs.list(world.store)].sort(),
    );
    const [id = ""] = localFs.list(join(store, ".vecfsck", "quarantine"));
    assertEquals(
      localFs.list(join(store, ".vecfsck", "quarantine", id, "data")),
      [...localFs.list(world.store).filter((name) => name !== DOT_SEGMENT), "notes.txt"].sort(),
    );
  },
});

Deno.test({
  name: "repair on a real full disk leaves the store as it was",
  ignore: !canMount,
  async fn() {
    const template = await World.create();
    await damageStore(template);
    // Less than all of it, less than the database, and nothing.
    for (const freeBytes of [895_000, 300_000, 0]) {
      using disk = await mount(AMPLE_BYTES);
      const world = template.copyTo(disk.path);
      fillDisk(join(disk.path, "filler"), freeBytes);
      await assertFull(world, world.root, "repair", world.store, "--yes");
    }
  },
});

Deno.test({
  name: "repair and undo exchange what is in a store that is a real file system of its own",
  ignore: !canMount,
  async fn() {
    const world = await World.create();
    await damageStore(world);
    using disk = await mount(AMPLE_BYTES);
    const store = disk.path;
    for (const name of localFs.list(world.store)) {
      copyEntry(join(world.store, name), join(store, name));
    }
    const before = filesBelow(readFiles(world.root), "store");
    await must("repair", store, "--yes");
    assertEquals(localFs.list(store), [".vecfsck", ...localFs.list(world.store)].sort());
    await must("undo", store, "--yes");
    for (const [path, digest] of readFiles(store)) {
      if (!path.startsWith(".vecfsck/")) assertEquals(before.get(path), digest, path);
    }
  },
});
