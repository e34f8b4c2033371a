/**
 * Making a backup: a copy of the store at one instant, checked at the full level before it counts.
 *
 * Everything is written under a temporary name, synced, and renamed at the very end; so a directory
 * with the name of a backup is one, whenever the power goes.
 *
 * @module
 */

import { join } from "@std/path";
import { pauseUnlessAborted } from "../base/pause.ts";
import { Turns } from "../base/turns.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { localFs } from "../fs/platform.ts";
import { syncFiles } from "../fs/sync_files.ts";
import { removeTreeInSteps } from "../fs/tree.ts";
import { ensureDirectory } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import { holdDatabase } from "../sqlite/online_backup.ts";
import { requireStore } from "../stores/registry.ts";
import { isTrusted, listBackupsInSteps, type ListedBackup, selectOwn } from "./catalogue.ts";
import { isSameStamp } from "./copy_entry.ts";
import type { BackupOutcome, CreateBackupOptions } from "./create_options.ts";
import { type CopyVerdict, findRottenShares, isDamaged, judgeCopy } from "./judge_copy.ts";
import { type BackupFile, type BackupScope, FILES_DIRECTORY_NAME } from "./manifest.ts";
import { type BackupPlace, backupPlaceOf, openBackupPlace } from "./place.ts";
import {
  findFreeBackupId,
  type JudgedSnapshot,
  publishBackup,
  type PublishedCopy,
} from "./publish.ts";
import { planCopyInSteps } from "./scope.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { Snapshot } from "./snapshot_options.ts";
import { spareCopy } from "./spare_copy.ts";
import { clearTemporaries, explainEnd, withTemporaryDirectory } from "./temporaries.ts";
import { writeVerification } from "./verification.ts";

export type { BackupOutcome, CreateBackupOptions };

const DEFAULT_PATIENCE_MS = 60_000;

/** How often a store is copied anew that changes and whose copy is damaged. */
const MOST_ROUNDS = 3;

/**
 * Makes a backup of a store, also while an engine uses it.
 *
 * @param path The store's directory.
 * @param options Where it goes, and what is done with a damaged store.
 * @returns The backup, or what is wrong with the store.
 * @throws {OperationError} The store is written to all the time, cannot be read, or the backup
 * cannot be written. Nothing of it is left then.
 *
 * @example
 * ```ts ignore
 * const { backup } = await createBackup("/srv/chroma");
 * console.log(backup?.directory);
 * ```
 */
export async function createBackup(
  path: string,
  options: CreateBackupOptions = {},
): Promise<BackupOutcome> {
  const { fs = localFs, onRecovered } = options;
  const taken = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  const { store } = backupPlaceOf(fs, path, options.to);
  try {
    return await withOwnStore(store, taken, () => createOwnedBackup(path, options));
  } catch (error) {
    throw explainEnd(error, store, options.signal);
  }
}

/**
 * Makes a backup as {@linkcode createBackup} does, for a caller that holds the store's lock.
 *
 * @param path The store's directory.
 * @param options Where it goes, and what is done with a damaged store.
 * @returns As there.
 * @throws {OperationError} As there.
 */
export async function createOwnedBackup(
  path: string,
  options: CreateBackupOptions,
): Promise<BackupOutcome> {
  const { fs = localFs, to } = options;
  const place = backupPlaceOf(fs, path, to);
  try {
    const store = requireStore(place.store);
    openBackupPlace(fs, place);
    await clearTemporaries(fs, place.directory, { isOwn: place.isBeside });
    return await new BackupRun(fs, store, place, options).run();
  } catch (error) {
    throw explainEnd(error, place.store, options.signal);
  }
}

/** The making of one backup. */
class BackupRun {
  readonly #fs: WriteFs;
  readonly #store: DetectedStore;
  readonly #place: BackupPlace;
  readonly #options: CreateBackupOptions;
  readonly #turns: Turns;
  readonly #now: () => Date;
  readonly #scope: BackupScope;
  #previous: ListedBackup | null = null;
  #copyElapsedMs = 0;

  constructor(
    fs: WriteFs,
    store: DetectedStore,
    place: BackupPlace,
    options: CreateBackupOptions,
  ) {
    this.#fs = fs;
    this.#store = store;
    this.#place = place;
    this.#options = options;
    this.#turns = new Turns(options.signal);
    this.#now = options.now ?? ((): Date => new Date());
    this.#scope = options.scope ?? "all";
  }

