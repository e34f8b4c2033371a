import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { identifyExecutable, parseTargets, TARGETS } from "../../scripts/compile/targets.ts";

const names = (targets: readonly { triple: string }[]) => targets.map(({ triple }) => triple);

Deno.test("parseTargets() gives every target when none is named, and each named one once", () => {
  assertEquals(parseTargets([]), TARGETS);
  assertEquals(TARGETS.length, 5);
  assertEquals(
    names(parseTargets(["x86_64-pc-windows-msvc, aarch64-apple-darwin", "aarch64-apple-darwin"])),
    ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"],
  );
});

Deno.test("parseTargets() names the targets when it is given another", () => {
  for (const wrong of ["", "linux", "X86_64-unknown-linux-gnu"]) {
    const { message } = assertThrows(() => parseTargets([wrong]), RangeError);
    for (const { triple } of TARGETS) assertStringIncludes(message, triple);
  }
});

Deno.test("only the executables of Windows have a suffix", () => {
  assertEquals(names(TARGETS.filter(({ suffix }) => suffix === ".exe")), [
    "x86_64-pc-windows-msvc",
  ]);
});

/** A file that has these numbers at these places. */
function fileWith(places: Readonly<Record<number, readonly number[]>>, size = 4096): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [offset, values] of Object.entries(places)) bytes.set(values, Number(offset));
  return bytes;
}

Deno.test("identifyExecutable() tells the system of ELF, Mach-O and PE", () => {
  const elf = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1];
  const machO = [0xcf, 0xfa, 0xed, 0xfe];
  const mz = [0x4d, 0x5a];
  const files: readonly (readonly [Uint8Array, string | null])[] = [
    [fileWith({ 0: elf, 18: [62, 0] }), "x86_64-unknown-linux-gnu"],
    [fileWith({ 0: elf, 18: [183, 0] }), "aarch64-unknown-linux-gnu"],
    [fileWith({ 0: elf, 18: [243, 0] }), null],
    [fileWith({ 0: machO, 4: [7, 0, 0, 1] }), "x86_64-apple-darwin"],
    [fileWith({ 0: machO, 4: [12, 0, 0, 1] }), "aarch64-apple-darwin"],
    [fileWith({ 0: machO, 4: [12, 0, 0, 0] }), null],
    [
      fileWith({ 0: mz, 0x3c: [0x80, 0], 0x80: [0x50, 0x45, 0, 0, 0x64, 0x86] }),
      "x86_64-pc-windows-msvc",
    ],
    [fileWith({ 0: mz, 0x3c: [0x80, 0], 0x80: [0x50, 0x45, 0, 0, 0x4c, 0x01] }), null],
    [fileWith({ 0: mz, 0x3c: [0xff, 0xff, 0xff, 0xff] }), null],
    [fileWith({ 0: [0x23, 0x21] }), null],
    [fileWith({ 0: elf, 18: [62, 0] }, 63), null],
    [new Uint8Array(0), null],
  ];
  for (const [bytes, target] of files) assertEquals(identifyExecutable(bytes), target);
});

Deno.test({
  name: "identifyExecutable() tells the system of the runtime that runs this",
  fn: async () => {
    using file = await Deno.open(Deno.execPath(), { read: true });
    const head = new Uint8Array(4096);
    await file.read(head);
    assertEquals(identifyExecutable(head), Deno.build.target);
  },
});
