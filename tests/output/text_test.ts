import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { colourPainter, plainPainter } from "../../lib/output/paint.ts";
import {
  renderFailure,
  renderFindings,
  renderHeading,
  renderScope,
  renderVerdict,
} from "../../lib/output/text.ts";
import { finding, summary } from "./events.ts";

const PLAIN = { width: 80, paint: plainPainter };

Deno.test("renderFindings() gives place, numbers, effect and repair of each finding", () => {
  const lines = renderFindings([
    finding("dimension-mismatch", {
      collection: "notes",
      path: "5f1c/header.bin",
      offset: 4096,
      count: 1204,
      message: "The index has 384 dimensions, the catalogue says 768",
    }),
  ], PLAIN);
  assertEquals(lines, [
    "",
    'Collection "notes"',
    "  FATAL    VF1213  5f1c/header.bin, byte 4096 (0x1000), 1,204 places",
    "           The index has 384 dimensions, the catalogue says 768",
    "           Effect: The engine reads past the end of its memory: signal 11, or",
    "                   every query is refused.",
    "           To do:  Do not open the store with the engine; `vecfsck repair STORE`",
    "                   writes the dimension that index and queue prove.",
  ]);
});

Deno.test("renderFindings() gives an info finding one line and no advice", () => {
  const lines = renderFindings([
    finding("foreign-entry", { path: "notes.txt", message: "12 bytes" }),
  ], PLAIN);
  assertEquals(lines, ["", "The store", "  info     VF1006  notes.txt: 12 bytes"]);
});

Deno.test("renderFindings() says where the whole list is when it folds or cuts", () => {
  const many = Array.from({ length: 1209 }, () => finding("sqlite-malformed"));
  const folded = renderFindings(many, PLAIN);
  assertEquals(folded.filter((line) => line.includes("VF1105")).length, 5);
  assertStringIncludes(folded.join("\n"), "… and 1,204 more of this kind; the whole list: --json");
  assertEquals(folded.filter((line) => line.includes("Effect:")).length, 1);
  const cut = renderFindings(many, { ...PLAIN, maxFindings: 0 });
  assertEquals(cut, ["", "… and 1,209 more findings; the whole list: --json"]);
});

Deno.test("renderFindings() gives the same advice once and refers to it after that", () => {
  const lines = renderFindings([
    finding("sqlite-malformed"),
    finding("sqlite-index-mismatch"),
    finding("sqlite-malformed", { collection: "notes" }),
  ], PLAIN);
  const advice = lines.map((line) => line.trim()).filter((line) => line.startsWith("To do:"));
  assertEquals(advice.map((line) => line.slice(0, 30)), [
    "To do:  Stop every process tha",
    "To do:  The same as for VF1105",
    "To do:  Stop every process tha",
  ]);
});

Deno.test("renderFindings() wraps what it explains to the width", () => {
  const findings = [finding("sqlite-malformed", { message: "word ".repeat(60).trim() })];
  for (const width of [40, 80, 120]) {
    const [, , first = "", ...rest] = renderFindings(findings, { ...PLAIN, width });
    assertStringIncludes(first, "VF1105");
    assert(rest.every((line) => line.length <= width), rest.join("\n"));
    assert(rest.some((line) => line.length > width - 20), rest.join("\n"));
  }
});

Deno.test("no renderer lets a control character from a store through", () => {
  const evil = "a\x1b[2J\n\r\x07\x9b31m\u202eb\u2028";
  const found = finding("dimension-mismatch", {
    collection: evil,
    path: evil,
    message: evil,
    segment: evil,
  });
  const info = finding("foreign-entry", { path: evil, message: evil });
  const end = summary({
    store: evil,
    engine: evil,
    bytesSkipped: 5,
    skipped: [{ reason: evil, sizeBytes: 5 }],
  });
  const error = new OperationError("read-failed", evil, { path: evil, hint: evil });
  const lines = [
    ...renderHeading(evil, "full", PLAIN),
    ...renderFindings([found, info], PLAIN),
    ...renderScope(end, PLAIN),
    ...renderVerdict(end, PLAIN),
    ...renderFailure(error, evil, PLAIN),
    ...renderFailure(error, "other", PLAIN),
  ];
  for (const line of lines) {
    // deno-lint-ignore no-control-regex -- these are the characters that must not be there
    assert(!/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/.test(line), JSON.stringify(line));
  }
  assert(lines.filter((line) => line.includes("\\u{1b}")).length >= 7, lines.join("\n"));
});

