/**
 * Backups and tar streams that were made to lead somewhere else.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { readBackup } from "../../lib/backup/catalogue.ts";
import { streamTar } from "../../lib/backup/tar.ts";
import { concatenate } from "../../lib/base/concatenate.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { OUTER_PATHS } from "../support/hostile_paths.ts";
import { digestOf, PREPARATION_TIME, readFiles, runVerb, World } from "../verbs/world.ts";

const ID = "20400101T000000Z";

/** Makes a backup, and gives its directory. */
async function makeBackup(): Promise<{ world: World; backup: string }> {
  const world = await World.create();
  Deno.mkdirSync(join(world.store, "folder"));
  Deno.writeTextFileSync(join(world.store, "folder", "notes.txt"), "notes");
  const { code } = await runVerb(["backup", world.store], localFs, PREPARATION_TIME);
  assertEquals(code, 0);
  return { world, backup: join(`${world.store}.backups`, ID) };
}

/** A manifest as far as these tests change it. */
interface Entries {
  directories: { path: string }[];
  files: { path: string }[];
}

/** Changes a manifest, with the digest that its maker would have given it. */
async function changeManifest(backup: string, change: (manifest: Entries) => void): Promise<void> {
  const path = join(backup, "manifest.json");
  const manifest = JSON.parse(await Deno.readTextFile(path));
  change(manifest);
  const text = `${JSON.stringify(manifest)}\n`;
  const digest = `${digestOf(new TextEncoder().encode(text))}  manifest.json\n`;
  for (const [name, content] of [["manifest.json", text], ["manifest.json.sha256", digest]]) {
    await Deno.remove(join(backup, name ?? ""));
    await Deno.writeTextFile(join(backup, name ?? ""), content ?? "");
  }
}

/** Paths that lead out of the store, or to what vecfsck would act on. */
const HOSTILE_PATHS = [
  ...OUTER_PATHS,
  ...["folder/../../escaped", ".vecfsck/journal", ".vecfsck", ".VecFsck/x"],
];

for (const part of ["files", "directories"] as const) {
  Deno.test(`restore writes nothing of a backup whose ${part} lead out of it`, async () => {
    const { world, backup } = await makeBackup();
    const original = await Deno.readTextFile(join(backup, "manifest.json"));
    for (const path of HOSTILE_PATHS) {
      await changeManifest(backup, (manifest) => {
        Object.assign(manifest, JSON.parse(original));
        const entry = manifest[part].at(-1);
        if (entry !== undefined) entry.path = path;
      });
      const before = readFiles(world.root);
      for (const args of [["--from", ID], ["--from", ID, "--force", "--into", world.restored]]) {
        const { code, stderr } = await runVerb(["restore", ...args, "--yes", world.store]);
        assertEquals(code, 8, `${JSON.stringify(path)}: ${stderr}`);
        assertStringIncludes(stderr, "leads out of the backup");
      }
      assertEquals(readFiles(world.root), before, JSON.stringify(path));
    }
  });
}

Deno.test({
  name: "restore takes nothing from a backup of which a file is a link",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    for (const name of ["folder/notes.txt", "chroma.sqlite3", "folder"]) {
      const { world, backup } = await makeBackup();
      const place = join(backup, "files", name);
      // The very same bytes: only that it is a link tells.
      const outside = join(world.other, basename(name));
      Deno.chmodSync(join(place, ".."), 0o700);
      Deno.renameSync(place, outside);
      Deno.symlinkSync(outside, place);
      const before = readFiles(world.root);
      const { code, stderr } = await runVerb(["restore", "--yes", world.store]);
      assertEquals(code, 8, stderr);
      assertStringIncludes(stderr, "is damaged");
      assertEquals(readFiles(world.root), before);
    }
  },
});

/** Lists the entries of a tar stream, as the bytes say. */
function* listEntries(archive: Uint8Array): Generator<{ name: string; type: string }> {
  const text = (from: number, length: number): string =>
    new TextDecoder().decode(archive.subarray(from, from + length)).replace(/\0.*$/s, "");
  for (let at = 0; at < archive.length && archive[at] !== 0;) {
    const [name, size, type] = [text(at, 100), text(at + 124, 12), text(at + 156, 1)];
    const prefix = text(at + 345, 155);
    yield { name: prefix === "" ? name : `${prefix}/${name}`, type };
    at += 512 * (1 + Math.ceil(parseInt(size, 8) / 512));
  }
}

Deno.test("a tar stream holds files and directories below its own name, and nothing else", async () => {
  const { backup } = await makeBackup();
  const chunks: Uint8Array[] = [];
  for await (const chunk of streamTar(localFs, readBackup(backup))) chunks.push(chunk);
  const entries = [...listEntries(concatenate(chunks))];
  assert(entries.length > 5);
  for (const { name, type } of entries) {
    assert(["0", "5", "x"].includes(type), `${name}: ${type}`);
    assert(name.startsWith(`${ID}/`) || type === "x", name);
    assert(!name.split("/").includes(".."), name);
  }
});
