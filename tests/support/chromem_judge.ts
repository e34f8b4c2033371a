/**
 * The judge of databases of chromem-go: the real library opens one and says everything it finds.
 *
 * It is a Go program (tests/fixtures/chromem/judge), which `.ci/install_engines` builds where there
 * is a Go. `VECFSCK_CHROMEM` names it; where that is not set, tests that need it are ignored.
 *
 * @module
 */

import type { ChromemCollection, ChromemStore } from "./chromem_stores.ts";

/** What the library did with a database: opened it, or refused with an error. */
export type ChromemVerdict =
  | { readonly opens: true; readonly collections: readonly ChromemCollection[] }
  | { readonly opens: false; readonly error: string };

/** How a collection answers queries with the embeddings of its own documents. */
export interface JudgedQueries {
  readonly asked: number;
  /** How many of those documents were found. */
  readonly found: number;
  readonly errors: readonly string[];
}

/** Finds the judge; null where there is none. */
export function findChromemJudge(): string | null {
  const path = Deno.env.get("VECFSCK_CHROMEM");
  return path === undefined || path === "" ? null : path;
}

/**
 * Has the library open a database with the compress flag that its name tells.
 *
 * @param store The database's directory; it is not changed.
 * @param kind Whether the flag is on.
 * @returns Everything that the library finds, or why it opens nothing.
 * @throws {Error} There is no judge.
 */
export async function judgeChromem(store: string, kind: ChromemStore): Promise<ChromemVerdict> {
  const { success, stdout, stderr } = await runJudge("open", store, kind);
  if (!success) return { opens: false, error: stderr.trim().replaceAll(store, "STORE") };
  return { opens: true, collections: JSON.parse(stdout) };
}

/**
 * Has the library add, change and delete documents and collections.
 *
 * @param store The database's directory.
 * @param kind Whether the compress flag is on.
 * @returns What the library holds afterwards.
 * @throws {Error} There is no judge, or the library refused something.
 */
export async function writeChromem(
  store: string,
  kind: ChromemStore,
): Promise<readonly ChromemCollection[]> {
  return JSON.parse(await askJudge("write", store, kind));
}

/**
 * Has the library look for documents by their own embeddings.
 *
 * @param store The database's directory; it is not changed.
 * @param kind Whether the compress flag is on.
 * @returns The answers, by the name of the collection.
 * @throws {Error} There is no judge, or the library refuses the database.
 */
export async function queryChromem(
  store: string,
  kind: ChromemStore,
): Promise<Readonly<Record<string, JudgedQueries>>> {
  return JSON.parse(await askJudge("query", store, kind));
}

/**
 * Has the library import an export file.
 *
 * @param file The export.
 * @param key The key, where it is encrypted.
 * @returns Everything that the library finds, or why it imports nothing.
 * @throws {Error} There is no judge.
 */
export async function judgeChromemExport(file: string, key?: string): Promise<ChromemVerdict> {
  const { success, stdout, stderr } = await run([
    "import",
    file,
    ...key === undefined ? [] : [key],
  ]);
  if (!success) return { opens: false, error: stderr.trim().replaceAll(file, "FILE") };
  return { opens: true, collections: JSON.parse(stdout) };
}

interface JudgeRun {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

async function askJudge(question: string, store: string, kind: ChromemStore): Promise<string> {
  const { success, stdout, stderr } = await runJudge(question, store, kind);
  if (!success) throw new Error(`The library refuses ${question}: ${stderr}`);
  return stdout;
}

function runJudge(question: string, store: string, kind: ChromemStore): Promise<JudgeRun> {
  return run([question, store, ...kind === "gzip" ? ["gzip"] : []]);
}

async function run(args: readonly string[]): Promise<JudgeRun> {
  const judge = findChromemJudge();
  if (judge === null) throw new Error("VECFSCK_CHROMEM names no judge");
  const { success, stdout, stderr } = await new Deno.Command(judge, {
    args: [...args],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
