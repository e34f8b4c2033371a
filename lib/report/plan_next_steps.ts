/**
 * What to do next about a store, with commands that can be copied as they are.
 *
 * @module
 */

import { formatAge } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { quoteShellWord } from "../base/shell_words.ts";
import { isDamage } from "../model/finding.ts";
import type { BackupsStatus, SystemStatus } from "../status/system_status.ts";
import type { NextStep, StoreReport } from "./report_model.ts";

/** From which age on a backup is called old: the watch makes one each night. */
const OLD_BACKUP_SECONDS = 2 * 86_400;

/** What is known of a store when its next steps are planned. */
export type KnownOfStore =
  & Pick<StoreReport, "store" | "summary" | "failure" | "status" | "findings">
  & {
    /** The directory of backups, where it is not the usual one. */
    readonly backups: string | undefined;
  };

/**
 * Plans what to do about a store.
 *
 * @param known What is known of it.
 * @returns The steps in their order; at least one.
 */
export function planNextSteps(known: KnownOfStore): NextStep[] {
  const { summary, failure, findings } = known;
  const steps = new Steps(known);
  if (failure !== null) steps.afterFailure();
  const isDamaged = findings.listed.some(isDamage);
  if (isDamaged) steps.afterDamage();
  steps.ofFindings(isDamaged);
  if (summary !== null && !isDamaged) {
    if (summary.level === "quick") {
      steps.add("Only a full check can tell that the store is safe to open.", "check");
    }
    steps.ofBackups();
    if (steps.list.length === 0) {
      steps.add(
        "Nothing has to be done. To have it stay so: check before each start of the engine, " +
          "which takes a moment.",
        "guard",
      );
    }
  }
  return steps.list;
}

class Steps {
  readonly #known: KnownOfStore;
  readonly #store: string;
  readonly list: NextStep[] = [];

  constructor(known: KnownOfStore) {
    this.#known = known;
    // What cannot be shown as it is cannot be copied either.
    const isShown = printable(known.store, Infinity) === known.store;
    this.#store = isShown ? quoteShellWord(known.store) : "STORE";
  }

  add(text: string, verb: string | null, more = ""): void {
    const command = verb === null ? null : `vecfsck ${verb} ${this.#store}${more}`;
    this.list.push({ text, command });
  }

  afterFailure(): void {
    const { failure } = this.#known;
    if (failure === null) return;
    this.add(failure.hint ?? "Look into the message above; it says nothing about the data.", null);
    if (failure.code === "busy") {
      this.add("A backup can be made while an engine uses the store, and is checked.", "backup");
    }
    this.add("Then look again.", "check");
  }

  afterDamage(): void {
    this.add("Stop every process that uses the store, and do not start the engine on it.", null);
    this.add("See what can be saved and what is lost; nothing is written.", "repair --dry-run");
    this.add("Repair the store. What is replaced is kept in quarantine.", "repair");
    const backups = this.#known.status?.backups ?? null;
    const newest = backups?.newestGood ?? null;
    if (newest !== null) {
      const age = formatAge(newest.ageSeconds);
      this.add(
        `Or take the newest good backup instead, ${newest.id}, which is ${age} old. ` +
          "What stands there now is kept in quarantine.",
        "restore",
        this.#to(),
      );
    }
    this.add("Should the repair not be what you want: take it back.", "undo");
  }

  /** What the table of codes says is to be done, where that is more than a plain repair. */
  ofFindings(isDamaged: boolean): void {
    const told = new Set<string>();
    for (const { code, severity, repair } of this.#known.findings.listed) {
      if (severity === "info" || told.has(repair)) continue;
      const [command = null, ...others] = repair.matchAll(/`(vecfsck [^`]+)`/g)
        .map(([, words]) => words ?? "");
      const isPlain = command === "vecfsck repair STORE" && others.length === 0;
      if (isDamaged && isPlain) continue;
      told.add(repair);
      const text = `${code}: ${repair.replaceAll("`", "")}`;
      this.list.push({ text, command: command?.replaceAll("STORE", () => this.#store) ?? null });
    }
  }

  ofBackups(): void {
    const { status } = this.#known;
    const backups: BackupsStatus | null = status?.backups ?? null;
    if (status === null || backups === null || isEmpty(status)) return;
    const { newestGood } = backups;
    if (newestGood === null) {
      this.add(
        "There is no good backup: make one. No engine has to be stopped.",
        ...this.#backup(),
      );
    } else if (newestGood.ageSeconds > OLD_BACKUP_SECONDS) {
      const age = formatAge(newestGood.ageSeconds);
      this.add(`The newest good backup is ${age} old: make another one.`, ...this.#backup());
    } else if (newestGood.verifiedAt === null) {
      const text = "The newest backup was never read again since it was made: verify it.";
      this.add(text, "backup verify", this.#to());
    }
  }

  #backup(): [string, string] {
    return ["backup", this.#to()];
  }

  #to(): string {
    const { backups } = this.#known;
    return backups === undefined ? "" : ` --to ${quoteShellWord(backups)}`;
  }
}

/** Nobody needs a backup of nothing. */
function isEmpty({ records, vectors }: SystemStatus): boolean {
  return records === 0 && (vectors === null || vectors === 0);
}
