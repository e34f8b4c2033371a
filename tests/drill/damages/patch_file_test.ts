import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import {
  copyDirectory,
  listFileNames,
  PatchFile,
  readWhole,
  writeWhole,
} from "../../../lib/drill/damages/patch_file.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { scratchDirectory } from "../../support/fixtures.ts";

function bytesOf(path: string): number[] {
  return [...Deno.readFileSync(path)];
}

Deno.test("PatchFile writes in place, beyond the end, and cuts", async () => {
  const path = join(await scratchDirectory(), "file");
  writeWhole(localFs, path, Uint8Array.of(1, 2, 3, 4));
  {
    using file = PatchFile.open(localFs, path);
    file.writeU16(1, 0xbbaa);
    file.flipBit(0, 7);
    assertEquals([...file.read(0, 100)], [0x81, 0xaa, 0xbb, 4]);
    assertEquals([file.readU32(0), file.readU32(1)], [0x04bb_aa81, null]);
    file.fill(6, 2);
    assertEquals(file.sizeBytes, 8);
    file.truncate(3);
    file.flipBit(3, 1);
  }
  assertEquals(bytesOf(path), [0x81, 0xaa, 0xbb]);
});

Deno.test("PatchFile.open() refuses a link, so that no damage leaves the copy", async () => {
  const directory = await scratchDirectory();
  const [original, link] = [join(directory, "original"), join(directory, "link")];
  Deno.writeFileSync(original, Uint8Array.of(1));
  Deno.symlinkSync(original, link);
  assertThrows(() => PatchFile.open(localFs, link), OperationError);
  assertThrows(() => PatchFile.open(localFs, join(directory, "none")), OperationError);
  writeWhole(localFs, link, Uint8Array.of(2));
  assertEquals([bytesOf(original), bytesOf(link)], [[1], [2]]);
});

Deno.test("copyDirectory() copies the files of a directory and nothing else", async () => {
  const directory = join(await scratchDirectory(), "one");
  Deno.mkdirSync(join(directory, "inner"), { recursive: true });
  for (const name of ["b", "a"]) writeWhole(localFs, join(directory, name), Uint8Array.of(7));
  Deno.symlinkSync("a", join(directory, "link"));
  copyDirectory(localFs, directory, `${directory}.copy`);
  assertEquals(listFileNames(localFs, `${directory}.copy`), ["a", "b"]);
  assertEquals([...readWhole(localFs, join(`${directory}.copy`, "a"))], [7]);
});
