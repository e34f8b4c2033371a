import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { crc32 } from "node:zlib";
import { OperationError } from "../../lib/base/errors.ts";
import { BoundedFile } from "../../lib/fs/read_fs.ts";
import { BLOCK_SIZE_BYTES, sumBlocks } from "../../lib/seal/block_sums.ts";
import { scratchDirectory } from "../support/fixtures.ts";

async function fileOf(sizeBytes: number): Promise<{ path: string; bytes: Uint8Array }> {
  const path = join(await scratchDirectory(), "file");
  const bytes = Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 7919) >>> 5);
  await Deno.writeFile(path, bytes);
  return { path, bytes };
}

for (const sizeBytes of [0, 1, BLOCK_SIZE_BYTES, BLOCK_SIZE_BYTES + 1, 3 << 20, (1 << 20) - 1]) {
  Deno.test(`sumBlocks() gives a checksum for each block of ${sizeBytes} bytes`, async () => {
    const { path, bytes } = await fileOf(sizeBytes);
    const expected: number[] = [];
    for (let start = 0; start < sizeBytes; start += BLOCK_SIZE_BYTES) {
      expected.push(crc32(bytes.subarray(start, start + BLOCK_SIZE_BYTES)));
    }
    let readBytes = 0;
    using file = BoundedFile.open(path);
    const sums = await sumBlocks(file, { onRead: (count) => readBytes += count });
    assertEquals([...sums], expected);
    assertEquals(readBytes, sizeBytes);
  });
}

Deno.test("sumBlocks() ends early when the file has become shorter", async () => {
  const { path } = await fileOf(5 * BLOCK_SIZE_BYTES);
  using file = BoundedFile.open(path);
  await Deno.truncate(path, BLOCK_SIZE_BYTES);
  assertEquals((await sumBlocks(file)).length, 1);
});

Deno.test("sumBlocks() ends when its signal is aborted", async () => {
  const { path } = await fileOf(0);
  await Deno.truncate(path, 80 << 20);
  using file = BoundedFile.open(path);
  const signal = AbortSignal.abort();
  const error = await assertRejects(() => sumBlocks(file, { signal }), OperationError);
  assertEquals(error.code, "cancelled");
});