Deno.test("renderVerdict() tells a clean store that was read whole from one that was not", () => {
  assertEquals(renderVerdict(summary(), PLAIN), [
    "CLEAN   /srv/chroma: safe to open (full check of 434 MB in 1.62 s; every byte was looked at)",
  ]);
  assertEquals(
    renderVerdict(summary({ bytesSkipped: 12_345 }), PLAIN),
    [
      "CLEAN   /srv/chroma: safe to open " +
      "(full check of 434 MB in 1.62 s; 12.3 kB of it were not looked at)",
    ],
  );
});

Deno.test("renderVerdict() does not call a store safe after a quick look", () => {
  for (const verdict of ["clean", "warnings"] as const) {
    const [line = ""] = renderVerdict(
      summary({
        verdict,
        level: "quick",
        counts: { fatal: 0, error: 0, warning: verdict === "clean" ? 0 : 1, info: 0 },
        bytesChecked: 2_000_000,
        bytesSkipped: 432_000_000,
        elapsedMs: 50,
      }),
      PLAIN,
    );
    assertStringIncludes(line, "only a full check can tell that it is safe to open");
    assertStringIncludes(line, "432 MB of it were not looked at");
  }
});

Deno.test("renderVerdict() says what not to do, and how much was found", () => {
  const [unsafe = ""] = renderVerdict(
    summary({ verdict: "unsafe", counts: { fatal: 2, error: 1, warning: 0, info: 9 } }),
    PLAIN,
  );
  assertStringIncludes(unsafe, "UNSAFE  /srv/chroma: do not open this store with the engine");
  assertStringIncludes(unsafe, "2 fatal, 1 error. Full check of 434 MB");
  const [damaged = ""] = renderVerdict(
    summary({ verdict: "damaged", counts: { fatal: 0, error: 3, warning: 1, info: 0 } }),
    PLAIN,
  );
  assertStringIncludes(damaged, "DAMAGED /srv/chroma: ");
  assertStringIncludes(damaged, "3 errors, 1 warning.");
  const [warnings = ""] = renderVerdict(
    summary({ verdict: "warnings", counts: { fatal: 0, error: 0, warning: 2, info: 0 } }),
    PLAIN,
  );
  assertStringIncludes(warnings, "WARNING /srv/chroma: safe to open, but it needs attention.");
});

Deno.test("renderScope() names what was not looked at and why", () => {
  const lines = renderScope(
    summary({
      records: null,
      engine: null,
      collections: 1,
      bytesSkipped: 30,
      skipped: [{ reason: "not read at this level", sizeBytes: 30 }],
    }),
    PLAIN,
  );
  assertEquals(lines, [
    "",
    "  chroma, 1 collection",
    "  Not looked at: 30 B, not read at this level",
  ]);
  assertEquals(renderScope(summary(), PLAIN), [
    "",
    "  chroma 1.5, 3 collections, 135,464 records",
  ]);
});

Deno.test("renderFailure() names the store once, the reason, and what to do next", () => {
  const error = new OperationError("not-found", "No such file or directory: /srv/x", {
    hint: "Look at the spelling.",
  });
  assertEquals(renderFailure(error, "/srv/x", PLAIN), [
    "NOT CHECKED  No such file or directory: /srv/x",
    "  Look at the spelling.",
  ]);
  assertEquals(renderFailure(new OperationError("busy", "In use"), "/srv/x", PLAIN), [
    "NOT CHECKED  /srv/x: In use",
  ]);
});

Deno.test("colour adds escape sequences and changes no word", () => {
  const findings = [finding("dimension-mismatch", { offset: 3 }), finding("foreign-entry")];
  const render = (paint: typeof plainPainter): string =>
    [
      ...renderHeading("/srv/chroma", "quick", { width: 80, paint }),
      ...renderFindings(findings, { width: 80, paint }),
      ...renderVerdict(summary(), { width: 80, paint }),
    ].join("\n");
  const coloured = render(colourPainter);
  assert(coloured.includes("\x1b[1;31mFATAL"));
  // deno-lint-ignore no-control-regex -- the escape sequences are what is taken away
  assertEquals(coloured.replaceAll(/\x1b\[[0-9;]*m/g, ""), render(plainPainter));
});
