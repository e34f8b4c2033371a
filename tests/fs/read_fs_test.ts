import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { BoundedFile, stampFile } from "../../lib/fs/read_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";

async function fileOf(bytes: number[]): Promise<string> {
  const path = join(await scratchDirectory(), "file");
  await Deno.writeFile(path, new Uint8Array(bytes));
  return path;
}

Deno.test("BoundedFile.readAt() fills the target, and less where the file ends", async () => {
  using file = BoundedFile.open(await fileOf([1, 2, 3, 4, 5]));
  assertEquals([...file.readAt(1, new Uint8Array(3))], [2, 3, 4]);
  assertEquals([...file.readAt(4, new Uint8Array(3))], [5]);
  assertEquals([...file.readAt(9, new Uint8Array(3))], []);
});

Deno.test("BoundedFile.read() allocates no more than the file holds", async () => {
  using file = BoundedFile.open(await fileOf([1, 2, 3]));
  assertEquals(file.read(1, 2 ** 52).byteLength, 2);
  assertEquals(file.read(7, 10).byteLength, 0);
});

Deno.test("BoundedFile.open() throws not-found when there is no such file", async () => {
  const path = join(await scratchDirectory(), "none");
  const error = assertThrows(() => BoundedFile.open(path), OperationError);
  assertEquals([error.code, error.path], ["not-found", path]);
});

Deno.test("stampFile() changes with the length and the time, and is null without a file", async () => {
  const path = await fileOf([1]);
  const before = stampFile(path, "file");
  assertEquals([before?.path, before?.sizeBytes], ["file", 1]);
  await Deno.writeFile(path, new Uint8Array(2));
  assertEquals(stampFile(path, "file")?.sizeBytes, 2);
  await Deno.remove(path);
  assertEquals(stampFile(path, "file"), null);
});
