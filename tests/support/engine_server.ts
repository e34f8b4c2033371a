/**
 * A real Chroma in a process of its own that answers for one store after the other: what it counts,
 * gets, finds and filters, and what random writes make of a store.
 *
 * The judge of `judge.ts` says right or wrong and needs a new process for each store; this one hands
 * over the answers, for tests that know more exactly than the facts what must come.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { findEngine } from "./judge.ts";

const PROGRAM = fromFileUrl(new URL("./engine_server.py", import.meta.url));

/** A filter by metadata, in the words of Chroma. */
export type Where = Readonly<Record<string, unknown>>;

/** What an engine is asked about one collection. */
export interface Questions {
  /** The name of the collection. */
  readonly name: string;
  /** Its id, by which it is found where it has another name now. */
  readonly id?: string | undefined;
  /** How many components its vectors have. */
  readonly dimension: number;
  /** The queries: f32, little-endian, base64. */
  readonly queries: string;
  /** Texts that documents are searched for. */
  readonly words: readonly string[];
  /** Filters by metadata. */
  readonly filters: readonly Where[];
  /** Ids of which no record may come. */
  readonly absent?: readonly string[];
}

/** What an engine said of one collection; what is missing was not reached because of the error. */
export interface Answers {
  /** The name under which it was found. */
  readonly name: string;
  /** What the engine threw, or null. */
  readonly error: string | null;
  /** How many records it counts. */
  readonly count?: number;
  /** The ids of all records that it gets. */
  readonly ids?: readonly string[];
  /** Their vectors: f32, little-endian, base64. */
  readonly vectors?: string | null;
  /** Their documents. */
  readonly documents?: readonly (string | null)[];
  /** Their metadata. */
  readonly metadatas?: readonly (Readonly<Record<string, unknown>> | null)[];
  /** What the queries found. */
  readonly found?: {
    readonly ids: readonly (readonly string[])[];
    readonly distances: readonly (readonly number[])[];
  };
  /** What is found first for the vector of each record. */
  readonly own?: readonly string[];
  /** What the texts found. */
  readonly words?: readonly (readonly string[])[];
  /** What the filters found. */
  readonly filters?: readonly (readonly string[])[];
  /** Ids of {@linkcode Questions.absent} of which a record came all the same. */
  readonly absent?: readonly string[];
}

/** What an engine said of a store. */
export interface StoreAnswers {
  /** The error with which the store could not even be opened, or what killed the engine. */
  readonly error?: string;
  /** The names of all collections. */
  readonly names?: readonly string[];
  /** The collections, in the order of the questions. */
  readonly collections?: readonly Answers[];
}

/** A collection under random writes. */
export interface ChurnSettings {
  readonly name: string;
  readonly space: "l2" | "cosine" | "ip";
  readonly dimension: number;
  /** After how many writes the engine flushes its index. */
  readonly sync: number;
  /** How large its share of the writes is; 1 when left out, and 0 for none. */
  readonly share?: number;
  /** How many records are added before the random writes begin; none when left out. */
  readonly first?: number;
  /** How many of the added records were deleted before; 0.35 when left out. */
  readonly returning?: number;
  /** How often there are adds, upserts, updates of vectors, of metadata, and deletes. */
  readonly weights?: readonly number[];
}

/** Random writes. */
export interface Churn {
  readonly seed: number;
  readonly operations: number;
  readonly collections: readonly ChurnSettings[];
  /** Collections that are deleted at the end. */
  readonly delete?: readonly string[];
}

/** What a reader must find in a collection, in the form of expected.json. */
export interface ChurnFacts {
  id: string;
  space: "l2" | "cosine" | "ip";
  dimension: number;
  count: number;
  ids: string[];
  documents: (string | null)[];
  metadatas: Record<string, string | number | boolean>[];
  embeddings_f32_base64: string;
  queries_f32_base64: string;
}

/** An engine that runs; it is started anew when a store has killed it. */
export class EngineServer implements AsyncDisposable {
  readonly #python: string;
  #process: Deno.ChildProcess | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #rest: Uint8Array = new Uint8Array();

  /**
   * Takes an engine; the process starts with the first question.
   *
   * @param version For instance `1.5.9`.
   * @throws {Error} There is no such engine.
   */
  constructor(version: string) {
    const python = findEngine(version);
    if (python === null) throw new Error(`There is no engine of version ${version}`);
    this.#python = python;
  }

  /**
   * Has the engine open a store, which it may write to, and asks.
   *
   * @param store The store's directory.
   * @param collections The questions.
   */
  async ask(store: string, collections: readonly Questions[]): Promise<StoreAnswers> {
    return await this.#send({ command: "ask", store, collections }) as StoreAnswers;
  }

  /**
   * Has the engine write to a store, or make one.
   *
   * @param store The store's directory.
   * @param churn What it writes.
   * @returns What a reader must find.
   * @throws {Error} The engine failed or died.
   */
  async churn(store: string, churn: Churn): Promise<Readonly<Record<string, ChurnFacts>>> {
    const answer = await this.#send({ command: "churn", store, ...churn });
    if ("error" in answer) throw new Error(`The engine cannot write: ${answer.error}`);
    return answer["collections"] as Readonly<Record<string, ChurnFacts>>;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #send(command: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const { writer, reader } = this.#start();
    try {
      await writer.write(new TextEncoder().encode(`${JSON.stringify(command)}\n`));
    } catch {
      return { error: await this.#describeEnd() };
    }
    const parts = [this.#rest];
    while (true) {
      const end = parts.at(-1)?.indexOf(0x0a) ?? -1;
      if (end >= 0) break;
      const { value, done } = await reader.read();
      if (done) return { error: await this.#describeEnd() };
      parts.push(value);
    }
    const bytes = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    const end = bytes.indexOf(0x0a);
    this.#rest = bytes.slice(end + 1);
    return JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  }

  #start() {
    if (this.#process === null || this.#writer === null || this.#reader === null) {
      this.#process = new Deno.Command(this.#python, {
        args: [PROGRAM],
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      this.#writer = this.#process.stdin.getWriter();
      this.#reader = this.#process.stdout.getReader();
      this.#rest = new Uint8Array();
    }
    return { writer: this.#writer, reader: this.#reader };
  }

  async #describeEnd(): Promise<string> {
    const status = await this.#process?.status;
    await this.#end();
    return status?.signal ? `signal ${status.signal}` : `The engine ended with ${status?.code}`;
  }

  async #end(): Promise<void> {
    await this.#writer?.close().catch(() => {});
    await this.#reader?.cancel().catch(() => {});
    await this.#process?.status;
    this.#process = null;
    this.#writer = null;
    this.#reader = null;
  }
}