  async run(): Promise<BackupOutcome> {
    this.#previous = await this.#findPrevious();
    if (this.#scope === "all") return await this.#makeBackup([]);
    const { patienceMs = DEFAULT_PATIENCE_MS, signal, pause = pauseUnlessAborted, force } =
      this.#options;
    const [fs, store, previous, now] = [this.#fs, this.#store, this.#previous, this.#now];
    const spared = await spareCopy({ fs, store, previous, patienceMs, signal, now, pause });
    const { confirmed, isRotten, lost, isEmpty } = spared;
    if (isRotten) this.#previous = null;
    const isWanted = confirmed === null && !isEmpty && (lost.length === 0 || force === true);
    if (isWanted) return await this.#makeBackup(lost);
    const nothing = { findings: [], summary: null, tries: 0, copyElapsedMs: 0 };
    return { backup: confirmed, isUnchanged: confirmed !== null, lost, ...nothing };
  }

  async #findPrevious(): Promise<ListedBackup | null> {
    const [fs, place] = [this.#fs, this.#place];
    const listing = listBackupsInSteps(place.directory, { fs, scope: this.#scope });
    const { backups } = await this.#turns.run(listing);
    return selectOwn(fs, backups, place).findLast(isTrusted) ?? null;
  }

  async #makeBackup(lost: readonly string[]): Promise<BackupOutcome> {
    const { directory } = this.#place;
    const wanted = join(directory, findFreeBackupId(this.#fs, directory, this.#now()));
    return await withTemporaryDirectory(this.#fs, wanted, async (temporary) => {
      const { snapshot, verdict } = await this.#copyAndJudge(temporary);
      const { findings, summary } = verdict;
      const good = !isDamaged(summary) && lost.length === 0;
      const isKept = good || this.#options.force === true;
      const backup = isKept ? await this.#publish(temporary, { snapshot, verdict, good }) : null;
      const copyElapsedMs = Math.round(this.#copyElapsedMs);
      const { tries } = snapshot;
      return { backup, isUnchanged: false, lost, findings, summary, tries, copyElapsedMs };
    });
  }

  async #publish(temporary: string, copy: PublishedCopy): Promise<ListedBackup> {
    const { signal, verify = false } = this.#options;
    return await publishBackup(temporary, copy, {
      fs: this.#fs,
      store: this.#store,
      directory: this.#place.directory,
      scope: this.#scope,
      now: this.#now,
      verify,
      signal,
    });
  }

  /** Copies the store, and again when what is wrong with the copy may not be the store's fault. */
  async #copyAndJudge(temporary: string): Promise<JudgedSnapshot> {
    const files = join(temporary, FILES_DIRECTORY_NAME);
    for (let round = 1;; round++) {
      await this.#turns.run(removeTreeInSteps(this.#fs, files));
      const snapshot = await this.#copy(files, round > 1);
      const { verdict, rotten } = await this.#judge(files, snapshot);
      if (this.#previous !== null && rotten.length > 0) {
        this.#reject(this.#previous, rotten.map((file) => file.path));
        continue;
      }
      const mayBeTorn = isDamaged(verdict.summary) && await this.#hasChangedSince(snapshot);
      if (!mayBeTorn || round >= MOST_ROUNDS) return { snapshot, verdict };
    }
  }

  /** Checks the copy; while that is done by other threads, this one has the disk keep it. */
  async #judge(
    files: string,
    snapshot: Snapshot,
  ): Promise<{ verdict: CopyVerdict; rotten: readonly BackupFile[] }> {
    const { signal, onProgress } = this.#options;
    const work = [
      judgeCopy(files, this.#store.path, { fs: this.#fs, signal, onProgress }),
      findRottenShares(this.#fs, this.#previous, snapshot.files, signal),
      syncFiles(this.#fs, listCopied(files, snapshot), signal),
    ] as const;
    // Nothing may go on in the copy when an error has it removed.
    await Promise.allSettled(work);
    const [verdict, rotten] = await Promise.all(work);
    signal?.throwIfAborted();
    return { verdict, rotten };
  }

  async #copy(target: string, holdFirst: boolean): Promise<Snapshot> {
    const { patienceMs = DEFAULT_PATIENCE_MS, signal, pause = pauseUnlessAborted } = this.#options;
    ensureDirectory(this.#fs, target, this.#place.directory);
    const startedMs = performance.now();
    const snapshot = await takeSnapshot(this.#store, target, {
      fs: this.#fs,
      scope: this.#scope,
      previous: this.#previous,
      directory: this.#place.directory,
      patienceMs,
      holdFirst,
      signal,
      now: this.#now,
      pause,
      holdDatabase: this.#options.holdDatabase ?? holdDatabase,
    });
    this.#copyElapsedMs += performance.now() - startedMs;
    return snapshot;
  }

  /** Marks a backup in which bytes have changed, and shares nothing with it. */
  #reject({ directory }: ListedBackup, paths: readonly string[]): void {
    writeVerification(this.#fs, directory, {
      at: this.#now().toISOString(),
      level: "digests",
      good: false,
      problems: paths.map((path) => ({
        path: `${FILES_DIRECTORY_NAME}/${path}`,
        problem: "Its bytes have changed: the SHA-256 is another",
      })),
    });
    this.#previous = null;
  }

  async #hasChangedSince(snapshot: Snapshot): Promise<boolean> {
    const { files } = await this.#turns.run(planCopyInSteps(this.#store, this.#scope));
    const copied = new Map(snapshot.files.map((file) => [file.path, file.source]));
    return files.some((file) => {
      const source = copied.get(file.path);
      // The time of change may have been taken back for the sake of the next backup.
      return source === undefined ||
        !isSameStamp(source, { ...file, changedMs: source.changedMs });
    });
  }
}

/** The paths of the files that were copied, and not taken over from the backup before. */
function* listCopied(root: string, { files }: Snapshot): Generator<string, void, undefined> {
  for (const { path, sharedWith } of files) if (sharedWith === null) yield join(root, path);
}
