import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { readInto } from "../../lib/fs/read_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";

Deno.test("readInto() fills as much as the file has, and no more than there is room for", async () => {
  const path = join(await scratchDirectory(), "file");
  await Deno.writeFile(path, Uint8Array.of(1, 2, 3, 4, 5));
  assertEquals(readInto(path, new Uint8Array(3)), Uint8Array.of(1, 2, 3));
  assertEquals(readInto(path, new Uint8Array(9)), Uint8Array.of(1, 2, 3, 4, 5));
  assertEquals(readInto(path, new Uint8Array(0)), new Uint8Array(0));
});

Deno.test("readInto() throws operation errors for what cannot be read", async () => {
  const directory = await scratchDirectory();
  const error = assertThrows(
    () => readInto(join(directory, "gone"), new Uint8Array(1)),
    OperationError,
  );
  assertEquals([error.code, error.path], ["not-found", join(directory, "gone")]);
  assertThrows(() => readInto(directory, new Uint8Array(1)), OperationError);
});

Deno.test({
  name: "readInto() does not wait at a pipe",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const pipe = join(await scratchDirectory(), "pipe");
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success, true);
    assertEquals(readInto(pipe, new Uint8Array(4)), new Uint8Array(0));
  },
});
