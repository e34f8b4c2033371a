/**
 * The judge: a real Chroma that opens a copy of a store and is asked everything that is known of it.
 *
 * Engines are virtual environments with one version of chromadb each. Where there is none, tests
 * that need it are ignored. `VECFSCK_CHROMA_1_5_9` names the Python of one version,
 * `VECFSCK_ENGINES` a directory with `chroma-<version>/bin/python` for several.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";

const PROGRAM = fromFileUrl(new URL("./judge.py", import.meta.url));

/**
 * What a real engine made of a store: for every collection `ok` or the complaint; under `*` what
 * befell the process as a whole, where something did: `signal 11`, `timeout`, or the error with
 * which it ended.
 */
export type Verdict = Readonly<Record<string, string>>;

/**
 * Finds the Python that has a version of chromadb.
 *
 * @param version For instance `1.5.9`.
 * @returns The path of the Python, or null where there is none.
 */
export function findEngine(version: string): string | null {
  const named = Deno.env.get(`VECFSCK_CHROMA_${version.replaceAll(".", "_")}`);
  if (named !== undefined && named !== "") return isExecutable(named) ? named : null;
  const directory = Deno.env.get("VECFSCK_ENGINES");
  if (directory === undefined || directory === "") return null;
  const python = join(directory, `chroma-${version}`, "bin", "python");
  return isExecutable(python) ? python : null;
}

/**
 * Has a real engine open a copy of a store, and holds its answers against the facts.
 *
 * @param store The store's directory; it is not touched.
 * @param expectedJsonPath The facts, as tests/fixtures/README.md describes expected.json.
 * @param engineVersion The version of chromadb.
 * @returns The verdict.
 * @throws {Error} There is no such engine, or the judge itself failed.
 */
export async function judgeStore(
  store: string,
  expectedJsonPath: string,
  engineVersion: string,
): Promise<Verdict> {
  const python = findEngine(engineVersion);
  if (python === null) throw new Error(`There is no engine of version ${engineVersion}`);
  const command = new Deno.Command(python, {
    args: [PROGRAM, store, expectedJsonPath],
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`The judge failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Whether an engine answered everything right. */
export function isSound(verdict: Verdict): boolean {
  const answers = Object.values(verdict);
  return answers.length > 0 && answers.every((answer) => answer === "ok");
}

/** Whether the engine's process was killed or hung. */
export function isKilled(verdict: Verdict): boolean {
  return /^(signal \d+|timeout)$/.test(verdict["*"] ?? "");
}

function isExecutable(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
