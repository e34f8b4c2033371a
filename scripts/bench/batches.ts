/**
 * What batches cost: `safeBatches()` beside a plain loop, and a real server by the size of a batch.
 *
 * @module
 */

import { formatNumber } from "../../lib/base/format.ts";
import { safeBatches } from "../../lib/writing/batches/safe_batches.ts";
import { NO_CHROMA } from "./peers.ts";
import type { Findings, Row } from "./results.ts";
import { RUN_VECFSCK, type Workbench } from "./workbench.ts";

const BATCHED_ITEMS = 100_000;

const BATCH_SIZE = 10;

const LARGEST_BATCH = "2000";

/** What `drill --batches` says of one size; docs/json.md has the rest. */
interface BatchLine {
  readonly type: string;
  readonly size: number;
  readonly state: string;
  readonly perRecordMs: number | null;
  readonly slowestBatchMs: number | null;
}

/**
 * Measures batches of nothing: what they cost by themselves.
 *
 * @param bench The workbench.
 * @returns What was found, each run being all batches.
 */
export async function measureBatches(bench: Workbench): Promise<Findings> {
  const items = Array.from({ length: BATCHED_ITEMS }, (_, index) => index);
  const loop = async (): Promise<void> => {
    for (let start = 0; start < items.length; start += BATCH_SIZE) {
      await take(items.slice(start, start + BATCH_SIZE));
    }
  };
  const batches = async (memory: null | undefined): Promise<void> => {
    const settings = memory === null ? { size: BATCH_SIZE, memory } : { size: BATCH_SIZE };
    for await (const batch of safeBatches(items, settings)) await take(batch);
  };
  const contenders: readonly (readonly [string, () => Promise<void>])[] = [
    ["safeBatches()", () => batches(undefined)],
    ["safeBatches(), memory: null", () => batches(null)],
    ["a plain loop", loop],
  ];
  const runs = contenders.map(([name]) => ({ name, wallMs: [] as number[] }));
  const { counted, warmUps } = bench.rounds(3);
  for (let round = -warmUps; round < counted; round++) {
    for (const [index, [, work]] of contenders.entries()) {
      const startedMs = performance.now();
      await work();
      if (round >= 0) runs[index]?.wallMs.push(performance.now() - startedMs);
    }
  }
  const count = BATCHED_ITEMS / BATCH_SIZE;
  const rows = runs.map(({ name, wallMs }): Row => {
    const eachUs = 1000 * Math.min(...wallMs) / count;
    return {
      name,
      command: null,
      wallMs,
      peakBytes: null,
      missing: null,
      more: { "each batch": `${eachUs.toFixed(eachUs < 10 ? 1 : 0)} µs` },
    };
  });
  const input = `${formatNumber(count)} batches`;
  return { tables: [{ input, warmUps, peer: null, rows }], notes: [] };
}

async function take(batch: readonly number[]): Promise<void> {
  if (batch.length === 0) throw new Error("an empty batch");
  await Promise.resolve();
}

/**
 * Has a real server measured by the drill, once: it repeats what is short by itself.
 *
 * @param bench The workbench.
 * @returns What was found; a run is the time of one record.
 */
export async function measureDrillBatches(bench: Workbench): Promise<Findings> {
  const { chroma } = bench.setting.peers;
  if (chroma === null) return { tables: [], notes: [`There was ${NO_CHROMA}.`] };
  const permissions = [...RUN_VECFSCK.slice(0, -1), "--allow-run", "--allow-net=127.0.0.1"];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...permissions,
      ...["cli.ts", "drill", "--batches", "--json", "--dimension", "384"],
      ...["--max-batch", LARGEST_BATCH, "--server-command"],
      `${chroma.program} run --path {store} --port {port}`,
    ],
    stderr: "null",
  }).output();
  if (!success) return { tables: [], notes: ["The drill did not end well."] };
  const lines: BatchLine[] = new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => JSON.parse(line));
  const rows = lines.filter(({ type }) => type === "drill-batches-result").map((line): Row => ({
    name: `${line.size} records at once`,
    command: null,
    wallMs: line.perRecordMs === null ? [] : [line.perRecordMs],
    peakBytes: null,
    missing: line.state === "good" ? null : `it was ${line.state}`,
    more: { "slowest batch": `${line.slowestBatchMs ?? "?"} ms` },
  }));
  return {
    tables: [{
      input: "an empty store; the time is that of one record",
      warmUps: 0,
      peer: null,
      rows,
    }],
    notes: [
      "`vecfsck drill --batches --server-command 'chroma run --path {store} --port {port}'`",
    ],
  };
}
