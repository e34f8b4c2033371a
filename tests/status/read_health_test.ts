import { assertEquals } from "@std/assert";
import type { ListedBackup } from "../../lib/backup/catalogue.ts";
import type { Verdict } from "../../lib/model/finding.ts";
import type { KnownCheck } from "../../lib/seal/known_check.ts";
import { ageOf, combineVerdicts, findLastFullCheck } from "../../lib/status/read_health.ts";

const NOW = new Date("2026-03-01T12:00:00Z");

function known(facts: Partial<KnownCheck> = {}): KnownCheck {
  const verifiedMs = NOW.getTime() - 60_000;
  return { verifiedMs, isSound: true, isCurrent: true, damagedCollections: [], ...facts };
}

/** A backup, of whose manifest only this is looked at. */
function backup(createdAt: string, good: boolean, level: "quick" | "full" = "full"): ListedBackup {
  return { manifest: { createdAt, good, check: { level } } } as unknown as ListedBackup;
}

Deno.test("combineVerdicts() lets damage stand that a full check has found in the same files", () => {
  const verdicts: Verdict[] = ["clean", "warnings", "incomplete", "damaged", "unsafe"];
  for (const verdict of verdicts) {
    assertEquals(combineVerdicts(verdict, null), verdict);
    assertEquals(combineVerdicts(verdict, known()), verdict);
    assertEquals(combineVerdicts(verdict, known({ isSound: false, isCurrent: false })), verdict);
    const stands = combineVerdicts(verdict, known({ isSound: false }));
    assertEquals(stands, verdict === "unsafe" ? "unsafe" : "damaged");
  }
});

Deno.test("findLastFullCheck() takes the latest of what is known", () => {
  const fresh = { level: "quick", verdict: "clean" } as const;
  const older = backup("2026-03-01T11:00:00Z", true);
  const newer = backup("2026-03-01T11:59:30Z", false);
  const quick = backup("2026-03-01T11:59:45Z", true, "quick");
  const find = (check: KnownCheck | null, backups: ListedBackup[]) => {
    const { source, ageSeconds, isSound } =
      findLastFullCheck({ fresh, known: check, backups }, NOW) ??
        { source: null, ageSeconds: null, isSound: null };
    return [source, ageSeconds, isSound];
  };
  assertEquals(find(null, []), [null, null, null]);
  assertEquals(find(known({ isSound: false }), [older]), ["check", 60, false]);
  assertEquals(find(known(), [older, newer, quick]), ["backup", 30, false]);
  assertEquals(find(null, [older]), ["backup", 3600, true]);
  assertEquals(find(null, [quick]), [null, null, null]);
});

Deno.test("findLastFullCheck() takes the check just now when that was a full one", () => {
  const witnesses = { known: known(), backups: [] };
  const check = findLastFullCheck(
    { fresh: { level: "full", verdict: "damaged" }, ...witnesses },
    NOW,
  );
  assertEquals(check, {
    at: NOW.toISOString(),
    ageSeconds: 0,
    source: "status",
    isSound: false,
    isCurrent: true,
  });
});

Deno.test("ageOf() gives whole seconds, and none for what is yet to come", () => {
  assertEquals(ageOf(NOW.getTime() - 1999, NOW), 1);
  assertEquals(ageOf(NOW.getTime() + 60_000, NOW), 0);
});
