/**
 * Exports beside the engine's own client, and the report beside the check that it takes.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { formatBytes } from "../../lib/base/format.ts";
import { describeChroma, NO_STORE } from "./checks.ts";
import { type Absent, type Contender, copyStore, measureDirectory } from "./measure.ts";
import { NO_CHROMA } from "./peers.ts";
import type { Findings } from "./results.ts";
import type { Workbench } from "./workbench.ts";

const FORMATS = ["jsonl", "parquet", "npy"] as const;

const PEER_GET = fromFileUrl(new URL("peer_get.py", import.meta.url));

/**
 * Measures exports in every format.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureExports(bench: Workbench): Promise<Findings> {
  const { chroma, peers } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  const peer = "chromadb: get() by pages, as JSON Lines";
  const contenders: (Contender | Absent)[] = FORMATS.map((format) => {
    const output = bench.place(`exported-${format}`);
    return {
      ...bench.vecfsck(
        `vecfsck export --format ${format}`,
        ...["export", "--quiet", "--format", format, "-o", `${output}/export`, chroma],
      ),
      output,
      prepare: () => Deno.mkdir(output),
      more: () => sizeOf(output),
    };
  });
  if (peers.chroma === null) contenders.push({ name: peer, missing: NO_CHROMA });
  else {
    // An engine writes in a store that it opens.
    const copy = bench.place("exported", "store");
    await copyStore(chroma, copy);
    const output = bench.place("exported-peer");
    contenders.push({
      name: peer,
      command: peers.chroma.python,
      args: [PEER_GET, copy, `${output}/export.jsonl`],
      output,
      prepare: () => Deno.mkdir(output),
      more: () => sizeOf(output),
    });
  }
  contenders.push({
    name: "cat of every file",
    command: "sh",
    args: ["-c", 'find "$0" -type f -exec cat {} + > "$1"', chroma, bench.place("concatenated")],
    output: bench.place("concatenated"),
  });
  const input = await describeChroma(chroma);
  return { tables: [await bench.measure(input, peer, contenders, bench.rounds(2, 0))], notes: [] };
}

async function sizeOf(directory: string): Promise<Record<string, string>> {
  return { size: formatBytes((await measureDirectory(directory)).sizeBytes) };
}

/**
 * Measures the report.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureReports(bench: Workbench): Promise<Findings> {
  const { chroma } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  const output = bench.place("reported");
  const peer = "vecfsck check --full";
  const contenders = [
    {
      ...bench.vecfsck(
        "vecfsck report",
        ...["report", "--quiet", chroma, "-o", `${output}/report.html`],
      ),
      output,
      prepare: () => Deno.mkdir(output),
      more: () => sizeOf(output),
    },
    bench.vecfsck(peer, "check", "--full", "--quiet", chroma),
  ];
  const input = await describeChroma(chroma);
  return { tables: [await bench.measure(input, peer, contenders, bench.rounds(3))], notes: [] };
}
