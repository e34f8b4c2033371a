import { assertEquals, assertStringIncludes } from "@std/assert";
import { plainPainter } from "../../lib/output/paint.ts";
import { renderSealHeading, renderSealOutcome } from "../../lib/output/seal_text.ts";
import type { SealOutcome } from "../../lib/seal/create_seal.ts";
import { finding, findingEvent, summary } from "./events.ts";

const PLAIN = { width: 80, paint: plainPainter };
const STORE = "/srv/chroma";

function outcomeOf(isSound: boolean, facts: Partial<SealOutcome> = {}): SealOutcome {
  const stamp = { path: "chroma.sqlite3", modifiedMs: 0, changedMs: null, inode: null };
  return {
    file: {
      path: `${STORE}.vecfsck/seal`,
      sizeBytes: 300,
      seal: {
        createdAt: "2026-11-21T07:00:00.000Z",
        store: STORE,
        format: "chroma",
        isSound,
        files: [{ ...stamp, sizeBytes: 70_000, sums: new Uint32Array(2) }],
      },
    },
    findings: [],
    summary: summary(),
    leftOut: [],
    notKept: null,
    ...facts,
  };
}

Deno.test("renderSealOutcome() says what was sealed, and where", () => {
  assertEquals(renderSealOutcome(outcomeOf(true), STORE, PLAIN), [
    "",
    "  70.0 kB in 1 file, a checksum for each 65536 bytes: 300 B",
    "SEALED  /srv/chroma in /srv/chroma.vecfsck/seal",
  ]);
});

Deno.test("renderSealOutcome() names what was not sealed, but not without end", () => {
  const leftOut = Array.from({ length: 25 }, (_, index) => ({
    path: `pipe${index}`,
    reason: "neither a file nor a directory",
  }));
  const lines = renderSealOutcome(outcomeOf(true, { leftOut }), STORE, PLAIN);
  assertEquals(lines.filter((line) => line.startsWith("  Not sealed: ")).length, 20);
  assertStringIncludes(lines.join("\n"), "  … and 5 more not sealed");
});

Deno.test("renderSealOutcome() says that a damaged store was not sealed, and why", () => {
  const findings = [
    findingEvent(STORE, finding("header-truncated", { path: "a/header.bin" })),
    findingEvent(STORE, finding("foreign-entry", { path: "x.txt" })),
  ];
  const text = renderSealOutcome(outcomeOf(false, { file: null, findings }), STORE, PLAIN)
    .join("\n");
  assertStringIncludes(text, "VF2101");
  assertEquals(text.includes("x.txt"), false);
  assertStringIncludes(text, "DAMAGED  /srv/chroma: not sealed");
  assertStringIncludes(text, "--force");
});

Deno.test("renderSealOutcome() does not call a store sealed that was damaged", () => {
  const lines = renderSealOutcome(outcomeOf(false), STORE, PLAIN);
  assertEquals(lines.at(-1), "DAMAGED  /srv/chroma.vecfsck/seal: sealed because of --force");
});

Deno.test("renderSealHeading() prints no control characters", () => {
  assertEquals(renderSealHeading("/srv/\u001b[31m", PLAIN), [
    "Sealing /srv/\\u{1b}[31m (full check first)",
  ]);
});
