import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Board } from "../../lib/serve/board.ts";
import { respond } from "../../lib/serve/respond.ts";
import { EXAMPLE_TIME } from "../output/status_examples.ts";
import { MIXED_BOARD, SERVED_WELL, WELL_BOARD } from "./board_examples.ts";

interface Asking {
  readonly board?: Board;
  readonly method?: string;
  readonly host?: string | null;
  readonly isLocal?: boolean;
  readonly compatibleNames?: boolean;
}

function ask(path: string, asking: Asking = {}): Response {
  const { board = WELL_BOARD, method = "GET", host = "127.0.0.1:9464" } = asking;
  const { isLocal = true, compatibleNames = false } = asking;
  const headers: HeadersInit = host === null ? {} : { host };
  const request = new Request(`http://127.0.0.1:9464${path}`, { method, headers });
  return respond(request, {
    read: () => board,
    isLocal,
    compatibleNames: () => compatibleNames,
    now: () => new Date(EXAMPLE_TIME),
  });
}

Deno.test("respond() serves metrics in the text format", async () => {
  const { status, headers, text } = await read(ask("/metrics", { board: MIXED_BOARD }));
  assertEquals(status, 200);
  assertEquals(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assertStringIncludes(text, 'vecfsck_up{store="/srv/chroma"} 1\n');
  assertStringIncludes(text, 'vecfsck_healthy{store="/srv/memories",format="chromem"} 0\n');
  assert(!text.includes("vectorstore_"));
  const more = await read(ask("/metrics", { compatibleNames: true }));
  assertStringIncludes(more.text, "vectorstore_collections_total");
});

Deno.test("respond() says in metrics that a store is down whose state is an old one", async () => {
  const board = { ...WELL_BOARD, stores: [{ ...SERVED_WELL, failure: "it could not be read" }] };
  const { text } = await read(ask("/metrics", { board }));
  assertStringIncludes(text, 'vecfsck_up{store="/srv/chroma"} 0\n');
  assert(!text.includes("vecfsck_healthy{"));
});

Deno.test("respond() says nothing in metrics of a store that was not looked at so far", async () => {
  const board = { ...WELL_BOARD, stores: [{ ...SERVED_WELL, status: null }] };
  const { text } = await read(ask("/metrics", { board }));
  assertEquals(text.includes("/srv/chroma"), false);
});

Deno.test("respond() gives 200 for stores that are well and 503 with the reason otherwise", async () => {
  const well = await read(ask("/healthz"));
  assertEquals([well.status, well.headers.get("content-type")], [200, "application/json"]);
  assertEquals(JSON.parse(well.text), {
    type: "health",
    schema: 1,
    healthy: true,
    at: EXAMPLE_TIME,
    stores: [{ store: "/srv/chroma", healthy: true, reason: null, at: EXAMPLE_TIME }],
  });
  const mixed = await read(ask("/healthz", { board: MIXED_BOARD }));
  assertEquals(mixed.status, 503);
  const { healthy, stores } = JSON.parse(mixed.text);
  assertEquals([healthy, stores[0].healthy, stores[1].healthy], [false, true, false]);
  assertEquals(stores[1].reason, "damaged; VF3001 chromem-metadata-missing (2 times)");
});

Deno.test("respond() lets no name of a store act on a terminal that health is printed on", async () => {
  const board = { ...WELL_BOARD, stores: [{ ...SERVED_WELL, store: "/srv/\u202e\x1b[31m" }] };
  const { text } = await read(ask("/healthz", { board }));
  assert(!text.includes("\u202e") && !text.includes("\x1b"));
  assertEquals(JSON.parse(text).stores[0].store, "/srv/\u202e\x1b[31m");
});

Deno.test("respond() answers GET and HEAD, and knows three paths", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const { status, headers } = ask("/metrics", { method });
    assertEquals([status, headers.get("allow")], [405, "GET, HEAD"], method);
  }
  for (const path of ["/x", "/metrics/", "//", "/..%2fetc/passwd"]) {
    assertEquals(ask(path).status, 404, path);
  }
  for (const path of ["/", "/metrics", "/healthz?now"]) {
    const [head, body] = [ask(path, { method: "HEAD" }), await read(ask(path))];
    assertEquals([head.status, await head.text()], [200, ""], path);
    const length = head.headers.get("content-length");
    assertEquals(length, String(new TextEncoder().encode(body.text).byteLength));
  }
});

Deno.test("respond() answers only to names of this machine, for a name can be led here", async () => {
  for (const host of ["localhost", "LOCALHOST:80", "127.0.0.1:1", "127.1.2.3", "[::1]:9464"]) {
    assertEquals(ask("/", { host }).status, 200, host);
  }
  const others = [
    "evil.example:9464",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "[::2]",
    "0.0.0.0",
    "",
    null,
  ];
  for (const host of others) {
    const { status, text } = await read(ask("/", { host }));
    assertEquals([status, text.includes("/srv/")], [421, false], String(host));
  }
  assertEquals(ask("/", { host: "stores.example", isLocal: false }).status, 200);
});

Deno.test("respond() lets nobody keep, embed or guess an answer", () => {
  for (const path of ["/", "/metrics", "/healthz", "/x"]) {
    const { headers } = ask(path);
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("access-control-allow-origin"), null);
    const policy = headers.get("content-security-policy") ?? "";
    assertMatch(policy, /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-/);
    assertStringIncludes(policy, "frame-ancestors 'none'");
    assert(!policy.includes("unsafe"));
  }
});

/** An answer that was read to its end. */
interface ReadAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function read(response: Response): Promise<ReadAnswer> {
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}
