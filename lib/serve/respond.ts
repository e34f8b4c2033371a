/**
 * From a request to an answer. What is served is in memory; a request is never a reason to read a
 * store.
 *
 * | path       | what it is                                                                  |
 * | ---------- | --------------------------------------------------------------------------- |
 * | `/`        | the state as a page                                                         |
 * | `/metrics` | the metrics of `status --prometheus`, in the text format 0.0.4              |
 * | `/healthz` | JSON; 200 while all stores are well, 503 otherwise                          |
 *
 * @module
 */

import { isLocalName } from "../base/listen_address.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import { encodeJsonLine, type JsonLine } from "../output/json.ts";
import { renderMetrics } from "../output/prometheus.ts";
import { listStatusMetrics } from "../output/status_metrics.ts";
import type { StatusOutcome } from "../status/system_status.ts";
import { type Board, judgeServed, type StoreHealth } from "./board.ts";
import { renderPage } from "./page.ts";
import { PAGE_POLICY } from "./page_assets.ts";

/** What a site has to know to answer. */
export interface SiteOptions {
  /** Gives what is known by now. */
  readonly read: () => Board;
  /** Whether only programs on this machine can ask. */
  readonly isLocal: boolean;
  /** Whether the metrics under the names of `vectorstore_…` come as well. */
  readonly compatibleNames: () => boolean;
  /** The time of day. */
  readonly now: () => Date;
}

/** The answer of `/healthz`. */
export interface HealthLine extends JsonLine {
  /** Tells it from other lines. */
  readonly type: "health";
  /** Whether every store is well. */
  readonly healthy: boolean;
  /** When the last round ended, as ISO 8601 in UTC; null before the first. */
  readonly at: string | null;
  /** Each store. */
  readonly stores: readonly StoreHealth[];
}

/** What is answered, before the headers that every answer has. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const PLAIN = "text/plain; charset=utf-8";

/** Nothing is kept by anybody in between, nothing is guessed, nothing is embedded elsewhere. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": PAGE_POLICY,
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/**
 * Answers a request.
 *
 * @param request The request.
 * @param options What there is to answer.
 * @returns The answer.
 */
export function respond(request: Request, options: SiteOptions): Response {
  if (options.isLocal && !isForThisMachine(request)) {
    // A name that somebody else has made to mean 127.0.0.1: a page from there may not read this.
    return toResponse(request, { status: 421, type: PLAIN, text: "Not a name of this machine\n" });
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    const answer = { status: 405, type: PLAIN, text: "Only GET and HEAD\n" };
    return toResponse(request, answer, { allow: "GET, HEAD" });
  }
  return toResponse(request, answerPath(new URL(request.url).pathname, options));
}

function isForThisMachine(request: Request): boolean {
  const host = request.headers.get("host");
  if (host === null) return false;
  const [, six, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return isLocalName(six ?? name ?? "");
}

function answerPath(path: string, { read, compatibleNames, now }: SiteOptions): Answer {
  switch (path) {
    case "/":
      return {
        status: 200,
        type: "text/html; charset=utf-8",
        text: renderPage(read(), now()),
      };
    case "/metrics": {
      const text = renderMetrics(listStatusMetrics(readOutcomes(read()), {
        compatibleNames: compatibleNames(),
      }));
      return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", text };
    }
    case "/healthz":
      return answerHealth(read(), now());
    default:
      return { status: 404, type: PLAIN, text: "There are /, /metrics and /healthz\n" };
  }
}

/** A state of long ago must not pass for that of now, nor one that is not read so far for a fault. */
function readOutcomes({ stores }: Board): StatusOutcome[] {
  return stores.filter(({ status, failure }) => status !== null || failure !== null)
    .map(({ store, status, failure, isBusy }) => ({
      store,
      status: failure === null ? status : null,
      isBusy,
    }));
}

function answerHealth(board: Board, now: Date): Answer {
  const stores = board.stores.map((served) => judgeServed(served, now));
  const healthy = stores.every((store) => store.healthy);
  const line: HealthLine = {
    type: "health",
    schema: SCHEMA_VERSION,
    healthy,
    at: board.at,
    stores,
  };
  return {
    status: healthy ? 200 : 503,
    type: "application/json",
    text: encodeJsonLine(line),
  };
}

function toResponse(
  { method }: Request,
  { status, type, text }: Answer,
  more: Readonly<Record<string, string>> = {},
): Response {
  const bytes = new TextEncoder().encode(text);
  const headers = {
    ...HEADERS,
    ...more,
    "content-type": type,
    "content-length": String(bytes.byteLength),
  };
  return new Response(method === "HEAD" ? null : bytes, { status, headers });
}
