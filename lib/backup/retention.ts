/**
 * Which backups are kept, by restic's rules, with every time in UTC.
 *
 * A backup is kept when any rule keeps it. `last` keeps the newest N. `hourly`, `daily`, `weekly`
 * (ISO weeks) and `monthly` keep the newest backup of each of the last N hours, days, weeks or
 * months that have one; while such a rule has not found N of them, it keeps the oldest backup too.
 * `within` keeps what is not older than the newest backup by more than that span.
 *
 * Backups that cannot be trusted take no place of one that can: the rules are applied to them by
 * themselves.
 *
 * @module
 */

/** The rules; those that are left out keep nothing. */
export interface RetentionPolicy {
  /** How many of the newest. */
  readonly last?: number;
  /** For how many hours that have one. */
  readonly hourly?: number;
  /** For how many days that have one. */
  readonly daily?: number;
  /** For how many weeks that have one. */
  readonly weekly?: number;
  /** For how many months that have one. */
  readonly monthly?: number;
  /** How much older than the newest, in milliseconds. */
  readonly withinMs?: number;
}

/** What is kept where nothing else is asked for: a week of days. */
export const DEFAULT_POLICY: RetentionPolicy = { daily: 7 };

/** What the rules go by. */
export interface RetentionSubject {
  /** The name of the backup. */
  readonly id: string;
  /** When it was made. */
  readonly createdAt: Date;
  /** Whether it can be trusted. */
  readonly isTrusted: boolean;
}

/** What becomes of a backup. */
export interface RetentionDecision {
  /** The name of the backup. */
  readonly id: string;
  /** Why it is kept, a few words for each rule; empty when it is to be removed. */
  readonly reasons: readonly string[];
}

/** What is kept and what is to be removed. */
export interface RetentionPlan {
  /** What becomes of each backup, the newest first. */
  readonly decisions: readonly RetentionDecision[];
  /** The backup that may never be removed: the newest that can be trusted; null without one. */
  readonly keeper: string | null;
}

/** Puts a time into an hour, a day, a week or a month. */
type Bucket = (time: Date) => string;

const BUCKETS: Readonly<Record<"hourly" | "daily" | "weekly" | "monthly", Bucket>> = {
  hourly: (time) => time.toISOString().slice(0, 13),
  daily: (time) => time.toISOString().slice(0, 10),
  weekly: (time) => weekOf(time),
  monthly: (time) => time.toISOString().slice(0, 7),
};

/**
 * Decides which backups are kept.
 *
 * @param subjects The backups of one store, in any order.
 * @param policy The rules.
 * @returns What becomes of each. The newest that can be trusted is always kept.
 */
export function planRetention(
  subjects: readonly RetentionSubject[],
  policy: RetentionPolicy,
): RetentionPlan {
  const newestFirst = subjects.toSorted((first, second) =>
    second.createdAt.getTime() - first.createdAt.getTime() ||
    second.id.localeCompare(first.id, "en", { numeric: true })
  );
  const reasons = new Map<string, string[]>(newestFirst.map(({ id }) => [id, []]));
  for (const isTrusted of [true, false]) {
    applyRules(newestFirst.filter((subject) => subject.isTrusted === isTrusted), policy, reasons);
  }
  const keeper = newestFirst.find(({ isTrusted }) => isTrusted)?.id ?? null;
  if (keeper !== null) reasons.get(keeper)?.push("newest good backup");
  return {
    decisions: newestFirst.map(({ id }) => ({ id, reasons: reasons.get(id) ?? [] })),
    keeper,
  };
}

/** Whether rules keep nothing at all. */
export function keepsNothing(policy: RetentionPolicy): boolean {
  return Object.values(policy).every((value) => value === undefined || value === 0);
}

function applyRules(
  subjects: readonly RetentionSubject[],
  policy: RetentionPolicy,
  reasons: ReadonlyMap<string, string[]>,
): void {
  for (const { id } of subjects.slice(0, policy.last ?? 0)) reasons.get(id)?.push("last backup");
  for (const [name, bucket] of Object.entries(BUCKETS)) {
    const count = policy[name as keyof typeof BUCKETS] ?? 0;
    applyBucket(subjects, { count, bucket, name }, reasons);
  }
  const [newest] = subjects;
  if (newest === undefined || policy.withinMs === undefined || policy.withinMs === 0) return;
  const oldestMs = newest.createdAt.getTime() - policy.withinMs;
  for (const { id, createdAt } of subjects) {
    if (createdAt.getTime() > oldestMs) reasons.get(id)?.push("within the span");
  }
}

function applyBucket(
  subjects: readonly RetentionSubject[],
  rule: { count: number; bucket: Bucket; name: string },
  reasons: ReadonlyMap<string, string[]>,
): void {
  let left = rule.count;
  let last: string | null = null;
  for (const [index, { id, createdAt }] of subjects.entries()) {
    if (left === 0) return;
    const value = rule.bucket(createdAt);
    const isNew = value !== last;
    // The oldest extends the history as far as there is one, while places are left.
    if (!isNew && index < subjects.length - 1) continue;
    reasons.get(id)?.push(`${isNew ? "" : "oldest "}${rule.name} backup`);
    last = value;
    left--;
  }
}

/** Names the ISO week: it belongs to the year that has its Thursday. */
function weekOf(time: Date): string {
  const dayMs = 86_400_000;
  const day = Math.floor(time.getTime() / dayMs);
  // 1970 began on a Thursday.
  const thursday = day - ((day + 3) % 7 + 7) % 7 + 3;
  const year = new Date(thursday * dayMs).getUTCFullYear();
  const firstDay = Date.UTC(year, 0, 1) / dayMs;
  return `${year}-W${String(Math.floor((thursday - firstDay) / 7) + 1).padStart(2, "0")}`;
}
