import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { BLOCK_SIZE_BYTES } from "../../lib/seal/block_sums.ts";
import { encodeSeal, parseSeal, type Seal, type SealedFile } from "../../lib/seal/seal_format.ts";

function sealedFile(path: string, sizeBytes: number): SealedFile {
  const blocks = Math.ceil(sizeBytes / BLOCK_SIZE_BYTES);
  return {
    path,
    sizeBytes,
    modifiedMs: 1_795_244_400_000,
    changedMs: 1_795_244_400_001,
    inode: 7,
    sums: Uint32Array.from({ length: blocks }, (_, block) => crc32(`${path} ${block}`)),
  };
}

const SEAL: Seal = {
  createdAt: "2026-11-21T07:00:00.000Z",
  store: "/srv/chroma",
  format: "chroma",
  isSound: true,
  files: [
    sealedFile("chroma.sqlite3", 200_000),
    sealedFile("a/b.bin", 0),
    { ...sealedFile("ä/c.bin", BLOCK_SIZE_BYTES), changedMs: null, inode: null },
  ],
};

/** The bytes of a seal with another header, whose own digest is right. */
function withHeader(change: (header: Record<string, unknown>) => unknown): Uint8Array {
  const bytes = encodeSeal(SEAL);
  const length = new DataView(bytes.buffer).getUint32(8, true);
  const header: Record<string, unknown> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(12, 12 + length)),
  );
  const changed = change(header);
  const text = typeof changed === "string" ? changed : JSON.stringify({ ...header });
  const encoded = new TextEncoder().encode(text);
  const body = new Uint8Array([
    ...bytes.subarray(0, 12),
    ...encoded,
    ...bytes.subarray(12 + length, bytes.length - 32),
  ]);
  new DataView(body.buffer).setUint32(8, encoded.length, true);
  return withDigest(body);
}

function withDigest(body: Uint8Array): Uint8Array {
  return new Uint8Array([...body, ...createHash("sha256").update(body).digest()]);
}

Deno.test("parseSeal() gives what encodeSeal() was given", () => {
  assertEquals(parseSeal(encodeSeal(SEAL)), SEAL);
  const empty = { ...SEAL, isSound: false, files: [] };
  assertEquals(parseSeal(encodeSeal(empty)), empty);
});

Deno.test("parseSeal() refuses a seal that is damaged at any byte", () => {
  const bytes = encodeSeal(SEAL);
  for (let offset = 0; offset < bytes.length; offset++) {
    for (const bit of [1, 128]) {
      const damaged = bytes.slice();
      damaged[offset] = (damaged[offset] ?? 0) ^ bit;
      assertEquals(typeof parseSeal(damaged), "string", `byte ${offset}`);
    }
  }
});

Deno.test("parseSeal() refuses a seal that was cut off anywhere, or goes on", () => {
  const bytes = encodeSeal(SEAL);
  for (let length = 0; length < bytes.length; length++) {
    assertEquals(typeof parseSeal(bytes.subarray(0, length)), "string", `${length} bytes`);
  }
  assertEquals(typeof parseSeal(new Uint8Array([...bytes, 0])), "string");
});

Deno.test("parseSeal() refuses what a hostile seal with a right digest claims", () => {
  const file = { path: "x", sizeBytes: 0, modifiedMs: 0, changedMs: null, inode: null };
  const hostile: [string, (header: Record<string, unknown>) => unknown][] = [
    ["is no path", (header) => void (header.files = [{ ...file, path: "../x" }])],
    ["is no path", (header) => void (header.files = [{ ...file, path: "/etc/passwd" }])],
    ["is no path", (header) => void (header.files = [{ ...file, path: "a//b" }])],
    ["is no path", (header) => void (header.files = [{ ...file, path: "a\0b" }])],
    ["is no path", (header) => void (header.files = [{ ...file, path: "" }])],
    ["is no whole number", (header) => void (header.files = [{ ...file, sizeBytes: -1 }])],
    ["is no whole number", (header) => void (header.files = [{ ...file, sizeBytes: 1.5 }])],
    ["checksums", (header) => void (header.files = [{ ...file, sizeBytes: 2 ** 52 }])],
    ["checksums", (header) => void (header.files = [file])],
    ["twice", (header) => void (header.files = [file, file])],
    ["is no time", (header) => void (header.files = [{ ...file, modifiedMs: 1e300 }])],
    ["blockSizeBytes", (header) => void (header.blockSizeBytes = 1)],
    ["createdAt", (header) => void (header.createdAt = "yesterday")],
    ["isSound", (header) => void (header.isSound = "yes")],
    ["files", (header) => void (header.files = {})],
    ["no text in JSON", () => "{"],
    ["no object", () => "[]"],
  ];
  for (const [says, change] of hostile) {
    const answer = parseSeal(withHeader(change));
    assert(typeof answer === "string", says);
    assertStringIncludes(answer, says);
  }
});

Deno.test("parseSeal() refuses a length of the header that passes the end", () => {
  const bytes = encodeSeal(SEAL);
  for (const length of [0xffff_ffff, bytes.length, bytes.length - 43]) {
    const body = bytes.slice(0, bytes.length - 32);
    new DataView(body.buffer).setUint32(8, length, true);
    const answer = parseSeal(withDigest(body));
    assert(typeof answer === "string");
    assertStringIncludes(answer, "claims a header");
  }
});
