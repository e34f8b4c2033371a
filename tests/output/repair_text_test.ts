import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { RepairStep } from "../../lib/model/repair.ts";
import { countNoun } from "../../lib/output/labelled_text.ts";
import { describeLoss, renderLoss } from "../../lib/output/loss_text.ts";
import { plainPainter } from "../../lib/output/paint.ts";
import { renderRepairPlan } from "../../lib/output/repair_text.ts";
import { renderNothing, renderRepairOutcome } from "../../lib/output/repaired_text.ts";
import { renderUndone, renderUndoPlan } from "../../lib/output/undo_text.ts";
import { answer, left, loss, outcome, plan, state, step } from "./repair_events.ts";

const PLAIN = { width: 80, paint: plainPainter, keepsReplaced: true };

Deno.test("renderRepairPlan() is short where little is to be done", () => {
  assertEquals(renderRepairPlan(plan(), PLAIN), [
    "Repair of /srv/chroma (chroma 1.5): 1 step",
    "  Wrong     1 fatal: header-truncated (VF2101)",
    "",
    "1. Build the index of notes anew",
    "  For       header-truncated (VF2101)",
    "  Saves     366 vectors from the index",
    "  Way       index: it was proven for chroma 1.5",
    "  Replaces  5c9b36b3-ea3d-481d-bce4-eb75e0156ab2: 128 kB",
    "",
    "  128 kB are written beside the store and checked in full before anything is",
    "  exchanged. What is replaced goes to quarantine.",
  ]);
});

Deno.test("renderRepairPlan() names the worst kinds of findings first, and counts the rest", () => {
  const answers = [
    answer("deleted-slots-many"),
    answer("dimension-missing"),
    answer("dimension-mismatch"),
    answer("tenant-missing"),
    answer("tenant-missing"),
    answer("watermark-blob"),
  ];
  const text = renderRepairPlan(
    plan({
      steps: [step({ answers })],
      unanswered: [left("foreign-entry", { isDamage: false }), left("file-unreadable")],
    }),
    { ...PLAIN, width: 400 },
  );
  const wrong = text.find((line) => line.startsWith("  Wrong")) ?? "";
  assertEquals(
    wrong,
    "  Wrong     1 fatal, 5 errors, 1 warning: dimension-mismatch (VF1213), " +
      "dimension-missing (VF1214), tenant-missing (VF1203), watermark-blob (VF1216) … and 2 more kinds",
  );
});

Deno.test("renderRepairPlan() folds what is long, and says where all of it stands", () => {
  const details = Array.from({ length: 20 }, (_, index) => `row ${index}`);
  const lines = renderRepairPlan(plan({ steps: [step({ details })] }), PLAIN);
  assertEquals(lines.filter((line) => /^ {12}row \d+$|How {7}row/.test(line)).length, 6);
  assert(lines.includes("            … and 14 more; --json lists all"));
  const left25 = Array.from({ length: 25 }, (_, index) => {
    const path = `${index}/header.bin`;
    return left("file-unreadable", { path, reason: `Reason ${index}.` });
  });
  const long = renderRepairPlan(plan({ unanswered: [...left25, ...left25] }), PLAIN);
  assertEquals(long.filter((line) => line.startsWith("  LEFT")).length, 20);
  assert(long.includes("            … and 5 more; --json lists all"));
  assert(
    long.includes(
      "  LEFT      error file-unreadable (VF1013), 7/header.bin and 1 more place:",
    ),
  );
});

Deno.test("renderRepairPlan() says of what it leaves alone why, and only counts what is harmless", () => {
  const lines = renderRepairPlan(
    plan({
      unanswered: [
        left("file-unreadable", { path: "a/header.bin", reason: "What stands there is no file." }),
        left("foreign-entry", { path: "notes.txt", isDamage: false }),
        left("foreign-entry", { path: "more.txt", isDamage: false }),
      ],
    }),
    PLAIN,
  );
  assertEquals(lines.slice(-5), [
    "  LEFT      error file-unreadable (VF1013), a/header.bin: What stands there is",
    "            no file.",
    "  2 findings that mean no damage are left alone.",
    "  128 kB are written beside the store and checked in full before anything is",
    "  exchanged. What is replaced goes to quarantine.",
  ]);
});

