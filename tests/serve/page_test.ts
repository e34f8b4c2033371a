import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import type { Board, ServedStore } from "../../lib/serve/board.ts";
import { renderPage } from "../../lib/serve/page.ts";
import { PAGE_POLICY, PAGE_STYLE } from "../../lib/serve/page_assets.ts";
import { DAMAGED, EXAMPLE_TIME } from "../output/status_examples.ts";
import { MIXED_BOARD, SERVED_DAMAGED, SERVED_WELL, WELL_BOARD } from "./board_examples.ts";

function render(board: Board, now = EXAMPLE_TIME): string {
  return renderPage(board, new Date(now));
}

function withStore(changes: Partial<ServedStore>): Board {
  return { ...WELL_BOARD, stores: [{ ...SERVED_WELL, ...changes }] };
}

function titleOf(page: string): string {
  return /<title>(.*) · vecfsck<\/title>/.exec(page)?.[1] ?? "";
}

Deno.test("renderPage() says first how all stores are", () => {
  const first = { ...withStore({ state: "unknown", status: null }), at: null };
  assertEquals(titleOf(render(first)), "The first round is under way");
  assertEquals(titleOf(render(WELL_BOARD)), "The store is well");
  assertEquals(titleOf(render(MIXED_BOARD)), "1 of 2 stores needs attention");
  const both = { ...WELL_BOARD, stores: [SERVED_DAMAGED, SERVED_DAMAGED] };
  assertEquals(titleOf(render(both)), "2 of 2 stores need attention");
  const single = { ...WELL_BOARD, stores: [SERVED_DAMAGED] };
  assertEquals(titleOf(render(single)), "The store needs attention");
  assertEquals(
    titleOf(render({ ...WELL_BOARD, stores: [SERVED_WELL, SERVED_WELL] })),
    "All stores are well",
  );
});

Deno.test("renderPage() shows the rows of the screen, and the last events", () => {
  const page = render(MIXED_BOARD);
  assertStringIncludes(page, '<dt class="good">CLEAN</dt>');
  assertStringIncludes(page, "<dd>1,234 records, 2 collections (2 healthy, 0 damaged)");
  assertStringIncludes(page, '<dt class="error">DAMAGED</dt>');
  assertStringIncludes(page, "<dd>Damaged: e9f85bf6, 1a2b3c4d</dd>");
  assertStringIncludes(page, "/srv/chroma: backup made");
  assertStringIncludes(page, `<time datetime="${EXAMPLE_TIME}">2026-03-01 12:00:00 UTC</time>`);
});

Deno.test("renderPage() counts the next actions from now, not from the last round", () => {
  const page = render(WELL_BOARD, "2026-03-01T12:02:00.000Z");
  assertStringIncludes(page, "<dd>check in 1 minute, backup in 15 hours");
});

Deno.test("renderPage() says of which time it is when a store cannot be read any more", () => {
  const page = render(withStore({ state: "missing", failure: "No such directory" }));
  assertStringIncludes(page, '<section class="error">');
  assertMatch(page, /No such directory\.\s+What stands here is of <time/);
  const never = render(withStore({ state: "unknown", status: null }));
  assertStringIncludes(never, "Not checked so far.");
  const stale = render(WELL_BOARD, "2026-03-01T12:15:01.000Z");
  assertStringIncludes(stale, `Nothing new is known since ${EXAMPLE_TIME}`);
  const atWork = render(withStore({ isAtWork: true }), "2026-03-01T13:00:00.000Z");
  assertEquals(titleOf(atWork), "The store is well");
});

Deno.test("renderPage() lets nothing from a store be anything but text", () => {
  const evil = `</dd><script>alert(1)</script><img src=x onerror="x">'\u202e\x1b`;
  const page = render({
    at: EXAMPLE_TIME,
    stores: [{
      ...SERVED_DAMAGED,
      store: `/srv/${evil}`,
      findings: [evil],
      failure: evil,
      status: {
        ...DAMAGED,
        store: `/srv/${evil}`,
        engine: evil,
        collections: {
          total: 1,
          healthy: 0,
          damaged: 1,
          each: [{ name: evil, records: 1, isHealthy: false }],
        },
      },
    }],
    events: [{ at: EXAMPLE_TIME, text: evil, style: "error" }],
  });
  assertEquals(page.split("<script").length, 2, "the page's own script alone");
  assert(!page.includes("<img") && !page.includes("\u202e") && !page.includes("\x1b"));
  assertStringIncludes(page, "&lt;script&gt;alert(1)&lt;/script&gt;");
});

Deno.test("renderPage() runs nothing and shows nothing that its policy does not name", () => {
  const page = render(MIXED_BOARD);
  assertEquals(PAGE_STYLE.includes("<"), false);
  for (const [, name = "", content = ""] of page.matchAll(/<(style|script)>([^]*?)<\/\1>/g)) {
    const digest = createHash("sha256").update(content).digest("base64");
    assertStringIncludes(PAGE_POLICY, `${name}-src 'sha256-${digest}'`);
  }
  assertEquals([...page.matchAll(/<(?:style|script)>/g)].length, 2);
  assertEquals(/\s(?:style|on\w+|src)=|https?:\/\//.test(page), false);
});

Deno.test("renderPage() keeps itself up to date without a script too, and names its language", () => {
  const page = render(WELL_BOARD);
  assert(page.startsWith("<!DOCTYPE html>"));
  assertStringIncludes(page, '<html lang="en">');
  assertStringIncludes(page, '<noscript><meta http-equiv="refresh" content="30"></noscript>');
  assertStringIncludes(page, 'role="status"');
  assertEquals([...page.matchAll(/<h1/g)].length, 1);
});
