/**
 * Drilling a store: damages are done to copies of it, one after the other, and what check and repair
 * make of each is held against what has to follow. Nothing is ever done to the store itself.
 *
 * The store is copied once, as a backup copies it: at one instant, also while an engine writes, and
 * without links, so that nothing that is written into a copy can reach anything else. Every damage is
 * done to a fresh copy of that one.
 *
 * @module
 */

import { join } from "@std/path";
import { copyStore } from "../backup/copy_store.ts";
import { OperationError } from "../base/errors.ts";
import { collectCheck, type CollectedCheck } from "../engine/collect_check.ts";
import { readStoreContents } from "../engine/contents.ts";
import { copyTree } from "../fs/copy.ts";
import { localFs } from "../fs/platform.ts";
import { requireSpace } from "../fs/space.ts";
import { removeTree } from "../fs/tree.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { isDamage } from "../model/finding.ts";
import type { CollectionContents, DetectedStore, LeftOut } from "../model/store.ts";
import { measureTree } from "../quarantine/list_quarantine.ts";
import { requireStore } from "../stores/registry.ts";
import type { Damage, DamageLibrary } from "./damages/damage.ts";
import { libraryOf } from "./damages/libraries.ts";
import { drillDamage, type DrillSubject } from "./drill_damage.ts";
import type { DrillOptions } from "./drill_options.ts";
import type { DrillOutcome, DrillResult, DrillStart } from "./drill_result.ts";
import { makeDirectory, makeDrillPlace } from "./drill_place.ts";
import { withoutSync } from "./unsynced_fs.ts";

/** What a copy of a store is called: its work directory stands beside it. */
const COPY_NAME = "store";

/** What the copy is called of which the others are made. */
const ORIGINAL_NAME = "original";

/** How many times its size a store takes: the original, a copy, what a repair makes and keeps. */
const COPIES_AT_ONCE = 4;

/** How many times its size each damage takes whose copy is kept: the copy, and what was replaced. */
const COPIES_KEPT = 2;

/**
 * Drills a store. A store that is damaged itself is not: a drill would tell nothing.
 *
 * @param path The store's directory.
 * @param options Which damages are done, and where the copies go.
 * @returns What came of it.
 * @throws {OperationError} There is no store, it holds no record, it cannot be copied, the copies
 * cannot be written, the engine does not take a copy that nothing was done to, or the work was
 * cancelled. No copy is left
 * then but those that were to be kept.
 */
export async function runDrill(path: string, options: DrillOptions): Promise<DrillOutcome> {
  const { into, signal } = options;
  const fs = withoutSync(options.fs ?? localFs);
  const store = requireStore(path);
  const library = libraryOf(store.format);
  const directory = makeDrillPlace(fs, store, into);
  try {
    return await new DrillRun({ store, library, directory }, { ...options, fs }).run();
  } catch (error) {
    // Its reason says what came; what it has interrupted only says that something did.
    signal?.throwIfAborted();
    throw error;
  } finally {
    if (into === undefined) removeTree(fs, directory);
  }
}

/** What is drilled, and where. */
interface DrillPlace {
  readonly store: DetectedStore;
  readonly library: DamageLibrary;
  /** Where the copies go. */
  readonly directory: string;
}

/** The drill of one store. */
class DrillRun {
  readonly #place: DrillPlace;
  readonly #options: DrillOptions & { readonly fs: WriteFs };
  readonly #damages: readonly Damage[];
  /** How many damages were done so far. */
  #done = 0;

  constructor(place: DrillPlace, options: DrillOptions & { readonly fs: WriteFs }) {
    this.#place = place;
    this.#options = options;
    this.#damages = options.damages ?? place.library.damages;
  }

