/**
 * One try after another to copy a store at one instant; `snapshot.ts` says how they go together.
 *
 * @module
 */

import { Turns } from "../base/turns.ts";
import { OperationError } from "../base/errors.ts";
import { stampFile } from "../fs/read_fs.ts";
import { requireSpace } from "../fs/space.ts";
import { removeTree, removeTreeInSteps } from "../fs/tree.ts";
import { ensureDirectory } from "../fs/work_directory.ts";
import type { DetectedStore, SnapshotFile, SnapshotPlan } from "../model/store.ts";
import type { HeldDatabase } from "../sqlite/online_backup.ts";
import {
  copyHeldDatabase,
  copyPlainFile,
  findShareable,
  forNextBackup,
  isSameStamp,
  readChangeCounter,
  shareFile,
  toSourceStamp,
  untilTrustedMs,
} from "./copy_entry.ts";
import { CopyPlaces } from "./copy_places.ts";
import type { BackupFile, SourceStamp } from "./manifest.ts";
import { planCopyInSteps } from "./scope.ts";
import type { Snapshot, SnapshotOptions } from "./snapshot_options.ts";

/** How long stamps are waited for until they can be trusted, in one try that holds nobody off. */
const MOST_SETTLING_MS = 300;

/** The same while engines are held off: a large index can take a while to be written. */
const MOST_HELD_SETTLING_MS = 10_000;

/** A database of the store, and how it is copied. */
interface DatabaseEntry {
  readonly path: string;
  /** What it was before it was held: its file must not be opened afterwards. */
  readonly stamp: SourceStamp;
  /** What the backup before has of the same state, or null. */
  readonly shareable: BackupFile | null;
  /** The hold; null where SQLite refuses the file, or where it is shared. */
  readonly held: HeldDatabase | null;
}

/** What was copied so far, and the next try. */
export class SnapshotCopier {
  readonly #store: DetectedStore;
  readonly #target: string;
  readonly #places: CopyPlaces;
  readonly #options: SnapshotOptions;
  readonly #turns: Turns;
  readonly #copied = new Map<string, BackupFile>();
  readonly #directories = new Set<string>();
  readonly #startedMs: number;
  #restless: readonly string[] = [];

  /** Takes a store and an empty directory. */
  constructor(store: DetectedStore, target: string, options: SnapshotOptions) {
    this.#store = store;
    this.#target = target;
    this.#places = new CopyPlaces(options.fs, store.path, target);
    this.#options = options;
    this.#turns = new Turns(options.signal);
    this.#startedMs = options.now().getTime();
  }

  /** The files that had changed in the last try. */
  get restless(): readonly string[] {
    return this.#restless;
  }

  /** Makes sure that there is room for what is not shared. */
  async requireSpace(): Promise<void> {
    const { fs, directory } = this.#options;
    let sizeBytes = 0;
    for (const file of (await this.#plan()).files) {
      await this.#turns.take();
      if (this.#findShareable(file) === null) sizeBytes += file.sizeBytes;
    }
    requireSpace(directory, sizeBytes, { fs });
  }

  /**
   * Copies what is not copied yet.
   *
   * @param tries How often was tried, this time included.
   * @param isHeldFirst Whether engines are held off from the start, or only for the database.
   * @returns What was copied, or null when the store has changed meanwhile.
   */
  async tryOnce(tries: number, isHeldFirst: boolean): Promise<Snapshot | null> {
    try {
      return await this.#copyAll(tries, isHeldFirst);
    } catch (error) {
      // A file that has just gone, and a lock that was not to be had, are for the next try.
      const isTransient = error instanceof OperationError &&
        (error.code === "busy" || error.code === "not-found") &&
        this.#options.fs.look(this.#store.path) !== null;
      if (!isTransient) throw error;
      this.#restless = error.path === null ? [] : [error.path];
      return null;
    }
  }

  async #copyAll(tries: number, isHeldFirst: boolean): Promise<Snapshot | null> {
    const { now } = this.#options;
    let entries = isHeldFirst ? await this.#holdDatabases(true) : [];
    try {
      await this.#settle(isHeldFirst ? MOST_HELD_SETTLING_MS : MOST_SETTLING_MS);
      const plan = await this.#plan();
      await this.#forgetChanged(plan);
      await this.#makeDirectories(plan);
      for (const file of plan.files) {
        if (file.kind !== "file") continue;
        await this.#turns.take();
        await this.#copyPlain(file);
      }
      if (!isHeldFirst) entries = await this.#holdDatabases(false);
      const createdAt = now();
      for (const entry of entries) await this.#copyDatabase(entry);
      this.#restless = await this.#findRestless(plan);
      return this.#restless.length > 0 ? null : this.#conclude(plan, createdAt, tries);
    } finally {
      for (const { held } of entries) held?.[Symbol.dispose]();
    }
  }

  /** Waits until the stamps of the plain files can be trusted, or for as long as is reasonable. */
  async #settle(mostMs: number): Promise<void> {
    const { now, pause } = this.#options;
    for (let waitedMs = 0; waitedMs < mostMs;) {
      const { files } = await this.#plan();
      const waitMs = files.filter(({ kind }) => kind === "file").reduce(
        (longestMs, file) => Math.max(longestMs, untilTrustedMs(file, now().getTime())),
        0,
      );
      if (waitMs === 0) return;
      await pause(Math.ceil(waitMs));
      waitedMs += waitMs;
    }
  }

