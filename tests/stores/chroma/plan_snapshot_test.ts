import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { runAtOnce } from "../../../lib/base/turns.ts";
import { OperationError } from "../../../lib/base/errors.ts";
import type { SnapshotPlan } from "../../../lib/model/store.ts";
import { chromaFormat } from "../../../lib/stores/chroma/format.ts";
import { planChromaSnapshot } from "../../../lib/stores/chroma/plan_snapshot.ts";
import { goldenStore, scratchDirectory } from "../../support/fixtures.ts";

const SEGMENT = "01234567-89ab-4cde-8f01-23456789abcd";

/** An empty store with a catalogue, into which a test puts what it likes. */
async function emptyStore(): Promise<string> {
  const path = await scratchDirectory();
  await Deno.writeTextFile(join(path, "chroma.sqlite3"), "catalogue");
  return path;
}

function planOf(path: string): SnapshotPlan {
  return runAtOnce(planChromaSnapshot({ path, format: "chroma", evidence: "" }));
}

function namesOf(plan: SnapshotPlan): string[] {
  return plan.files.map(({ path }) => path);
}

Deno.test("planChromaSnapshot() lists every file of a golden store, the catalogue as a database", async () => {
  const path = await goldenStore("chroma-1.5.9");
  const expected: string[] = [];
  const directories: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (!isDirectory) {
      expected.push(name);
      continue;
    }
    directories.push(name);
    for (const file of Deno.readDirSync(join(path, name))) expected.push(`${name}/${file.name}`);
  }
  const plan = planOf(path);
  assertEquals(namesOf(plan).toSorted(), expected.toSorted());
  assertEquals(plan.directories.toSorted(), directories.toSorted());
  assertEquals(plan.leftOut, []);
  const databases = plan.files.filter(({ kind }) => kind === "database");
  assertEquals(databases.map((file) => file.path), ["chroma.sqlite3"]);
  const info = Deno.statSync(join(path, "chroma.sqlite3"));
  assertEquals(databases[0]?.sizeBytes, info.size);
  assertEquals(databases[0]?.modifiedMs, info.mtime?.getTime());
});

Deno.test("planChromaSnapshot() passes over what SQLite keeps beside the catalogue, and over nothing else", async () => {
  const path = await emptyStore();
  for (const suffix of ["-journal", "-wal", "-shm", "-old"]) {
    await Deno.writeTextFile(join(path, `chroma.sqlite3${suffix}`), "x");
  }
  await Deno.mkdir(join(path, "copy"));
  await Deno.writeTextFile(join(path, "copy", "chroma.sqlite3"), "x");
  await Deno.writeTextFile(join(path, "copy", "chroma.sqlite3-wal"), "x");
  const plan = planOf(path);
  assertEquals(plan.files.map(({ path, kind }) => [path, kind]), [
    ["chroma.sqlite3", "database"],
    ["chroma.sqlite3-old", "file"],
    ["copy/chroma.sqlite3", "file"],
    ["copy/chroma.sqlite3-wal", "file"],
  ]);
  assertEquals(plan.leftOut, []);
});

Deno.test("planChromaSnapshot() lists moved-aside and foreign directories, the outer ones first", async () => {
  const path = await emptyStore();
  await Deno.mkdir(join(path, `${SEGMENT}.drift-20260101-000000`));
  await Deno.mkdir(join(path, "notes", "deep", "empty"), { recursive: true });
  await Deno.writeTextFile(join(path, "notes", "deep", "file"), "1234");
  const plan = planOf(path);
  assertEquals(plan.directories, [
    `${SEGMENT}.drift-20260101-000000`,
    "notes",
    "notes/deep",
    "notes/deep/empty",
  ]);
  assertEquals(namesOf(plan), ["chroma.sqlite3", "notes/deep/file"]);
  assertEquals(plan.files[1]?.sizeBytes, 4);
});

