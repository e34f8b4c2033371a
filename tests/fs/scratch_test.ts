import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { CHUNK_SIZE_BYTES } from "../../lib/fs/read_fs.ts";
import { ScratchDirectory, ScratchFile } from "../../lib/fs/scratch.ts";
import { scratchDirectory } from "../support/fixtures.ts";

async function writeSource(bytes: Uint8Array, mode = 0o644): Promise<string> {
  const path = join(await scratchDirectory(), "source");
  await Deno.writeFile(path, bytes, { mode });
  return path;
}

Deno.test("ScratchDirectory.copyIn() copies every byte of a file of more than one chunk", async () => {
  const bytes = new Uint8Array(CHUNK_SIZE_BYTES + 12_345).map((_, index) => index * 7);
  using scratch = ScratchDirectory.create();
  const copy = scratch.copyIn(await writeSource(bytes), "copy");
  assertEquals(await Deno.readFile(copy), bytes);
});

Deno.test({
  name: "ScratchDirectory.copyIn() keeps the holes of a file, and its length",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const source = await writeSource(Uint8Array.of(1, 2, 3));
    const sizeBytes = 64 * CHUNK_SIZE_BYTES + 5;
    Deno.truncateSync(source, sizeBytes);
    using scratch = ScratchDirectory.create();
    const copy = scratch.copyIn(source, "copy", Uint8Array.of(9));
    const { size, blocks } = Deno.statSync(copy);
    assertEquals(size, sizeBytes + 1);
    assert((blocks ?? 0) * 512 <= 4 * CHUNK_SIZE_BYTES, `${blocks} blocks`);
    const bytes = Deno.readFileSync(copy);
    assertEquals([...bytes.subarray(0, 4), bytes[sizeBytes - 1], bytes[sizeBytes]], [
      1,
      2,
      3,
      0,
      0,
      9,
    ]);
  },
});

Deno.test("ScratchDirectory.copyIn() adds the trailer to the copy alone", async () => {
  const source = await writeSource(Uint8Array.of(1, 2));
  using scratch = ScratchDirectory.create();
  assertEquals(
    await Deno.readFile(scratch.copyIn(source, "copy", Uint8Array.of(0))),
    Uint8Array.of(1, 2, 0),
  );
  assertEquals(await Deno.readFile(source), Uint8Array.of(1, 2));
});

Deno.test("ScratchDirectory.copyIn() makes a copy of a write-protected file that can be written", async () => {
  using scratch = ScratchDirectory.create();
  const copy = scratch.copyIn(await writeSource(Uint8Array.of(1), 0o400), "copy");
  assertEquals(((await Deno.stat(copy)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("ScratchDirectory.copyIn() throws an OperationError when there is no such file", () => {
  using scratch = ScratchDirectory.create();
  const error = assertThrows(
    () => scratch.copyIn(join(scratch.path, "none"), "copy"),
    OperationError,
  );
  assertEquals(error.code, "not-found");
});

Deno.test("ScratchDirectory.copyIn() throws an OperationError when the copy cannot be written", async () => {
  const source = await writeSource(Uint8Array.of(1));
  const scratch = ScratchDirectory.create();
  scratch.remove();
  const error = assertThrows(() => scratch.copyIn(source, "copy"), OperationError);
  assertEquals([error.code, error.path], ["write-failed", join(scratch.path, "copy")]);
});

Deno.test("ScratchDirectory.remove() leaves nothing, and does nothing the second time", async () => {
  const scratch = ScratchDirectory.create();
  scratch.copyIn(await writeSource(Uint8Array.of(1)), "copy");
  scratch.remove();
  scratch.remove();
  assertThrows(() => Deno.statSync(scratch.path), Deno.errors.NotFound);
});

Deno.test("ScratchFile takes bytes one after another, and no path twice", async () => {
  using scratch = ScratchDirectory.create();
  const path = join(scratch.path, "file");
  {
    using file = ScratchFile.create(path);
    for (const part of ["one ", "", "two"]) file.write(new TextEncoder().encode(part));
  }
  assertEquals(await Deno.readTextFile(path), "one two");
  assertThrows(() => ScratchFile.create(path), OperationError, "Cannot write");
});
