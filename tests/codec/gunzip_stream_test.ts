import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import type { ByteSource } from "../../lib/codec/byte_source.ts";
import { type GunzipOutcome, gunzipStream } from "../../lib/codec/gunzip_stream.ts";
import { isGzip } from "../../lib/codec/gzip_frame.ts";

const CONTENT = Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) >>> 7);
const FILE = new Uint8Array(gzipSync(CONTENT));

function sourceOf(file: Uint8Array): ByteSource {
  return {
    sizeBytes: file.byteLength,
    readAt: (offset: number, target: Uint8Array): Uint8Array => {
      const part = file.subarray(offset, offset + target.byteLength);
      target.set(part);
      return target.subarray(0, part.byteLength);
    },
  };
}

async function gunzip(
  file: Uint8Array,
  mostBytes = 1 << 24,
): Promise<GunzipOutcome & { bytes: Uint8Array }> {
  const parts: Uint8Array[] = [];
  const write = (bytes: Uint8Array): void => void parts.push(bytes.slice());
  const outcome = await gunzipStream(sourceOf(file), { write, mostBytes });
  return { ...outcome, bytes: Uint8Array.from(parts.flatMap((part) => Array.from(part))) };
}

Deno.test("gunzipStream() gives back what was compressed", async () => {
  const { bytes, ...outcome } = await gunzip(FILE);
  assertEquals(bytes, CONTENT);
  assertEquals(outcome, { sizeBytes: 300_000, usedBytes: FILE.byteLength, fault: null });
});

Deno.test("gunzipStream() passes over name, comment, extra field and header checksum", async () => {
  const header = [0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7, 0x6e, 0, 0x63, 0, 1, 2];
  // Go looks at the checksum of the header, if the flag is set: here it is not.
  header[3] = 0x1c;
  const file = Uint8Array.from([...header.slice(0, 18), ...FILE.subarray(10)]);
  assertEquals((await gunzip(file)).bytes, CONTENT);
});

Deno.test("gunzipStream() joins members, and leaves what is behind the last", async () => {
  const { bytes, usedBytes, fault } = await gunzip(Uint8Array.from([...FILE, ...FILE, 1, 2, 3]));
  assertEquals([bytes.byteLength, usedBytes, fault], [600_000, 2 * FILE.byteLength, null]);
});

Deno.test("gunzipStream() gives everything before the place where a file is cut", async () => {
  for (const length of [0, 1, 9, 10, 5000, FILE.byteLength - 9, FILE.byteLength - 1]) {
    const { bytes, fault } = await gunzip(FILE.subarray(0, length));
    assertEquals([fault?.kind, fault?.offset], ["truncated", length], `${length} bytes`);
    assertEquals(bytes, CONTENT.subarray(0, bytes.byteLength));
    if (length > FILE.byteLength - 8) assertEquals(bytes.byteLength, CONTENT.byteLength);
  }
});

Deno.test("gunzipStream() tells a wrong checksum from bytes that are none of deflate", async () => {
  const wrongChecksum = FILE.slice();
  wrongChecksum[FILE.byteLength - 6] = (FILE[FILE.byteLength - 6] ?? 0) ^ 1;
  const doubtful = await gunzip(wrongChecksum);
  assertEquals([doubtful.fault?.kind, doubtful.fault?.offset], ["checksum", FILE.byteLength - 8]);
  assertEquals(doubtful.bytes, CONTENT);
  const wrongMethod = FILE.slice();
  wrongMethod[2] = 9;
  const { fault } = await gunzip(wrongMethod);
  assertEquals([fault?.kind, fault?.offset], ["malformed", 2]);
  // A block of the type that does not exist.
  const noBlock = await gunzip(Uint8Array.from([...FILE.subarray(0, 10), 7, 0, 0, 0]));
  assertEquals([noBlock.fault?.kind, noBlock.bytes.byteLength], ["malformed", 0]);
});

Deno.test("gunzipStream() stops at the most bytes that are allowed", async () => {
  const bomb = new Uint8Array(gzipSync(new Uint8Array(4 << 20)));
  const { bytes, fault } = await gunzip(bomb, 100_000);
  assertEquals([bytes.byteLength, fault?.kind], [100_000, "too-large"]);
  assertStringIncludes(fault?.message ?? "", "100000");
});

Deno.test("gunzipStream() throws what writing throws", async () => {
  const write = (): void => {
    throw new TypeError("the disk is full");
  };
  const options = { write, mostBytes: 1e9 };
  await assertRejects(() => gunzipStream(sourceOf(FILE), options), TypeError, "full");
});

Deno.test("isGzip() looks at the first two bytes", () => {
  assertEquals([isGzip(FILE), isGzip(CONTENT), isGzip(new Uint8Array())], [true, false, false]);
});
