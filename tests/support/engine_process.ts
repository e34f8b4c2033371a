/**
 * Another process that is in the middle of a transaction, as an engine that writes is.
 *
 * @module
 */

import { join } from "@std/path";
import { scratchDirectory } from "./fixtures.ts";

/** Begins a transaction in the database of a store, in another process, until it is disposed of. */
export async function holdTransaction(store: string): Promise<AsyncDisposable> {
  const script = join(await scratchDirectory(), "hold.ts");
  await Deno.writeTextFile(
    script,
    `import { DatabaseSync } from "node:sqlite";
     const database = new DatabaseSync(${JSON.stringify(join(store, "chroma.sqlite3"))});
     database.exec("BEGIN IMMEDIATE");
     console.log("held");
     setTimeout(() => {}, 60_000);`,
  );
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", script],
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  return {
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await reader.cancel();
      await process.status;
    },
  };
}

/**
 * Compacts the database of a store. VACUUM needs ATTACH, which a process has only with every
 * permission, so another one does it.
 */
export async function vacuum(store: string): Promise<void> {
  const path = JSON.stringify(join(store, "chroma.sqlite3"));
  const code =
    `import { DatabaseSync } from "node:sqlite"; new DatabaseSync(${path}).exec("VACUUM")`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: ["eval", code] })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
