import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { swapFile } from "../../lib/fs/swap.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { withExclusiveDatabase } from "../../lib/sqlite/exclusive.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { systemError } from "../support/memory_fs.ts";
import { CLI_PERMISSIONS } from "../support/run_cli.ts";

const PROGRAM = fromFileUrl(new URL("./database_process.ts", import.meta.url));

function commandFor(task: string, path: string): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...CLI_PERMISSIONS, PROGRAM, task, path],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  });
}

/** What another process is told that begins a transaction. */
function probe(path: string): string {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...CLI_PERMISSIONS, PROGRAM, "probe", path],
    stderr: "inherit",
  }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

/** A process that has the database open. */
class OtherProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async start(task: string, path: string): Promise<OtherProcess> {
    const started = new OtherProcess(commandFor(task, path).spawn());
    assertEquals(await started.#line(), "at work");
    return started;
  }

  /** Lets it write, and tells what came of it. */
  async write(): Promise<string> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(Uint8Array.of(1));
    writer.releaseLock();
    return await this.#line();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#lines.cancel();
    await this.#child.stdin.close().catch(() => {});
    await this.#child.status;
  }

  async #line(): Promise<string> {
    return ((await this.#lines.read()).value ?? "").trim();
  }
}

async function storeWithDatabase(): Promise<string> {
  const path = join(await scratchDirectory(), "store", "chroma.sqlite3");
  Deno.mkdirSync(join(path, ".."));
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('old')");
  database.close();
  return path;
}

/** Everything by which a change of a store's files could be noticed. */
function stateOf(path: string): unknown {
  const directory = join(path, "..");
  return Array.from(Deno.readDirSync(directory), ({ name }) => {
    const { size, mtime, ino } = Deno.statSync(join(directory, name));
    const bytes = Deno.readFileSync(join(directory, name));
    return [name, size, mtime?.getTime(), ino, new TextDecoder("latin1").decode(bytes)];
  }).sort();
}

function besides(path: string): string[] {
  return Array.from(Deno.readDirSync(join(path, "..", "..")), ({ name }) => name).sort();
}

async function killedWhile(task: string, path: string): Promise<void> {
  await using _other = await OtherProcess.start(task, path);
}

const STATES: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "is settled": () => Promise.resolve(),
  "has a hot journal": (path) => killedWhile("write", path),
  "has a write-ahead log": (path) => killedWhile("idle-wal", path),
};

for (const [state, prepare] of Object.entries(STATES)) {
  Deno.test(`withExclusiveDatabase() keeps others out of a database that ${state}, and changes nothing`, async () => {
    const path = await storeWithDatabase();
    await prepare(path);
    const before = stateOf(path);
    const answer = withExclusiveDatabase(path, ({ locked }) => {
      assertEquals(locked, true);
      // In another process all of the locks are another's.
      assertEquals(probe(path), "database is locked");
      return "answer";
    });
    assertEquals(answer, "answer");
    assertEquals(stateOf(path), before);
    assertEquals(besides(path), ["store"]);
    assertEquals(probe(path), "done");
  });
}

Deno.test("withExclusiveDatabase() refuses a database that another process writes", async () => {
  const path = await storeWithDatabase();
  await using _other = await OtherProcess.start("write", path);
  const before = stateOf(path);
  const error = assertThrows(
    () => withExclusiveDatabase(path, () => "never", { busyTimeoutMs: 50 }),
    OperationError,
  );
  assertEquals([error.code, error.message, error.path], [
    "busy",
    `Another process is using ${path}`,
    path,
  ]);
  assertStringIncludes(error.hint ?? "", "Stop every process that uses the store");
  assertEquals(stateOf(path), before);
  assertEquals(besides(path), ["store"]);
});

Deno.test("withExclusiveDatabase() refuses a database in WAL mode that another only has open", async () => {
  const path = await storeWithDatabase();
  await using other = await OtherProcess.start("idle-wal", path);
  const error = assertThrows(
    () => withExclusiveDatabase(path, () => "never", { busyTimeoutMs: 50 }),
    OperationError,
  );
  assertEquals(error.code, "busy");
  assertEquals(await other.write(), "done");
});

