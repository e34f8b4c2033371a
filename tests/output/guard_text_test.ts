import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import type { GuardOutcome, GuardState } from "../../lib/guard/guard_outcome.ts";
import type { ProbeResult } from "../../lib/isolation/isolated_probe.ts";
import { createFinding, type Finding } from "../../lib/model/finding.ts";
import type { FindingName } from "../../lib/model/codes.ts";
import type { FindingEvent, SummaryEvent } from "../../lib/model/report.ts";
import { renderGuardFailure, renderGuardOutcome } from "../../lib/output/guard_text.ts";
import { toJournalLine } from "../../lib/output/journal_line.ts";

const STORE = "/srv/chroma";

function state(findings: readonly Finding[], facts: Partial<SummaryEvent> = {}): GuardState {
  const damage = findings.map((finding): FindingEvent => ({
    type: "finding",
    schema: 1,
    store: STORE,
    ...finding,
  }));
  const counted = (severity: string): number =>
    damage.filter((finding) => finding.severity === severity).length;
  const counts = { fatal: counted("fatal"), error: counted("error"), warning: 0, info: 0 };
  const summary = { store: STORE, counts, records: 1_234, bytesChecked: 1, ...facts };
  return { damage, summary: summary as SummaryEvent };
}

function outcome(facts: Partial<GuardOutcome> = {}): GuardOutcome {
  return {
    store: STORE,
    isSafe: false,
    before: state([]),
    cure: null,
    after: null,
    failure: null,
    probe: null,
    missed: [],
    unsettled: [],
    notices: [],
    waitedMs: 0,
    elapsedMs: 1_234,
    ...facts,
  };
}

function finding(name: FindingName, message: string): Finding {
  return createFinding(name, { message, path: "index/header.bin" });
}

Deno.test("renderGuardOutcome() says in one line that all is well", () => {
  assertEquals(renderGuardOutcome(outcome({ isSafe: true, waitedMs: 400 })), [{
    level: "info",
    text: "SAFE /srv/chroma: safe to open (1,234 records, 1.23 s, 0.40 s of it waiting)",
  }]);
});

Deno.test("renderGuardOutcome() names each kind of damage once, what kills first, ten at most", () => {
  const names: FindingName[] = [
    "segment-missing",
    "segment-file-missing",
    "id-map-missing",
    "tenant-missing",
    "database-missing",
    "segment-row-missing",
    "dimension-missing",
    "watermark-missing",
    "record-row-missing",
    "document-missing",
    "migration-missing",
    "slot-neighbour-range",
  ];
  const findings = names.flatMap((name) => [finding(name, "First"), finding(name, "Other")]);
  const lines = renderGuardOutcome(outcome({ before: state(findings) }));
  assertEquals(lines.length, 12);
  assertMatch(lines[0]?.text ?? "", /: fatal VF2205: First … and 1 more of this kind$/);
  assertEquals(lines[10]?.text, "… and 2 more kinds of damage");
  assertStringIncludes(lines[11]?.text ?? "", "not safe to open: 2 fatal, 22 errors (1.23 s)");
  assertEquals(new Set(lines.map(({ level }) => level)), new Set(["error"]));
});

Deno.test("renderGuardOutcome() lets no control character of a store through", () => {
  const lines = renderGuardOutcome(outcome({
    store: "/srv/\x1b[31mred\n<0>",
    before: state([finding("tenant-missing", "Name \x1b]0;title\x07 of\nlines")]),
    notices: ["Notice\n<0>"],
  }));
  // deno-lint-ignore no-control-regex -- that is what must not be there
  assertEquals(lines.filter(({ text }) => /[\x00-\x1f\x7f]/.test(text)), []);
});

