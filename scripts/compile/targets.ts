/**
 * The systems that an executable is built for, and how a file tells which of them it is for.
 *
 * @module
 */

/** A system that an executable is built for. */
export interface CompileTarget {
  /** Its name, as Deno and Rust write it. */
  readonly triple: string;
  /** What the name of an executable ends with there. */
  readonly suffix: "" | ".exe";
}

/** Every system that is built for when none is named. */
export const TARGETS: readonly CompileTarget[] = [
  { triple: "x86_64-unknown-linux-gnu", suffix: "" },
  { triple: "aarch64-unknown-linux-gnu", suffix: "" },
  { triple: "x86_64-apple-darwin", suffix: "" },
  { triple: "aarch64-apple-darwin", suffix: "" },
  { triple: "x86_64-pc-windows-msvc", suffix: ".exe" },
];

/**
 * Finds the systems that were named.
 *
 * @param names Their names, each once or oftener; separated by commas as well.
 * @returns The systems in the order of {@linkcode TARGETS}: all of them when none was named.
 * @throws {RangeError} A name that no system has.
 */
export function parseTargets(names: readonly string[]): readonly CompileTarget[] {
  const wanted = new Set(names.flatMap((name) => name.split(",")).map((name) => name.trim()));
  if (wanted.size === 0) return TARGETS;
  for (const name of wanted) {
    if (TARGETS.some(({ triple }) => triple === name)) continue;
    const known = TARGETS.map(({ triple }) => `  ${triple}`).join("\n");
    throw new RangeError(`No such target: ${JSON.stringify(name)}. There are:\n${known}`);
  }
  return TARGETS.filter(({ triple }) => wanted.has(triple));
}

/** How many bytes {@linkcode identifyExecutable} wants to see. */
export const HEAD_BYTES = 4096;

/**
 * Tells which system an executable is for, by its header: ELF, Mach-O or PE.
 *
 * @param head Its first {@linkcode HEAD_BYTES} bytes, or all of it.
 * @returns The name of the system, or null when the bytes are no executable for one of them.
 */
export function identifyExecutable(head: Uint8Array): string | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.byteLength < 64) return null;
  if (view.getUint32(0) === 0x7f454c46) {
    const cpu = CPU_OF_ELF.get(view.getUint16(18, true));
    return cpu === undefined ? null : `${cpu}-unknown-linux-gnu`;
  }
  if (view.getUint32(0, true) === 0xfeedfacf) {
    const cpu = CPU_OF_MACH_O.get(view.getUint32(4, true));
    return cpu === undefined ? null : `${cpu}-apple-darwin`;
  }
  return isWindowsExecutable(view) ? "x86_64-pc-windows-msvc" : null;
}

/** `e_machine` of ELF. */
const CPU_OF_ELF: ReadonlyMap<number, string> = new Map([[62, "x86_64"], [183, "aarch64"]]);

/** `cputype` of Mach-O. */
const CPU_OF_MACH_O: ReadonlyMap<number, string> = new Map([
  [0x01000007, "x86_64"],
  [0x0100000c, "aarch64"],
]);

/** An old header of DOS, `MZ`, that tells where the one of Windows is, `PE`, with its `Machine`. */
function isWindowsExecutable(view: DataView): boolean {
  if (view.getUint16(0) !== 0x4d5a) return false;
  const start = view.getUint32(0x3c, true);
  if (start + 6 > view.byteLength) return false;
  return view.getUint32(start) === 0x50450000 && view.getUint16(start + 4, true) === 0x8664;
}
