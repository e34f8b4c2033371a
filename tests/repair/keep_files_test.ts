import { assert, assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { isTemporaryName } from "../../lib/fs/names.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { keepFiles, removeKept, requireFreePath } from "../../lib/repair/keep_files.ts";
import { exploreCrashes, exploreFaults, type Scenario } from "../fs/explore.ts";
import { MemoryDisk } from "../support/memory_fs.ts";

const STORE = "/data/store";
const WORK = "/data/store.vecfsck";
const AREA = `${WORK}/.repair.vecfsck-0123456789abcdef.new`;
const MISSING = "/data/lists/missing.jsonl";
const ID = "20260131T040000Z";

const SAVED = [
  { name: "missing.jsonl", path: `${AREA}/copies/missing.jsonl`, lines: 2 },
  { name: "queue-rows.jsonl", path: `${AREA}/copies/queue-rows.jsonl`, lines: 1 },
];
const KEPT = {
  [`${WORK}/saved/${ID}/missing.jsonl`]: "a\nb\n",
  [`${WORK}/saved/${ID}/queue-rows.jsonl`]: "c\n",
};

function setUp(disk: MemoryDisk): void {
  disk.write(`${STORE}/chroma.sqlite3`, "database");
  disk.write(`${AREA}/copies/missing.jsonl`, "a\nb\n");
  disk.write(`${AREA}/copies/queue-rows.jsonl`, "c\n");
  disk.makeDirectories("/data/lists");
}

function keep(fs: WriteFs, missingPath: string | undefined = MISSING): string[] {
  const places = { workDirectory: WORK, id: ID, temporary: `${AREA}/kept`, missingPath };
  return keepFiles(fs, SAVED, places).map(({ path }) => path);
}

/** What is there that nobody removes by its name. */
function lastingFiles(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter(([path, content]) =>
      content !== "/" && !path.split("/").some(isTemporaryName)
    ),
  );
}

const SCENARIO: Scenario = {
  setUp,
  run: (fs) => void keep(fs),
  recover: (fs) => void recoverSwaps(STORE, { fs }),
  judge(files) {
    const { [`${STORE}/chroma.sqlite3`]: database, ...others } = lastingFiles(files);
    assertEquals(database, "database");
    const all = { ...KEPT, [MISSING]: "a\nb\n" };
    // Each of the two places has everything or nothing.
    for (const [path, content] of Object.entries(others)) {
      assertEquals(content, (all as Record<string, string>)[path], path);
    }
    const count = Object.keys(others).length;
    assert([0, 2, 3].includes(count), JSON.stringify(others));
    return count === 3 ? "new" : "old";
  },
};

Deno.test("keepFiles() has everything on the disk when it ends, whenever the power is cut", () => {
  const tally = exploreCrashes(SCENARIO);
  assert(tally.cuts > 15 && tally.old > 0 && tally.new > 0, JSON.stringify(tally));
});

Deno.test("keepFiles() leaves nothing of its own when it fails", () => {
  let failed = 0;
  for (const { error, state, files, fault } of exploreFaults(SCENARIO)) {
    if (error === null) continue;
    failed++;
    // Where the disk has failed for good, nothing can be taken back either.
    if (fault.duration !== "once") continue;
    assertEquals(state, "old");
    assertEquals(
      Object.keys(lastingFiles(files)),
      [`${STORE}/chroma.sqlite3`],
      JSON.stringify(fault),
    );
  }
  assert(failed > 30, String(failed));
});

Deno.test("keepFiles() takes another name where one is taken, and removeKept() only its own", () => {
  const disk = new MemoryDisk();
  setUp(disk);
  disk.write(`${WORK}/saved/${ID}/missing.jsonl`, "of another repair");
  const directory = `${WORK}/saved/${ID}-2`;
  const paths = [`${directory}/missing.jsonl`, `${directory}/queue-rows.jsonl`];
  const places = {
    workDirectory: WORK,
    id: ID,
    temporary: `${AREA}/kept`,
    missingPath: undefined,
  };
  const kept = keepFiles(disk.fs, SAVED, places);
  assertEquals(kept.map(({ path }) => path), paths);
  removeKept(disk.fs, kept, WORK);
  assertEquals(disk.fs.look(directory), null);
  assertEquals(disk.list()[`${WORK}/saved/${ID}/missing.jsonl`], "of another repair");
});

Deno.test("requireFreePath() refuses a file that is there, a place that is not, and the store", () => {
  const disk = new MemoryDisk();
  setUp(disk);
  disk.write(MISSING, "of another repair");
  const refusals = [
    [MISSING, "exists already"],
    ["/data/nowhere/missing.jsonl", "No such directory"],
    [`${STORE}/missing.jsonl`, "in the store itself"],
  ] as const;
  for (const [path, problem] of refusals) {
    assertThrows(() => requireFreePath(disk.fs, STORE, path), OperationError, problem);
  }
  requireFreePath(disk.fs, STORE, "/data/lists/other.jsonl");
  requireFreePath(disk.fs, STORE, undefined);
});