Deno.test("planChromaSnapshot() follows links to files and directories, and never in a loop", async () => {
  const path = await emptyStore();
  const other = await scratchDirectory();
  await Deno.mkdir(join(other, "index"));
  await Deno.writeTextFile(join(other, "index", "header.bin"), "123456");
  await Deno.symlink("..", join(other, "index", "up"));
  await Deno.symlink(join(other, "index"), join(path, SEGMENT));
  await Deno.symlink(join(other, "index", "header.bin"), join(path, "file"));
  await Deno.symlink(path, join(path, "itself"));
  await Deno.symlink("nowhere", join(path, "lost"));
  await Deno.symlink("circle", join(path, "circle"));
  const plan = planOf(path);
  assertEquals(plan.files.map(({ path, sizeBytes }) => [path, sizeBytes]), [
    [`${SEGMENT}/header.bin`, 6],
    ["chroma.sqlite3", 9],
    ["file", 6],
  ]);
  assertEquals(plan.directories, [SEGMENT, `${SEGMENT}/up`]);
  assertEquals(plan.leftOut, [
    { path: `${SEGMENT}/up/index`, reason: "a link that leads back to a directory above it" },
    { path: "circle", reason: "a link that leads nowhere" },
    { path: "itself", reason: "a link that leads back to a directory above it" },
    { path: "lost", reason: "a link that leads nowhere" },
  ]);
});

Deno.test("planChromaSnapshot() leaves out the work directory and what a killed run has left", async () => {
  const path = await emptyStore();
  await Deno.mkdir(join(path, ".vecfsck", "quarantine"), { recursive: true });
  await Deno.mkdir(join(path, `.${SEGMENT}.vecfsck-0123456789abcdef.removed`));
  await Deno.mkdir(join(path, "notes", ".vecfsck"), { recursive: true });
  const plan = planOf(path);
  assertEquals(plan.leftOut.map(({ path }) => path), [
    `.${SEGMENT}.vecfsck-0123456789abcdef.removed`,
    ".vecfsck",
  ]);
  assertEquals(plan.directories, ["notes", "notes/.vecfsck"]);
});

Deno.test({
  name: "planChromaSnapshot() leaves out pipes and names that are not UTF-8, and says why",
  ignore: Deno.build.os === "windows",
  async fn() {
    const path = await emptyStore();
    await runShell(path, "mkfifo pipe; printf x > \"$(printf 'a\\377')\"");
    await runShell(
      path,
      "mkdir d; printf x > \"$(printf 'd/a\\377')\"; printf x > \"$(printf 'd/a\\376')\"",
    );
    const plan = planOf(path);
    assertEquals(namesOf(plan), ["chroma.sqlite3"]);
    assertEquals(plan.leftOut, [
      { path: "a\ufffd", reason: "its name is not UTF-8" },
      { path: "d/a\ufffd", reason: "its name is not UTF-8" },
      { path: "d/a\ufffd", reason: "its name is not UTF-8" },
      { path: "pipe", reason: "neither a file nor a directory" },
    ]);
  },
});

Deno.test("planChromaSnapshot() leaves out a directory that is no part of any store by its depth", async () => {
  const path = await emptyStore();
  const deep = Array(80).fill("d").join("/");
  await Deno.mkdir(join(path, "tree", deep), { recursive: true });
  await Deno.mkdir(join(path, "usual"));
  const plan = planOf(path);
  assertEquals(plan.directories, ["usual"]);
  assertEquals(plan.leftOut, [
    { path: "tree", reason: "its directories are more than 64 deep" },
  ]);
});

Deno.test("planChromaSnapshot() ends at links that multiply, and leaves their directory out", async () => {
  const path = await emptyStore();
  const other = await scratchDirectory();
  // Two links in each of 30 directories, both to the next: 2^30 ways.
  for (let level = 0; level < 30; level++) {
    await Deno.mkdir(join(other, `${level}`));
    for (const name of ["a", "b"]) {
      await Deno.symlink(join(other, `${level + 1}`), join(other, `${level}`, name));
    }
  }
  await Deno.symlink(join(other, "0"), join(path, "tree"));
  await Deno.mkdir(join(path, SEGMENT));
  const plan = planOf(path);
  assertEquals([...namesOf(plan), ...plan.directories], ["chroma.sqlite3", SEGMENT]);
  assertEquals(plan.leftOut, [{
    path: "tree",
    reason: "with it, the store has more than 100,000 entries",
  }]);
});

Deno.test("planChromaSnapshot() throws not-found when the store is gone", async () => {
  const path = join(await scratchDirectory(), "gone");
  const error = assertThrows(() => planOf(path), OperationError);
  assertEquals([error.code, error.path], ["not-found", path]);
});

Deno.test("chromaFormat.lockedDatabase() is the catalogue", () => {
  const store = { path: "/srv/store", format: "chroma", evidence: "" } as const;
  assertEquals(chromaFormat.lockedDatabase(store), join("/srv/store", "chroma.sqlite3"));
});

async function runShell(directory: string, script: string): Promise<void> {
  const command = new Deno.Command("sh", { args: ["-c", script], cwd: directory });
  assertEquals((await command.output()).success, true);
}
