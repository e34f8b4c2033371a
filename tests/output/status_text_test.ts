import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderStatus } from "../../lib/output/status_text.ts";
import { plainPainter } from "../../lib/output/paint.ts";
import type { SystemStatus } from "../../lib/status/system_status.ts";
import { DAMAGED, WELL } from "./status_examples.ts";

function render(status: SystemStatus, width = 100): string[] {
  return renderStatus(status, { width, paint: plainPainter });
}

Deno.test("renderStatus() shows a store that is well in a few lines", () => {
  assertEquals(render(WELL), [
    "/srv/chroma  chroma 1.5",
    "  CLEAN     No damage is known (quick check just now, 0.15 s)",
    "  Checked   in full 3 hours ago, by a check: no damage; no file has changed since",
    "  Holds     1,234 records, 2 collections (2 healthy, 0 damaged), 1,240 vectors",
    "  Index     12 writes behind, last written 1 minute before the catalogue",
    "  Queue     15 writes, 24.0 kB",
    "  Size      5.0 MB: catalogue 2.0 MB, indexes 3.0 MB",
    "  Backups   7, the newest good one 6 hours old: 20260301T060000Z, verified (digests)",
    "  Machine   disk 50.0 GB free; memory 8.0 GB of 16.0 GB available, no program waited for it",
    "  Growth    +1.5 MB, +13 records a day, since 2026-02-15",
    "  Watch     at work for 2 days, last heard of 2 minutes ago: the store is sound",
    "  Last      check 2 minutes ago",
    "  Next      check in 3 minutes, backup in 15 hours (2026-03-02 03:30 UTC)",
  ]);
});

Deno.test("renderStatus() names what is wrong, and what to do", () => {
  assertEquals(render(DAMAGED), [
    "/srv/memories  chromem",
    "  DAMAGED   Data is lost, wrong or out of reach (quick check just now, 0.03 s)",
    "            error VF3001: A collection has documents and no metadata file (2 times)",
    "            warning VF3003: The folder of a collection is not named after the hash of its name",
    "            What it is, and what to do: vecfsck check /srv/memories",
    "  Checked   never in full, as far as is known",
    "  Holds     records: unknown, 3 collections (1 healthy, 2 damaged); at least 3 vectors missing",
    "            Damaged: e9f85bf6, 1a2b3c4d",
    "  Size      40.3 kB: catalogue 300 B, documents 40.0 kB, foreign 10 B",
    "  Backups   none in /srv/memories.backups; 4 of the metadata alone, the newest 1 minute old; 1",
    "            incomplete",
    "  Aside     2 entries in quarantine, 5.0 MB",
    "  Halfway   1 change of vecfsck interrupted; the next verb that writes goes on",
    "  Machine   disk unknown; memory unknown",
    "  Watch     none has looked at it, so nothing is scheduled",
  ]);
});

Deno.test("renderStatus() shows nothing of an index or a queue that a format does not have", () => {
  const text = render(DAMAGED).join("\n");
  for (const label of ["Index", "Queue"]) assert(!text.includes(`  ${label}  `), label);
});

Deno.test("renderStatus() says what may not be looked at", () => {
  const text = render({ ...WELL, backups: null, quarantine: null, collections: null }).join("\n");
  assertStringIncludes(text, "Backups   unknown: no permission to look at them");
  assertStringIncludes(text, "Aside     unknown: no permission to look at the quarantine");
  assertStringIncludes(text, "1,234 records, collections: unknown");
});

Deno.test("renderStatus() shows how long programs wait for memory, where that alone is known", () => {
  const memory = { ...DAMAGED.memory, pressureRatio: 0.254 };
  const text = render({ ...WELL, memory }).join("\n");
  assertStringIncludes(text, "memory unknown, waited for 25 % of the last minute");
});

Deno.test("renderStatus() shows the limit of memory of a container, where there is one", () => {
  const memory = { ...WELL.memory, limitBytes: 2e9 };
  assertStringIncludes(render({ ...WELL, memory }).join(" "), "available, with a limit of 2.0 GB,");
  const text = render({ ...WELL, memory: { ...memory, limitUsedBytes: 5e8 } }, 200).join(" ");
  assertStringIncludes(text, "available, 500 MB used of a limit of 2.0 GB, no program waited");
});

