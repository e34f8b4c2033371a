/**
 * As much of the HTTP interface of a Chroma server as measuring takes, in its version 2 (since 0.5.16)
 * or 1. What a server answers is looked at before it is believed.
 *
 * @module
 */

import { concatenate } from "../../base/concatenate.ts";
import { OperationError } from "../../base/errors.ts";
import { formatBytes } from "../../base/format.ts";
import { FieldError, JsonFields } from "../../base/json_fields.ts";
import { printable } from "../../base/printable.ts";

/** The server refused a request: it is there, and said no. */
export class RefusedError extends Error {
  /** Makes an error from what the server says. */
  constructor(message: string) {
    super(message);
    this.name = "RefusedError";
  }
}

/** A collection of a server. */
export interface ServerCollection {
  /** Its id. */
  readonly id: string;
  /** How many components its vectors have; null where it has none. */
  readonly dimension: number | null;
}

/** Makes a request, as `fetch` does. */
export type Request = (url: string, init: RequestInit) => Promise<Response>;

/** What a server is asked with. */
export interface HttpWorld {
  /** Ends every request. */
  readonly signal: AbortSignal | undefined;
  /** Makes requests; `fetch` by default. */
  readonly request?: Request | undefined;
}

/** Where the interface stands: below `root` the server, below `base` its collections. */
interface Interface {
  readonly root: string;
  readonly base: string;
}

const V2 = "/api/v2/tenants/default_tenant/databases/default_database";
const INTERFACES: readonly Interface[] = [
  { root: "/api/v2", base: V2 },
  { root: "/api/v1", base: "/api/v1" },
];

/** No answer that is asked for is longer. */
const MOST_ANSWER_BYTES = 64 << 20;

/** How much of what a server says is quoted. */
const MOST_QUOTED_CHARACTERS = 200;

/** How long an answer may take. */
const TIMEOUT_MS = 120_000;

/** No collection has more components. */
const MOST_DIMENSIONS = 1 << 20;

/** A server that answers. */
export class ChromaHttp {
  readonly #address: string;
  readonly #interface: Interface;
  readonly #world: HttpWorld;

  private constructor(address: string, found: Interface, world: HttpWorld) {
    this.#address = address;
    this.#interface = found;
    this.#world = world;
  }

