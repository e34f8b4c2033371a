/**
 * The fuzzer of the gob codec: breaks gobs and decodes them. Whatever the bytes are, decoding ends
 * in bounded time and memory, with a value or a fault; and where there is a Go to ask, both take and
 * refuse the same gobs and read the same out of them.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { decodeGob, encodeGobText, type GobFault } from "../../lib/codec/gob.ts";
import { DOCUMENT_SHAPE, METADATA_SHAPE } from "../../lib/stores/chromem/shapes.ts";
import { findChromemJudge } from "../support/chromem_judge.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { mutateGob } from "./gob_mutate.ts";
import { FuzzRandom } from "./mutate.ts";

/** What a file is read as. */
export type GobKind = "document" | "metadata";

/** A gob, and how it came about. */
export interface GobCase {
  readonly kind: GobKind;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly description: string;
}

/** What came out of a gob, in a form in which two readings can be compared. */
export interface GobReading {
  /** The fault or the error of Go, or null. */
  readonly error: string | null;
  readonly id: string;
  readonly content: string;
  readonly metadata: readonly string[];
  readonly embedding: string;
}

/** No gob of a few hundred bytes takes longer. */
const LONGEST_DECODING_MS = 1000;

/** The memory that the judge may ask for, so that one gob does not take that of the machine. */
const MOST_GO_KIBIBYTES = 3_000_000;

const CORPUS = fromFileUrl(new URL("../fixtures/chromem/corpus.txt", import.meta.url));
const KNOWLEDGE_BASE = "e6684f6c";
const UNUSUAL = "e9f85bf6";

/** Gives the gobs that are broken: what the library wrote, and what Go writes of other types. */
export async function gobCorpus(): Promise<GobCase[]> {
  const store = await chromemStore("plain");
  const cases: GobCase[] = [];
  for (const folder of [KNOWLEDGE_BASE, UNUSUAL]) {
    for await (const { name } of Deno.readDir(join(store, folder))) {
      const bytes = await Deno.readFile(join(store, folder, name));
      const kind = name.startsWith("00000000") ? "metadata" : "document";
      if (bytes.length < 1000) cases.push({ kind, bytes, description: `${folder}/${name}` });
    }
  }
  for (const [index, line] of (await Deno.readTextFile(CORPUS)).trim().split("\n").entries()) {
    const [kind, base64 = ""] = line.split(" ");
    if (kind !== "document" && kind !== "metadata") throw new Error(`No kind: ${line}`);
    const bytes = Uint8Array.fromBase64(base64);
    cases.push({ kind, bytes, description: `line ${index + 1} of corpus.txt` });
  }
  // In the order of the names, whatever the file system lists first.
  return cases.sort((left, right) => left.description < right.description ? -1 : 1);
}

/** Breaks gobs of the corpus: the same for the same seed. */
export async function breakGobs(seed: number, count: number): Promise<GobCase[]> {
  const corpus = await gobCorpus();
  return Array.from({ length: count }, (_, index) => {
    const random = new FuzzRandom(seed + index);
    const { kind, bytes, description: name } = random.pick(corpus);
    const broken = mutateGob(bytes, random);
    const description = `seed ${seed + index}: ${kind} ${name}, ${broken.description}`;
    return { kind, bytes: broken.bytes, description };
  });
}

/**
 * Decodes a gob.
 *
 * @param gob The gob.
 * @param failures Takes what must not happen: an exception, or a decoding that takes too long.
 * @returns What came out of it; null after an exception.
 */
export function readHere(
  { kind, bytes, description }: GobCase,
  failures: string[],
): GobReading | null {
  const startedMs = performance.now();
  try {
    return kind === "document" ? readDocumentHere(bytes) : readMetadataHere(bytes);
  } catch (error) {
    failures.push(`${description}: ${error instanceof Error ? error.stack : error}`);
    return null;
  } finally {
    if (performance.now() - startedMs > LONGEST_DECODING_MS) failures.push(`${description}: slow`);
  }
}

function readDocumentHere(bytes: Uint8Array): GobReading {
  const { value, fault } = decodeGob(bytes, DOCUMENT_SHAPE);
  const { buffer, byteOffset, byteLength } = value.Embedding ?? new Float32Array(0);
  return {
    error: describe(fault),
    id: encodeGobText(value.ID ?? "").toBase64(),
    content: encodeGobText(value.Content ?? "").toBase64(),
    metadata: listEntries(value.Metadata),
    embedding: new Uint8Array(buffer, byteOffset, byteLength).toBase64(),
  };
}