Deno.test("renderStatus() says that a watch has ended, and which of its actions fail", () => {
  assert(WELL.watch !== null);
  const [check] = WELL.watch.actions;
  assert(check !== undefined);
  const failed = { ...check, action: "backup", outcome: "failed", failures: 3 } as const;
  const watch = {
    ...WELL.watch,
    actions: [check, { ...failed, message: "No space left\x1b[31m" }],
  };
  const text = render({ ...WELL, watch }, 200).join("\n");
  assertStringIncludes(
    text,
    "FAILED    backup 2 minutes ago, for the 3rd time: No space left\\u{1b}",
  );
  assertStringIncludes(text, "Last      check 2 minutes ago\n");
  const ended = { ...WELL.watch, isRunning: false, next: [], actions: [] };
  assertStringIncludes(
    render({ ...WELL, watch: ended }).join("\n"),
    "Watch     NOT AT WORK, last heard of 2 minutes ago; nothing is scheduled",
  );
  const during = { ...WELL.watch, actions: [{ ...check, outcome: null }] };
  assertStringIncludes(
    render({ ...WELL, watch: during }).join("\n"),
    "Last      check under way for 2 minutes",
  );
});

Deno.test("renderStatus() says that a store shrinks", () => {
  const growth = { since: "2026-02-15", days: 14, bytesPerDay: -1000, recordsPerDay: -1234 };
  const text = render({ ...WELL, growth }).join("\n");
  assertStringIncludes(text, "Growth    −1.0 kB, −1,234 records a day, since 2026-02-15");
});

Deno.test("renderStatus() says that a long queue was not counted", () => {
  const queue = { writes: 1_000_000, sizeBytes: 2e9, isCounted: false };
  const text = render({ ...WELL, queue }).join("\n");
  assertStringIncludes(text, "Queue     at most 1,000,000 writes, 2.0 GB; too long to be counted");
});

Deno.test("renderStatus() calls an index that was written with the catalogue as new as that", () => {
  const text = render({ ...WELL, driftSeconds: 2 }).join("\n");
  assertStringIncludes(text, "Index     12 writes behind, as new as the catalogue");
});

Deno.test("renderStatus() shouts when no backup is good", () => {
  const backups = {
    directory: "/srv/chroma.backups",
    total: 7,
    good: 0,
    newestGood: null,
    metadataOnly: 0,
    newestMetadata: null,
    incomplete: 0,
  };
  const text = render({ ...WELL, backups }).join("\n");
  assertStringIncludes(text, "Backups   7, NONE OF THEM GOOD");
});

Deno.test("renderStatus() tells which full check the last one was", () => {
  const last = { at: WELL.at, ageSeconds: 60, isSound: false } as const;
  const show = (lastFullCheck: SystemStatus["lastFullCheck"]): string | undefined =>
    render({ ...WELL, lastFullCheck }).find((line) => line.includes("Checked"));
  assertEquals(
    show({ ...last, source: "status", isCurrent: true }),
    "  Checked   in full just now: DAMAGE",
  );
  assertEquals(
    show({ ...last, source: "backup", isCurrent: null }),
    "  Checked   in full 1 minute ago, of the copy in a backup: DAMAGE",
  );
  assertEquals(
    show({ ...last, source: "check", isCurrent: false }),
    "  Checked   in full 1 minute ago, by a check: DAMAGE; files have changed since",
  );
});

Deno.test("renderStatus() lets no name of a store act on a terminal, and names only some", () => {
  const names = Array.from({ length: 8 }, (_, index) => `\x1b[31m${index}`);
  const each = names.map((name) => ({ name, records: 0, isHealthy: false }));
  const status = {
    ...WELL,
    store: "/srv/\x1b]0;a b",
    engine: "\u202eorhc",
    collections: { total: 8, healthy: 0, damaged: 8, each },
  };
  const text = render({ ...status, health: { ...DAMAGED.health } }).join("\n");
  for (const character of ["\x1b", "\u202e"]) assert(!text.includes(character));
  assertStringIncludes(text, "\\u{1b}[31m4 … and 3 more");
});

Deno.test("renderStatus() shows the first kinds of findings and counts the rest", () => {
  const kinds = Array.from({ length: 7 }, (_, index) => ({
    code: `VF000${index}`,
    name: "some-name",
    severity: "warning" as const,
    title: "Something",
    findings: 1,
  }));
  const text = render({ ...WELL, health: { ...WELL.health, verdict: "warnings", kinds } });
  assertEquals(text.filter((line) => line.includes("VF000")).length, 5);
  assertStringIncludes(text.join("\n"), "… and 2 more kinds");
});