Deno.test("renderRepairPlan() says what becomes of what is replaced", () => {
  const careless = { ...PLAIN, width: 200, keepsReplaced: false };
  const endOf = (steps: RepairStep[], options = PLAIN): string =>
    renderRepairPlan(plan({ steps, sizeBytes: 0 }), options).at(-1) ?? "";
  assertEquals(
    [
      endOf([step()]),
      endOf([step()], careless),
      endOf([step({ losses: [loss()] })], careless),
      endOf([step({ replaces: [] })]),
    ],
    [
      "  What is replaced goes to quarantine.",
      "  What is replaced is not kept, for nothing is lost.",
      "  What is replaced goes to quarantine.",
      "  No file of the store is replaced.",
    ],
  );
});

Deno.test("renderLoss() shows the first ids, and what becomes of the rest", () => {
  const ids = Array.from({ length: 102 }, (_, index) => `doc-${index}`);
  assertEquals(renderLoss(loss({ count: 102, ids }), PLAIN), [
    "  LOST      102 vectors of notes: their slots are zeroed. The records leave the",
    "            store into a file.",
    "            doc-0, doc-1, doc-2, doc-3, doc-4 … and 97 more; --json lists all",
  ]);
  const ends = [
    loss({ outcome: "kept-unsearchable", count: 1, ids: ["a"] }),
    loss({ kind: "queue-row", ids: [] }),
    loss({ kind: "newer-version", outcome: "kept", ids: [] }),
    loss({ kind: "length", outcome: "kept", ids: [] }),
    loss({ kind: "row", table: "embeddings", collection: null, outcome: "gone", ids: [] }),
  ].map((one) => renderLoss(one, { ...PLAIN, width: 200 }));
  assertEquals(ends, [
    [
      "  LOST      1 vector of notes: their slots are zeroed. The record stays, and no query finds it.",
      "            a",
    ],
    ["  LOST      3 rows of the queue of notes: their slots are zeroed. Set aside into a file."],
    [
      "  OLDER?    3 vectors of notes may have had a newer version: their slots are zeroed. " +
      "What was found is used.",
    ],
    ["  LOST      3 lengths of vectors of notes: their slots are zeroed. The records stay without."],
    ["  LOST      3 rows of embeddings: their slots are zeroed. Nothing is left of them."],
  ]);
});

Deno.test("describeLoss() has words for every kind", () => {
  const kinds = ["document", "metadata", "record"] as const;
  assertEquals(kinds.map((kind) => describeLoss(loss({ kind, count: 1 }))), [
    "1 document of notes",
    "metadata of 1 record of notes",
    "1 record of notes",
  ]);
});

Deno.test("countNoun() finds the singular of what it counts", () => {
  const nouns = ["vectors", "rows of the queue", "indexes", "entries", "metadata"];
  assertEquals(nouns.map((noun) => countNoun(1, noun)), [
    "1 vector",
    "1 row of the queue",
    "1 index",
    "1 entry",
    "1 metadata",
  ]);
  assertEquals(countNoun(1200, "rows of the queue"), "1,200 rows of the queue");
});

Deno.test("renderRepairOutcome() says in numbers what was done, and how to take it back", () => {
  assertEquals(renderRepairOutcome(outcome(), PLAIN), [
    "REPAIRED  /srv/chroma: unsafe to open before, clean now (1.23 s)",
    "  Done      1 step for 1 finding",
    "  Saved     366 vectors",
    "  Lost      nothing",
    "  Compared  366 vectors read back from the store, each as it was saved",
    "  Recall    99.8 % of the 10 nearest found in notes (100 searches, ef 100)",
    "  Replaced  in quarantine as 20261121T104500Z. To undo this:",
    "            vecfsck undo /srv/chroma 20261121T104500Z",
    "  Next      Processes that had the store open have the old files: start them",
    "            again.",
  ]);
});

