/**
 * A Chroma server in memory: as much of its interface as measuring batches takes, and what can go
 * wrong with one.
 *
 * @module
 */

/** What goes wrong from batches of some size on. */
export interface FakeFaults {
  /** Refuses larger batches: a request is too large. */
  readonly refuseAbove?: number;
  /** Says yes to larger batches, and forgets the last record. */
  readonly loseAbove?: number;
  /** Says yes to larger batches, and changes the vector of the first record. */
  readonly changeAbove?: number;
  /** Ends at larger batches. */
  readonly dieAbove?: number;
  /** Answers with what is no JSON at larger batches. */
  readonly babbleAbove?: number;
  /** Has the interface of version 1 alone, and tells no dimensions. */
  readonly isOld?: boolean;
  /** Does not say how many records it takes at once. */
  readonly hidesLimit?: boolean;
}

/** A request to write records. */
interface Columns {
  readonly ids: string[];
  readonly embeddings: number[][];
}

/** A server in memory. */
export class FakeChroma {
  /** The vectors by id, by the id of the collection. */
  readonly collections = new Map<string, Map<string, number[]>>();
  /** The names of all collections that were ever made. */
  readonly made: string[] = [];
  /** The ids of collections that were searched. */
  readonly searched: string[] = [];
  /** Whether it has ended. */
  isDead = false;
  readonly #faults: FakeFaults;

  constructor(faults: FakeFaults = {}) {
    this.#faults = faults;
  }

  /** Answers a request as `fetch` gives it. */
  readonly request = (url: string, { method = "GET", body }: RequestInit): Promise<Response> => {
    if (this.isDead) return Promise.reject(new TypeError("error sending request: refused"));
    try {
      return Promise.resolve(this.answer(method, new URL(url).pathname, String(body ?? "")));
    } catch (error) {
      return Promise.reject(error);
    }
  };

  /** Answers a request. */
  answer(method: string, path: string, body: string): Response {
    const root = this.#faults.isOld === true ? "/api/v1" : "/api/v2";
    if (!path.startsWith(`${root}/`)) return Response.json({ error: "Gone" }, { status: 410 });
    const base = this.#faults.isOld === true
      ? root
      : `${root}/tenants/default_tenant/databases/default_database`;
    switch (path) {
      case `${root}/heartbeat`:
        return Response.json({ "nanosecond heartbeat": 1 });
      case `${root}/version`:
        return Response.json("1.0.0");
      case `${root}/pre-flight-checks`:
        return this.#faults.hidesLimit === true
          ? Response.json({ detail: "Not Found" }, { status: 404 })
          : Response.json({ max_batch_size: 400 });
      case `${base}/collections`:
        return method === "POST" ? this.#create(JSON.parse(body)) : this.#list();
    }
    const [id = "", action = ""] = path.slice(`${base}/collections/`.length).split("/");
    if (method === "DELETE") return Response.json(this.collections.delete(id) ? {} : null);
    return this.#act(id, action, body);
  }

  #create({ name }: { name: string }): Response {
    this.made.push(name);
    this.collections.set(name, new Map());
    return Response.json({ id: name, name });
  }

  #list(): Response {
    const list = [...this.collections].map(([id, records]) => {
      const [vector] = records.values();
      return this.#faults.isOld === true ? { id } : { id, dimension: vector?.length ?? null };
    });
    return Response.json(list);
  }

  #act(id: string, action: string, body: string): Response {
    const records = this.collections.get(id);
    if (records === undefined) return Response.json({ error: "NotFound" }, { status: 404 });
    switch (action) {
      case "upsert":
        return this.#upsert(records, JSON.parse(body));
      case "count":
        return Response.json(records.size);
      case "query":
        this.searched.push(id);
        return Response.json({ ids: [[]] });
      default:
        return this.#get(records, JSON.parse(body));
    }
  }

  #get(records: Map<string, number[]>, query: { ids?: string[]; limit?: number }): Response {
    const ids = (query.ids ?? [...records.keys()]).filter((id) => records.has(id))
      .slice(0, query.limit);
    return Response.json({ ids, embeddings: ids.map((id) => records.get(id)) });
  }

  #upsert(records: Map<string, number[]>, { ids, embeddings }: Columns): Response {
    const { refuseAbove, loseAbove, changeAbove, dieAbove, babbleAbove } = this.#faults;
    const isAbove = (size = Infinity): boolean => ids.length > size;
    if (isAbove(refuseAbove)) return new Response("Payload too large", { status: 413 });
    if (isAbove(babbleAbove)) return new Response("<html>");
    if (isAbove(dieAbove)) {
      this.isDead = true;
      throw new TypeError("error sending request: connection closed");
    }
    for (const [index, id] of ids.entries()) records.set(id, embeddings[index] ?? []);
    const [first = ""] = ids;
    if (isAbove(loseAbove)) records.delete(ids.at(-1) ?? "");
    if (isAbove(changeAbove)) records.set(first, (records.get(first) ?? []).map(() => 0.5));
    return Response.json({});
  }
}
