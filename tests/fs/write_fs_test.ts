import { assert, assertEquals, assertThrows } from "@std/assert";
import { join, relative } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { isRefusal, toWriteError } from "../../lib/fs/write_errors.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";

/** What of node:fs only reads, as long as no file is opened for more. */
const READING = ["closeSync", "constants", "fstatSync", "openSync", "readSync"].join("|");

/** What writes files: Deno's functions, most of node:fs, and opening for writing. */
const WRITING = new RegExp(
  [
    /\bDeno\.(?:write(?:Text)?File|rename|remove|mkdir|copyFile|truncate|utime|chmod|chown|link|symlink|create|makeTemp(?:Dir|File))(?:Sync)?\b/,
    /\b(?:write|append|truncate|create|createNew): (?:true|write)\b/,
    new RegExp(`import (?!\\{ (?:(?:${READING}),? )+\\} from )[^;]*from ["'](?:node:)?fs["']`),
    /\bfrom ["'](?:node:)?fs\/promises["']/,
    /\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b|\bopenSync\([^)]*["'](?:[wa]|r\+)/,
    /\.(?:syncSync|syncDataSync|truncateSync|utimeSync|writeSync|tryLockSync|lockSync)\(/,
    /\.(?:lchownSync|lutimesSync)\(/,
  ].map((pattern) => pattern.source).join("|"),
  "g",
);

/** Modules that write and do not go through WriteFs. */
const OTHERS = ["fs/scratch.ts"];

/** Modules that may say these words of something that is no file. */
const INNOCENT: Readonly<Record<string, readonly string[]>> = {
  "base/node_library.ts": ['import type * as NodeFs from "node:fs"'],
  "cli/text_stream.ts": [".writeSync("],
};

function* listModules(directory: string): Generator<string, void, undefined> {
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (isDirectory) yield* listModules(join(directory, name));
    else if (name.endsWith(".ts")) yield join(directory, name);
  }
}

Deno.test("write_fs.ts is the only module of lib that writes files", () => {
  const root = join(REPOSITORY, "lib");
  const writers = new Map<string, string[]>();
  for (const path of listModules(root)) {
    const name = relative(root, path).replaceAll("\\", "/");
    const code = Deno.readTextFileSync(path).replaceAll(/^\s*(?:\*|\/\/).*$/gm, "");
    const found = Array.from(code.matchAll(WRITING), ([match]) => match)
      .filter((match) => !INNOCENT[name]?.includes(match));
    if (found.length > 0) writers.set(name, found);
  }
  assert((writers.get("fs/write_fs.ts")?.length ?? 0) > 15, "the pattern finds nothing any more");
  const allowed = ["fs/write_fs.ts", ...OTHERS];
  assertEquals([...writers].filter(([name]) => !allowed.includes(name)), []);
});

/** What every file system has to do in the same way. */
function exercise(fs: WriteFs, root: string): unknown {
  const at = (name: string): string => `${root}/${name}`;
  const codeOf = (action: () => unknown): string => {
    try {
      action();
      return "none";
    } catch (error) {
      return error instanceof Error && "code" in error ? String(error.code) : String(error);
    }
  };
  fs.makeDirectory(at("directory"), 0o700);
  {
    using file = fs.createFile(at("file"), 0o600);
    file.write(new TextEncoder().encode("abcdef"));
    file.seek(10_000);
    file.write(Uint8Array.of(103));
    file.setSize(20_000);
    file.sync();
    assertEquals(file.look().sizeBytes, 20_000);
  }
  fs.makeSymbolicLink("file", at("link"));
  fs.linkFile(at("file"), at("second"));
  fs.setTimes(at("file"), 1_000_123, 2_000_456);
  fs.setTimes(at("link"), 3_000, 4_000);
  fs.setMode(at("file"), 0o640);
  fs.syncFile(at("file"));
  fs.syncDirectory(root);
  const facts = ["file", "link", "directory", "none"].map((name) => {
    const entry = fs.look(at(name));
    const { kind, mode, accessedMs, modifiedMs } = entry ?? {};
    return name === "directory" ? [kind, mode] : [kind, mode, accessedMs, modifiedMs];
  });
  using opened = fs.openForReading(at("link"));
  const lock = fs.tryLock(at("directory"));
  const result = {
    facts,
    isOneFile: fs.look(at("file"))?.inode === fs.look(at("second"))?.inode,
    sizeBytes: fs.look(at("file"))?.sizeBytes,
    names: fs.list(root),
    target: fs.readLink(at("link")),
    resolved: fs.resolve(at("link")) === fs.resolve(at("file")),
    start: new TextDecoder().decode(opened.readAt(0, new Uint8Array(7))),
    end: opened.readAt(19_998, new Uint8Array(7)).byteLength,
    second: fs.tryLock(at("directory")),
    codes: {
      createThere: codeOf(() => fs.createFile(at("file"), 0o600)),
      makeThere: codeOf(() => fs.makeDirectory(at("directory"), 0o700)),
      linkThere: codeOf(() => fs.linkFile(at("file"), at("link"))),
      symbolicThere: codeOf(() => fs.makeSymbolicLink("x", at("link"))),
      createNowhere: codeOf(() => fs.createFile(at("none/file"), 0o600)),
      renameNothing: codeOf(() => fs.rename(at("none"), at("other"))),
      renameIntoItself: codeOf(() => fs.rename(at("directory"), at("directory/inside"))),
      fileOverDirectory: codeOf(() => fs.rename(at("file"), at("directory"))),
      directoryOverFile: codeOf(() => fs.rename(at("directory"), at("file"))),
      removeNothing: codeOf(() => fs.removeFile(at("none"))),
      listFile: codeOf(() => fs.list(at("file"))),
      readLinkOfFile: codeOf(() => fs.readLink(at("file"))),
      lookBelowFile: codeOf(() => fs.look(at("file/below"))),
    },
  };
  lock?.release();
  lock?.release();
  fs.tryLock(at("directory"))?.release();
  fs.rename(at("file"), at("directory/moved"));
  assertEquals(codeOf(() => fs.removeDirectory(at("directory"))), "ENOTEMPTY");
  for (const name of ["directory/moved", "link", "second"]) fs.removeFile(at(name));
  fs.removeDirectory(at("directory"));
  assertEquals(fs.list(root), []);
  return result;
}

Deno.test({
  name: "WriteFs behaves in memory as it does on a real disk",
  ignore: Deno.build.os === "windows",
  async fn() {
    const disk = new MemoryDisk();
    disk.makeDirectories("/data");
    const inMemory = exercise(disk.fs, "/data");
    assertEquals(inMemory, exercise(localFs, await scratchDirectory()));
  },
});

Deno.test("WriteFs.makeTemporaryDirectory() makes one for this user alone", () => {
  const path = localFs.makeTemporaryDirectory("vecfsck-test-");
  try {
    if (Deno.build.os !== "windows") assertEquals(localFs.look(path)?.mode, 0o700);
  } finally {
    localFs.removeDirectory(path);
  }
});

Deno.test("WriteFs.makeId() makes up 16 hexadecimal digits", () => {
  const ids = Array.from({ length: 100 }, () => localFs.makeId());
  assertEquals(new Set(ids).size, 100);
  for (const id of ids) assert(/^[0-9a-f]{16}$/.test(id), id);
});

Deno.test("WriteFs.freeBytes() asks only where that is allowed, and never for permission", async () => {
  const directory = await scratchDirectory();
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "statfs" });
  assertEquals(localFs.freeBytes(directory) === null, state !== "granted");
});

Deno.test("toWriteError() says what happened, to what, and what to do", () => {
  const told = (error: unknown): unknown => {
    const { code, message, path, hint } = toWriteError(error, "/data/x");
    assert(hint?.endsWith("."));
    return [code, message, path];
  };
  assertEquals(told(systemError("ENOSPC")), [
    "no-space",
    "No space left while writing /data/x",
    "/data/x",
  ]);
  assertEquals(told(systemError("EDQUOT")), told(systemError("ENOSPC")));
  for (const code of ["EACCES", "EPERM", "EROFS"]) {
    assertEquals(told(systemError(code)), [
      "permission-denied",
      "No permission to write /data/x",
      "/data/x",
    ]);
  }
  assertEquals(
    told(new Deno.errors.NotCapable("requires write access")),
    told(systemError("EPERM")),
  );
  assertEquals(told(systemError("EIO", "of the disk")), [
    "write-failed",
    "Cannot write /data/x: EIO of the disk",
    "/data/x",
  ]);
  const away = toWriteError(new Deno.errors.NotFound("away"), "/data/x");
  assert(away.hint?.startsWith("The directory in which it goes"));
  const known = new OperationError("busy", "In use");
  assert(toWriteError(known, "/data/x") === known);
});

Deno.test("isRefusal() tells what a system does not have from what has failed", () => {
  assertEquals(
    ["EPERM", "ENOTSUP", "ENOSYS", "EMLINK"].map((code) => isRefusal(systemError(code))),
    [
      true,
      true,
      true,
      true,
    ],
  );
  assertEquals(["EIO", "EACCES", "ENOSPC"].map((code) => isRefusal(systemError(code))), [
    false,
    false,
    false,
  ]);
  assertThrows(() => {
    throw systemError("EACCES");
  }, Deno.errors.PermissionDenied);
});

Deno.test("tryLock() gets a lock again at once while other threads start programs", async () => {
  const path = join(await scratchDirectory(), "lock");
  await Deno.writeTextFile(path, "");
  const thread = new Worker(new URL("./start_programs.ts", import.meta.url), { type: "module" });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let isRunning = true;
  thread.onmessage = () => {
    isRunning = false;
    resolve();
  };
  thread.postMessage(20);
  let refused = 0;
  while (isRunning) {
    for (let count = 0; count < 200; count++) {
      const lock = localFs.tryLock(path);
      lock === null ? refused++ : lock.release();
    }
    await new Promise((go) => setTimeout(go, 0));
  }
  await ended;
  thread.terminate();
  assertEquals(refused, 0);
});
