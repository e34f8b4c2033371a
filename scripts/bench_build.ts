/**
 * Speed, memory and recall of the index builder beside chroma-hnswlib, in one run:
 * `deno run --allow-all scripts/bench_build.ts [EMBEDDINGS.f16]`, or as part of `deno task bench`.
 *
 * The peer needs a Python with chroma-hnswlib and numpy: `VECFSCK_HNSWLIB` names it, or
 * `VECFSCK_ENGINES` a directory with `chroma-0.5.23/bin/python`. Vectors are made here: around 256
 * centres, and of 32 hidden dimensions without centres; EMBEDDINGS.f16 holds real ones of 384
 * dimensions, one after another. Builders take turns, for machines are noisy.
 *
 * @module
 */

import process from "node:process";
import { join } from "@std/path";
import { BoundedFile } from "../lib/fs/read_fs.ts";
import { buildIndex } from "../lib/hnsw/build/builder.ts";
import { extendIndex } from "../lib/hnsw/build/extend.ts";
import type { BuildOptions, Space } from "../lib/hnsw/build/settings.ts";
import { writeIndex } from "../lib/hnsw/build/write_index.ts";
import { SlotBitmap } from "../lib/hnsw/slot_bitmap.ts";

const DIMENSION = 384;
const QUERIES = 2000;
const PEER = new URL("bench_hnswlib.py", import.meta.url).pathname;

/** Vectors on which builders are compared, in files. */
interface DataSet {
  readonly name: string;
  readonly vectors: string;
  readonly queries: string;
  readonly spaces: readonly Space[];
}

/** What one build gave. */
interface BuildResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | null;
  /** What vectors, their codes and links take: the measure of the peak. */
  readonly measureBytes: number;
  readonly linkedIn: number;
}

/** What the peer prints. */
interface PeerResult {
  readonly seconds: number | null;
  readonly cpuSeconds: number | null;
  readonly recall: readonly [number, number];
}

