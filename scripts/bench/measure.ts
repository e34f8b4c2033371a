/**
 * Measuring whole processes, in turn with each other, so that a machine whose speed drifts is as
 * slow for the one as for the other.
 *
 * @module
 */

import { join } from "@std/path";
import type { Row } from "./results.ts";

/** One thing that is measured: a whole process. */
export interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** What the process is given besides the variables of this one. */
  readonly env?: Readonly<Record<string, string>>;
  /** Is removed before each run; what the process writes goes below it. */
  readonly output?: string;
  /** Is done before each run, and not measured. */
  readonly prepare?: () => Promise<void>;
  /** Is done after each run, and not measured. */
  readonly finish?: () => Promise<void>;
  /** What else is told of it, asked for after the last run. */
  readonly more?: () => Promise<Readonly<Record<string, string>>>;
}

/** Something that would be measured, and is not. */
export interface Absent {
  readonly name: string;
  /** Why not, as a sentence without a period. */
  readonly missing: string;
}

/** How often each contender is run. */
export interface Rounds {
  /** The runs that count. */
  readonly counted: number;
  /** The runs before them that do not. */
  readonly warmUps: number;
}

/** What one run of a process took. */
interface Measurement {
  readonly wallMs: number;
  readonly peakBytes: number | null;
}

/** How often a process is asked for its peak of memory, which only grows. */
const LOOK_MS = 10;

/** From this exit code on, a process has not done its work: findings are below. */
const FAILURE_CODE = 8;

/**
 * Runs processes in turn. One that fails is told as that, and is not run again.
 *
 * @param contenders The processes, and what cannot be measured here.
 * @param rounds How often each is run.
 * @param show How words are written down that may have paths of this machine in them.
 * @returns A row for each of them, in their order.
 */
export async function measureInTurn(
  contenders: readonly (Contender | Absent)[],
  rounds: Rounds,
  show: (words: readonly string[]) => string,
): Promise<Row[]> {
  const runs = new Map<string, Measurement[]>(contenders.map(({ name }) => [name, []]));
  const failures = new Map<string, string>();
  for (let round = -rounds.warmUps; round < rounds.counted; round++) {
    for (const contender of contenders) {
      if ("missing" in contender || failures.has(contender.name)) continue;
      try {
        const measurement = await measure(contender);
        if (round >= 0) runs.get(contender.name)?.push(measurement);
      } catch (error) {
        failures.set(contender.name, error instanceof Error ? error.message : String(error));
      }
    }
  }
  const rows: Row[] = [];
  for (const contender of contenders) {
    if ("missing" in contender) {
      rows.push(absentRow(contender));
      continue;
    }
    const missing = failures.get(contender.name);
    const command = show([contender.command, ...contender.args]);
    rows.push(
      missing === undefined
        ? await toRow(contender, command, runs.get(contender.name) ?? [])
        : { ...absentRow({ name: contender.name, missing: show([missing]) }), command },
    );
  }
  return rows;
}

/**
 * Makes a row of what was not measured.
 *
 * @param absent What, and why.
 * @returns The row.
 */
export function absentRow({ name, missing }: Absent): Row {
  return { name, command: null, wallMs: [], peakBytes: null, missing, more: {} };
}

async function toRow(
  { name, more }: Contender,
  command: string,
  measurements: readonly Measurement[],
): Promise<Row> {
  const peaks = measurements.map(({ peakBytes }) => peakBytes ?? 0);
  return {
    name,
    command,
    wallMs: measurements.map(({ wallMs }) => Math.round(wallMs * 100) / 100),
    peakBytes: Math.max(0, ...peaks) || null,
    missing: null,
    more: await more?.() ?? {},
  };
}

async function measure(contender: Contender): Promise<Measurement> {
  const { command, args, env, output, prepare, finish } = contender;
  if (output !== undefined) await Deno.remove(output, { recursive: true }).catch(() => {});
  await prepare?.();
  const started = performance.now();
  const child = new Deno.Command(command, {
    args: [...args],
    ...(env === undefined ? {} : { env: { ...env } }),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const messages = new Response(child.stderr).text();
  let peakBytes: number | null = null;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes ?? 0, readPeakBytes(child.pid)) || peakBytes;
  }, LOOK_MS);
  const { code, signal } = await child.status;
  const wallMs = performance.now() - started;
  clearInterval(watch);
  if (code >= FAILURE_CODE) {
    const end = signal === null ? `it ended with exit code ${code}` : `${signal} ended it`;
    // deno-lint-ignore no-control-regex
    const text = (await messages).replaceAll(/\x1b\[[0-9;]*m/g, "").trim();
    throw new Error(text === "" ? end : `${end}: ${text.split("\n").at(0)}`);
  }
  await finish?.();
  return { wallMs, peakBytes };
}

/** The peak of the largest process of a family; 0 where the kernel does not tell. */
function readPeakBytes(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const own = 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
    if (children === "") return own;
    return Math.max(own, ...children.split(" ").map((child) => readPeakBytes(Number(child))));
  } catch {
    return 0;
  }
}

/**
 * Copies a store.
 *
 * @param from The directory that is copied.
 * @param to The directory that is made.
 */
export async function copyStore(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyStore(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

/**
 * Adds up the files of a directory.
 *
 * @param directory The directory.
 * @returns How many files there are in it and below, and how large they are together.
 */
export async function measureDirectory(
  directory: string,
): Promise<{ files: number; sizeBytes: number }> {
  let [files, sizeBytes] = [0, 0];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    const below = isDirectory
      ? await measureDirectory(path)
      : { files: 1, sizeBytes: (await Deno.stat(path)).size };
    files += below.files;
    sizeBytes += below.sizeBytes;
  }
  return { files, sizeBytes };
}