  /**
   * Finds out which interface a server has.
   *
   * @param address Its address, without a slash at the end.
   * @param world What makes the requests, and what ends them.
   * @returns The server, or null where nothing there answers as a Chroma does.
   * @throws {unknown} What `fetch` throws where nothing can be reached.
   */
  static async find(
    address: string,
    world: HttpWorld,
  ): Promise<ChromaHttp | null> {
    for (const found of INTERFACES) {
      const server = new ChromaHttp(address, found, world);
      if (await server.#beats()) return server;
    }
    return null;
  }

  /** The same server, for requests that have to be made although the work was cancelled. */
  withoutSignal(): ChromaHttp {
    const world = { ...this.#world, signal: undefined };
    return new ChromaHttp(this.#address, this.#interface, world);
  }

  async #beats(): Promise<boolean> {
    try {
      const answer = await this.#ask("GET", `${this.#interface.root}/heartbeat`);
      return JsonFields.of(answer).names().includes("nanosecond heartbeat");
    } catch (error) {
      if (error instanceof RefusedError || error instanceof FieldError) return false;
      throw error;
    }
  }

  /** Reads the version of the server; null where it does not tell. */
  async readVersion(): Promise<string | null> {
    const answer = await this.#ask("GET", `${this.#interface.root}/version`);
    return typeof answer === "string" ? printable(answer, 40) : null;
  }

  /** Reads how many records the server takes at once; null where it does not tell. */
  async readMaxBatchSize(): Promise<number | null> {
    try {
      const answer = await this.#ask("GET", `${this.#interface.root}/pre-flight-checks`);
      const size = JsonFields.of(answer).count("max_batch_size");
      return size === 0 ? null : size;
    } catch (error) {
      if (error instanceof RefusedError || error instanceof FieldError) return null;
      throw error;
    }
  }

  /** Lists the collections. */
  async listCollections(): Promise<ServerCollection[]> {
    const answer = await this.#ask("GET", `${this.#interface.base}/collections`);
    const collections: ServerCollection[] = [];
    for (const fields of JsonFields.of({ answer }).objects("answer")) {
      const id = fields.text("id");
      // Servers before 0.5 do not tell it.
      const dimension = fields.anything("dimension") === undefined
        ? await this.#measureDimension(id)
        : fields.orNull("dimension", (name) => fields.count(name, MOST_DIMENSIONS));
      collections.push({ id, dimension });
    }
    return collections;
  }

  async #measureDimension(id: string): Promise<number | null> {
    const body = JSON.stringify({ limit: 1, include: ["embeddings"] });
    const answer = JsonFields.of(await this.#ask("POST", this.#path(id, "get"), body));
    const vectors = answer.anything("embeddings");
    return (Array.isArray(vectors) ? toVector(vectors[0]).length : 0) || null;
  }

  /** Makes a collection that is not there yet; returns its id. */
  async createCollection(name: string): Promise<string> {
    const body = JSON.stringify({ name });
    const answer = await this.#ask("POST", `${this.#interface.base}/collections`, body);
    return JsonFields.of(answer).text("id");
  }

  /** Removes a collection. */
  async deleteCollection(name: string): Promise<void> {
    await this.#ask("DELETE", `${this.#interface.base}/collections/${encodeURIComponent(name)}`);
  }

  /** Writes records; the body is made before, so that making it is not measured. */
  async upsert(id: string, body: string): Promise<void> {
    await this.#ask("POST", this.#path(id, "upsert"), body);
  }

  /** Counts the records of a collection. */
  async count(id: string): Promise<number> {
    const answer = await this.#ask("GET", this.#path(id, "count"));
    return JsonFields.of({ answer }).count("answer");
  }

  /** Reads the vectors of records; what is not there is left out. */
  async getVectors(id: string, ids: readonly string[]): Promise<Map<string, readonly number[]>> {
    const body = JSON.stringify({ ids, include: ["embeddings"] });
    const answer = JsonFields.of(await this.#ask("POST", this.#path(id, "get"), body));
    const vectors = answer.anything("embeddings");
    if (!Array.isArray(vectors)) throw answer.wrong("embeddings", "is no list");
    return new Map(answer.texts("ids").map((id, index) => [id, toVector(vectors[index])]));
  }

  /** Searches, so that the server loads the index of a collection. */
  async query(id: string, vector: readonly number[]): Promise<void> {
    const body = JSON.stringify({ query_embeddings: [vector], n_results: 1, include: [] });
    await this.#ask("POST", this.#path(id, "query"), body);
  }

  #path(id: string, action: string): string {
    return `${this.#interface.base}/collections/${encodeURIComponent(id)}/${action}`;
  }

  async #ask(method: string, path: string, body?: string): Promise<unknown> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const { signal, request = fetch } = this.#world;
    const response = await request(`${this.#address}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      // A server that leads elsewhere is none that was named.
      redirect: "error",
    });
    const text = await readText(response);
    if (!response.ok) throw new RefusedError(describeRefusal(response.status, text));
    try {
      return text === "" ? null : JSON.parse(text);
    } catch {
      throw new RefusedError(`it answers what is no JSON: ${quote(text)}`);
    }
  }
}

function toVector(value: unknown): readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === "number") ? value : [];
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MOST_ANSWER_BYTES) {
      throw new RefusedError(`it answers more than ${formatBytes(MOST_ANSWER_BYTES)}`);
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(concatenate(chunks));
}

/** `{"error": …, "message": …}` in version 2, `{"error": …}` or `{"detail": …}` before. */
function describeRefusal(status: number, text: string): string {
  let says = text;
  try {
    const { values } = JsonFields.of(JSON.parse(text));
    says = [values["message"], values["detail"], values["error"]]
      .find((value) => typeof value === "string") ?? text;
  } catch {
    // Not every server wraps what it says.
  }
  return says === "" ? `status ${status}` : `status ${status}: ${quote(says)}`;
}

function quote(text: string): string {
  return printable(text.trim(), MOST_QUOTED_CHARACTERS);
}

/**
 * Makes sure that an address is one of a server.
 *
 * @param text What was typed.
 * @returns The address without a slash at the end, or null where it is none.
 */
export function parseServerAddress(text: string): URL | null {
  const url = URL.parse(text);
  const isAddress = url !== null && ["http:", "https:"].includes(url.protocol) &&
    url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return isAddress ? url : null;
}

/** Makes the error of a server that answers as none that is known. */
export function createUnknownServerError(address: string): OperationError {
  return new OperationError("unsupported", `No Chroma server answers at ${printable(address)}`, {
    hint: "Name the address that its clients use, for instance http://127.0.0.1:8000.",
  });
}
