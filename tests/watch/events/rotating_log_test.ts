import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../../lib/fs/platform.ts";
import { RotatingLog } from "../../../lib/watch/events/rotating_log.ts";
import { interceptWrites } from "../../support/fault_fs.ts";
import { scratchDirectory } from "../../support/fixtures.ts";
import { MemoryDisk, systemError } from "../../support/memory_fs.ts";

/** The files of a directory in memory, with what they hold. */
function contentsOf({ fs }: MemoryDisk, directory: string): Record<string, string> {
  return Object.fromEntries(
    fs.list(directory).map((name) => {
      using file = fs.openForReading(join(directory, name));
      const bytes = file.readAt(0, new Uint8Array(file.sizeBytes));
      return [name, new TextDecoder().decode(bytes)];
    }),
  );
}

function logDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.fs.makeDirectory("/log", 0o755);
  return disk;
}

Deno.test("RotatingLog renames what is full, and keeps as many as it may", () => {
  const disk = logDisk();
  const log = new RotatingLog({ fs: disk.fs, path: "/log/watch", maxSizeBytes: 12, keep: 2 });
  for (const line of ["one", "two", "three", "four", "five", "six", "seven", "eight"]) {
    assertEquals(log.write(line), null);
  }
  assertEquals(contentsOf(disk, "/log"), {
    "watch": "seven\neight\n",
    "watch.1": "five\nsix\n",
    "watch.2": "three\nfour\n",
  });
  // What others have put beside it is none of its logs.
  disk.fs.makeDirectory("/log/watch.3", 0o755);
  disk.fs.rename("/log/watch.1", "/log/watch.old");
  log.reconfigure({ fs: disk.fs, path: "/log/watch", maxSizeBytes: 12, keep: 1 });
  log.write("a long line");
  assertEquals(disk.fs.list("/log"), ["watch", "watch.1", "watch.3", "watch.old"]);
  log.reconfigure({ fs: disk.fs, path: "/log/watch", maxSizeBytes: 12, keep: 0 });
  log.write("another");
  assertEquals(disk.fs.list("/log"), ["watch", "watch.3", "watch.old"]);
});

Deno.test("RotatingLog goes on in a new file when others have renamed it", async () => {
  const path = join(await scratchDirectory(), "watch.log");
  const log = new RotatingLog({ fs: localFs, path, maxSizeBytes: 1000, keep: 2 });
  log.write("one");
  Deno.renameSync(path, `${path}-20260101`);
  log.write("two");
  Deno.truncateSync(path);
  log.write("three");
  assertEquals(Deno.readTextFileSync(`${path}-20260101`), "one\n");
  assertEquals(Deno.readTextFileSync(path), "three\n");
});

Deno.test("RotatingLog loses lines on a full disk, says so once, and how many when it goes on", () => {
  const disk = logDisk();
  let isFull = false;
  const fs = interceptWrites(disk.fs, ({ name }) => {
    if (!isFull || name !== "write") return "as-it-is";
    throw systemError("ENOSPC");
  });
  const log = new RotatingLog({ fs, path: "/log/watch", maxSizeBytes: 1000, keep: 2 });
  log.write("one");
  isFull = true;
  const lost = log.write("two");
  assertStringIncludes(lost?.kind === "lost" ? lost.problem : "", "No space left");
  assertEquals([log.write("three"), log.write("four")], [null, null]);
  isFull = false;
  assertEquals(log.write("five"), { kind: "back", lostLines: 3 });
  assertEquals(log.write("six"), null);
  assertEquals(contentsOf(disk, "/log"), { watch: "one\nfive\nsix\n" });
});

Deno.test("RotatingLog begins a new line after one that was written in part", () => {
  const disk = logDisk();
  let isTorn = false;
  const fs = interceptWrites(disk.fs, ({ name }) => {
    if (!isTorn || name !== "write") return "as-it-is";
    isTorn = false;
    return "lost";
  });
  const options = { fs, path: "/log/watch", maxSizeBytes: 1000, keep: 2 };
  isTorn = true;
  new RotatingLog(options).write("one and two");
  new RotatingLog(options).write("three");
  assertEquals(contentsOf(disk, "/log"), { watch: "one an\nthree\n" });
});

Deno.test("RotatingLog writes on, and says so, when it cannot rename", () => {
  const disk = logDisk();
  const fs = interceptWrites(disk.fs, ({ name }) => {
    if (name === "rename") throw systemError("EACCES");
    return "as-it-is";
  });
  const log = new RotatingLog({ fs, path: "/log/watch", maxSizeBytes: 5, keep: 2 });
  log.write("one");
  const lost = log.write("two");
  assertStringIncludes(lost?.kind === "lost" ? lost.problem : "", "The log is not rotated");
  assertEquals([log.write("three")], [null]);
  assertEquals(contentsOf(disk, "/log"), { watch: "one\ntwo\nthree\n" });
});

Deno.test("RotatingLog opens nothing that is no file", () => {
  const disk = logDisk();
  const log = new RotatingLog({ fs: disk.fs, path: "/log", maxSizeBytes: 5, keep: 2 });
  const lost = log.write("one");
  assertEquals(lost, { kind: "lost", problem: "The log is no file: /log" });
});
