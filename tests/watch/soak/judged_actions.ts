/**
 * The real actions on a store, and what has to hold before, while and after each of them.
 *
 * @module
 */

import { join } from "@std/path";
import { localFs } from "../../../lib/fs/platform.ts";
import type { DoneCure } from "../../../lib/guard/cure.ts";
import type { SystemStatus } from "../../../lib/status/system_status.ts";
import type {
  ActionContext,
  BackupReport,
  CheckReport,
  OptimizeReport,
  PruneReport,
  StoreActions,
} from "../../../lib/watch/actions/store_actions.ts";
import {
  digestFiles,
  isPassing,
  listFiles,
  readLogicalContents,
  type SoakStore,
} from "./soak_store.ts";
import type { BackupShelf } from "./backup_shelf.ts";
import type { SoakTally } from "./soak_tally.ts";

/** What actions are judged with. */
export interface Judge {
  /** The store. */
  readonly store: SoakStore;
  /** Its backups. */
  readonly shelf: BackupShelf;
  /** What has happened so far. */
  readonly tally: SoakTally;
  /** Whether the process is dead, so that nothing has to hold any more. */
  readonly isDead: () => boolean;
}

/** Does what the real actions do, and judges it. */
export class JudgedActions implements StoreActions {
  readonly #actions: StoreActions;
  readonly #judge: Judge;

  /** Takes the real actions. */
  constructor(actions: StoreActions, judge: Judge) {
    this.#actions = actions;
    this.#judge = judge;
  }

  /** A check changes nothing. */
  async check(context: ActionContext, options: { isThorough: boolean }): Promise<CheckReport> {
    const { store, tally } = this.#judge;
    const [before, touches] = [stampFiles(store), store.touches];
    let hasRecovered = false;
    const onRecovered: ActionContext["onRecovered"] = (change) => {
      hasRecovered = true;
      context.onRecovered(change);
    };
    const report = await this.#alone(
      "check",
      () => this.#actions.check({ ...context, onRecovered }, options),
    );
    if (store.touches === touches && !hasRecovered) {
      tally.hold(stampFiles(store) === before, "a check has changed the store");
    }
    store.settle((problem) => tally.hold(false, problem));
    return report;
  }

  /** A backup holds what the store holds. */
  async backUp(context: ActionContext): Promise<BackupReport> {
    const { store, shelf, tally } = this.#judge;
    const isWhole = (): boolean => !store.isHarmed && !store.isAway;
    const [before, wasWhole, touches] = [await store.expected(), isWhole(), store.touches];
    const report = await this.#alone("backup", () => this.#actions.backUp(context));
    if (report.backup === null) {
      tally.hold(!wasWhole || !isWhole(), `a sound store was not backed up: ${report.findings}`);
      return report;
    }
    const contents = await readLogicalContents(join(report.backup.directory, "files"));
    if (wasWhole && isWhole() && store.touches === touches) {
      tally.hold(contents === before, "a backup does not hold what the store holds");
    }
    shelf.note(report.backup.id, contents);
    return report;
  }

  /** What the rules keep is there, and nothing else. */
  async prune(context: ActionContext): Promise<PruneReport> {
    const { shelf, tally } = this.#judge;
    const report = await this.#alone("prune", () => this.#actions.prune(context));
    for (const problem of shelf.judge()) tally.hold(false, problem);
    return report;
  }

  /** An optimisation changes nothing of what the store holds. */
  async optimize(context: ActionContext): Promise<OptimizeReport> {
    const { store, tally } = this.#judge;
    const [before, wasWhole] = [await store.expected(), !store.isHarmed && !store.isAway];
    const touches = store.touches;
    try {
      return await this.#alone("optimize", () => this.#actions.optimize(context));
    } finally {
      if (wasWhole && store.touches === touches && !this.#judge.isDead()) {
        const after = await readLogicalContents(store.path);
        tally.hold(after === before, "an optimisation has changed what the store holds");
      }
    }
  }

  /** Of what is replaced, no byte is lost. */
  async cure(policy: "repair" | "restore", context: ActionContext): Promise<DoneCure> {
    const { store, shelf, tally } = this.#judge;
    store.guard(digestFiles(store.path));
    const touches = store.touches;
    let isDone = false;
    try {
      const done = await this.#alone(policy, () => this.#actions.cure(policy, context));
      isDone = true;
      return done;
    } finally {
      // What a killed one has left is brought in order by the next check.
      if (!this.#judge.isDead() && store.touches === touches) {
        store.settle((problem) => tally.hold(false, problem));
        if (isDone) await this.#judgeCured(policy, shelf);
      }
    }
  }

  explainUse(context: ActionContext): ReturnType<StoreActions["explainUse"]> {
    return this.#actions.explainUse(context);
  }

  newestBackupMs(context: ActionContext): Promise<number | null> {
    return this.#actions.newestBackupMs(context);
  }

  freeBytes(context: ActionContext): number | null {
    return this.#actions.freeBytes(context);
  }

  async readStatus(context: ActionContext): Promise<SystemStatus> {
    return await this.#actions.readStatus(context);
  }

  async #judgeCured(policy: "repair" | "restore", shelf: BackupShelf): Promise<void> {
    const { store, tally } = this.#judge;
    const [contents, expected] = [await readLogicalContents(store.path), await store.expected()];
    tally.count(contents === expected ? `${policy}: every record is back` : `${policy}: partly`);
    if (contents === expected) store.isCured();
    if (policy !== "restore") return;
    tally.hold(shelf.knows(contents), "what was restored is in no backup");
  }

  async #alone<Result>(name: string, action: () => Promise<Result>): Promise<Result> {
    const { tally } = this.#judge;
    tally.begin(name);
    try {
      return await action();
    } finally {
      tally.end(name);
    }
  }
}

function stampFiles(store: SoakStore): string {
  if (localFs.look(store.path)?.kind !== "directory") return "";
  return listFiles(store.path).filter((path) => !isPassing(path)).map((path) => {
    const { size, mtime, ino } = Deno.lstatSync(path);
    return `${path} ${size} ${mtime?.getTime()} ${ino}`;
  }).join("\n");
}
