import { assert, assertEquals } from "@std/assert";
import {
  keepsNothing,
  planRetention,
  type RetentionPolicy,
  type RetentionSubject,
} from "../../lib/backup/retention.ts";

function subject(time: string, isTrusted = true): RetentionSubject {
  return { id: time, createdAt: new Date(time), isTrusted };
}

/** The times that are kept, the newest first, each with its reasons. */
function keptBy(
  policy: RetentionPolicy,
  subjects: readonly RetentionSubject[],
): Record<string, string> {
  const { decisions } = planRetention(subjects, policy);
  return Object.fromEntries(
    decisions.filter(({ reasons }) => reasons.length > 0)
      .map(({ id, reasons }) => [id, reasons.join(", ")]),
  );
}

const DAYS = [1, 2, 3, 4, 5].map((day) => subject(`2026-01-0${day}T04:00:00Z`));

Deno.test("planRetention() keeps the newest with keep-last, in whatever order they come", () => {
  assertEquals(keptBy({ last: 2 }, DAYS.toReversed()), {
    "2026-01-05T04:00:00Z": "last backup, newest good backup",
    "2026-01-04T04:00:00Z": "last backup",
  });
});

Deno.test("planRetention() keeps the newest of each day, and the oldest while places are left", () => {
  const subjects = [
    subject("2026-01-01T01:00:00Z"),
    subject("2026-01-01T02:00:00Z"),
    subject("2026-01-02T01:00:00Z"),
    subject("2026-01-02T23:59:59Z"),
    subject("2026-01-03T00:00:00Z"),
  ];
  assertEquals(keptBy({ daily: 2 }, subjects), {
    "2026-01-03T00:00:00Z": "daily backup, newest good backup",
    "2026-01-02T23:59:59Z": "daily backup",
  });
  assertEquals(keptBy({ daily: 7 }, subjects), {
    "2026-01-03T00:00:00Z": "daily backup, newest good backup",
    "2026-01-02T23:59:59Z": "daily backup",
    "2026-01-01T02:00:00Z": "daily backup",
    "2026-01-01T01:00:00Z": "oldest daily backup",
  });
});

Deno.test("planRetention() counts days that have a backup, however far they are apart", () => {
  const subjects = ["2025-06-01", "2025-09-01", "2026-01-01"].map((day) =>
    subject(`${day}T04:00:00Z`)
  );
  assertEquals(Object.keys(keptBy({ daily: 2 }, subjects)), [
    "2026-01-01T04:00:00Z",
    "2025-09-01T04:00:00Z",
  ]);
});

Deno.test("planRetention() puts times into hours, ISO weeks and months of UTC", () => {
  const hours = ["10:00:00", "10:59:59", "11:00:00"].map((time) =>
    subject(`2026-01-01T${time}+00:00`)
  );
  assertEquals(Object.keys(keptBy({ hourly: 2 }, hours)), [
    "2026-01-01T11:00:00+00:00",
    "2026-01-01T10:59:59+00:00",
  ]);
  // 2026-01-01 is a Thursday: its week began on Monday, 2025-12-29, and is the first of 2026.
  const weeks = ["2025-12-28", "2025-12-29", "2026-01-04", "2026-01-05"].map((day) =>
    subject(`${day}T12:00:00Z`)
  );
  assertEquals(Object.keys(keptBy({ weekly: 3 }, weeks)), [
    "2026-01-05T12:00:00Z",
    "2026-01-04T12:00:00Z",
    "2025-12-28T12:00:00Z",
  ]);
  const months = ["2025-11-30", "2025-12-01", "2025-12-31", "2026-01-01"].map((day) =>
    subject(`${day}T00:00:00Z`)
  );
  assertEquals(Object.keys(keptBy({ monthly: 2 }, months)), [
    "2026-01-01T00:00:00Z",
    "2025-12-31T00:00:00Z",
  ]);
});

Deno.test("planRetention() measures keep-within from the newest backup", () => {
  const dayMs = 86_400_000;
  assertEquals(Object.keys(keptBy({ withinMs: 2 * dayMs }, DAYS)), [
    "2026-01-05T04:00:00Z",
    "2026-01-04T04:00:00Z",
  ]);
});

Deno.test("planRetention() joins rules: any of them keeps", () => {
  assertEquals(keptBy({ last: 1, monthly: 1, daily: 2 }, DAYS), {
    "2026-01-05T04:00:00Z": "last backup, daily backup, monthly backup, newest good backup",
    "2026-01-04T04:00:00Z": "daily backup",
  });
});

Deno.test("planRetention() never gives up the newest that can be trusted", () => {
  const subjects = [
    subject("2026-01-01T00:00:00Z"),
    subject("2026-01-02T00:00:00Z"),
    subject("2026-01-03T00:00:00Z", false),
  ];
  const plan = planRetention(subjects, {});
  assertEquals(plan.keeper, "2026-01-02T00:00:00Z");
  assertEquals(keptBy({}, subjects), { "2026-01-02T00:00:00Z": "newest good backup" });
  assertEquals(planRetention([], { daily: 7 }), { decisions: [], keeper: null });
});

Deno.test("planRetention() gives backups that cannot be trusted no place of good ones", () => {
  const subjects = [
    subject("2026-01-01T00:00:00Z"),
    subject("2026-01-02T00:00:00Z"),
    subject("2026-01-03T00:00:00Z", false),
    subject("2026-01-04T00:00:00Z", false),
  ];
  assertEquals(keptBy({ last: 1 }, subjects), {
    "2026-01-04T00:00:00Z": "last backup",
    "2026-01-02T00:00:00Z": "last backup, newest good backup",
  });
});

Deno.test("keepsNothing() tells rules that keep nothing", () => {
  assert(keepsNothing({}));
  assert(keepsNothing({ last: 0, withinMs: 0 }));
  assert(!keepsNothing({ last: 0, daily: 1 }));
});
