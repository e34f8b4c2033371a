/**
 * What is held of a verb that writes, whatever interrupts it: the store is as it was or as the verb
 * makes it, nothing is lost, and nothing lies about that nobody can explain.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { isTemporaryName } from "../../lib/fs/names.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { withOwnStore } from "../../lib/engine/own_store.ts";
import {
  asTwoDevices,
  type Files,
  filesBelow,
  readFiles,
  runVerb,
  type VerbResult,
  World,
} from "./world.ts";

/** A verb, and the world in which it is run. */
export interface VerbCase {
  /** What it is called in messages. */
  readonly name: string;
  /** Makes what the verb finds, once. */
  prepare(world: World): Promise<void>;
  /** Makes what a copy of the world would lose, such as inodes that a backup goes by. */
  prepareCopy?(world: World): Promise<void>;
  /** What is typed. */
  args(world: World): string[];
  /** Which directory of the world passes for a file system of its own. */
  readonly device?: "other" | "store";
  /** Whether it makes another store, `ROOT/restored`, and the next run is one about that. */
  readonly makesStore?: boolean;
  /** The exit code when nothing interrupts it; 0 by default. */
  readonly exitCode?: number;
  /** Whether it refuses to make what is there already. */
  readonly refusesSecond?: boolean;
  /** Whether it changes one index after the other, each of which is whole at every moment. */
  readonly isStepwise?: boolean;
  /** Whether it writes files that end with a hole, which the disk in memory has not. */
  readonly hasHoles?: boolean;
  /** Whether the real program is killed at it. */
  readonly isKilled?: boolean;
  /** What the verb is there to remove: the paths of it in the world, at their beginning. */
  readonly removes?: (path: string) => boolean;
  /** What the verb makes and removes again in the end: the names of it, with `ID` for the time. */
  readonly passes?: (unit: string) => boolean;
}

/** Names that a world may hold, besides the files of the store itself and temporary ones. */
const KNOWN_PATHS: readonly RegExp[] = [
  /^(?:store|restored)\//,
  /^(?:other|store\.backups)\/$/,
  /^(?:other|store\.backups)\/ID\/(?:manifest\.json(?:\.sha256)?|verified\.json|files\/.+)$/,
  /^(?:other\/store\.ID|store\.vecfsck\/quarantine\/ID)\/(?:manifest\.json|data\/.*)?$/,
  /^store\.vecfsck\/(?:seal|checked\.json|quarantine\/|saved\/)$/,
  /^other\/export(?:\.jsonl|\/.*)$/,
  /^(?:store\.vecfsck\/saved\/ID\/(?:[a-z-]+\.jsonl)?|other\/missing\.jsonl)$/,
  /^(?:store|restored)\.vecfsck\/(?:lock|holder\.json|journal\/\d{8}T\d{6}-[0-9a-f]{16}\.json)$/,
];

/** The name of a backup or of an entry in quarantine: the time at which it was made. */
const ID = /\b\d{8}T\d{6}Z(?:-\d+)?(?=\/)/;

/**
 * What appears and goes as one: a backup, the manifest of an entry in quarantine, each index or
 * store that it holds, and what leaves a store in a repair.
 */
const UNITS: readonly RegExp[] = [
  /^(store\.vecfsck\/saved\/ID)\/(.+)$/,
  /^(other\/missing\.jsonl)(.*)$/,
  /^(other\/export\.jsonl)(.*)$/,
  /^(other\/export)\/(.+)$/,
  /^(restored)\/(.+)$/,
  /^((?:other|store\.backups)\/ID)\/(.+)$/,
  /^((?:other\/store\.ID|store\.vecfsck\/quarantine\/ID)\/(?:manifest\.json|data\/[^/]+))(?:\/(.*))?$/,
];

/** What a run of vecfsck takes away when it ends, and the next one after a crash. */
const PASSING_PATHS = /^(?:store|restored)\.vecfsck\/(?:lock|holder\.json|journal(?:\/.*)?|$)/;

/** A verb whose world is prepared. */
export class PreparedVerb {
  readonly verb: VerbCase;
  readonly #template: World;
  /** The files of the store before the verb, and after it when nothing interrupts it. */
  readonly old: Files;
  readonly new: Files;
  /** The whole world after it. */
  readonly final: Files;

  private constructor(verb: VerbCase, template: World, states: { before: Files; after: Files }) {
    this.verb = verb;
    this.#template = template;
    this.old = filesBelow(states.before, "store");
    this.new = filesBelow(states.after, "store");
    this.final = states.after;
  }

