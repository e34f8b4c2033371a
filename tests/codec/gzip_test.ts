import { assert, assertEquals, assertLess } from "@std/assert";
import { gzipSync } from "node:zlib";
import { fromFileUrl } from "@std/path";
import { gunzipBounded, gzip } from "../../lib/codec/gzip.ts";
import { isGzip } from "../../lib/codec/gzip_frame.ts";
import { runDeno } from "../support/run_cli.ts";

const TEXT = "What is compressed here, what is compressed here is text. ".repeat(9);
const BYTES = new TextEncoder().encode(TEXT);
const FILE = gzip(BYTES);
const LIMIT_BYTES = 1 << 20;
const FAILING_GUNZIP = fromFileUrl(new URL("./failing_gunzip.ts", import.meta.url));

function asText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function concatenate(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("gzip() writes a member without a name and a time", () => {
  assertEquals([...FILE.subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
  assert(isGzip(FILE));
  assert(!isGzip(FILE.subarray(0, 1)));
  assert(!isGzip(BYTES));
});

Deno.test("gunzipBounded() gives what was compressed", () => {
  const { bytes, usedBytes, fault } = gunzipBounded(FILE, LIMIT_BYTES);
  assertEquals([asText(bytes), usedBytes, fault], [TEXT, FILE.length, null]);
  assertEquals(gunzipBounded(gzip(new Uint8Array(0)), LIMIT_BYTES).bytes.length, 0);
});

Deno.test("gunzipBounded() gives all members when there are several", () => {
  const several = concatenate(FILE, gzip(new Uint8Array(0)), FILE);
  assertEquals(asText(gunzipBounded(several, LIMIT_BYTES).bytes), TEXT + TEXT);
  const cut = gunzipBounded(several.subarray(0, several.length - 20), LIMIT_BYTES);
  assert(asText(cut.bytes).startsWith(TEXT + "What is"));
  assertEquals(cut.fault?.kind, "truncated");
});

Deno.test("gunzipBounded() gives the bytes before the end when a file is cut anywhere", () => {
  let before = 0;
  for (let size = 2; size < FILE.length; size++) {
    const { bytes, fault } = gunzipBounded(FILE.subarray(0, size), LIMIT_BYTES);
    assertEquals([fault?.kind, fault?.offset], ["truncated", size]);
    assert(bytes.length >= before);
    assert(TEXT.startsWith(asText(bytes)));
    before = bytes.length;
  }
  assertEquals(before, BYTES.length);
});

Deno.test("gunzipBounded() gives all bytes when only the checksum or the length is wrong", () => {
  for (const place of [8, 6, 4, 1]) {
    const offset = FILE.length - place;
    const file = FILE.with(offset, (FILE[offset] ?? 0) ^ 1);
    const { bytes, fault } = gunzipBounded(file, LIMIT_BYTES);
    assertEquals([asText(bytes), fault?.kind], [TEXT, "checksum"]);
    assertEquals(fault?.offset, FILE.length - (place > 4 ? 8 : 4));
  }
});

Deno.test("gunzipBounded() tells where a file ends when other bytes follow", () => {
  const { bytes, usedBytes, fault } = gunzipBounded(concatenate(FILE, [1, 2, 3]), LIMIT_BYTES);
  assertEquals([asText(bytes), usedBytes, fault], [TEXT, FILE.length, null]);
});

Deno.test("gunzipBounded() never gives wrong bytes without a fault when a bit is flipped", () => {
  for (let bit = 16; bit < 8 * FILE.length; bit++) {
    const offset = bit >> 3;
    const file = FILE.with(offset, (FILE[offset] ?? 0) ^ (1 << (bit & 7)));
    const { bytes, fault } = gunzipBounded(file, LIMIT_BYTES);
    if (fault === null) assertEquals(asText(bytes), TEXT, `bit ${bit}`);
  }
});

Deno.test("gunzipBounded() passes over the optional parts of a header", () => {
  const extra = [1, 0, 0x41];
  const name = [0x6e, 0];
  const comment = [0x63, 0x64, 0];
  const header = concatenate(FILE.subarray(0, 10), extra, name, comment).with(3, 4 | 8 | 16);
  const file = concatenate(header, FILE.subarray(10));
  assertEquals(asText(gunzipBounded(file, LIMIT_BYTES).bytes), TEXT);
  const cut = gunzipBounded(file.subarray(0, 14), LIMIT_BYTES);
  assertEquals([cut.bytes.length, cut.fault?.kind], [0, "truncated"]);
  const damaged = gunzipBounded(file.with(file.length - 1, 1), LIMIT_BYTES);
  assertEquals([asText(damaged.bytes), damaged.fault?.kind], [TEXT, "checksum"]);
});

Deno.test("gunzipBounded() refuses a method that is not deflate", () => {
  const { bytes, fault } = gunzipBounded(FILE.with(2, 7), LIMIT_BYTES);
  assertEquals([bytes.length, fault?.kind, fault?.offset], [0, "malformed", 2]);
});

Deno.test("gunzipBounded() refuses a file when more comes out than allowed", () => {
  const bomb = gzipSync(new Uint8Array(1 << 26));
  const { bytes, fault } = gunzipBounded(bomb, LIMIT_BYTES);
  assertEquals([bytes.length, fault?.kind], [0, "too-large"]);
  assertEquals(gunzipBounded(FILE, BYTES.length).fault, null);
  assertEquals(gunzipBounded(FILE, BYTES.length - 1).fault?.kind, "too-large");
});

Deno.test("gunzipBounded() leaves no memory behind when it fails again and again", async () => {
  // In a process of its own, for the memory of this one is also that of other tests.
  const { code, stdout, stderr } = await runDeno(["run", "--quiet", "--no-prompt", FAILING_GUNZIP]);
  assertEquals([code, stderr], [0, ""]);
  // The runtime's own zlib leaves some 30 kB behind each time, and 300 MB here.
  assertLess(Number(stdout), 150e6);
});
