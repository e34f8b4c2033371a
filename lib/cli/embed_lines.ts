/**
 * Having a program fill in the vectors of records: JSON lines go to its standard input, and the same
 * lines come back from its standard output, in the same order, with `embedding` filled in.
 *
 * A record for which the program has no vector, such as one without a document, keeps null there.
 *
 * One process gets all lines. It may answer each at once or all of them at the end; only a batch of
 * lines is in memory here.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { writeAll } from "../fs/copy.ts";
import { localFs } from "../fs/platform.ts";
import { endProgram, type Program } from "../isolation/program.ts";

/** How many lines are handed over at a time. */
const LINES_PER_BATCH = 64;

/** A program to be run. */
export interface EmbedProgram extends Program {
  /** Ends it. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs a program over the lines of a file.
 *
 * @param command The program.
 * @param source The file with the records.
 * @param target The new file with the vectors: `collection`, `id` and `embedding`.
 * @returns How many lines there are.
 * @throws {OperationError} The program cannot be run, fails, or answers what is no vector.
 */
export async function embedLines(
  command: EmbedProgram,
  source: string,
  target: string,
): Promise<number> {
  const child = spawn(command);
  const onAbort = (): void => endProgram(child);
  command.signal?.addEventListener("abort", onAbort);
  try {
    const feeding = feed(child.stdin, source);
    const count = await collect(child.stdout, source, target);
    await feeding;
    const { success, code, signal } = await child.status;
    command.signal?.throwIfAborted();
    if (!success) throw createError(`ended with ${signal ?? `exit code ${code}`}`);
    return count;
  } catch (error) {
    endProgram(child);
    // The child has to be gone before its files are.
    await child.status;
    command.signal?.throwIfAborted();
    throw error;
  } finally {
    command.signal?.removeEventListener("abort", onAbort);
  }
}

function spawn({ program, args }: EmbedProgram): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw createError(`cannot be started: ${printable(reason)}`, error);
  }
}

/** Hands the lines over. A program that reads none of them is noticed by what it answers. */
async function feed(stdin: WritableStream<Uint8Array<ArrayBuffer>>, source: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    const encoder = new TextEncoder();
    let batch: string[] = [];
    for await (const line of recordsOf(source)) {
      batch.push(line);
      if (batch.length < LINES_PER_BATCH) continue;
      await writer.write(encoder.encode(`${batch.join("\n")}\n`));
      batch = [];
    }
    if (batch.length > 0) await writer.write(encoder.encode(`${batch.join("\n")}\n`));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function collect(
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>,
  source: string,
  target: string,
): Promise<number> {
  const asked = recordsOf(source);
  using file = localFs.createFile(target, 0o600);
  let count = 0;
  for await (const answer of linesOf(stdout)) {
    const { value: line } = await asked.next();
    if (line === undefined) throw createError("answered more lines than it was given");
    count++;
    const vector = { ...identityOf(line), embedding: readEmbedding(answer, line, count) };
    writeAll(file, new TextEncoder().encode(`${JSON.stringify(vector)}\n`), target);
  }
  const { value: next } = await asked.next();
  if (next === undefined) return count;
  await asked.return(undefined);
  throw createError(`answered ${count} lines, and was given more`);
}

/** Which record a line is about. */
interface Identity {
  readonly collection: string;
  readonly id: string;
}

function identityOf(line: string): Identity {
  const { collection, id } = JSON.parse(line) as Identity;
  return { collection, id };
}

/** The vector of an answer, or null where the program has none for a record. */
function readEmbedding(answer: string, line: string, number: number): number[] | null {
  const { collection, id } = identityOf(line);
  const record = parseObject(answer);
  if (record === null) throw createError(`answered what is no JSON object in line ${number}`);
  if (record.id !== id || (record.collection ?? collection) !== collection) {
    throw createError(`answered another record in line ${number} than it was given`);
  }
  const { embedding } = record;
  if (embedding === null) return null;
  if (!Array.isArray(embedding) || embedding.length === 0 || !embedding.every(isFinite32)) {
    throw createError(`gave no vector of finite numbers for the record ${printable(id)}`);
  }
  return embedding;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

/** Whether a value is a number that a float of 32 bits can be. */
function isFinite32(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

/** The lines of records that a vector can be given to; of some nobody knows the id. */
async function* recordsOf(path: string): AsyncGenerator<string, undefined, undefined> {
  const { readable } = Deno.openSync(path, { read: true });
  for await (const line of linesOf(readable)) {
    if (typeof identityOf(line).id === "string") yield line;
  }
  return undefined;
}

/** The lines of a stream that are not empty, without their line feeds. */
async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, undefined, undefined> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    yield* parts.filter((part) => part.trim() !== "");
  }
  if (rest.trim() !== "") yield rest;
  return undefined;
}

function createError(message: string, cause?: unknown): OperationError {
  return new OperationError("read-failed", `The program of --embed-command ${message}`, {
    hint: "Nothing was changed. It gets JSON lines, and has to answer the same lines in the same " +
      "order with `embedding` filled in (docs/repair.md).",
    cause,
  });
}
