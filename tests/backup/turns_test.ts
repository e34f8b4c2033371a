import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createBackup } from "../../lib/backup/create.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { letStampsSettle, namesIn } from "./backup_cases.ts";

const FILE_COUNT = 250;

/** As many calls in a row can come of three loops side by side that let others run in between. */
const MOST_CALLS_IN_A_ROW = 120;

/** What brings bytes or stamps in or out, and has no part in the removal of what is left. */
const WORK: readonly PropertyKey[] = [
  "openForReading",
  "createFile",
  "syncFileInBackground",
  "linkFile",
];

/** A database with many files in one folder. */
async function storeOfManyFiles(): Promise<string> {
  const store = await chromemStore("plain");
  const folder = Array.from(Deno.readDirSync(store)).find(({ isDirectory }) => isDirectory);
  assert(folder !== undefined);
  for (let index = 0; index < FILE_COUNT; index++) {
    Deno.writeTextFileSync(join(store, folder.name, `${index}.gob.tmp`), "left");
  }
  letStampsSettle(store);
  return store;
}

/** Counts calls of the system; by its clock each of them takes a millisecond, and nothing else. */
class CountedCalls implements Disposable {
  readonly #now = performance.now;
  readonly #stat = Deno.statSync;
  readonly #atTurn: (calls: CountedCalls) => void;
  #timer: ReturnType<typeof setImmediate>;
  #inARow = 0;
  /** How many there were. */
  all = 0;
  /** How many of them were work. */
  work = 0;
  /** How many there were at the most without a turn for others. */
  mostInARow = 0;
  /** The local file system, counted. What is written there is not waited for. */
  readonly fs: WriteFs;

  constructor(atTurn: (calls: CountedCalls) => void = () => {}) {
    this.#atTurn = atTurn;
    performance.now = () => this.all;
    Deno.statSync = (path) => {
      this.#count(true);
      return this.#stat(path);
    };
    this.fs = new Proxy(localFs, {
      get: (fs, name): unknown => {
        const method: unknown = Reflect.get(fs, name);
        if (typeof method !== "function") return method;
        return (...values: unknown[]): unknown => {
          this.#count(WORK.includes(name));
          return name === "syncFileInBackground"
            ? Promise.resolve()
            : Reflect.apply(method, fs, values);
        };
      },
    });
    // A timer of no time waits for a millisecond by the clock of the wall.
    this.#timer = setImmediate(() => this.#turn());
  }

  #count(isWork: boolean): void {
    this.all++;
    if (isWork) this.work++;
    this.mostInARow = Math.max(this.mostInARow, ++this.#inARow);
  }

  #turn(): void {
    this.#inARow = 0;
    this.#timer = setImmediate(() => this.#turn());
    this.#atTurn(this);
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#timer);
    performance.now = this.#now;
    Deno.statSync = this.#stat;
  }
}

Deno.test("createBackup() lets others run between few of very many files", async () => {
  const store = await storeOfManyFiles();
  using calls = new CountedCalls();
  for (const _ of ["copied", "shared"]) {
    const { backup } = await createBackup(store, { fs: calls.fs, force: true, verify: true });
    assert((backup?.manifest.files.length ?? 0) > FILE_COUNT);
  }
  assert(calls.all > 20 * FILE_COUNT);
  assert(calls.mostInARow < MOST_CALLS_IN_A_ROW, `${calls.mostInARow} calls in a row`);
});

Deno.test("createBackup() ends soon after its signal, and leaves nothing", async () => {
  const store = await storeOfManyFiles();
  let total = 0;
  {
    using calls = new CountedCalls();
    await createBackup(store, { fs: calls.fs, force: true });
    total = calls.all;
  }
  Deno.removeSync(`${store}.backups`, { recursive: true });
  for (const part of [0.1, 0.4, 0.7]) {
    const controller = new AbortController();
    let workBefore = Infinity;
    using calls = new CountedCalls(({ all, work }) => {
      if (all < total * part || controller.signal.aborted) return;
      workBefore = work;
      controller.abort(new Error("Enough"));
    });
    const { signal } = controller;
    await assertRejects(
      () => createBackup(store, { fs: calls.fs, force: true, signal }),
      Error,
      "Enough",
    );
    const workAfter = calls.work - workBefore;
    assert(workAfter < MOST_CALLS_IN_A_ROW, `${workAfter} calls after ${part} of the work`);
    assert(calls.mostInARow < MOST_CALLS_IN_A_ROW, `${calls.mostInARow} calls in a row`);
    assertEquals(namesIn(`${store}.backups`), []);
  }
});