function readMetadataHere(bytes: Uint8Array): GobReading {
  const { value, fault } = decodeGob(bytes, METADATA_SHAPE);
  return {
    error: describe(fault),
    id: encodeGobText(value.Name ?? "").toBase64(),
    content: "",
    metadata: listEntries(value.Metadata),
    embedding: "",
  };
}

function describe(fault: GobFault | null): string | null {
  return fault === null ? null : `${fault.kind} at ${fault.offset}: ${fault.message}`;
}

/** Go's answer is JSON, in which bytes that are no UTF-8 are replaced. */
function listEntries(map: Iterable<readonly [string, string]> | undefined): string[] {
  const decoder = new TextDecoder();
  const readable = (text: string): string => decoder.decode(encodeGobText(text));
  return [...map ?? []].map(([key, value]) => JSON.stringify([readable(key), readable(value)]))
    .sort();
}

interface GoAnswer {
  readonly error?: string;
  readonly document?: {
    readonly idBytes: string;
    readonly contentBytes: string;
    readonly metadata: Record<string, string> | null;
    readonly embedding: string;
  };
  readonly nameBytes?: string;
  readonly metadata?: Record<string, string>;
}

/**
 * Has Go read gobs of one kind. One of them can end its process, for Go makes room for as many
 * entries as a map declares: that counts as refused.
 *
 * @param kind What they are read as.
 * @param gobs The gobs.
 * @returns What Go reads out of each.
 * @throws {Error} There is no judge, or it failed.
 */
export async function readWithGo(kind: GobKind, gobs: readonly GobCase[]): Promise<GobReading[]> {
  const readings: GobReading[] = [];
  while (readings.length < gobs.length) {
    const { answers, killed } = await askGo(kind, gobs.slice(readings.length));
    readings.push(...answers.map(toReading));
    if (killed) readings.push(toReading({ error: "Out of memory" }));
  }
  return readings;
}

async function askGo(
  kind: GobKind,
  gobs: readonly GobCase[],
): Promise<{ answers: GoAnswer[]; killed: boolean }> {
  const judge = findChromemJudge();
  if (judge === null) throw new Error("VECFSCK_CHROMEM names no judge");
  const process = new Deno.Command("sh", {
    args: ["-c", `ulimit -v ${MOST_GO_KIBIBYTES}; exec "$0" decode ${kind}`, judge],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines = gobs.map(({ bytes }) => `${bytes.toBase64()}\n`).join("");
  // Where the judge dies, its own message says more than the broken pipe.
  const writing = new Response(lines).body?.pipeTo(process.stdin).catch(() => {});
  const { success, stdout, stderr } = await process.output();
  await writing;
  const message = new TextDecoder().decode(stderr);
  const killed = message.includes("out of memory");
  if (!success && !killed) throw new Error(`The judge failed: ${message}`);
  const answers = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
  return { answers: answers.map((line) => JSON.parse(line)), killed };
}

function toReading({ error, document, nameBytes, metadata }: GoAnswer): GobReading {
  return {
    error: error ?? null,
    id: document?.idBytes ?? nameBytes ?? "",
    content: document?.contentBytes ?? "",
    metadata: Object.entries(document?.metadata ?? metadata ?? {}).map((entry) =>
      JSON.stringify(entry)
    ).sort(),
    embedding: document?.embedding ?? "",
  };
}

/**
 * Holds two readings of one gob against each other: both refuse it, or both read the same.
 *
 * @param here What was decoded here.
 * @param go What Go decoded.
 * @returns Whether they agree.
 */
export function agrees(here: GobReading, go: GobReading): boolean {
  if (here.error !== null || go.error !== null) return here.error !== null && go.error !== null;
  return here.id === go.id && here.content === go.content && here.embedding === go.embedding &&
    sameMetadata(here.metadata, go.metadata);
}

/** Keys that differ only in bytes that are no UTF-8 are one in JSON. */
function sameMetadata(here: readonly string[], go: readonly string[]): boolean {
  const replaced = [...here, ...go].some((entry) => entry.includes("\ufffd"));
  return replaced || here.join() === go.join();
}
