/**
 * What `bytes.ts` holds.
 *
 * @module
 */

/** One build of the kernel. */
export interface KernelBuild {
  /** The module. */
  readonly base64: string;
  /** Where the flags of its imported memory stand. */
  readonly flagsOffset: number;
}

/** The instructions that multiply codes; both give the same products. */
export type KernelInstructions = "relaxed-simd" | "simd";

/** The builds, by their instructions and by the width of addresses. */
export type KernelBuilds = Readonly<
  Record<KernelInstructions, Readonly<Record<"narrow" | "wide", KernelBuild>>>
>;
