import { assertEquals, assertStringIncludes } from "@std/assert";
import { createFinding } from "../../lib/model/finding.ts";
import type { SummaryEvent } from "../../lib/model/report.ts";
import { FindingList } from "../../lib/report/finding_list.ts";
import { type KnownOfStore, planNextSteps } from "../../lib/report/plan_next_steps.ts";
import type { BackupStatus } from "../../lib/status/system_status.ts";
import type { FindingName } from "../../lib/model/codes.ts";
import { WELL } from "../output/status_examples.ts";

const SUMMARY = { level: "full" } as SummaryEvent;

function known(names: readonly FindingName[], more: Partial<KnownOfStore> = {}): KnownOfStore {
  const list = new FindingList();
  for (const name of names) {
    list.add({ type: "finding", schema: 1, store: "/s", ...createFinding(name, { message: "x" }) });
  }
  return {
    store: "/srv/chroma",
    summary: SUMMARY,
    failure: null,
    status: WELL,
    findings: list.report,
    backups: undefined,
    ...more,
  };
}

function withBackup(newestGood: BackupStatus | null): Partial<KnownOfStore> {
  const { backups } = WELL;
  return { status: { ...WELL, backups: backups === null ? null : { ...backups, newestGood } } };
}

function commandsOf(given: KnownOfStore): (string | null)[] {
  return planNextSteps(given).map(({ command }) => command);
}

const BACKUP: BackupStatus = {
  id: "20260301T030000Z",
  createdAt: "2026-03-01T03:00:00Z",
  confirmedAt: "2026-03-01T03:00:00Z",
  ageSeconds: 3600,
  verifiedAt: "2026-03-01T04:00:00Z",
  verifiedLevel: "full",
};

Deno.test("planNextSteps() says that nothing has to be done where that is so", () => {
  assertEquals(commandsOf(known([], withBackup(BACKUP))), ["vecfsck guard /srv/chroma"]);
});

Deno.test("planNextSteps() leads from damage to a repair, or to a good backup", () => {
  assertEquals(commandsOf(known(["header-truncated"], withBackup(null))), [
    null,
    "vecfsck repair --dry-run /srv/chroma",
    "vecfsck repair /srv/chroma",
    "vecfsck undo /srv/chroma",
  ]);
  const steps = planNextSteps(known(["slot-zeroed"], withBackup(BACKUP)));
  assertEquals(steps[3]?.command, "vecfsck restore /srv/chroma");
  assertStringIncludes(steps[3]?.text ?? "", "20260301T030000Z, which is 1 hour old");
});

Deno.test("planNextSteps() tells of each code once what is more than a plain repair", () => {
  const names: FindingName[] = [
    "queue-unpurged",
    "queue-unpurged",
    "index-stuck",
    "catalogue-fresh",
  ];
  const steps = planNextSteps(known(names, withBackup(BACKUP)));
  assertEquals(steps.map(({ command }) => command), ["vecfsck optimize /srv/chroma", null]);
  assertStringIncludes(steps[1]?.text ?? "", "VF1308: Look into the engine's log");
});

Deno.test("planNextSteps() asks for backups that are there, new and verified", () => {
  const of = (backup: BackupStatus | null, backups?: string): (string | null)[] =>
    commandsOf({ ...known([], withBackup(backup)), backups });
  assertEquals(of(null), ["vecfsck backup /srv/chroma"]);
  assertEquals(of(null, "/mnt/a b"), ["vecfsck backup /srv/chroma --to '/mnt/a b'"]);
  assertEquals(of({ ...BACKUP, ageSeconds: 10 * 86_400 }), ["vecfsck backup /srv/chroma"]);
  assertEquals(of({ ...BACKUP, verifiedAt: null }), ["vecfsck backup verify /srv/chroma"]);
});

Deno.test("planNextSteps() quotes a store for a shell, and names none that cannot be copied", () => {
  const quoted = known(["slot-zeroed"], { store: "/srv/it's $(here)" });
  assertEquals(commandsOf(quoted)[2], "vecfsck repair '/srv/it'\\''s $(here)'");
  const hostile = known(["slot-zeroed"], { store: "/srv/a\u202eb\n" });
  assertEquals(commandsOf(hostile)[2], "vecfsck repair STORE");
});

Deno.test("planNextSteps() says what to do where a store could not be checked", () => {
  const failure = { code: "busy", message: "In use", hint: "Stop the process." } as const;
  const steps = planNextSteps(known([], { summary: null, status: null, failure }));
  assertEquals(steps[0], { text: "Stop the process.", command: null });
  assertEquals(steps.slice(1).map(({ command }) => command), [
    "vecfsck backup /srv/chroma",
    "vecfsck check /srv/chroma",
  ]);
});
