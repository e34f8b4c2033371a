/**
 * The memory that the threads of a build share, and reading and writing its arrays.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { formatBytes } from "../../base/format.ts";
import { MEMORY_ARRAYS, type MemoryArray, type MemoryPlan, PAGE_SIZE_BYTES } from "./plan.ts";

/** Where the table stands that the kernel reads (see `plan.ts`). */
export const TABLE_OFFSET = 256;

/** Where the threads meet. */
const NEXT_OFFSET = 1024;
const DONE_OFFSET = 1088;
const STOP_OFFSET = 1152;

/** The most that the kernel with addresses of 64 bits declares. */
const WIDE_LIMIT_BYTES = 262144 * PAGE_SIZE_BYTES;

/** The memory of a kernel, and how its arrays are read and written. */
export class KernelMemory {
  /** Where everything stands. */
  readonly plan: MemoryPlan;
  /** The memory, to be given to the kernel and to other threads. */
  readonly memory: WebAssembly.Memory;
  /** Whether other threads can work in it. */
  readonly shared: boolean;
  readonly #meeting: Int32Array;

  private constructor(plan: MemoryPlan, memory: WebAssembly.Memory, shared: boolean) {
    this.plan = plan;
    this.memory = memory;
    this.shared = shared;
    this.#meeting = new Int32Array(memory.buffer, 0, PAGE_SIZE_BYTES >>> 2);
  }

  /** How many of the nodes to be inserted are inserted. */
  get inserted(): number {
    return Atomics.load(this.#meeting, DONE_OFFSET >>> 2) >>> 0;
  }

  /** Has every thread end before its next node. */
  stop(): void {
    Atomics.store(this.#meeting, STOP_OFFSET >>> 2, 1);
  }

  /**
   * Takes the memory for a plan.
   *
   * @param plan Where everything will stand.
   * @param maxMemoryBytes How much may be taken.
   * @param shared Whether other threads will work in it.
   * @returns The memory, all zeros.
   * @throws {OperationError} It is more than may be taken, or than there is.
   */
  static allocate(plan: MemoryPlan, maxMemoryBytes: number, shared: boolean): KernelMemory {
    requireAllowed(plan, maxMemoryBytes);
    const pages = plan.sizeBytes / PAGE_SIZE_BYTES;
    try {
      return new KernelMemory(plan, allocatePages(pages, plan.wide, shared), shared);
    } catch (error) {
      throw createMemoryError(plan, "more than the system gives", error);
    }
  }

  /** An array of bytes. */
  bytes(array: MemoryArray, offsetBytes: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.plan.at[array] + offsetBytes, length);
  }

  /** An array of 32-bit words. */
  words(array: MemoryArray, first: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, this.plan.at[array] + 4 * first, length);
  }

  /** An array of 32-bit floats. */
  floats(array: MemoryArray, first: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.plan.at[array] + 4 * first, length);
  }

  /**
   * Writes the table that the kernel reads.
   *
   * @param entryNode The node at which every search begins.
   * @param entryLevel Its level.
   * @param orderLength How many nodes are to be inserted.
   */
  writeTable(entryNode: number, entryLevel: number, orderLength: number): void {
    const { settings, efConstruction, count, codesSizeBytes, at, scratch } = this.plan;
    const fields = [
      count,
      settings.dimension,
      codesSizeBytes,
      settings.maxLinks,
      2 * settings.maxLinks,
      efConstruction,
      settings.space === "l2" ? 1 : 0,
      entryNode,
      entryLevel,
      orderLength,
      ...MEMORY_ARRAYS.map((array) => at[array]),
      scratch.sizeBytes,
      ...scratch.offsets,
      NEXT_OFFSET,
      DONE_OFFSET,
      STOP_OFFSET,
    ];
    const table = new BigUint64Array(this.memory.buffer, TABLE_OFFSET, fields.length);
    table.set(fields.map(BigInt));
  }
}

/**
 * Makes sure that a memory is within bounds.
 *
 * @param plan What it would hold.
 * @param maxMemoryBytes How much may be taken.
 * @throws {OperationError} `no-memory`.
 */
export function requireAllowed(plan: MemoryPlan, maxMemoryBytes: number): void {
  if (plan.sizeBytes > maxMemoryBytes) {
    throw createMemoryError(plan, `more than the ${formatBytes(maxMemoryBytes)} allowed`);
  }
  if (plan.sizeBytes > WIDE_LIMIT_BYTES) {
    throw createMemoryError(plan, `more than the ${formatBytes(WIDE_LIMIT_BYTES)} possible`);
  }
}

/**
 * Tells how much memory there is, where that may be asked.
 *
 * @returns The bytes that can be had without swapping, or infinity where the runtime may not tell.
 */
export function availableMemoryBytes(): number {
  const permission = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  return permission.state === "granted" ? Deno.systemMemoryInfo().available : Infinity;
}

function allocatePages(pages: number, wide: boolean, shared: boolean): WebAssembly.Memory {
  if (!wide) return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  // The descriptor of a memory with 64-bit addresses, which TypeScript does not know yet.
  const descriptor: object = {
    address: "i64",
    initial: BigInt(pages),
    maximum: BigInt(pages),
    shared,
  };
  return new WebAssembly.Memory(descriptor as WebAssembly.MemoryDescriptor);
}

function createMemoryError(plan: MemoryPlan, excess: string, cause?: unknown): OperationError {
  const { count, settings: { dimension } } = plan;
  return new OperationError(
    "no-memory",
    `The index of ${count} vectors of ${dimension} dimensions needs ` +
      `${formatBytes(plan.sizeBytes)} of memory, ${excess}`,
    {
      hint: "Use a machine with more memory, or let the engine build the index from its queue.",
      cause,
    },
  );
}
