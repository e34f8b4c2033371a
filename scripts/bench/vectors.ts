/**
 * Files of vectors on which builders of indexes are compared.
 *
 * @module
 */

import { join } from "@std/path";
import { BoundedFile } from "../../lib/fs/read_fs.ts";
import { geometryOfHeader } from "../../lib/hnsw/geometry.ts";
import { parseHeader } from "../../lib/hnsw/header.ts";

/** Vectors in files: f32, little-endian, one after another. */
export interface VectorFiles {
  readonly dimension: number;
  readonly count: number;
  readonly vectors: string;
  /** Vectors of the same kind that are looked for. */
  readonly queries: string;
}

/** How many vectors are looked for. */
const QUERIES = 2000;

const EMBEDDING_DIMENSION = 384;

const HIDDEN_DIMENSIONS = 32;

/**
 * Takes the vectors out of the slots of a store's largest index, and some of them, moved a little,
 * as queries.
 *
 * @param store The store's directory.
 * @param directory Where the files go.
 * @returns The files; null where the store has no index.
 */
export async function readStoreVectors(
  store: string,
  directory: string,
): Promise<VectorFiles | null> {
  const segment = await findLargestSegment(store);
  if (segment === null) return null;
  const header = parseHeader(await Deno.readFile(join(segment, "header.bin")));
  const geometry = header && geometryOfHeader(header);
  if (header === null || geometry === null) return null;
  using slots = BoundedFile.open(join(segment, "data_level0.bin"));
  const sizeBytes = geometry.labelOffset - geometry.vectorOffset;
  const dimension = sizeBytes / 4;
  const count = Number(header.count);
  const files = { dimension, count, ...namesIn(directory) };
  const normal = normalNumbers(5);
  using vectors = Deno.openSync(files.vectors, { write: true, create: true });
  using queries = Deno.openSync(files.queries, { write: true, create: true });
  const row = new Float32Array(dimension);
  const bytes = new Uint8Array(row.buffer);
  const step = Math.max(1, Math.floor(count / QUERIES));
  for (let slot = 0; slot < count; slot++) {
    slots.readAt(slot * geometry.slotSizeBytes + geometry.vectorOffset, bytes);
    vectors.writeSync(bytes);
    if (slot % step !== 0 || slot / step >= QUERIES) continue;
    const length = Math.hypot(...row);
    for (let index = 0; index < dimension; index++) {
      row[index] = (row[index] ?? 0) + 0.5 * normal() * length / Math.sqrt(dimension);
    }
    queries.writeSync(bytes);
  }
  return files;
}

/** Makes vectors that gather around nothing: few hidden dimensions, and noise. */
export function makeVectors(directory: string, count: number): VectorFiles {
  const normal = normalNumbers(11);
  const axes = Float32Array.from({ length: HIDDEN_DIMENSIONS * EMBEDDING_DIMENSION }, normal);
  const files = { dimension: EMBEDDING_DIMENSION, count, ...namesIn(directory) };
  const row = new Float32Array(EMBEDDING_DIMENSION);
  for (const [path, rows] of [[files.vectors, count], [files.queries, QUERIES]] as const) {
    using file = Deno.openSync(path, { write: true, create: true });
    for (let number = 0; number < rows; number++) {
      const hidden = Float32Array.from({ length: HIDDEN_DIMENSIONS }, normal);
      for (let index = 0; index < EMBEDDING_DIMENSION; index++) {
        let value = 0.05 * normal();
        for (let axis = 0; axis < HIDDEN_DIMENSIONS; axis++) {
          value += (hidden[axis] ?? 0) * (axes[axis * EMBEDDING_DIMENSION + index] ?? 0);
        }
        row[index] = value;
      }
      file.writeSync(new Uint8Array(row.buffer));
    }
  }
  return files;
}

/** Takes every tenth real embedding (float16, of 384 dimensions) as a query, and the others. */
export function splitEmbeddings(directory: string, path: string): VectorFiles {
  const values = new Float16Array(Deno.readFileSync(path).buffer);
  const files = namesIn(directory);
  using vectors = Deno.openSync(files.vectors, { write: true, create: true });
  using queries = Deno.openSync(files.queries, { write: true, create: true });
  let [count, asked] = [0, 0];
  for (let start = 0; start + EMBEDDING_DIMENSION <= values.length; start += EMBEDDING_DIMENSION) {
    const vector = Float32Array.from(values.subarray(start, start + EMBEDDING_DIMENSION));
    const isQuery = start / EMBEDDING_DIMENSION % 10 === 0 && asked < QUERIES;
    (isQuery ? queries : vectors).writeSync(new Uint8Array(vector.buffer));
    if (isQuery) asked++;
    else count++;
  }
  return { dimension: EMBEDDING_DIMENSION, count, ...files };
}

function namesIn(directory: string): Pick<VectorFiles, "vectors" | "queries"> {
  Deno.mkdirSync(directory, { recursive: true });
  return { vectors: join(directory, "vectors"), queries: join(directory, "queries") };
}

/** Gives numbers of a normal distribution, the same ones every time. */
function normalNumbers(seed: number): () => number {
  let state = seed;
  const uniform = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

async function findLargestSegment(store: string): Promise<string | null> {
  let largest: { path: string; sizeBytes: number } | null = null;
  for await (const { name, isDirectory } of Deno.readDir(store)) {
    if (!isDirectory) continue;
    const path = join(store, name);
    const info = await Deno.stat(join(path, "data_level0.bin")).catch(() => null);
    if (info === null || info.size <= (largest?.sizeBytes ?? 0)) continue;
    largest = { path, sizeBytes: info.size };
  }
  return largest?.path ?? null;
}
