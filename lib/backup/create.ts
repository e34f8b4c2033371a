/**
 * Making a backup: a copy of the store at one instant, checked at the full level before it counts.
 *
 * Everything is written under a temporary name, synced, and renamed at the very end; so a directory
 * with the name of a backup is one, whenever the power goes.
 *
 * @module
 */

import { join } from "@std/path";
import { findFreeTimeId } from "../base/time_id.ts";
import type { CheckProgress } from "../engine/check.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { writeAtomically } from "../fs/atomic.ts";
import { localFs } from "../fs/platform.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import { removeTree, syncTree } from "../fs/tree.ts";
import { ensureDirectory } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { FindingEvent, SummaryEvent } from "../model/report.ts";
import type { DetectedStore } from "../model/store.ts";
import { holdDatabase } from "../sqlite/online_backup.ts";
import { formatByName, requireStore } from "../stores/registry.ts";
import { isTrusted, listBackups, type ListedBackup, selectOwn } from "./catalogue.ts";
import { isSameStamp } from "./copy_entry.ts";
import { composeManifest } from "./compose_manifest.ts";
import { type CopyVerdict, findRottenShares, isDamaged, judgeCopy } from "./judge_copy.ts";
import {
  type BackupFile,
  encodeManifest,
  encodeManifestDigest,
  FILES_DIRECTORY_NAME,
  MANIFEST_DIGEST_NAME,
  MANIFEST_NAME,
} from "./manifest.ts";
import { type BackupPlace, backupPlaceOf, openBackupPlace } from "./place.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { Snapshot } from "./snapshot_options.ts";
import { syncInSteps } from "./stream_file.ts";
import { clearTemporaries, explainSystemError, withTemporaryDirectory } from "./temporaries.ts";
import { writeVerification } from "./verification.ts";
import { requireWhole, verifyFiles } from "./verify.ts";

/** How a backup is made. */
export interface CreateBackupOptions {
  /** The directory that gets the backup; `STORE.backups` beside the store by default. */
  to?: string | undefined;
  /** Whether a damaged store is backed up too, in a backup that is marked as not good. */
  force?: boolean;
  /** Whether the backup is read again from the disk before it counts. */
  verify?: boolean;
  /** How long a store that never rests is tried again, in milliseconds; a minute by default. */
  patienceMs?: number;
  /** Ends the work when it is aborted; nothing of the backup is left then. */
  signal?: AbortSignal;
  /** Is told how far the check has come. */
  onProgress?: (progress: CheckProgress) => void;
  /** Is told of changes that a crash of vecfsck had interrupted. */
  onRecovered?: (change: RecoveredChange) => void;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The time of day. */
  now?: () => Date;
  /** How to wait, in milliseconds. */
  pause?: (durationMs: number) => Promise<void>;
  /** How a database is held while it is copied. */
  holdDatabase?: typeof holdDatabase;
}

/** What came of making a backup. */
export interface BackupOutcome {
  /** The backup; null where the store is damaged and nothing was kept. */
  readonly backup: ListedBackup | null;
  /** What the check of the copy has found. */
  readonly findings: readonly FindingEvent[];
  /** What the findings add up to. */
  readonly summary: SummaryEvent;
  /** How often the store was copied until nothing had changed meanwhile. */
  readonly tries: number;
  /** How long it took to copy, in milliseconds. */
  readonly copyElapsedMs: number;
}

const DEFAULT_PATIENCE_MS = 60_000;

/** How often a store is copied anew that changes and whose copy is damaged. */
const MOST_ROUNDS = 3;

/** What everybody may read and nobody needs to write. */
const MANIFEST_MODE = 0o444;

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
  const { fs = localFs, onRecovered, to } = options;
  const place = backupPlaceOf(fs, path, to);
  const taken = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  try {
    return await withOwnStore(place.store, taken, async () => {
      const store = requireStore(place.store);
      openBackupPlace(fs, place);
      clearTemporaries(fs, place.directory, { isOwn: place.isBeside });
      return await new BackupRun(fs, store, place, options).run();
    });
  } catch (error) {
    // Its reason says what came; the engine only says that something did.
    options.signal?.throwIfAborted();
    throw explainSystemError(error, place.store);
  }
}

/** A copy of the store, and what it is like. */
interface JudgedSnapshot {
  readonly snapshot: Snapshot;
  readonly verdict: CopyVerdict;
}

