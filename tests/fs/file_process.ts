/**
 * A real process that uses the file layer until it is killed, under the permissions that users give
 * the program. Run as a program it does what its first argument says; imported, it starts one.
 *
 * @module
 */

import { join } from "@std/path";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { moveAcrossDevices } from "../../lib/fs/move.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import { swapDirectory, swapFile } from "../../lib/fs/swap.ts";
import { CLI_PERMISSIONS } from "../support/run_cli.ts";

/** A process that was started and is at work. */
export class FileProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  #isDead = false;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Starts a program of the tests and waits until it says that it is at work. */
  static async start(program: string, args: readonly string[]): Promise<FileProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", ...CLI_PERMISSIONS, program, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    const { done } = await reader.read();
    if (done) throw new Error(`${args[0]} ended before it was at work`);
    reader.releaseLock();
    await child.stdout.cancel();
    return new FileProcess(child);
  }

  /** The number of the process. */
  get processId(): number {
    return this.#child.pid;
  }

  /** Kills it as `kill -9` does, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#isDead) return;
    this.#isDead = true;
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  /** Kills it at the end of a block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Swaps a directory and a file for ever; what goes aside is what comes in the next time. */
function swapForEver(store: string): never {
  const work = `${store}.vecfsck`;
  for (let round = 0;; round++) {
    using lock = acquireStoreLock(store);
    recoverSwaps(store, { lock });
    const aside = join(work, "aside");
    swapDirectory(join(store, "segment"), join(work, "next"), { store, aside });
    Deno.renameSync(aside, join(work, "next"));
    swapFile(join(store, "database"), join(work, "next-database"), { store, aside });
    Deno.renameSync(join(aside, "database"), join(work, "next-database"));
    Deno.removeSync(aside, { recursive: true });
    if (round === 0) console.log("at work");
  }
}

/** Moves a directory from one file system to another and back for ever. */
function moveForEver(store: string, elsewhere: string): never {
  const [here, there] = [join(store, "segment"), join(elsewhere, "segment")];
  for (let round = 0;; round++) {
    moveAcrossDevices(here, there, { store });
    moveAcrossDevices(there, here, { store });
    if (round === 0) console.log("at work");
  }
}

function holdLock(store: string): void {
  const lock = acquireStoreLock(store);
  console.log("at work");
  setInterval(() => lock.previous, 1_000_000);
}

if (import.meta.main) {
  const [task, store = "", elsewhere = ""] = Deno.args;
  if (task === "hold-lock") holdLock(store);
  else if (task === "swap") swapForEver(store);
  else if (task === "move") moveForEver(store, elsewhere);
  else throw new Error(`no such task: ${task}`);
}