Deno.test("renderRepairOutcome() says what is left, and how vectors are handed in again", () => {
  const path = "/srv/chroma.vecfsck/repairs/20261121T104500Z/missing.jsonl";
  const lines = renderRepairOutcome(
    outcome({
      plan: plan({
        store: "/srv/my store",
        steps: [
          step({ losses: [loss(), loss({ count: 2 })] }),
          step({ strategy: { chosen: "queue", reason: "x" } }),
        ],
        unanswered: [left("file-unreadable")],
      }),
      after: state({
        verdict: "damaged",
        counts: { fatal: 0, error: 1, warning: 2, info: 3 },
        damage: ["VF1013"],
      }),
      verification: null,
      kept: [
        { name: "missing.jsonl", path, lines: 5 },
        { name: "missing.jsonl", path: "/elsewhere/missing.jsonl", lines: 5 },
        { name: "queue-rows.jsonl", path: "/srv/queue-rows.jsonl", lines: 1 },
      ],
    }),
    PLAIN,
  );
  assertEquals(lines, [
    "PARTLY REPAIRED  /srv/my store: unsafe to open before, damaged now (1.23 s)",
    "  Done      2 steps for 2 findings",
    "  Saved     732 vectors",
    "  LOST      5 vectors of notes",
    "  Still     1 error, 2 warnings (VF1013)",
    "  LEFT      error file-unreadable (VF1013): Nobody knows what it is for.",
    "  Replaced  in quarantine as 20261121T104500Z. To undo this:",
    "            vecfsck undo '/srv/my store' 20261121T104500Z",
    `  Missing   records that left the store: 5 lines in`,
    `            ${path}`,
    "            Fill in `embedding` in each line (docs/repair.md), then:",
    `            vecfsck repair '/srv/my store' --vectors ${path}`,
    "  Kept      rows of the queue that no engine can apply: 1 line in",
    "            /srv/queue-rows.jsonl",
    "  Next      Start the engine: it builds 1 index from its queue.",
  ]);
});

Deno.test("renderRepairOutcome() does not send anybody to start an engine that would be killed", () => {
  const after = state({ verdict: "unsafe", damage: ["VF2101"] });
  const lines = renderRepairOutcome(outcome({ after }), PLAIN);
  assertEquals(
    lines.at(-1),
    "  Next      Do not start the engine yet: what is left can kill it.",
  );
});

Deno.test("renderRepairOutcome() never rounds recall up to all", () => {
  const recall = [{ collection: "n", queries: 1, neighbours: 10, efSearch: 10, recall: 0.9999 }];
  const text = renderRepairOutcome(
    outcome({ verification: { recall, vectorsCompared: 0, problems: [] }, quarantined: null }),
    PLAIN,
  ).join("\n");
  assertStringIncludes(text, "Recall    99.9 % of the 10 nearest found in n (1 search, ef 10)");
  assertStringIncludes(text, "Replaced  what was replaced was not kept");
});

Deno.test("renderRepairOutcome() does not call a store repaired of which only files were saved", () => {
  const steps = [step({ kind: "export-records", replaces: [], losses: [loss()] })];
  const lines = renderRepairOutcome(
    outcome({
      plan: plan({ steps }),
      after: state({ verdict: "damaged", damage: ["VF1001"] }),
      verification: null,
      quarantined: null,
      kept: [{ name: "export-notes.jsonl", path: "/srv/export-notes.jsonl", lines: 366 }],
    }),
    PLAIN,
  );
  assertEquals(lines, [
    "NOT REPAIRED  /srv/chroma: unsafe to open before, damaged now (1.23 s)",
    "  Done      1 step for 1 finding",
    "  Saved     366 vectors",
    "  LOST      3 vectors of notes",
    "  Kept      what was saved of a collection: 366 lines in /srv/export-notes.jsonl",
  ]);
});