Deno.test("a process that had the database open cannot write to it after a swap", async () => {
  const path = await storeWithDatabase();
  await using other = await OtherProcess.start("idle", path);
  const store = join(path, "..");
  const replacement = join(store, "..", "replacement");
  Deno.copyFileSync(path, replacement);
  const before = Deno.readFileSync(path);
  const { aside } = withExclusiveDatabase(path, () => swapFile(path, replacement, { store }));
  assertEquals(await other.write(), "attempt to write a readonly database");
  assertEquals(Deno.readFileSync(join(aside ?? "", "chroma.sqlite3")), before);
  assertEquals(Deno.readFileSync(path), before);
  assertEquals(probe(path), "done");
});

Deno.test("withExclusiveDatabase() keeps its lock while the file is looked at, linked and renamed", async () => {
  const path = await storeWithDatabase();
  const [second, away] = [`${path}.second`, `${path}.away`];
  withExclusiveDatabase(path, () => {
    localFs.look(path);
    localFs.linkFile(path, second);
    localFs.rename(path, away);
    assertEquals([probe(second), probe(away)], ["database is locked", "database is locked"]);
    localFs.rename(away, path);
    localFs.removeFile(second);
    assertEquals(probe(path), "database is locked");
  });
});

Deno.test({
  name: "opening and closing the database in the same process ends its lock, as documented",
  ignore: Deno.build.os === "windows",
  async fn() {
    const path = await storeWithDatabase();
    withExclusiveDatabase(path, () => {
      assertEquals(probe(path), "database is locked");
      Deno.openSync(path).close();
      assertEquals(probe(path), "done");
    });
  },
});

Deno.test("withExclusiveDatabase() runs the action where there is nothing to lock", async () => {
  const path = await storeWithDatabase();
  const missing = `${path}.missing`;
  assertEquals(withExclusiveDatabase(missing, ({ locked }) => locked), false);
  Deno.writeTextFileSync(path, "no database at all".repeat(100));
  const before = stateOf(path);
  assertEquals(withExclusiveDatabase(path, ({ locked }) => locked), false);
  assertEquals(stateOf(path), before);
  assertEquals(besides(path), ["store"]);
});

Deno.test("withExclusiveDatabase() leaves an empty database and its journal as they are", async () => {
  const path = await storeWithDatabase();
  Deno.writeTextFileSync(`${path}-journal`, "of a database that was lost");
  for (const content of ["", "x"]) {
    Deno.writeTextFileSync(path, content);
    const before = stateOf(path);
    assertEquals(withExclusiveDatabase(path, ({ locked }) => locked), true);
    assertEquals(stateOf(path), before);
  }
});

Deno.test("withExclusiveDatabase() releases the lock when the action throws", async () => {
  for (const prepare of Object.values(STATES)) {
    const path = await storeWithDatabase();
    await prepare(path);
    assertThrows(
      () =>
        withExclusiveDatabase(path, () => {
          throw new RangeError("of the action");
        }),
      RangeError,
      "of the action",
    );
    assertEquals([probe(path), besides(path)], ["done", ["store"]]);
  }
});

Deno.test("withExclusiveDatabase() only tries the lock where it cannot be kept", async () => {
  const path = await storeWithDatabase();
  withExclusiveDatabase(path, ({ locked }) => {
    assertEquals([locked, probe(path)], [true, "done"]);
  }, { canKeep: false });
  await using _other = await OtherProcess.start("write", path);
  const options = { canKeep: false, busyTimeoutMs: 0 };
  const error = assertThrows(() => withExclusiveDatabase(path, () => {}, options), OperationError);
  assertEquals(error.code, "busy");
});

Deno.test("withExclusiveDatabase() refuses an unfinished transaction where there are no links", async () => {
  const path = await storeWithDatabase();
  await killedWhile("write", path);
  const before = stateOf(path);
  for (const code of ["EPERM", "EXDEV", "ENOTSUP"]) {
    const fs: WriteFs = {
      ...localFs,
      linkFile: () => {
        throw systemError(code);
      },
    };
    const error = assertThrows(
      () => withExclusiveDatabase(path, () => "never", { fs }),
      OperationError,
    );
    assertEquals(error.code, "busy");
    assertStringIncludes(error.message, "has an unfinished transaction");
  }
  assertEquals(stateOf(path), before);
  assert(besides(path).length === 1);
});