/** Gives numbers of a normal distribution, the same ones every time. */
function normalNumbers(seed: number): () => number {
  let state = seed;
  const uniform = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Writes as many vectors as are asked for, and queries of the same kind. */
function writeVectors(directory: string, count: number, next: (target: Float32Array) => void) {
  const names = [["vectors", count], ["queries", QUERIES]] as const;
  Deno.mkdirSync(directory);
  for (const [name, vectors] of names) {
    using file = Deno.openSync(join(directory, name), { write: true, create: true });
    const row = new Float32Array(DIMENSION);
    for (let vector = 0; vector < vectors; vector++) {
      next(row);
      file.writeSync(new Uint8Array(row.buffer));
    }
  }
  return { vectors: join(directory, "vectors"), queries: join(directory, "queries") };
}

function makeDataSets(directory: string, embeddings: string | undefined): DataSet[] {
  const normal = normalNumbers(11);
  const centres = Float32Array.from({ length: 256 * DIMENSION }, normal);
  const clustered = writeVectors(join(directory, "clustered"), 135_000, (row) => {
    const centre = Math.floor(Math.abs(normal()) * 1e6) % 256;
    for (let index = 0; index < DIMENSION; index++) {
      row[index] = (centres[centre * DIMENSION + index] ?? 0) + 0.6 * normal();
    }
  });
  const axes = Float32Array.from({ length: 32 * DIMENSION }, normal);
  const unclustered = writeVectors(join(directory, "unclustered"), 40_000, (row) => {
    const hidden = Array.from({ length: 32 }, normal);
    for (let index = 0; index < DIMENSION; index++) {
      row[index] = hidden.reduce(
        (sum, value, axis) => sum + value * (axes[axis * DIMENSION + index] ?? 0),
        0.05 * normal(),
      );
    }
  });
  const sets: DataSet[] = [
    { name: "135,000 around 256 centres", ...clustered, spaces: ["cosine"] },
    { name: "40,000 without centres", ...unclustered, spaces: ["l2", "ip"] },
  ];
  if (embeddings !== undefined) {
    sets.push({
      name: "real embeddings",
      ...splitEmbeddings(join(directory, "real"), embeddings),
      spaces: ["cosine"],
    });
  }
  return sets;
}

/** Takes every tenth real embedding as a query, and the others as vectors. */
function splitEmbeddings(directory: string, path: string): { vectors: string; queries: string } {
  const values = new Float16Array(Deno.readFileSync(path).buffer);
  Deno.mkdirSync(directory);
  const parts: Record<"vectors" | "queries", number[]> = { vectors: [], queries: [] };
  for (let row = 0; row * DIMENSION < values.length; row++) {
    parts[row % 10 === 0 && parts.queries.length < QUERIES ? "queries" : "vectors"].push(row);
  }
  const write = (name: "vectors" | "queries"): string => {
    using file = Deno.openSync(join(directory, name), { write: true, create: true });
    for (const row of parts[name]) {
      const vector = Float32Array.from(values.subarray(row * DIMENSION, (row + 1) * DIMENSION));
      file.writeSync(new Uint8Array(vector.buffer));
    }
    return join(directory, name);
  };
  return { vectors: write("vectors"), queries: write("queries") };
}

async function runPeer(python: string, args: readonly string[]): Promise<PeerResult> {
  const { success, stdout, stderr } = await new Deno.Command(python, { args: [PEER, ...args] })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Builds in a process of its own, so that its peak of memory is its own. */
async function runBuilder(args: readonly string[]): Promise<BuildResult> {
  const script = new URL(import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", script, "--one", ...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** One build: `VECTORS SPACE JOBS DIRECTORY [PART OF]`, the part being built anew in an index. */
async function buildOne(args: readonly string[]): Promise<BuildResult> {
  const [path = "", space = "", jobs = "", directory = "", part, of] = args;
  using vectors = BoundedFile.open(path);
  const count = vectors.sizeBytes / (4 * DIMENSION);
  const options: BuildOptions = {
    settings: { dimension: DIMENSION, space: space as Space, maxLinks: 16, efConstruction: 100 },
    count,
    jobs: Number(jobs),
    readVectors(first, _count, target): void {
      const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      vectors.readAt(4 * DIMENSION * first, bytes);
    },
  };
  const started = performance.now();
  const cpuStarted = process.cpuUsage();
  const index = of === undefined
    ? await buildIndex(options)
    : await extendPart(options, Number(part), of, directory);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuStarted);
  await writeIndex(index, directory, { era: "rust", labelOf: (slot) => slot + 1 });
  const status = Deno.build.os === "linux" ? Deno.readTextFileSync("/proc/self/status") : "";
  const kibibytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: kibibytes === undefined ? null : 1024 * Number(kibibytes),
    measureBytes: count * (4 * DIMENSION + DIMENSION + 4 * 33),
    linkedIn: index.linkedIn,
  };
}

/** Takes pages of slots for damaged, here and there, and has them linked in again. */
async function extendPart(options: BuildOptions, part: number, of: string, directory: string) {
  const damaged = new SlotBitmap(options.count);
  const slots: number[] = [];
  for (let slot = 0; slot < options.count; slot++) {
    if (Math.abs(Math.sin(Math.floor(slot / 3))) >= part) continue;
    damaged.add(slot);
    slots.push(slot);
  }
  Deno.writeFileSync(join(directory, "damaged"), new Uint8Array(Uint32Array.from(slots).buffer));
  using data = BoundedFile.open(join(of, "data_level0.bin"));
  using upperLinks = BoundedFile.open(join(of, "link_lists.bin"));
  return await extendIndex({
    ...options,
    existing: { slots: data, upperLinks, count: options.count },
    previousSlots: Int32Array.from({ length: options.count }, (_, slot) => slot),
    damaged,
  });
}

function percent(recall: readonly [number, number]): string {
  return recall.map((value) => `${(100 * value).toFixed(2)} %`).join(" / ");
}

function times({ seconds, cpuSeconds }: Pick<PeerResult, "seconds" | "cpuSeconds">): string {
  return `${(seconds ?? NaN).toFixed(2)} / ${(cpuSeconds ?? NaN).toFixed(2)} s`;
}

function ratio(own: number | null, peer: number | null): string {
  return ((own ?? NaN) / (peer ?? NaN)).toFixed(3);
}

function row(cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

async function compareOn(data: DataSet, space: Space, python: string): Promise<void> {
  const files = [data.vectors, data.queries, String(DIMENSION), space];
  let whole = "";
  for (const jobs of [1, 2]) {
    const peer = await runPeer(python, ["build", ...files, String(jobs)]);
    whole = Deno.makeTempDirSync();
    const own = await runBuilder([data.vectors, space, String(jobs), whole]);
    const { recall } = await runPeer(python, ["open", ...files, whole]);
    row([
      `${data.name}, ${space}`,
      String(jobs),
      times(peer),
      times(own),
      [ratio(own.seconds, peer.seconds), ratio(own.cpuSeconds, peer.cpuSeconds)].join(" / "),
      percent(peer.recall),
      percent(recall),
      own.peakBytes === null ? "unknown" : (own.peakBytes / own.measureBytes).toFixed(2),
    ]);
  }
  for (const part of [0.01, 0.05]) {
    const directory = Deno.makeTempDirSync();
    const own = await runBuilder([data.vectors, space, "2", directory, String(part), whole]);
    const damaged = join(directory, "damaged");
    const before = await runPeer(python, ["open", ...files, whole, damaged]);
    const after = await runPeer(python, ["open", ...files, directory, damaged]);
    row([
      `${data.name}, ${space}: ${100 * part} % linked in again (${own.linkedIn})`,
      "2",
      "",
      times(own),
      "",
      `${percent(before.recall)} before`,
      `${percent(after.recall)} after, near the damage`,
      "",
    ]);
  }
}

/**
 * Compares the builders on every kind of vectors, and prints a table.
 *
 * @param python A Python with chroma-hnswlib.
 * @param embeddings A file of real embeddings, if there is one.
 */
export async function compareBuilders(python: string, embeddings?: string): Promise<void> {
  const directory = Deno.makeTempDirSync();
  console.log(
    "\nBuilding an index (M 16, ef_construction 100) beside chroma-hnswlib; times by the clock / of the\nprocessor\n",
  );
  row([
    "vectors",
    "threads",
    "hnswlib",
    "vecfsck",
    "ratio",
    "recall@10 of hnswlib (ef 10 / 100)",
    "of vecfsck",
    "peak memory : vectors + codes + links",
  ]);
  row(["---", "---:", "---:", "---:", "---:", "---:", "---:", "---:"]);
  for (const data of makeDataSets(directory, embeddings)) {
    for (const space of data.spaces) await compareOn(data, space, python);
  }
  Deno.removeSync(directory, { recursive: true });
}

/**
 * Finds the Python of the peer.
 *
 * @returns Its path, or null when the environment names none.
 */
export function findPeer(): string | null {
  const engines = Deno.env.get("VECFSCK_ENGINES");
  return Deno.env.get("VECFSCK_HNSWLIB") ??
    (engines === undefined ? null : join(engines, "chroma-0.5.23", "bin", "python"));
}

if (import.meta.main) {
  if (Deno.args[0] === "--one") {
    console.log(JSON.stringify(await buildOne(Deno.args.slice(1))));
  } else {
    const python = findPeer();
    if (python === null) {
      console.error("Set VECFSCK_HNSWLIB to a Python that has chroma-hnswlib and numpy.");
      Deno.exit(16);
    }
    await compareBuilders(python, Deno.args[0]);
  }
}
