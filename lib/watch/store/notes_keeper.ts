/**
 * Where the notes about one store are, and the lease beside them by which one watch alone looks after
 * the store.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../base/errors.ts";
import { writeAtomically } from "../../fs/atomic.ts";
import type { LockHolder } from "../../fs/lock.ts";
import { ensureDirectory, workPlacesOf } from "../../fs/work_directory.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { toWriteError } from "../../fs/write_errors.ts";
import { openBesideStore, STATE_NAME } from "../../seal/places.ts";
import {
  NOTES_NAME,
  notesDirectoryIn,
  readNotesFile,
  WATCH_DIRECTORY_NAME,
} from "../../status/read_watch_notes.ts";
import type { WatchNotes } from "../../status/watch_notes.ts";
import { encodeNotes } from "../../status/watch_notes_format.ts";
import { Lease, type LeaseElsewhere } from "./lease.ts";

/** Only the owner has to know when a store is looked after. */
const NOTES_MODE = 0o600;

/** What has become of the lease. */
export type Claim =
  /** It is held, as before. */
  | { readonly kind: "held" }
  /** It was taken just now; who had it may have been killed. */
  | {
    readonly kind: "taken";
    readonly notes: WatchNotes | null;
    readonly previous: LockHolder | null;
    readonly problem: string | null;
  }
  /** Another watch has it. */
  | { readonly kind: "elsewhere" } & LeaseElsewhere
  /** There is no place for it. */
  | { readonly kind: "none"; readonly problem: string };

/** Keeps the notes about one store. */
export class NotesKeeper {
  readonly #fs: WriteFs;
  readonly #store: string;
  readonly #directory: string | null;
  readonly #now: () => Date;
  #place: string | null = null;
  #lease: Lease | null = null;

  /** Takes the store, and the directory for notes where there is one. */
  constructor(fs: WriteFs, store: string, directory: string | null, now: () => Date) {
    this.#fs = fs;
    this.#store = store;
    this.#directory = directory;
    this.#now = now;
  }

  /** The file in which checks note down what they find; undefined for the one beside the store. */
  get historyFile(): string | undefined {
    return this.#directory === null
      ? undefined
      : join(notesDirectoryIn(this.#directory, this.#store), STATE_NAME);
  }

  /** Makes sure that no other watch has the store. */
  claim(): Claim {
    if (this.#lease?.isIntact()) return { kind: "held" };
    this.release();
    try {
      const place = this.#open();
      const lease = Lease.take(this.#fs, place, this.#store, { now: this.#now });
      if (!(lease instanceof Lease)) return { kind: "elsewhere", ...lease };
      this.#lease = lease;
      this.#place = place;
      return { kind: "taken", previous: lease.previous, ...this.#read(place) };
    } catch (error) {
      return { kind: "none", problem: toWriteError(error, this.#store).message };
    }
  }

  /**
   * Puts notes on the disk.
   *
   * @param notes The notes.
   * @returns Why they cannot be written; null where they are there.
   */
  save(notes: WatchNotes): string | null {
    if (this.#place === null || this.#lease === null) return "There is no place for them";
    try {
      writeAtomically(join(this.#place, NOTES_NAME), encodeNotes(notes), {
        fs: this.#fs,
        mode: NOTES_MODE,
      });
      return null;
    } catch (error) {
      return toWriteError(error, this.#place).message;
    }
  }

  /** Lets another watch have the store. */
  release(): void {
    this.#lease?.release();
    this.#lease = null;
  }

  #read(place: string): { notes: WatchNotes | null; problem: string | null } {
    const path = join(place, NOTES_NAME);
    if (this.#fs.look(path) === null) return { notes: null, problem: null };
    return readNotesFile(this.#fs, path);
  }

  /** Makes the directory for the notes, or finds it. */
  #open(): string {
    const fs = this.#fs;
    if (this.#directory !== null) {
      const place = notesDirectoryIn(this.#directory, this.#store);
      ensureDirectory(fs, place);
      return place;
    }
    const isThere = fs.look(this.#store) !== null;
    const beside = isThere ? openBesideStore(fs, this.#store) : this.#findBeside();
    if (beside === null) {
      throw new OperationError("usage", `There is no place for notes beside ${this.#store}`, {
        path: this.#store,
        hint: "Name a directory for them: `notes` in the configuration.",
      });
    }
    const place = join(beside, WATCH_DIRECTORY_NAME);
    ensureDirectory(fs, place, beside);
    return place;
  }

  /** While a store is missing, nothing is made where it may not belong. */
  #findBeside(): string | null {
    const { beside } = workPlacesOf(this.#fs, this.#store);
    return this.#fs.look(beside)?.kind === "directory" ? beside : null;
  }
}
