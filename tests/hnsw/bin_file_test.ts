import { assertEquals } from "@std/assert";
import { surveyBinFile } from "../../lib/hnsw/bin_file.ts";
import { MemoryBytes } from "../support/tiny_index.ts";

Deno.test("surveyBinFile() finds nothing when the start holds data", () => {
  const bytes = new Uint8Array(5000);
  bytes[4095] = 1;
  assertEquals(surveyBinFile(new MemoryBytes(bytes)), null);
});

Deno.test("surveyBinFile() says empty, too-short or all-zero when it is", () => {
  assertEquals(surveyBinFile(new MemoryBytes(new Uint8Array())), "empty");
  assertEquals(surveyBinFile(new MemoryBytes(new Uint8Array(99).fill(1))), "too-short");
  assertEquals(surveyBinFile(new MemoryBytes(new Uint8Array(5000))), "all-zero");
});

Deno.test("surveyBinFile() says short-read when the file gives less than its size", () => {
  const file = { sizeBytes: 5000, readAt: (): Uint8Array => new Uint8Array(100).fill(1) };
  assertEquals(surveyBinFile(file), "short-read");
});
