/**
 * Links that somebody has planted where vecfsck keeps something, and links in a store that lead out
 * of it: nothing outside is written, removed, or given to another user.
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { basename, join, relative } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { writeAtomically } from "../../lib/fs/atomic.ts";
import { temporaryPathBeside } from "../../lib/fs/names.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { listTree } from "../support/list_tree.ts";
import { copyEntry, readFiles, runVerb, World } from "../verbs/world.ts";
import { makeUsedWorld } from "./used_world.ts";

const ignore = Deno.build.os === "windows";

function listWritingCalls(store: string): readonly (readonly string[])[] {
  return [
    ["check", "--since-seal", store],
    ["seal", store],
    ["backup", "verify", store],
    ["backup", store],
    ["backup", "prune", "--keep-last", "1", "--yes", store],
    ["quarantine", "purge", "--older-than", "0s", "--unsafe-purge-only-copies", "--yes", store],
    ["undo", "--yes", store],
    ["repair", "--yes", "--jobs", "1", store],
    ["restore", "--yes", store],
    ["optimize", "--yes", "--no-backup", store],
  ];
}

const TRIES_EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** Places of which each is written by another verb. */
const MOST_TEMPTING = [
  ...["store.vecfsck", "store.backups", "/quarantine", "/seal", "/checked.json", "/lock"],
  ...["/holder.json", "/journal"],
];

Deno.test({
  name: "no verb writes through a link that stands where vecfsck keeps something",
  ignore,
  fn: async () => {
    const used = await makeUsedWorld();
    const kept = Array.from(listTree(used.root), (path) => relative(used.root, path))
      .filter((path) => /^store\.(vecfsck|backups)/.test(path) && !path.includes("/files/"));
    assert(kept.includes("store.vecfsck/seal"), kept.join(" "));
    const coming = ["lock", "holder.json", "journal", "repair", "transaction.json", "notes.json"];
    const planted = [...kept, ...coming.map((name) => `store.vecfsck/${name}`)]
      .filter((path) => TRIES_EVERYTHING || MOST_TEMPTING.some((end) => path.endsWith(end)));
    assert(planted.length >= MOST_TEMPTING.length, planted.join(" "));
    for (const path of planted) {
      const root = join(await scratchDirectory(), "world");
      copyEntry(used.root, root);
      const outside = join(await scratchDirectory(), "outside");
      Deno.mkdirSync(outside);
      const [place, target] = [join(root, path), join(outside, basename(path))];
      if (localFs.look(place) === null) Deno.writeTextFileSync(target, "{}");
      else Deno.renameSync(place, target);
      Deno.symlinkSync(target, place);
      const before = readFiles(outside);
      for (const args of listWritingCalls(join(root, "store"))) {
        const { stderr } = await runVerb(args);
        assert(!stderr.includes("has a bug"), `${path}: ${stderr}`);
        assertEquals(readFiles(outside), before, `${args[0]} ${args[1]} with ${path}`);
      }
    }
  },
});

/** Another user, and one more; root alone can give files away. */
const [OWNER, OTHER] = [4_711, 4_712];

const cannotGive = ignore || Deno.uid() !== 0;

function giveTree(path: string, userId: number): void {
  localFs.setOwner(path, userId, userId);
  if (localFs.look(path)?.kind !== "directory") return;
  for (const inner of listTree(path)) localFs.setOwner(inner, userId, userId);
}

Deno.test({
  name: "what root copies or repairs never gives the owner of a store a file of somebody else",
  ignore: cannotGive,
  fn: async () => {
    for (const name of ["notes.txt", "SEGMENT/data_level0.bin", "chroma.sqlite3", "SEGMENT"]) {
      const world = await World.create();
      const segment = Array.from(Deno.readDirSync(world.store)).find(({ isDirectory }) =>
        isDirectory
      )?.name ?? "";
      const place = join(world.store, name.replace("SEGMENT", segment));
      const secret = join(await scratchDirectory(), "secret");
      if (localFs.look(place) === null) Deno.writeTextFileSync(secret, "the secret");
      else Deno.renameSync(place, secret);
      giveTree(world.store, OWNER);
      giveTree(secret, OTHER);
      Deno.symlinkSync(secret, place);
      localFs.setOwner(place, OWNER, OWNER);
      const isEngines = name !== "notes.txt";
      const [verb, ...others] = ["backup", "repair", "optimize"];
      const { code, stderr } = await runVerb([verb ?? "", world.store]);
      assertEquals(code, isEngines ? 8 : 0, stderr);
      if (isEngines) assertStringIncludes(stderr, "is a link to a file of another user");
      for (const other of others) {
        const { code, stderr } = await runVerb([other, "--dry-run", world.store]);
        assertEquals(code, 8, stderr);
        assertStringIncludes(stderr, "is a link to a file of another user");
      }
      const copies = Array.from(listTree(world.root)).filter((path) => basename(path) === name);
      assertEquals(copies.filter((path) => path !== place), []);
      // To the owner's own files a link may lead.
      giveTree(secret, OWNER);
      assertEquals((await runVerb(["backup", world.store])).code, 0);
    }
  },
});

Deno.test({
  name: "a link at the file that an option names is not followed to a file of somebody else",
  ignore: cannotGive,
  fn: async () => {
    const world = await World.create();
    const target = join(await scratchDirectory(), "target");
    for (
      const args of [
        ["status", "--prometheus", "--out", "x.prom"],
        ["seal", "-o", "x.seal"],
        ["check", "--since-seal", "--state", "x.state"],
      ]
    ) {
      const [file = "", ...start] = args.toReversed();
      const link = join(world.other, file);
      await Deno.writeTextFile(target, "a file of root");
      await Deno.symlink(target, link);
      localFs.setOwner(link, OTHER, OTHER);
      const { stdout, stderr } = await runVerb([...start.toReversed(), link, world.store]);
      assertStringIncludes(stdout + stderr, "is a link to a file of another user");
      assertEquals(await Deno.readTextFile(target), "a file of root");
    }
  },
});

Deno.test({
  name: "a temporary name is made up at random, and never followed where it is taken",
  ignore,
  fn: async () => {
    const directory = await scratchDirectory();
    const path = join(directory, "file");
    const names = Array.from({ length: 100 }, () => temporaryPathBeside(localFs, path, "new"));
    assertEquals(new Set(names).size, 100);
    const fs = { ...localFs, makeId: () => "0123456789abcdef" };
    const target = join(await scratchDirectory(), "target");
    await Deno.writeTextFile(target, "somebody else's");
    await Deno.symlink(target, temporaryPathBeside(fs, path, "new"));
    assertThrows(() => fs.makeDirectory(temporaryPathBeside(fs, path, "new"), 0o700));
    const bytes = new TextEncoder().encode("ours");
    assertThrows(() => writeAtomically(path, bytes, { fs }), OperationError, "File exists");
    assertEquals(await Deno.readTextFile(target), "somebody else's");
  },
});
