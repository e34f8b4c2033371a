import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import type { FindingName } from "../../lib/model/codes.ts";
import { createFinding, type Finding } from "../../lib/model/finding.ts";
import type { IndexPart } from "../../lib/model/index_part.ts";
import { planQuarantine } from "../../lib/quarantine/plan.ts";

const NUMBERS = { collection: "notes", sizeBytes: 1, records: 2, onlyCopies: 1, replayable: 1 };
const PARTS: readonly IndexPart[] = ["a", "b", "c"].map((path) => ({ id: path, path, ...NUMBERS }));

function finding(name: FindingName, path: string | null, segment: string | null = null): Finding {
  return createFinding(name, { path, segment, message: "" });
}

/** The paths that a plan names, each with its reasons and codes. */
function outline(selection: Parameters<typeof planQuarantine>[1]): unknown[] {
  return planQuarantine(PARTS, selection).map((
    { part, reasons, findings },
  ) => [part.path, ...reasons, ...findings]);
}

Deno.test("planQuarantine() takes nothing when nothing is chosen", () => {
  assertEquals(outline({}), []);
  assertEquals(planQuarantine([], { findings: [finding("id-map-truncated", "a/x")] }), []);
});

Deno.test("planQuarantine() takes indexes with an error or worse in their own files", () => {
  const header = finding("header-truncated", "b/header.bin");
  const idMap = finding("id-map-truncated", "b/index_metadata.pickle");
  assertEquals(["error", "fatal"].includes(header.severity), true);
  assertEquals(outline({ findings: [header, idMap, header] }), [
    [
      "b",
      `it is damaged: ${[header.code, idMap.code].sort().join(", ")}`,
      ...[
        header.code,
        idMap.code,
      ].sort(),
    ],
  ]);
  assertEquals(outline({ findings: [finding("segment-file-missing", "c")] }).length, 1);
  // Moving an index aside helps nothing where the damage is elsewhere, or none.
  const others = [
    finding("vectors-missing", "chroma.sqlite3", "a"),
    finding("header-trailing-bytes", "a"),
    finding("id-map-truncated", "ab/index_metadata.pickle"),
    finding("segment-missing", null, "a"),
  ];
  assertEquals(outline({ findings: others }), []);
});

Deno.test("planQuarantine() gives every reason for which an index is taken", () => {
  const damage = finding("id-map-truncated", "a/index_metadata.pickle");
  assertEquals(
    outline({
      segments: ["a", "c"],
      findings: [damage],
      stale: [{ path: "a", ageMs: 7_500_000 }, { path: "other", ageMs: 1 }],
    }),
    [
      [
        "a",
        "it was asked for",
        `it is damaged: ${damage.code}`,
        "it is 2 h 5 min older than the catalogue",
        damage.code,
      ],
      ["c", "it was asked for"],
    ],
  );
});

Deno.test("planQuarantine() refuses an index that the store does not have", () => {
  const error = assertThrows(() => planQuarantine(PARTS, { segments: ["a", "x"] }), OperationError);
  assertEquals([error.code, error.message, error.hint], [
    "not-found",
    "The store has no index x",
    "It has a, b, c.",
  ]);
});
