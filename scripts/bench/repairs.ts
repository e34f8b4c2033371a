/**
 * Repairs of a lost index, and the index builder by itself, beside chroma-hnswlib.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { formatNumber } from "../../lib/base/format.ts";
import { geometryOfHeader } from "../../lib/hnsw/geometry.ts";
import { parseHeader } from "../../lib/hnsw/header.ts";
import type { BuildResult } from "./build_one.ts";
import { describeChroma, NO_STORE } from "./checks.ts";
import { absentRow, type Contender, copyStore } from "./measure.ts";
import { NO_HNSWLIB } from "./peers.ts";
import type { Findings, Row, Table } from "./results.ts";
import { makeVectors, readStoreVectors, splitEmbeddings, type VectorFiles } from "./vectors.ts";
import type { Workbench } from "./workbench.ts";

const PEER = fromFileUrl(new URL("peer_hnswlib.py", import.meta.url));
const BUILD_ONE = fromFileUrl(new URL("build_one.ts", import.meta.url));

const THREADS = [1, 2] as const;

/** Which parts of an index are linked in again. */
const DAMAGED_PARTS = [0.01, 0.05] as const;

/** How many vectors without centres are built from, and how many in a quick run. */
const VECTORS = 40_000;
const FEW_VECTORS = 5_000;

/** What the peer prints. */
interface PeerResult {
  readonly seconds: number | null;
  readonly cpuSeconds: number | null;
  readonly recall: readonly [number, number];
}

/**
 * Measures whole repairs of an index, and the building of one from the same vectors.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureRepairs(bench: Workbench): Promise<Findings> {
  const { chroma } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  const contenders = [
    repairOf(bench, chroma, "header, upper links and id map lost", loseHeader),
    repairOf(bench, chroma, "every link lost", loseLinks),
  ];
  const table = await bench.measure("", null, contenders, bench.rounds(2, 0));
  const files = await readStoreVectors(chroma, bench.place("vectors"));
  if (files === null) throw new Error("The store has no index");
  const built = await measureBuilding(bench, files, "cosine");
  const input = await describeChroma(chroma);
  const note = "Rows without a command are timed inside the process, which has the vectors at " +
    "hand; a repair is timed as a whole process.";
  return {
    tables: [{ input, warmUps: 0, peer: peerName(1), rows: [...table.rows, ...built] }],
    notes: [note],
  };
}

/**
 * Measures the index builder on vectors that gather around nothing, and on real ones where a file
 * of them is named.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureBuilders(bench: Workbench): Promise<Findings> {
  const { isQuick, embeddings } = bench.setting;
  const sets: { name: string; files: VectorFiles; space: string }[] = [{
    name: "without centres",
    files: makeVectors(bench.place("unclustered"), isQuick ? FEW_VECTORS : VECTORS),
    space: "l2",
  }];
  if (embeddings !== null) {
    const files = splitEmbeddings(bench.place("embeddings"), embeddings);
    sets.push({ name: "real embeddings", files, space: "cosine" });
  }
  const tables: Table[] = [];
  for (const { name, files, space } of sets) {
    const input = `${formatNumber(files.count)} vectors of ${files.dimension} dimensions, ${name}`;
    tables.push({
      input,
      warmUps: 0,
      peer: peerName(1),
      rows: await measureBuilding(bench, files, space),
    }, {
      input: "that index, around its healthy links; queries are near what was damaged",
      warmUps: 0,
      peer: null,
      rows: await measureLinkingAgain(bench, files, space),
    });
  }
  return { tables, notes: [] };
}

function peerName(threads: number): string {
  return `chroma-hnswlib adds the vectors, ${threadsText(threads)}`;
}

function threadsText(threads: number): string {
  return threads === 1 ? "one thread" : "two threads";
}

/** The whole repair of a damaged copy. */
function repairOf(
  bench: Workbench,
  store: string,
  name: string,
  damage: (segment: string) => Promise<void>,
): Contender {
  const output = bench.place("repair");
  const damaged = join(output, "store");
  return {
    ...bench.vecfsck(`vecfsck repair, ${name}`, "repair", "--yes", "--quiet", damaged),
    output,
    async prepare() {
      await copyStore(store, damaged);
      for await (const { name: segment, isDirectory } of Deno.readDir(damaged)) {
        if (isDirectory) await damage(join(damaged, segment));
      }
    },
  };
}

async function loseHeader(segment: string): Promise<void> {
  for (const name of ["header.bin", "link_lists.bin", "index_metadata.pickle"]) {
    // One that was never flushed has no id map.
    await Deno.remove(join(segment, name)).catch(() => {});
  }
}