Deno.test("renderGuardOutcome() says what was done, and what was not", () => {
  const before = state([finding("tenant-missing", "Gone")]);
  const failure = new OperationError("busy", "In use", { hint: "Stop it." });
  const failed = renderGuardOutcome(outcome({
    before,
    cure: { policy: "repair", done: null, quarantined: null, failure },
  }));
  assertEquals(failed.map(({ level }) => level), ["error", "error", "error"]);
  assertEquals(failed[1]?.text, "/srv/chroma: repair failed: In use. Stop it.");
  const unchecked = renderGuardOutcome(outcome({
    before,
    cure: { policy: "repair", done: "repaired", quarantined: "20300101T000000Z", failure: null },
    failure,
  }));
  assertEquals(unchecked[1], {
    level: "warning",
    text: "/srv/chroma: repaired; what was replaced is in quarantine: 20300101T000000Z",
  });
  assertStringIncludes(unchecked[2]?.text ?? "", "not checked after that: In use (");
});

Deno.test("renderGuardOutcome() explains a store that is unsafe without damage", () => {
  const [unread] = renderGuardOutcome(outcome({ before: state([], { complete: false }) }));
  assertStringIncludes(unread?.text ?? "", "not all of it could be read");
  const [unsettled] = renderGuardOutcome(outcome({ unsettled: ["Conflict"] }));
  assertStringIncludes(unsettled?.text ?? "", "a change that was interrupted is not in order");
});

/** What came of a probe. */
function probe(facts: Partial<ProbeResult>): ProbeResult {
  return {
    outcome: "died",
    count: null,
    signal: null,
    exitCode: null,
    lastLine: "",
    elapsedMs: 2_000,
    ...facts,
  };
}

Deno.test("renderGuardOutcome() says how an engine has ended that did not take the store", () => {
  const cases: [Partial<ProbeResult>, string][] = [
    [{ signal: "SIGBUS", lastLine: "oh" }, "was killed by SIGBUS"],
    [{ exitCode: -1 }, "died with exit code -1"],
    [{ outcome: "failed", exitCode: 3 }, "ended with exit code 3"],
    [{ outcome: "timed-out", signal: "SIGKILL" }, "did not answer within 2.00 s"],
  ];
  for (const [facts, end] of cases) {
    const lines = renderGuardOutcome(outcome({ probe: probe(facts) }));
    assertEquals(lines.map(({ level }) => level), ["error", "error", "error"]);
    const says = facts.lastLine === undefined ? "" : ": oh";
    assertEquals(
      lines[0]?.text,
      `/srv/chroma: the check has found no damage, but the engine that was asked ${end}${says}`,
    );
    assertEquals(
      lines[2]?.text,
      `UNSAFE /srv/chroma: not safe to open: the engine ${end} (1.23 s).`,
    );
  }
});

Deno.test("renderGuardOutcome() tells of an engine that opens the store, and counts less", () => {
  const opened = renderGuardOutcome(
    outcome({ isSafe: true, probe: probe({ outcome: "answered", count: 1_234 }) }),
  );
  assertEquals(opened, [{
    level: "info",
    text: "SAFE /srv/chroma: safe to open (1,234 records, the engine opens it, 1.23 s)",
  }]);
  const [warning] = renderGuardOutcome(
    outcome({ isSafe: true, probe: probe({ outcome: "answered", count: 7 }) }),
  );
  assertEquals(warning, {
    level: "warning",
    text: "/srv/chroma: the engine that was asked counts 7, and the check 1,234 records",
  });
  const after = state([finding("tenant-missing", "Gone")]);
  const left = renderGuardOutcome(outcome({ after, probe: probe({ outcome: "answered" }) }));
  assertMatch(left.at(-1)?.text ?? "", /: \d (fatal|error) \(1\.23 s\)\. `vecfsck check/);
});

Deno.test("renderGuardFailure() says why, and what to do next", () => {
  const busy = new OperationError("busy", "In use", { hint: "Stop it." });
  assertEquals(renderGuardFailure(busy, STORE).map(({ text }) => text), [
    "/srv/chroma: not checked: In use",
    "Stop it.",
  ]);
});

Deno.test("toJournalLine() puts the number of syslog in front, and drops empty lines", () => {
  assertEquals(toJournalLine("text", "error"), ["<3>text"]);
  assertEquals(toJournalLine("text", "info"), ["<6>text"]);
  assertEquals(toJournalLine("", "warning"), []);
});
