import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { type ListedBackup, readBackup } from "../../lib/backup/catalogue.ts";
import {
  type BackupManifest,
  encodeManifest,
  encodeManifestDigest,
} from "../../lib/backup/manifest.ts";
import { streamTar } from "../../lib/backup/tar.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { assertWhole, backUp, tinyStore } from "./backup_cases.ts";

async function toBytes(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk.slice());
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** Unpacks an archive with the system's own tar. */
async function unpack(archive: Uint8Array): Promise<string> {
  const directory = await scratchDirectory();
  const child = new Deno.Command("tar", {
    args: ["-x", "-f", "-", "-C", directory],
    stdin: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(archive);
  await writer.close();
  assert((await child.status).success);
  return directory;
}

Deno.test("streamTar() gives an archive that unpacks into the same backup", async () => {
  const backup = await backUp(await goldenStore("chroma-1.5.9"));
  const directory = join(await unpack(await toBytes(streamTar(localFs, backup))), backup.id);
  await assertWhole(directory);
  assertEquals(readBackup(directory).manifest, backup.manifest);
  for (const { path, modifiedMs } of backup.manifest.files) {
    const { mtime, mode } = Deno.statSync(join(directory, "files", path));
    assertEquals(Math.floor((mtime?.getTime() ?? 0) / 1000), Math.floor(modifiedMs / 1000));
    assertEquals((mode ?? 0) & 0o222, 0);
  }
});

Deno.test("streamTar() keeps names that are long and not ASCII", async () => {
  const store = await tinyStore();
  const names = ["x".repeat(200), "ä".repeat(100), "a b'c\"d\\e"];
  for (const name of names) {
    Deno.mkdirSync(join(store, "notes", name));
    Deno.writeTextFileSync(join(store, "notes", name, "y".repeat(180)), name);
  }
  const backup = await backUp(store);
  const directory = join(await unpack(await toBytes(streamTar(localFs, backup))), backup.id);
  await assertWhole(directory);
});

Deno.test("streamTar() ends with an error where a file is not what the manifest says", async () => {
  const backup = await backUp(await tinyStore());
  const path = join(backup.directory, "files", "two.txt");
  for (const content of ["TWO", "longer", ""]) {
    Deno.removeSync(path);
    Deno.writeTextFileSync(path, content);
    const error = await assertRejects(
      () => toBytes(streamTar(localFs, backup)),
      OperationError,
    );
    assertStringIncludes(error.message, "two.txt is not what the manifest says");
  }
  Deno.removeSync(path);
  await assertRejects(() => toBytes(streamTar(localFs, backup)), OperationError);
});

Deno.test("streamTar() reads no further than it is read itself, and holds 9 GB as easily", async () => {
  const directory = await scratchDirectory();
  const sizeBytes = 9_000_000_000;
  const manifest = {
    ...(await backUp(await tinyStore())).manifest,
    directories: [],
    files: [{
      path: "large",
      sizeBytes,
      sha256: "0".repeat(64),
      mode: null,
      modifiedMs: 0,
      kind: "file",
      source: { sizeBytes, modifiedMs: 0, changedMs: null, inode: null, changeCounter: null },
      sharedWith: null,
    }],
  } satisfies BackupManifest;
  const text = encodeManifest(manifest);
  Deno.writeTextFileSync(join(directory, "manifest.json"), text);
  Deno.writeTextFileSync(join(directory, "manifest.json.sha256"), encodeManifestDigest(text));
  const backup: ListedBackup = { id: manifest.id, directory, manifest, verification: null };
  let readBytes = 0;
  const fs: WriteFs = {
    ...localFs,
    openForReading: (path) =>
      path.endsWith("large")
        ? {
          sizeBytes,
          readAt: (_offset, target) => {
            readBytes += target.byteLength;
            return target;
          },
          [Symbol.dispose]: () => {},
        }
        : localFs.openForReading(path),
  };
  const stream = streamTar(fs, backup);
  let takenBytes = 0;
  let header = "";
  while (takenBytes < 40 << 20) {
    const { value, done } = await stream.next();
    assert(!done);
    takenBytes += value.byteLength;
    if (header.length < 100_000) header += new TextDecoder("latin1").decode(value);
  }
  await stream.return();
  assert(readBytes <= takenBytes + (8 << 20), `${readBytes} read for ${takenBytes}`);
  // Eleven octal digits end at 8 GiB; what is larger stands in a record of its own, or in base 256.
  assert(header.includes(`size=${sizeBytes}`) || header.includes("\x80\x00\x00\x00"), "no size");
});