  /** Takes back what is not in the store any more, or not as it was copied. */
  async #forgetChanged(plan: SnapshotPlan): Promise<void> {
    const { fs } = this.#options;
    const now = new Map(plan.files.map((file) => [file.path, file]));
    for (const [path, { kind, source }] of this.#copied) {
      const file = now.get(path);
      const isSame = file !== undefined && file.kind === kind && kind === "file" &&
        isSameStamp(file, source);
      await this.#turns.take();
      if (isSame) continue;
      removeTree(fs, this.#places.targetOf(path));
      this.#copied.delete(path);
    }
    const directories = new Set(plan.directories);
    for (const directory of [...this.#directories].reverse()) {
      if (directories.has(directory)) continue;
      await this.#turns.run(removeTreeInSteps(fs, this.#places.targetOf(directory)));
      this.#directories.delete(directory);
    }
  }

  async #makeDirectories(plan: SnapshotPlan): Promise<void> {
    for (const directory of plan.directories) {
      await this.#turns.take();
      ensureDirectory(this.#options.fs, this.#places.targetOf(directory), this.#target);
      this.#directories.add(directory);
    }
  }

  async #copyPlain(file: SnapshotFile): Promise<void> {
    const { fs, previous } = this.#options;
    if (this.#copied.has(file.path)) return;
    const paths = this.#places.pathsOf(file.path);
    const shareable = this.#findShareable(file);
    const shared = previous === null || shareable === null
      ? null
      : shareFile(fs, previous, shareable, paths.target);
    this.#keep(shared ?? await this.#copyBytes(file.path), file.path);
  }

  async #copyBytes(path: string): Promise<BackupFile | null> {
    const { fs, now, signal } = this.#options;
    return await copyPlainFile(fs, this.#places.pathsOf(path), path, {
      nowMs: now().getTime(),
      signal,
    });
  }

  /** Keeps what was copied, or takes back what was written to meanwhile. */
  #keep(copied: BackupFile | null, path: string): void {
    if (copied === null) removeTree(this.#options.fs, this.#places.targetOf(path));
    else this.#copied.set(path, copied);
  }

  async #holdDatabases(evenShared: boolean): Promise<DatabaseEntry[]> {
    const { files } = await this.#plan();
    const entries: DatabaseEntry[] = [];
    try {
      for (const file of files) {
        if (file.kind !== "database") continue;
        const stamp = toSourceStamp(file, readChangeCounter(this.#places.inStore(file.path)));
        const shareable = this.#findShareable(file);
        const held = shareable === null || evenShared
          ? this.#options.holdDatabase(this.#places.sourceOf(file.path))
          : null;
        entries.push({ path: file.path, stamp, shareable, held });
      }
      return entries;
    } catch (error) {
      for (const { held } of entries) held?.[Symbol.dispose]();
      throw error;
    }
  }

  async #copyDatabase({ path, stamp, shareable, held }: DatabaseEntry): Promise<void> {
    const { fs, previous, signal } = this.#options;
    const paths = this.#places.pathsOf(path);
    const shared = shareable === null || previous === null
      ? null
      : shareFile(fs, previous, shareable, paths.target);
    if (shared !== null) return this.#keep(shared, path);
    // Where the file system refuses second names, nobody has taken hold of it so far.
    using late = shareable !== null && held === null
      ? this.#options.holdDatabase(paths.source)
      : null;
    const copied = held ?? late;
    if (copied !== null) {
      return this.#keep(await copyHeldDatabase(fs, copied, paths, { path, stamp, signal }), path);
    }
    // SQLite refuses the file: its bytes are all there is, and those of its companions.
    for (const suffix of ["", "-journal", "-wal"]) {
      const name = path + suffix;
      if (stampFile(this.#places.inStore(name), name) === null) continue;
      this.#keep(await this.#copyBytes(name), name);
    }
  }

  /** Lists what is not now as it was copied. */
  async #findRestless(before: SnapshotPlan): Promise<string[]> {
    const after = await this.#plan();
    const names = (plan: SnapshotPlan): string[] => [
      ...plan.files.map(({ path }) => path),
      ...plan.directories,
    ];
    const [old, recent] = [new Set(names(before)), new Set(names(after))];
    const moved = [...old.symmetricDifference(recent)];
    const missing = before.files.filter(({ path }) => !this.#copied.has(path));
    const changed: string[] = [];
    for (const { kind, path, source } of this.#copied.values()) {
      await this.#turns.take();
      const stamp = kind === "file" ? stampFile(this.#places.inStore(path), path) : null;
      const isSame = kind !== "file" || (stamp !== null && isSameStamp(stamp, source));
      if (!isSame) changed.push(path);
    }
    return [...moved, ...missing.map(({ path }) => path), ...changed];
  }

  #conclude(plan: SnapshotPlan, createdAt: Date, tries: number): Snapshot {
    const { fs } = this.#options;
    const files = [...this.#copied.values()].map((file) => forNextBackup(file, this.#startedMs))
      .sort((a, b) => a.path < b.path ? -1 : 1);
    const directories = plan.directories.map((path) => ({
      path,
      mode: fs.look(this.#places.sourceOf(path))?.mode ?? null,
    }));
    return { createdAt, files, directories, leftOut: plan.leftOut, tries };
  }

  async #plan(): Promise<SnapshotPlan> {
    return await this.#turns.run(planCopyInSteps(this.#store, this.#options.scope));
  }

  #findShareable(file: SnapshotFile): BackupFile | null {
    const { fs, previous } = this.#options;
    if (previous === null) return null;
    if (file.kind === "file") return findShareable(fs, previous, file, null);
    const changeCounter = readChangeCounter(this.#places.inStore(file.path));
    return changeCounter === null ? null : findShareable(fs, previous, file, changeCounter);
  }
}
