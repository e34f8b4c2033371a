/**
 * The room in which a graph is built: memory, kernel, nodes, and the stage for vectors.
 *
 * @module
 */

import type { KernelInstructions } from "../kernel/kernel_build.ts";
import { countUpperLists, KernelGraph } from "./graph.ts";
import { compileKernel, type Kernel, requireKernel, startKernel } from "./kernel.ts";
import { availableMemoryBytes, KernelMemory, requireAllowed } from "./memory.ts";
import { type MemoryNeeds, planMemory } from "./plan.ts";
import { connectAll } from "./reach.ts";
import type { BuildOptions, IndexSettings } from "./settings.ts";
import { VectorStage } from "./stage.ts";
import { insertNodes } from "./threads.ts";
import { TurnTaker } from "./turn.ts";

/**
 * How many more candidates are looked at than the engine would: quantised distances lose a little
 * recall, and this gives it back for a tenth of what they save.
 */
const EF_CONSTRUCTION_FACTOR = 1.1;

/** A thread that inserts fewer nodes than this has not paid for its start. */
const NODES_PER_THREAD = 2000;

/** More threads than this find no machine that has as many cores to spare. */
const MOST_THREADS = 64;

/** An index that is built, and not yet written. It holds its memory as long as it is referred to. */
export interface BuiltIndex {
  /** What the engine decided. */
  readonly settings: IndexSettings;
  /** How many slots there are. */
  readonly count: number;
  /** The slot at which every search begins; it says nothing when there is no slot. */
  readonly entryPoint: number;
  /** The highest level of the graph, -1 when there is no slot. */
  readonly highestLevel: number;
  /** How much memory it takes. */
  readonly memoryBytes: number;
  /** How many slots were linked in; the others have kept their links. */
  readonly linkedIn: number;
  /** How many slots could be reached only by a link that was added in the end. */
  readonly linksAdded: number;
  /** The slots' links and levels. */
  readonly graph: KernelGraph;
  /** Gives the vectors once more. */
  readonly stage: VectorStage;
}

/** Which nodes are inserted, and where a search for their neighbours begins. */
export interface InsertPlan {
  /** The node at which every search begins. */
  readonly entryPoint: number;
  /** Its level; only a promoted node is on a higher one. */
  readonly entryLevel: number;
  /** The nodes that are inserted. */
  readonly order: ArrayLike<number>;
  /** Whether the first of them becomes the entry point as soon as it is inserted. */
  readonly promoted: boolean;
}

/** What is told to the kernel of other than the machine's best, to hold the builds side by side. */
export interface KernelChoice {
  /** The instructions. */
  readonly instructions?: KernelInstructions;
  /** Addresses of 64 bits, though 32 would do. */
  readonly wide?: boolean;
}

/**
 * Makes sure that a graph can be built, before anything is done for it: that there is memory for it,
 * and that the runtime can run the kernel.
 *
 * @param options What is built, and within which bounds.
 * @throws {OperationError} `no-memory`, or `unsupported`.
 */
export function requireRoom(options: BuildOptions): void {
  requireKernel();
  const { maxMemoryBytes = availableMemoryBytes() } = options;
  requireAllowed(planMemory(needsOf(options, 0, 0, {})), maxMemoryBytes);
}

function needsOf(
  options: BuildOptions,
  upperLists: number,
  inserted: number,
  choice: KernelChoice,
): MemoryNeeds {
  const { settings, count, jobs = navigator.hardwareConcurrency } = options;
  const candidates = EF_CONSTRUCTION_FACTOR * Math.max(settings.efConstruction, settings.maxLinks);
  return {
    settings,
    efConstruction: Math.max(1, Math.min(Math.ceil(candidates), count)),
    count,
    upperLists,
    threads: Math.max(1, Math.min(jobs, Math.ceil(inserted / NODES_PER_THREAD), MOST_THREADS)),
    wide: choice.wide ?? false,
  };
}

/** Holds everything that is needed to build one graph. */
export class BuildRoom {
  readonly #options: BuildOptions;
  readonly #memory: KernelMemory;
  readonly #module: WebAssembly.Module;
  /** The nodes. */
  readonly graph: KernelGraph;

  private constructor(
    options: BuildOptions,
    memory: KernelMemory,
    module: WebAssembly.Module,
    levels: Uint8Array,
  ) {
    this.#options = options;
    this.#memory = memory;
    this.#module = module;
    this.graph = new KernelGraph(memory);
    this.graph.setLevels(levels);
  }

  /**
   * Takes the memory for a graph.
   *
   * @param options What is built, and within which bounds.
   * @param levels The level of every node.
   * @param inserted How many nodes will be inserted.
   * @param choice Which kernel; the best by default.
   * @returns The room; its nodes have no links.
   * @throws {OperationError} `no-memory`.
   */
  static open(
    options: BuildOptions,
    levels: Uint8Array,
    inserted: number,
    choice: KernelChoice = {},
  ): BuildRoom {
    const { maxMemoryBytes = availableMemoryBytes() } = options;
    const plan = planMemory(needsOf(options, countUpperLists(levels), inserted, choice));
    const shared = typeof SharedArrayBuffer !== "undefined";
    const memory = KernelMemory.allocate(plan, maxMemoryBytes, shared);
    return new BuildRoom(options, memory, compileKernel(memory, choice.instructions), levels);
  }

  /**
   * Makes nodes of all vectors, and inserts those that are to be inserted.
   *
   * @param plan Which these are.
   * @returns The index.
   * @throws {OperationError} The work was cancelled, a thread failed, or a vector cannot be.
   */
  async build(plan: InsertPlan): Promise<BuiltIndex> {
    const { settings, count } = this.#options;
    const { order, promoted } = plan;
    let { entryPoint, entryLevel } = plan;
    this.#memory.writeTable(entryPoint, entryLevel, promoted ? 1 : order.length);
    this.#memory.words("order", 0, order.length).set(order);
    const kernel = startKernel(this.#module, this.#memory.memory, 0);
    const stage = new VectorStage(this.#memory, kernel, this.#options.readVectors);
    await this.#makeNodes(kernel, stage);
    if (promoted) {
      kernel.insertSome(1);
      entryPoint = order[0] ?? entryPoint;
      entryLevel = this.graph.level(entryPoint);
      this.#memory.writeTable(entryPoint, entryLevel, order.length);
      kernel.configure();
    }
    await this.#insert(kernel, order.length);
    return {
      settings,
      count,
      entryPoint,
      highestLevel: count === 0 ? -1 : entryLevel,
      memoryBytes: this.#memory.plan.sizeBytes,
      linkedIn: order.length,
      linksAdded: connectAll(this.graph, entryPoint),
      graph: this.graph,
      stage,
    };
  }

  async #makeNodes(kernel: Kernel, stage: VectorStage): Promise<void> {
    const { count } = this.#options;
    if (count === 0) return;
    const turns = new TurnTaker(this.#options.signal);
    stage.placeCentre();
    kernel.configure();
    for (let first = 0; first < count; first += stage.capacity) {
      stage.quantise(first, Math.min(stage.capacity, count - first));
      if (turns.over) await turns.yield();
    }
  }

  async #insert(kernel: Kernel, total: number): Promise<void> {
    await insertNodes({
      memory: this.#memory,
      module: this.#module,
      kernel,
      total,
      signal: this.#options.signal,
      onProgress: this.#options.onProgress,
    });
  }
}