/** The making of one backup. */
class BackupRun {
  readonly #fs: WriteFs;
  readonly #store: DetectedStore;
  readonly #place: BackupPlace;
  readonly #options: CreateBackupOptions;
  readonly #now: () => Date;
  #previous: ListedBackup | null;
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
    this.#now = options.now ?? ((): Date => new Date());
    const own = selectOwn(fs, listBackups(place.directory, { fs }).backups, place);
    this.#previous = own.findLast(isTrusted) ?? null;
  }

  async run(): Promise<BackupOutcome> {
    const { directory } = this.#place;
    const wanted = join(directory, this.#findFreeId(this.#now()));
    return await withTemporaryDirectory(this.#fs, wanted, async (temporary) => {
      const { snapshot, verdict } = await this.#copyAndJudge(temporary);
      const { findings, summary } = verdict;
      const isKept = !isDamaged(summary) || this.#options.force === true;
      const backup = isKept ? await this.#publish(temporary, snapshot, verdict) : null;
      const copyElapsedMs = Math.round(this.#copyElapsedMs);
      return { backup, findings, summary, tries: snapshot.tries, copyElapsedMs };
    });
  }

  /** Copies the store, and again when what is wrong with the copy may not be the store's fault. */
  async #copyAndJudge(temporary: string): Promise<JudgedSnapshot> {
    const files = join(temporary, FILES_DIRECTORY_NAME);
    for (let round = 1;; round++) {
      removeTree(this.#fs, files);
      const snapshot = await this.#copy(files, round > 1);
      const { verdict, rotten } = await this.#judge(files, snapshot);
      if (this.#previous !== null && rotten.length > 0) {
        this.#reject(this.#previous, rotten.map((file) => file.path));
        continue;
      }
      const mayBeTorn = isDamaged(verdict.summary) && this.#hasChangedSince(snapshot);
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
      syncInSteps(this.#fs, files, signal),
    ] as const;
    // Nothing may go on in the copy when an error has it removed.
    await Promise.allSettled(work);
    const [verdict, rotten] = await Promise.all(work);
    signal?.throwIfAborted();
    return { verdict, rotten };
  }

  async #copy(target: string, holdFirst: boolean): Promise<Snapshot> {
    const { patienceMs = DEFAULT_PATIENCE_MS, signal, pause = delay } = this.#options;
    ensureDirectory(this.#fs, target, this.#place.directory);
    const startedMs = performance.now();
    const snapshot = await takeSnapshot(this.#store, target, {
      fs: this.#fs,
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

  #hasChangedSince(snapshot: Snapshot): boolean {
    const { files } = formatByName(this.#store.format).planSnapshot(this.#store);
    const copied = new Map(snapshot.files.map((file) => [file.path, file.source]));
    return files.some((file) => {
      const source = copied.get(file.path);
      // The time of change may have been taken back for the sake of the next backup.
      return source === undefined ||
        !isSameStamp(source, { ...file, changedMs: source.changedMs });
    });
  }

  /** Writes the manifest, waits for the disk, and gives the directory its name. */
  async #publish(
    temporary: string,
    snapshot: Snapshot,
    verdict: CopyVerdict,
  ): Promise<ListedBackup> {
    const fs = this.#fs;
    const manifest = composeManifest(this.#store, snapshot, verdict, {
      id: this.#findFreeId(snapshot.createdAt),
      checkedAt: this.#now(),
    });
    const text = encodeManifest(manifest);
    this.#write(join(temporary, MANIFEST_NAME), text);
    this.#write(join(temporary, MANIFEST_DIGEST_NAME), encodeManifestDigest(text));
    syncTree(fs, temporary);
    const verification = this.#options.verify ? await this.#verify(temporary) : null;
    const directory = join(this.#place.directory, manifest.id);
    fs.rename(temporary, directory);
    fs.syncDirectory(this.#place.directory);
    return { id: manifest.id, directory, manifest, verification };
  }

  #write(path: string, text: string): void {
    writeAtomically(path, new TextEncoder().encode(text), { fs: this.#fs, mode: MANIFEST_MODE });
  }

  async #verify(temporary: string): Promise<ListedBackup["verification"]> {
    const { signal } = this.#options;
    const { problems } = await verifyFiles(temporary, { fs: this.#fs, signal });
    requireWhole(temporary, problems);
    const at = this.#now().toISOString();
    const verification = { at, level: "digests", good: true, problems: [] } as const;
    writeVerification(this.#fs, temporary, verification);
    return verification;
  }

  /** Names a backup after its time; a name that is taken gets a number. */
  #findFreeId(time: Date): string {
    const { directory } = this.#place;
    return findFreeTimeId(time, (id) => this.#fs.look(join(directory, id)) !== null);
  }
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