  async run(): Promise<DrillOutcome> {
    const startedMs = performance.now();
    const original = join(this.#place.directory, ORIGINAL_NAME);
    const results: DrillResult[] = [];
    try {
      const leftOut = await this.#takeOriginal(original);
      const baseline = await this.#check(original);
      const start = this.#describeStart(original, baseline, leftOut);
      await this.#options.onStart?.(start);
      if (start.damage.length === 0) {
        const contents = await this.#readContents(original);
        requireRecords(this.#place.store, contents);
        await this.#tryEngine(original);
        for (const damage of this.#damages) {
          const result = await this.#drill(damage, { original, baseline, contents });
          results.push(result);
          this.#done++;
          await this.#options.onResult?.(result);
        }
      }
      return { start, results, elapsedMs: Math.round(performance.now() - startedMs) };
    } finally {
      removeTree(this.#options.fs, original);
    }
  }

  async #takeOriginal(original: string): Promise<readonly LeftOut[]> {
    const { fs, signal, now = (): Date => new Date() } = this.#options;
    const { directory, store } = this.#place;
    return await copyStore(store, original, { directory, fs, signal, now });
  }

  async #check(copy: string): Promise<CollectedCheck> {
    return await collectCheck(copy, {
      ...this.#signalOption(),
      onProgress: ({ checkedBytes, totalBytes }) =>
        this.#progress("checking the store", totalBytes === 0 ? 1 : checkedBytes / totalBytes),
    });
  }

  async #readContents(copy: string): Promise<readonly CollectionContents[]> {
    return await readStoreContents(copy, this.#signalOption());
  }

  #signalOption(): { signal?: AbortSignal } {
    const { signal } = this.#options;
    return signal === undefined ? {} : { signal };
  }

  #describeStart(
    original: string,
    { findings, summary }: CollectedCheck,
    leftOut: readonly LeftOut[],
  ): DrillStart {
    const { store } = this.#place;
    const { fs, seed, into } = this.#options;
    const sizeBytes = measureTree(fs, original);
    const copies = COPIES_AT_ONCE - 1 +
      (into === undefined ? 0 : COPIES_KEPT * this.#damages.length);
    requireSpace(this.#place.directory, copies * sizeBytes, { fs });
    return {
      store: store.path,
      format: store.format,
      seed,
      damages: this.#damages.length,
      sizeBytes,
      leftOut,
      summary: { ...summary, store: store.path },
      damage: findings.filter(isDamage).map((finding) => ({ ...finding, store: store.path })),
    };
  }

  /** An engine that does not take the store as it is can say nothing of a repair. */
  async #tryEngine(original: string): Promise<void> {
    const { askEngine, signal } = this.#options;
    if (askEngine === null) return;
    const answer = await this.#withCopy(original, "engine", (copy) => askEngine(copy, signal));
    if (answer.agrees) return;
    const says = answer.says ?? "it gives no reason";
    throw new OperationError(
      "unsupported",
      `The engine does not take a copy of the store that nothing was done to: ${says}`,
      {
        path: this.#place.store.path,
        hint: "Look at the command of --engine-command: it is given a directory, and has to end " +
          "with exit code 0 when the store in it is whole. No damage was done.",
      },
    );
  }

  async #drill(
    damage: Damage,
    { original, ...known }: Omit<DrillSubject, "copy" | "library"> & { readonly original: string },
  ): Promise<DrillResult> {
    const { fs, into } = this.#options;
    const { library } = this.#place;
    this.#progress(damage.name, 0);
    const isKept = (result: Pick<DrillResult, "state">): boolean =>
      into !== undefined && result.state !== "not-applicable";
    return await this.#withCopy(original, damage.name, async (copy) => {
      const result = await drillDamage(damage, { copy, library, ...known }, {
        ...this.#options,
        fs,
        onProgress: ({ title, done }) => this.#progress(`${damage.name}: ${title}`, done),
      });
      return { ...result, directory: isKept(result) ? copy : null };
    }, isKept);
  }

  /** Makes a copy in a directory of its own, and removes both afterwards unless they are kept. */
  async #withCopy<Result>(
    original: string,
    name: string,
    work: (copy: string) => Promise<Result>,
    isKept: (result: Result) => boolean = () => false,
  ): Promise<Result> {
    const { fs, signal } = this.#options;
    const directory = join(this.#place.directory, name);
    let keeps = false;
    try {
      makeDirectory(fs, directory);
      const copy = join(directory, COPY_NAME);
      copyTree(fs, original, copy);
      signal?.throwIfAborted();
      const result = await work(copy);
      keeps = isKept(result);
      return result;
    } finally {
      if (!keeps) removeTree(fs, directory);
    }
  }

  #progress(title: string, done: number): void {
    const damages = Math.max(1, this.#damages.length);
    this.#options.onProgress?.({
      title: `damage ${Math.min(this.#done + 1, damages)} of ${damages}: ${title}`,
      done: (this.#done + done) / damages,
    });
  }
}

/** A repair of nothing is nothing, and passes or fails without a meaning. */
function requireRecords(
  { path }: DetectedStore,
  contents: readonly CollectionContents[],
): void {
  if (contents.some(({ records }) => records > 0)) return;
  throw new OperationError("unsupported", `The store holds no record: ${path}`, {
    path,
    hint: "Drill a store that has some: of an empty one there is nothing to be saved.",
  });
}
