/**
 * Measuring whole processes, in turn with each other: medians are told, for machines are noisy.
 *
 * @module
 */

import { join } from "@std/path";

/** One thing that is measured: a whole process. */
export interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Is removed before each run; what the process writes goes below it. */
  readonly output?: string;
  /** Is done before each run, and not measured. */
  readonly prepare?: () => Promise<void>;
  /** Is done after each run, and not measured. */
  readonly finish?: () => Promise<void>;
}

/** What one run of a process took. */
export interface Measurement {
  readonly wallMs: number;
  readonly peakBytes: number | null;
}

/** How often each process is run, after one run that is not counted. */
export const ROUNDS = 5;

/**
 * Runs processes in turn.
 *
 * @param contenders The processes.
 * @param rounds How often each is run.
 * @returns What each run took, by the name of the process.
 */
export async function measureInTurn(
  contenders: readonly Contender[],
  rounds: number = ROUNDS,
): Promise<Map<string, Measurement[]>> {
  const runs = new Map<string, Measurement[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const contender of contenders) {
      const measurement = await measure(contender);
      if (round >= 0) runs.get(contender.name)?.push(measurement);
    }
  }
  return runs;
}

/**
 * Prints a table of what runs took.
 *
 * @param title What stands above the table.
 * @param runs The runs, by the name of the process.
 * @param peer The name of the process that the others are held against.
 * @param against What that is called in the head of the table.
 */
export function printRuns(
  title: string,
  runs: ReadonlyMap<string, readonly Measurement[]>,
  { peer, against }: { readonly peer: string; readonly against: string },
): void {
  const rounds = Math.max(...runs.values().map((measurements) => measurements.length));
  console.log(`\n${title} (${rounds} runs each after one that is not counted, in turn)\n`);
  console.log(`| command | median | min | max | against ${against} | peak memory |`);
  console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
  const peerMs = median((runs.get(peer) ?? []).map((run) => run.wallMs));
  for (const [name, measurements] of runs) {
    const walls = measurements.map((run) => run.wallMs);
    const peak = Math.max(...measurements.map((run) => run.peakBytes ?? 0));
    const cells = [
      name,
      seconds(median(walls)),
      seconds(Math.min(...walls)),
      seconds(Math.max(...walls)),
      `${(median(walls) / peerMs).toFixed(2)} ×`,
      peak === 0 ? "unknown" : `${Math.round(peak / 1e6)} MB`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

async function measure(
  { command, args, output, prepare, finish }: Contender,
): Promise<Measurement> {
  if (output !== undefined) await Deno.remove(output, { recursive: true }).catch(() => {});
  await prepare?.();
  const started = performance.now();
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let peakBytes: number | null = null;
  // The kernel's high-water mark only grows, so looking often enough misses next to nothing.
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes ?? 0, readPeakBytes(child.pid) ?? 0) || peakBytes;
  }, 10);
  const { code } = await child.status;
  clearInterval(watch);
  // Findings are no failure; what did not do its work was not measured.
  if (code >= 8) throw new Error(`${command} ${args.join(" ")} ended with exit code ${code}`);
  const wallMs = performance.now() - started;
  await finish?.();
  return { wallMs, peakBytes };
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

function readPeakBytes(pid: number): number | null {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kibibytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)} s`;
}
