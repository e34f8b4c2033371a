/**
 * A repairer that stages what a test gives it, and a damaged store with what mends it.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import type { ViewDirectories } from "../../lib/fs/store_view.ts";
import type { RepairDraft, RepairStep, RepairVerification } from "../../lib/model/repair.ts";
import type {
  PreparedRepair,
  RepairRequest,
  StoreRepairer,
} from "../../lib/stores/repair_format.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { copyEntry, type Files, readFiles, World } from "../verbs/world.ts";

/** The index of the collection `dot` in the small store. */
export const DOT_SEGMENT = "5c9b36b3-ea3d-481d-bce4-eb75e0156ab2";

/** The file that is damaged. */
export const DAMAGED_PATH = `${DOT_SEGMENT}/data_level0.bin`;

/** The finding that the damage makes. */
const ANSWER = {
  code: "VF2201",
  name: "data-truncated",
  severity: "fatal",
  path: DAMAGED_PATH,
} as const;

/** A step that builds an index anew. */
export const BUILD_STEP: RepairStep = {
  kind: "build-index",
  title: "build the index of dot",
  details: [],
  collection: "dot",
  segment: DOT_SEGMENT,
  strategy: { chosen: "index", reason: "it is a test" },
  answers: [ANSWER],
  reads: [DAMAGED_PATH],
  replaces: [DOT_SEGMENT],
  gains: [{ what: "vectors", count: 60, source: "the test" }],
  losses: [],
  sizeBytes: 4096,
};

/** What a fake repair does. */
export interface FakeRepair {
  /** Its plan. */
  readonly steps: readonly RepairStep[];
  /** Entries that come: copied from these paths, under their names. */
  readonly coming?: readonly string[];
  /** Entries of directories that come, `folder/name`: copied from the paths. */
  readonly inner?: Readonly<Record<string, string>>;
  /** How directories stand in the view. */
  readonly viewDirectories?: ViewDirectories;
  /** Entries that leave. */
  readonly leaving?: readonly string[];
  /** What the file of missing records holds. */
  readonly missing?: string;
  /** What its own look at the repaired store says. */
  readonly problems?: readonly string[];
  /** Is shown the view. */
  readonly onVerify?: (view: string) => void;
  /** What happens while it stages. */
  readonly onStage?: (request: RepairRequest) => void;
}

/** A repairer that does what it is told. */
export class FakeRepairer implements StoreRepairer {
  readonly viewDirectories: ViewDirectories;
  readonly #repair: FakeRepair;
  /** The requests that came. */
  readonly requests: RepairRequest[] = [];

  /** Makes one. */
  constructor(repair: FakeRepair) {
    this.#repair = repair;
    this.viewDirectories = repair.viewDirectories ?? "linked";
  }

  /** Plans what it was told. */
  prepare(_store: unknown, request: RepairRequest): Promise<PreparedRepair> {
    this.requests.push(request);
    return Promise.resolve(new FakePrepared(this.#repair, request));
  }
}

class FakePrepared implements PreparedRepair {
  readonly draft: RepairDraft;
  readonly #repair: FakeRepair;
  readonly #request: RepairRequest;

  constructor(repair: FakeRepair, request: RepairRequest) {
    this.#repair = repair;
    this.#request = request;
    this.draft = { steps: repair.steps, unanswered: [] };
  }

  stage(directory: string): ReturnType<PreparedRepair["stage"]> {
    const { coming = [], inner = {}, leaving = [], missing, onStage } = this.#repair;
    onStage?.(this.#request);
    for (const path of coming) copyEntry(path, join(directory, basename(path)));
    for (const [name, path] of Object.entries(inner)) {
      Deno.mkdirSync(join(directory, dirname(name)), { recursive: true });
      copyEntry(path, join(directory, name));
    }
    const path = join(this.#request.scratch, "missing.jsonl");
    if (missing !== undefined) Deno.writeTextFileSync(path, missing);
    return Promise.resolve({
      coming: [...coming.map((path) => basename(path)), ...Object.keys(inner)],
      leaving: [...leaving],
      saved: missing === undefined ? [] : [{ name: "missing.jsonl", path, lines: 1 }],
    });
  }

  verify(view: string): Promise<RepairVerification> {
    const { problems = [], onVerify } = this.#repair;
    onVerify?.(view);
    return Promise.resolve({ recall: [], vectorsCompared: 60, problems });
  }

  [Symbol.dispose](): void {}
}

/** A store in which the index of one collection is damaged. */
export class DamagedStore {
  /** Where everything is. */
  readonly world: World;
  /** The whole index, elsewhere. */
  readonly wholeIndex: string;
  /** The whole database, elsewhere. */
  readonly wholeDatabase: string;
  /** The files of the world, from before anything. */
  readonly files: Files;

  private constructor(world: World, whole: string) {
    this.world = world;
    this.wholeIndex = join(whole, DOT_SEGMENT);
    this.wholeDatabase = join(whole, "chroma.sqlite3");
    this.files = readFiles(world.root);
  }

  /** Makes one. */
  static async create(): Promise<DamagedStore> {
    const world = await World.create();
    const whole = join(await scratchDirectory(), "whole");
    copyEntry(world.store, whole);
    await Deno.truncate(join(world.store, DAMAGED_PATH), 9_000);
    return new DamagedStore(world, whole);
  }

  /** The store's directory. */
  get path(): string {
    return this.world.store;
  }

  /** A repair that puts the whole index into place. */
  get repair(): FakeRepair {
    return { steps: [BUILD_STEP], coming: [this.wholeIndex] };
  }

  /** Options for a repair. */
  options(repair: FakeRepair = this.repair): { repairer: FakeRepairer; now: () => Date } {
    return { repairer: new FakeRepairer(repair), now: () => new Date("2040-01-03T00:00:00Z") };
  }

  /** What is there now. */
  read(): Files {
    return readFiles(this.world.root);
  }
}

/** Files below a directory. */
export function filesOf(path: string): Files {
  return localFs.look(path) === null ? new Map() : readFiles(path);
}
