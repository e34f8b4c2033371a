import { assertEquals } from "@std/assert";
import type {
  BatchOutcome,
  BatchResult,
  BatchStart,
} from "../../lib/drill/batches/batch_result.ts";
import {
  renderBatchOutcome,
  renderBatchResult,
  renderBatchStart,
} from "../../lib/output/drill_batches_text.ts";
import { plainPainter } from "../../lib/output/paint.ts";

const LAYOUT = { width: 100, paint: plainPainter };

const START: BatchStart = {
  store: "/srv/chroma",
  server: null,
  version: "1.0.0",
  dimension: 384,
  maxBatchSize: 5461,
  sizes: [10, 20],
};

const GOOD: BatchResult = {
  size: 10,
  batches: 20,
  state: "good",
  says: null,
  lostRecords: 0,
  perRecordMs: 4.931,
  slowestBatchMs: 120,
  usedBeforeBytes: 1_400_000_000,
  usedPeakBytes: 1_500_000_000,
  swappedPages: 0,
};

const DIED: BatchResult = {
  ...GOOD,
  size: 2000,
  batches: 0,
  state: "died",
  says: "killed by SIGKILL: \u001b[31mred",
  perRecordMs: null,
  slowestBatchMs: null,
  usedPeakBytes: null,
};

function verdictOf(results: BatchResult[], recommendedSize: number | null): string[] {
  const outcome: BatchOutcome = { start: START, results, recommendedSize, elapsedMs: 74_000 };
  return renderBatchOutcome(outcome, LAYOUT);
}

Deno.test("renderBatchStart() says what is measured, and where", () => {
  const [heading, , columns] = renderBatchStart(START, LAYOUT);
  assertEquals(
    heading,
    "Measuring batches to a server on a copy of /srv/chroma: it says version 1.0.0, vectors of 384 " +
      "components; it takes 5,461 at once",
  );
  assertEquals(
    columns,
    "  Records    Batches    Per record    Slowest batch       Memory  Result",
  );
  const bare = { ...START, store: null, version: null, maxBatchSize: null };
  const where = (start: BatchStart): string | undefined => renderBatchStart(start, LAYOUT)[0];
  assertEquals(
    where(bare),
    "Measuring batches to a server on an empty store: vectors of 384 components",
  );
  assertEquals(
    where({ ...bare, server: "http://127.0.0.1:8000" }),
    "Measuring batches to the server at http://127.0.0.1:8000: vectors of 384 components",
  );
});

Deno.test("renderBatchResult() makes a line, and one more where something is to be said", () => {
  assertEquals(renderBatchResult(GOOD, LAYOUT), [
    "       10         20       4.93 ms           0.12 s       1.5 GB  good",
  ]);
  assertEquals(renderBatchResult(DIED, LAYOUT), [
    "    2,000          0             -                -      unknown  SERVER DIED",
    "            killed by SIGKILL: \\u{1b}[31mred",
  ]);
});

Deno.test("renderBatchOutcome() says which size is to be used, and where it ends", () => {
  const larger = { ...GOOD, size: 20 };
  assertEquals(verdictOf([GOOD, larger], 20), [
    "",
    "USE  batches of 20 records: up to 20 were taken without loss or swap, no larger size was tried " +
    "(1 min 14 s)",
  ]);
  assertEquals(
    verdictOf([GOOD, DIED], 10).at(-1),
    "USE  batches of 10 records: up to 10 were taken without loss or swap, 2,000 are too many: " +
      "SERVER DIED (1 min 14 s)",
  );
  assertEquals(verdictOf([DIED], null), [
    "",
    "NONE  no size of batches was taken without loss or swap (1 min 14 s)",
  ]);
});

Deno.test("renderBatchOutcome() does not claim of the swap what it does not know", () => {
  const lines = verdictOf([{ ...GOOD, swappedPages: null }], 10);
  assertEquals(lines.slice(1, 3), [
    "  Unseen    neither memory nor swap: to look at them takes a server on this machine and",
    "            --allow-sys=systemMemoryInfo",
  ]);
  assertEquals(
    lines.at(-1),
    "USE  batches of 10 records: up to 10 were taken without loss, no larger size was tried " +
      "(1 min 14 s)",
  );
});