Deno.test("renderNothing() is one line for a healthy store, and names the damage that is left", () => {
  const nothing = plan({ steps: [] });
  assertEquals(renderNothing({ plan: nothing, before: state() }, PLAIN), [
    "NOTHING TO DO  /srv/chroma: clean",
  ]);
  const damaged = plan({ steps: [], unanswered: [left("index-stuck")] });
  assertEquals(renderNothing({ plan: damaged, before: null }, PLAIN), [
    "NOTHING TO DO  /srv/chroma",
    "  LEFT      warning index-stuck (VF1308): Nobody knows what it is for.",
  ]);
  assertEquals(
    renderRepairOutcome(outcome({ plan: nothing, state: "nothing-to-do", before: state() }), PLAIN),
    renderNothing({ plan: nothing, before: state() }, PLAIN),
  );
  assertEquals(renderRepairOutcome(outcome({ state: "declined" }), PLAIN), [
    "Nothing was changed.",
  ]);
});

Deno.test("no text about a repair does anything to a terminal", () => {
  const evil = "\x1b[2J\u202e\n";
  const lines = [
    ...renderRepairPlan(
      plan({
        store: evil,
        engine: evil,
        steps: [
          step({
            title: evil,
            details: [evil],
            replaces: [evil],
            gains: [{ what: evil, count: 1, source: evil }],
            losses: [loss({ reason: evil, collection: evil, ids: [evil] })],
            strategy: { chosen: "index", reason: evil },
          }),
        ],
        unanswered: [left("file-unreadable", { path: evil, reason: evil })],
      }),
      PLAIN,
    ),
    ...renderRepairOutcome(
      outcome({
        plan: plan({ store: evil }),
        kept: [{ name: "missing.jsonl", path: evil, lines: 1 }],
      }),
      PLAIN,
    ),
    ...renderUndoPlan(undoPlan({ store: evil, returns: [evil] }), new Date(), PLAIN),
    ...renderUndone(undone({ store: evil }), PLAIN),
  ];
  // deno-lint-ignore no-control-regex
  assertEquals(lines.filter((line) => /[\x00-\x1f\u202e]/.test(line)), []);
});

function undoPlan(facts = {}): Parameters<typeof renderUndoPlan>[0] {
  return {
    store: "/srv/chroma",
    id: "20261121T104500Z",
    repairedAt: "2026-11-21T10:45:00.000Z",
    returns: ["chroma.sqlite3"],
    leaves: ["chroma.sqlite3"],
    sizeBytes: 1_200_000,
    changedSince: [],
    ...facts,
  };
}

function undone(facts = {}): Parameters<typeof renderUndone>[0] {
  return {
    plan: undoPlan(facts),
    state: "undone",
    quarantined: "20261121T105000Z",
    elapsedMs: 100,
  };
}

Deno.test("renderUndoPlan() says what comes back, what leaves, and what was written since", () => {
  const now = new Date("2026-11-21T10:55:00Z");
  assertEquals(renderUndoPlan(undoPlan({ changedSince: ["chroma.sqlite3"] }), now, PLAIN), [
    "Undo of the repair 20261121T104500Z of /srv/chroma, 10 min 0 s old",
    "  Returns   1 entry, 1.2 MB",
    "            chroma.sqlite3",
    "  Leaves    into quarantine, for an undo of this one",
    "            chroma.sqlite3",
    "  CHANGED   since the repair, which leaves too; --force does it",
    "            chroma.sqlite3",
  ]);
  const returns = Array.from({ length: 13 }, (_, index) => `segment-${index}`);
  const many = renderUndoPlan(undoPlan({ returns, leaves: [] }), now, PLAIN);
  assertEquals(many.length, 13);
  assertEquals(many.at(-1), "            … and 3 more");
});

Deno.test("renderUndone() says how to have the repair again", () => {
  assertEquals(renderUndone(undone(), PLAIN), [
    "UNDONE  /srv/chroma is as it was before 20261121T104500Z",
    "  Replaced  in quarantine as 20261121T105000Z. To have it again:",
    "            vecfsck undo /srv/chroma 20261121T105000Z",
    "  Next      See what the store is like now:",
    "            vecfsck check /srv/chroma",
  ]);
});