  /** Whether the verb changes the store itself. */
  get changesStore(): boolean {
    return !sameFiles(this.old, this.new);
  }

  /** Prepares the world of a verb, and runs it once without an interruption. */
  static async of(verb: VerbCase): Promise<PreparedVerb> {
    const template = await World.create();
    await verb.prepare(template);
    const unknown = new PreparedVerb(verb, template, { before: new Map(), after: new Map() });
    const world = await unknown.copy();
    const before = readFiles(world.root);
    const result = await unknown.run(world, localFs);
    assertEquals(result.code, verb.exitCode ?? 0, `${verb.name}: ${JSON.stringify(result)}`);
    const after = readFiles(world.root);
    assert(!sameFiles(before, after), `${verb.name} changes nothing: this tests nothing`);
    const prepared = new PreparedVerb(verb, template, { before, after });
    prepared.#assertNamed(after, "when nothing interrupts it");
    prepared.#assertNothingLost(before, after);
    world.remove();
    return prepared;
  }

  /** Makes the world once more. */
  async copy(): Promise<World> {
    const world = await this.#template.copy();
    await this.verb.prepareCopy?.(world);
    return world;
  }

  /** Makes the world once more, in a directory that is given. */
  async copyTo(directory: string): Promise<World> {
    const world = this.#template.copyTo(directory);
    await this.verb.prepareCopy?.(world);
    return world;
  }

  /** The directory that passes for a file system of its own, or null. */
  deviceOf(world: World): string | null {
    return this.verb.device === undefined ? null : world[this.verb.device];
  }

  /** Has the file systems that the world has, on top of one. */
  fsOf(world: World, fs: WriteFs): WriteFs {
    const device = this.deviceOf(world);
    return device === null ? fs : asTwoDevices(fs, device);
  }

  /** Runs the verb. */
  async run(world: World, fs: WriteFs, more: readonly string[] = []): Promise<VerbResult> {
    return await runVerb([...this.verb.args(world), ...more], this.fsOf(world, fs));
  }

  /** Runs another verb in the same world, with a healthy disk. */
  async runOther(world: World, args: readonly string[]): Promise<VerbResult> {
    return await runVerb(args, this.fsOf(world, localFs));
  }

  /** Does what every verb does when it begins; tells how many changes were completed or undone. */
  async recover(world: World, fs: WriteFs = localFs): Promise<number> {
    const failed: string[] = [];
    let changes = 0;
    for (const store of this.storesOf(world)) {
      await withOwnStore(store, {
        fs: this.fsOf(world, fs),
        onRecovered: ({ outcome, message }) => {
          changes++;
          if (outcome !== "completed" && outcome !== "undone") failed.push(message);
        },
      }, () => {});
    }
    assertEquals(failed, []);
    return changes;
  }

  /** The stores about which the next runs are. */
  storesOf(world: World): string[] {
    return this.verb.makesStore === true ? [world.store, world.restored] : [world.store];
  }

  /**
   * Holds everything that is held of a world after an interruption and a recovery.
   *
   * @param before The files before the verb.
   * @param after The files after the recovery.
   * @param final The files after the same run where nothing interrupts it; without them the
   * manifests are not compared, for they name paths and inodes.
   */
  judge(before: Files, after: Files, final: Files | null = null): "old" | "new" {
    this.#assertNamed(after, "after the recovery");
    this.#assertNothingLost(before, after);
    this.#assertWholeUnits(before, after, final);
    if (final !== null) this.#assertNoMixture(before, after, final);
    const passing = [...after.keys()].filter((path) =>
      PASSING_PATHS.test(path) || /^(?:store|restored)\.vecfsck\/\./.test(path)
    );
    assertEquals(passing, [], "the recovery has left something");
    const store = filesBelow(after, "store");
    if (sameFiles(store, this.new)) return this.changesStore ? "new" : "old";
    const isStep = this.verb.isStepwise === true && this.#isStep(store);
    if (!isStep) assertEquals(store, this.old, "the store is neither in its old nor new state");
    return "old";
  }

