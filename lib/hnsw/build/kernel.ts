/**
 * Loading the kernel: the right one of its builds for the memory that it will work in.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { KERNEL_BUILDS } from "../kernel/bytes.ts";
import type { KernelInstructions } from "../kernel/kernel_build.ts";
import { type KernelMemory, TABLE_OFFSET } from "./memory.ts";

/** What the kernel exports; `scripts/kernel` says what each does. */
export interface Kernel {
  /** Reads the table in the memory; to be called again when table or centre have changed. */
  configure(): void;
  /** Normalises the first vectors of the stage, those whose lengths are NaN. */
  normalise(count: number): void;
  /** Makes nodes of the first vectors of the stage. */
  quantise(first: number, count: number): number;
  /** Holds the first vectors of the stage against the nodes that were made of them. */
  verify(first: number, count: number): number;
  /** Inserts at most so many nodes. */
  insertSome(most: number): number;
}

/** What the kernel does for exact searches; it needs no table for that. */
export interface Comparison {
  /** Holds vectors against queries; `scripts/kernel/compare.as` says how. */
  compare(
    first: number,
    stride: number,
    count: number,
    queries: number,
    queryCount: number,
    floats: number,
    target: number,
    squared: boolean,
  ): void;
}

interface KernelExports extends Omit<Kernel, "configure"> {
  configure(table: number, thread: number): void;
}

/** The flag of an imported memory that threads share. */
const SHARED_FLAG = 2;

/**
 * Compiles the kernel for a memory.
 *
 * @param memory The memory that its instances will work in.
 * @param instructions The instructions; by default the best that this runtime has.
 * @returns The module.
 */
export function compileKernel(
  memory: KernelMemory,
  instructions: KernelInstructions = bestInstructions(),
): WebAssembly.Module {
  return compile(instructions, memory.plan.wide ? "wide" : "narrow", memory.shared);
}

function compile(
  instructions: KernelInstructions,
  width: "narrow" | "wide",
  shared: boolean,
): WebAssembly.Module {
  const { base64, flagsOffset } = KERNEL_BUILDS[instructions][width];
  const bytes = decodeBase64(base64);
  if (!shared) bytes[flagsOffset] = (bytes[flagsOffset] ?? 0) & ~SHARED_FLAG;
  return new WebAssembly.Module(bytes);
}

/**
 * Makes an instance of the kernel for exact searches.
 *
 * @param memory The memory that it will work in; it is not shared, and smaller than 4 GiB.
 * @returns What it exports for that.
 */
export function startComparison(memory: WebAssembly.Memory): Comparison {
  const instance = new WebAssembly.Instance(compile(bestInstructions(), "narrow", false), {
    env: { memory },
  });
  return instance.exports as unknown as Comparison;
}

/**
 * Makes an instance of the kernel for one thread.
 *
 * @param module The kernel.
 * @param memory The memory that it was compiled for.
 * @param thread The number of the thread, counted from 0.
 * @returns What the kernel exports, ready for use.
 */
export function startKernel(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  thread: number,
): Kernel {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  const kernel = { ...exports, configure: () => exports.configure(TABLE_OFFSET, thread) };
  kernel.configure();
  return kernel;
}

/**
 * Tells which of the kernel's builds runs here.
 *
 * @returns Relaxed SIMD where the runtime has it.
 */
export function bestInstructions(): KernelInstructions {
  const { base64 } = KERNEL_BUILDS["relaxed-simd"].narrow;
  return WebAssembly.validate(decodeBase64(base64)) ? "relaxed-simd" : "simd";
}

/**
 * Makes sure that this runtime can run the kernel. Deno can; there are others that executables can be
 * made with.
 *
 * @throws {OperationError} `unsupported`.
 */
export function requireKernel(): void {
  if (WebAssembly.validate(decodeBase64(KERNEL_BUILDS.simd.narrow.base64))) return;
  throw new OperationError(
    "unsupported",
    "This runtime has no SIMD or no threads in WebAssembly, and cannot build an index",
    { hint: "Nothing was changed. Use vecfsck in Deno, or an executable with Deno's own runtime." },
  );
}

function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
