/**
 * Compiles the kernel of the index builder: `deno task kernel [--check]`.
 *
 * `scripts/kernel/*.as` is AssemblyScript. Its builds go as base64 into
 * `lib/hnsw/kernel/bytes.ts`, for a file of bytes beside the sources would be found neither in a
 * package from JSR nor in an executable. With `--check` nothing is written; the exit code says
 * whether the committed bytes are what the source gives.
 *
 * @module
 */

import * as assemblyscript from "assemblyscript";
import asc from "assemblyscript/asc";
import { fromFileUrl, join } from "@std/path";

const SOURCES = fromFileUrl(new URL("kernel", import.meta.url));
const TARGET = fromFileUrl(new URL("../lib/hnsw/kernel/bytes.ts", import.meta.url));

/** The parts of the source; they are one program, and joined in this order. */
const PARTS = ["kernel", "quantise", "distances", "search", "links", "compare"];

const OPTIONS = [
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime=stub",
  "--enable=threads",
  "--enable=simd",
  "--importMemory",
  "--noExportMemory",
  "--sharedMemory",
  "--zeroFilledMemory",
  "--initialMemory=1",
  "--maximumMemory=65536",
];

/** One build of the kernel. */
interface Build {
  readonly instructions: "relaxed-simd" | "simd";
  readonly width: "narrow" | "wide";
  readonly bytes: Uint8Array;
  /** Where the flags of the imported memory stand. */
  readonly flagsOffset: number;
}

/** How the import of the memory reads: module, name, kind, flags (shared, with a maximum). */
const MEMORY_IMPORT = [3, ..."env", 6, ..."memory", 2, 3].map((part) =>
  typeof part === "string" ? part.charCodeAt(0) : part
);

/** 1 and 65,536 pages, and 262,144: as many bytes, so that one can stand where the other did. */
const NARROW_PAGES = [1, 0x80, 0x80, 0x04];
const WIDE_PAGES = [1, 0x80, 0x80, 0x10];
const ADDRESS_64 = 4;

async function compile(source: string, options: readonly string[]): Promise<Uint8Array> {
  let bytes: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    ["kernel.ts", ...OPTIONS, ...options, "-o=kernel.wasm"],
    {
      readFile: (name) => name === "kernel.ts" ? source : null,
      writeFile: (_name, content) => void (bytes = content as Uint8Array),
      listFiles: () => [],
    },
  );
  if (error !== null || bytes === null) throw new Error(`The kernel does not compile:\n${stderr}`);
  return bytes;
}

/**
 * Has AssemblyScript compile for addresses of 64 bits from now on. It can, and has no option for it.
 */
function widenAddresses(): void {
  const options = assemblyscript.newOptions();
  const program = assemblyscript.newProgram(options);
  const programs = Object.getPrototypeOf(program);
  Object.defineProperty(Object.getPrototypeOf(options), "target", { get: () => 2, set() {} });
  const { initialize } = programs;
  programs.initialize = function (this: typeof program): void {
    this.options.features |= assemblyscript.FEATURE_MEMORY64;
    initialize.call(this);
  };
}

function findFlags(bytes: Uint8Array): number {
  const pattern = [...MEMORY_IMPORT, ...NARROW_PAGES];
  const start = bytes.findIndex((_, at) =>
    pattern.every((byte, index) => bytes[at + index] === byte)
  );
  if (start < 0) throw new Error("The kernel does not import its memory as expected");
  return start + MEMORY_IMPORT.length - 1;
}

/** Says in the import of the memory that its addresses have 64 bits. */
function declareWide(bytes: Uint8Array, flagsOffset: number): void {
  bytes[flagsOffset] = 3 | ADDRESS_64;
  bytes.set(WIDE_PAGES, flagsOffset + 1);
}

async function buildAll(): Promise<Build[]> {
  const parts = PARTS.map((name) => Deno.readTextFile(join(SOURCES, `${name}.as`)));
  const source = (await Promise.all(parts)).join("\n");
  const builds: Build[] = [];
  for (const width of ["narrow", "wide"] as const) {
    if (width === "wide") widenAddresses();
    for (const instructions of ["relaxed-simd", "simd"] as const) {
      const options = instructions === "simd" ? [] : ["--enable=relaxed-simd"];
      // The compiler declares 32-bit addresses whatever it compiles for, and would then complain.
      if (width === "wide") options.push("--noValidate");
      const bytes = await compile(source, options);
      const flagsOffset = findFlags(bytes);
      if (width === "wide") declareWide(bytes, flagsOffset);
      if (!WebAssembly.validate(bytes as BufferSource)) {
        throw new Error(`The kernel for ${instructions}, ${width}, is not valid`);
      }
      builds.push({ instructions, width, bytes, flagsOffset });
    }
  }
  return builds;
}

function render(builds: readonly Build[]): string {
  const entry = ({ bytes, flagsOffset }: Build): string => {
    const text = btoa(String.fromCharCode(...bytes));
    return `{\n      flagsOffset: ${flagsOffset},\n      base64:\n        "${text}",\n    }`;
  };
  const group = (instructions: Build["instructions"]): string =>
    builds.filter((build) => build.instructions === instructions)
      .map((build) => `    ${build.width}: ${entry(build)},\n`).join("");
  return `/**
 * The kernel of the index builder, compiled. Made by \`deno task kernel\` from
 * \`scripts/kernel\`; never edited by hand.
 *
 * @module
 */

import type { KernelBuilds } from "./kernel_build.ts";

/** The builds of the kernel. */
export const KERNEL_BUILDS: KernelBuilds = {
  "relaxed-simd": {
${group("relaxed-simd")}  },
  simd: {
${group("simd")}  },
};
`;
}

const builds = await buildAll();
const text = render(builds);
if (Deno.args.includes("--check")) {
  if (await Deno.readTextFile(TARGET) !== text) {
    console.error(`${TARGET} is not what ${SOURCES} gives; run \`deno task kernel\`.`);
    Deno.exit(1);
  }
} else {
  await Deno.writeTextFile(TARGET, text);
  for (const { instructions, width, bytes } of builds) {
    console.log(`${instructions}, ${width}: ${bytes.byteLength} bytes`);
  }
}
