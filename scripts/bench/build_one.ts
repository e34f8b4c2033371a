/**
 * Builds one index in a process of its own, so that its peak of memory is its own:
 * `deno run --allow-all scripts/bench/build_one.ts VECTORS DIMENSION SPACE JOBS DIRECTORY [PART OF]`.
 *
 * VECTORS holds f32, little-endian, one vector after another. With PART, for instance 0.01, that part
 * of the slots of the index in the directory OF is taken for damaged and linked in again; which slots
 * these are is written into the file `damaged` in DIRECTORY. Prints JSON.
 *
 * @module
 */

import process from "node:process";
import { join } from "@std/path";
import { BoundedFile } from "../../lib/fs/read_fs.ts";
import { buildIndex } from "../../lib/hnsw/build/builder.ts";
import { extendIndex } from "../../lib/hnsw/build/extend.ts";
import type { BuildOptions, Space } from "../../lib/hnsw/build/settings.ts";
import { writeIndex } from "../../lib/hnsw/build/write_index.ts";
import { SlotBitmap } from "../../lib/hnsw/slot_bitmap.ts";

/** What one build took. */
export interface BuildResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | null;
  /** What vectors, their codes and links take: the measure of the peak. */
  readonly measureBytes: number;
}

/** As many slots of 384 dimensions a page of 4 KiB has, and a part of the next one. */
const SLOTS_OF_A_PAGE = 3;

async function buildOne(args: readonly string[]): Promise<BuildResult> {
  const [path = "", dimensions = "", space = "", jobs = "", directory = "", part, of] = args;
  const dimension = Number(dimensions);
  using vectors = BoundedFile.open(path);
  const count = vectors.sizeBytes / (4 * dimension);
  const options: BuildOptions = {
    settings: { dimension, space: space as Space, maxLinks: 16, efConstruction: 100 },
    count,
    jobs: Number(jobs),
    readVectors(first, _count, target): void {
      const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      vectors.readAt(4 * dimension * first, bytes);
    },
  };
  const started = performance.now();
  const cpuStarted = process.cpuUsage();
  const index = of === undefined
    ? await buildIndex(options)
    : await extendPart(options, { part: Number(part), of, directory });
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuStarted);
  await writeIndex(index, directory, { era: "rust", labelOf: (slot) => slot + 1 });
  const status = Deno.build.os === "linux" ? Deno.readTextFileSync("/proc/self/status") : "";
  const kibibytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: kibibytes === undefined ? null : 1024 * Number(kibibytes),
    measureBytes: count * (4 * dimension + dimension + 4 * 33),
  };
}

/** Takes pages of slots for damaged, here and there, and has them linked in again. */
async function extendPart(
  options: BuildOptions,
  { part, of, directory }: { part: number; of: string; directory: string },
): Promise<Awaited<ReturnType<typeof extendIndex>>> {
  const damaged = new SlotBitmap(options.count);
  const slots: number[] = [];
  for (let slot = 0; slot < options.count; slot++) {
    if (Math.abs(Math.sin(Math.floor(slot / SLOTS_OF_A_PAGE))) >= part) continue;
    damaged.add(slot);
    slots.push(slot);
  }
  await Deno.writeFile(
    join(directory, "damaged"),
    new Uint8Array(Uint32Array.from(slots).buffer),
  );
  using data = BoundedFile.open(join(of, "data_level0.bin"));
  using upperLinks = BoundedFile.open(join(of, "link_lists.bin"));
  return await extendIndex({
    ...options,
    existing: { slots: data, upperLinks, count: options.count },
    previousSlots: Int32Array.from({ length: options.count }, (_, slot) => slot),
    damaged,
  });
}

if (import.meta.main) console.log(JSON.stringify(await buildOne(Deno.args)));