  /** Whether each directory of the store is in its old or in its new state. */
  #isStep(store: Files): boolean {
    const steps = [store, this.old, this.new].map(stepsOf);
    const [now, old, recent] = steps;
    const names = new Set(steps.flatMap((step) => [...step.keys()]));
    return [...names].every((name) =>
      [old, recent].some((all) => sameFiles(all?.get(name) ?? EMPTY, now?.get(name) ?? EMPTY))
    );
  }

  /** Holds that what has the name of a backup or of something in quarantine is whole. */
  #assertWholeUnits(before: Files, after: Files, final: Files | null): void {
    const known = [before, final ?? this.final].map((files) => unitsOf(files, final !== null));
    for (const [name, units] of unitsOf(after, final !== null)) {
      if (this.verb.passes?.(name) === true) continue;
      for (const unit of units) {
        const isWhole = known.some((all) => all.get(name)?.some((one) => sameFiles(one, unit)));
        assert(isWhole, `${name} is not whole: ${[...unit.keys()].join(" ")}`);
      }
    }
  }

  /** Holds that no file has a content that it has neither before the verb nor after it. */
  #assertNoMixture(before: Files, after: Files, final: Files): void {
    const others = [...after].filter(([path, digest]) =>
      digest !== "" && digest !== before.get(path) && digest !== final.get(path) &&
      !path.split("/").some(isTemporaryName) &&
      this.verb.passes?.(path.replace(ID, "ID")) !== true
    );
    assertEquals(others.map(([path]) => path), [], "neither the old content nor the new one");
  }

  #assertNamed(files: Files, when: string): void {
    const unnamed = [...files.keys()].filter((path) =>
      !KNOWN_PATHS.some((known) => known.test(path.replace(ID, "ID"))) &&
      !path.split("/").some(isTemporaryName)
    );
    assertEquals(unnamed, [], `${this.verb.name} leaves something unnamed ${when}`);
    const inStore = [...filesBelow(files, "store").keys()].filter((path) =>
      !this.old.has(path) && !this.new.has(path) && !path.split("/").some(isTemporaryName)
    );
    if (this.final.size > 0) assertEquals(inStore, [], `left in the store ${when}`);
  }

  /** Holds that every content is still there under a name that is not temporary. */
  #assertNothingLost(before: Files, after: Files): void {
    const { removes = (): boolean => false } = this.verb;
    const kept = new Set(
      [...after].filter(([path]) => !path.split("/").some(isTemporaryName))
        .map(([, digest]) => digest),
    );
    const lost = [...before].filter(([path, digest]) =>
      digest !== "" && !kept.has(digest) && !removes(path)
    );
    assertEquals(lost.map(([path]) => path), [], `${this.verb.name} has lost something`);
  }
}

/**
 * The units of a world, by their names with `ID` for the time in it; without what was noted of them
 * later. A manifest names paths and inodes, and is compared only where it has to be the same.
 */
function unitsOf(files: Files, hasManifests: boolean): Map<string, Files[]> {
  const units = new Map<string, Map<string, string>>();
  for (const [path, digest] of files) {
    const id = ID.exec(path)?.[0] ?? "";
    const match = UNITS.map((unit) => unit.exec(path.replace(ID, "ID"))).find(Boolean);
    const [, name = "", rest = ""] = match ?? [];
    // The lock of a run that may once not write beside the store goes with the store.
    const isNote = rest === "verified.json" || name.endsWith("/data/.vecfsck") ||
      path.split("/").some(isTemporaryName);
    if (name === "" || isNote) continue;
    const isCompared = hasManifests || !/\/manifest\.json(?:\.sha256)?$/.test(path);
    const key = `${name} ${id}`;
    const unit = units.get(key) ?? new Map<string, string>();
    units.set(key, unit.set(rest, isCompared ? digest : ""));
  }
  const named = new Map<string, Files[]>();
  for (const [key, unit] of units) {
    const name = key.slice(0, key.lastIndexOf(" "));
    named.set(name, [...named.get(name) ?? [], unit]);
  }
  return named;
}

const EMPTY: Files = new Map();

/** The files of a store by the directories, or files, that it has at its root. */
function stepsOf(files: Files): Map<string, Map<string, string>> {
  const steps = new Map<string, Map<string, string>>();
  for (const [path, digest] of files) {
    const [name = ""] = path.split("/");
    steps.set(name, (steps.get(name) ?? new Map<string, string>()).set(path, digest));
  }
  return steps;
}

/** Holds that everything is there that a run had reported as done. */
export function assertFinal(final: Files, after: Files): void {
  const missing = [...final].filter(([path, digest]) => after.get(path) !== digest);
  assertEquals(missing.map(([path]) => path), [], "what was done is lost");
}

/** Whether two directories hold the same. */
export function sameFiles(first: Files, second: Files): boolean {
  return first.size === second.size &&
    [...first].every(([path, digest]) => second.get(path) === digest);
}