/** Writes zeros over the links of every slot, so that nothing is left of the graph. */
async function loseLinks(segment: string): Promise<void> {
  const header = parseHeader(await Deno.readFile(join(segment, "header.bin")));
  const geometry = header && geometryOfHeader(header);
  if (geometry === null) throw new Error(`No header in ${segment}`);
  const path = join(segment, "data_level0.bin");
  const slots = await Deno.readFile(path);
  for (let start = 0; start < slots.length; start += geometry.slotSizeBytes) {
    slots.fill(0, start, start + geometry.vectorOffset);
  }
  await Deno.writeFile(path, slots);
  await Deno.remove(join(segment, "link_lists.bin"));
}

/** Builds an index by both, by one thread and by two. */
async function measureBuilding(
  bench: Workbench,
  files: VectorFiles,
  space: string,
): Promise<Row[]> {
  const python = bench.setting.peers.hnswlib;
  const own: Row[] = [];
  const peers: Row[] = [];
  for (const threads of THREADS) {
    peers.push(
      python === null
        ? absentRow({ name: peerName(threads), missing: NO_HNSWLIB })
        : await buildByPeer(python, files, space, threads),
    );
    own.push(await buildByOurselves(bench, python, files, space, threads));
  }
  return [...own, ...peers];
}

/**
 * Has parts of the index that {@linkcode measureBuilding} has left linked in again, and looks for what
 * is near them before and after.
 */
async function measureLinkingAgain(
  bench: Workbench,
  files: VectorFiles,
  space: string,
): Promise<Row[]> {
  const python = bench.setting.peers.hnswlib;
  const rows: Row[] = [];
  for (const part of DAMAGED_PARTS) {
    const directory = await emptyDirectory(bench.place("linked-again"));
    const built = bench.place("built");
    const extra = [String(part), built];
    const result = await runBuilder(files, space, { threads: 2, directory, extra });
    const row = toOwnRow(`vecfsck links ${100 * part} % in again, ${threadsText(2)}`, result);
    const near = (index: string): Promise<string> =>
      recallOf(python, files, space, index, join(directory, "damaged"));
    rows.push({
      ...row,
      more: { ...row.more, recall: `${await near(directory)}; before: ${await near(built)}` },
    });
  }
  return rows;
}

async function buildByPeer(
  python: string,
  files: VectorFiles,
  space: string,
  threads: number,
): Promise<Row> {
  const result = await askPeer(python, "build", files, space, String(threads));
  return {
    name: peerName(threads),
    command: null,
    wallMs: [Math.round(1000 * (result.seconds ?? NaN))],
    peakBytes: null,
    missing: null,
    more: { processor: seconds(result.cpuSeconds ?? NaN), recall: percent(result.recall) },
  };
}

async function buildByOurselves(
  bench: Workbench,
  python: string | null,
  files: VectorFiles,
  space: string,
  threads: number,
): Promise<Row> {
  const directory = await emptyDirectory(bench.place("built"));
  const result = await runBuilder(files, space, { threads, directory, extra: [] });
  const row = toOwnRow(`vecfsck index builder alone, ${threadsText(threads)}`, result);
  const recall = await recallOf(python, files, space, directory);
  return { ...row, more: { ...row.more, recall } };
}

async function emptyDirectory(path: string): Promise<string> {
  await Deno.remove(path, { recursive: true }).catch(() => {});
  await Deno.mkdir(path);
  return path;
}

/** Builds in a process of its own, so that its peak of memory is its own. */
function runBuilder(
  { vectors, dimension }: VectorFiles,
  space: string,
  { threads, directory, extra }: {
    readonly threads: number;
    readonly directory: string;
    readonly extra: readonly string[];
  },
): Promise<BuildResult> {
  return runJson(Deno.execPath(), [
    ...["run", "--quiet", "--allow-all", BUILD_ONE, vectors],
    ...[String(dimension), space, String(threads), directory, ...extra],
  ]);
}

function toOwnRow(name: string, { seconds: wall, cpuSeconds, peakBytes }: BuildResult): Row {
  return {
    name,
    command: null,
    wallMs: [Math.round(1000 * wall)],
    peakBytes,
    missing: null,
    more: { processor: seconds(cpuSeconds) },
  };
}

/** What the peer finds in an index of ours: of all queries, or of those near some slots. */
async function recallOf(
  python: string | null,
  files: VectorFiles,
  space: string,
  ...index: string[]
): Promise<string> {
  if (python === null) return "unknown";
  const { recall } = await askPeer(python, "open", files, space, ...index);
  return percent(recall);
}

function askPeer(
  python: string,
  mode: "build" | "open",
  { vectors, queries, dimension }: VectorFiles,
  ...rest: string[]
): Promise<PeerResult> {
  return runJson(python, [PEER, mode, vectors, queries, String(dimension), ...rest]);
}

async function runJson<Result>(command: string, args: string[]): Promise<Result> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function percent(recall: readonly [number, number]): string {
  return recall.map((value) => `${(100 * value).toFixed(1)} %`).join(" / ");
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
