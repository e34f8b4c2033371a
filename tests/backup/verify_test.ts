import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readVerification } from "../../lib/backup/verification.ts";
import { verifyFiles } from "../../lib/backup/verify.ts";
import { verifyBackup } from "../../lib/backup/verify_backup.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { goldenStore } from "../support/fixtures.ts";
import { systemError } from "../support/memory_fs.ts";
import { backUp, tinyStore } from "./backup_cases.ts";

/** The directory of a new backup of the tiny store. */
async function tinyBackup(): Promise<string> {
  return (await backUp(await tinyStore())).directory;
}

/** Gives a file of a backup other bytes. */
function overwrite(path: string, text: string): void {
  Deno.removeSync(path);
  Deno.writeTextFileSync(path, text);
}

Deno.test("verifyFiles() finds nothing in a backup that is whole", async () => {
  const { manifest, problems } = await verifyFiles(await tinyBackup());
  assertEquals(problems, []);
  assertEquals(manifest?.files.length, 3);
});

const DAMAGES: readonly [string, (directory: string) => void, string, string][] = [
  [
    "a missing file",
    (directory) => Deno.removeSync(join(directory, "files", "two.txt")),
    "files/two.txt",
    "It is missing",
  ],
  [
    "a missing directory",
    (directory) => Deno.removeSync(join(directory, "files", "notes", "deep"), { recursive: true }),
    "files/notes/deep",
    "It is missing",
  ],
  [
    "an extra file",
    (directory) => Deno.writeTextFileSync(join(directory, "files", "three.txt"), "3"),
    "files/three.txt",
    "It does not belong to the backup",
  ],
  [
    "an extra file beside the manifest",
    (directory) => Deno.writeTextFileSync(join(directory, "three.txt"), "3"),
    "three.txt",
    "It does not belong to the backup",
  ],
  [
    "an extra directory",
    (directory) => Deno.mkdirSync(join(directory, "files", "extra")),
    "files/extra",
    "It does not belong to the backup",
  ],
  [
    "a file that is shorter",
    (directory) => overwrite(join(directory, "files", "two.txt"), "tw"),
    "files/two.txt",
    "It has 2 bytes and not 3",
  ],
  [
    "a changed byte",
    (directory) => overwrite(join(directory, "files", "two.txt"), "twO"),
    "files/two.txt",
    "Its bytes have changed: the SHA-256 is another",
  ],
  [
    "a directory in the place of a file",
    (directory) => {
      Deno.removeSync(join(directory, "files", "two.txt"));
      Deno.mkdirSync(join(directory, "files", "two.txt"));
    },
    "files/two.txt",
    "It is no file",
  ],
  [
    "a link in the place of a file",
    (directory) => {
      Deno.renameSync(join(directory, "files", "two.txt"), join(directory, "..", "two.txt"));
      Deno.symlinkSync(join(directory, "..", "two.txt"), join(directory, "files", "two.txt"));
    },
    "files/two.txt",
    "It is no file",
  ],
  [
    "no files at all",
    (directory) => Deno.removeSync(join(directory, "files"), { recursive: true }),
    "files",
    "The directory is missing",
  ],
];

for (const [name, damage, path, problem] of DAMAGES) {
  Deno.test(`verifyFiles() names ${name}`, async () => {
    const directory = await tinyBackup();
    damage(directory);
    const { problems } = await verifyFiles(directory);
    const [first] = problems.filter((found) => found.path === path);
    assertEquals(first, { path, problem });
  });
}

Deno.test("verifyFiles() names a damaged manifest", async () => {
  const directory = await tinyBackup();
  overwrite(join(directory, "manifest.json"), "{}");
  const { manifest, problems } = await verifyFiles(directory);
  assertEquals(manifest, null);
  assertEquals(problems.map(({ path }) => path), ["manifest.json"]);
});

Deno.test("verifyBackup() keeps what it has found, good or bad", async () => {
  const directory = await tinyBackup();
  const now = (): Date => new Date("2026-05-01T00:00:00Z");
  const good = await verifyBackup(directory, { now });
  assert(good.isRecorded);
  assertEquals(readVerification(localFs, directory), {
    at: "2026-05-01T00:00:00.000Z",
    level: "digests",
    good: true,
    problems: [],
    confirmedAt: null,
  });
  overwrite(join(directory, "files", "two.txt"), "TWO");
  const bad = await verifyBackup(directory, { now });
  assertEquals(bad.verification.good, false);
  assertEquals(readVerification(localFs, directory), bad.verification);
});

Deno.test("verifyBackup() says so when its result cannot be kept", async () => {
  const directory = await tinyBackup();
  const fs: WriteFs = {
    ...localFs,
    createFile: () => {
      throw systemError("EROFS", "createFile");
    },
  };
  const { verification, isRecorded } = await verifyBackup(directory, { fs });
  assert(verification.good);
  assert(!isRecorded);
});

Deno.test("verifyBackup() in full checks the store and compares what it holds", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { directory } = await backUp(store);
  const { verification } = await verifyBackup(directory, { full: true });
  assertEquals(verification.problems, []);
  assertEquals(verification.level, "full");
});

Deno.test("verifyBackup() in full names collections that hold something else", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { directory, manifest } = await backUp(store);
  const [first] = manifest.collections;
  const text = Deno.readTextFileSync(join(directory, "manifest.json"))
    .replace(first?.hash ?? "", "f".repeat(first?.hash.length ?? 0));
  overwrite(join(directory, "manifest.json"), text);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  overwrite(
    join(directory, "manifest.json.sha256"),
    `${new Uint8Array(digest).toHex()}  manifest.json\n`,
  );
  const { verification } = await verifyBackup(directory, { full: true });
  assertEquals(verification.problems.length, 1);
  assertStringIncludes(verification.problems[0]?.problem ?? "", `"${first?.name}"`);
  assert((await verifyBackup(directory)).verification.good);
});

Deno.test("readVerification() takes what is damaged, or of another manifest, for nothing", async () => {
  const directory = await tinyBackup();
  assertEquals(readVerification(localFs, directory), null);
  await verifyBackup(directory);
  const path = join(directory, "verified.json");
  const text = Deno.readTextFileSync(path);
  for (
    const wrong of [
      "",
      "{",
      "[]",
      text.replace('"vecfsckVerification": 1', '"vecfsckVerification": 2'),
      text.replace('"digests"', '"a look"'),
      text.replace(/"manifestSha256": "."/, '"manifestSha256": "-"').replace(/[0-9a-f]{64}/, "0"),
    ]
  ) {
    Deno.writeTextFileSync(path, wrong);
    assertEquals(readVerification(localFs, directory), null, wrong);
  }
});
