import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readWriteAheadLog, type WriteAheadLogFacts } from "../../lib/sqlite/write_ahead_log.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { makeLoggedDatabase } from "./database_cases.ts";

const FRAME_SIZE_BYTES = 24 + 4096;

async function readLog(bytes: Uint8Array): Promise<WriteAheadLogFacts> {
  const path = join(await scratchDirectory(), "x-wal");
  await Deno.writeFile(path, bytes);
  return readWriteAheadLog(path);
}

async function makeLog(): Promise<Uint8Array> {
  return await Deno.readFile(`${await makeLoggedDatabase()}-wal`);
}

Deno.test("readWriteAheadLog() counts the committed pages that SQLite wrote", async () => {
  const bytes = await makeLog();
  const log = await readLog(bytes);
  assertEquals(log.state, "pending");
  assertEquals(log.committedFrames, (bytes.byteLength - 32) / FRAME_SIZE_BYTES);
});

Deno.test("readWriteAheadLog() finds no commit when the last frame of the only one is cut", async () => {
  const bytes = await makeLog();
  assertEquals(await readLog(bytes.slice(0, -1)), {
    state: "without-commits",
    sizeBytes: bytes.byteLength - 1,
    committedFrames: 0,
  });
});

Deno.test("readWriteAheadLog() believes no frame behind one whose checksum or salt is wrong", async () => {
  for (const offset of [32 + 24 + 1000, 32 + 8, 32 + 16]) {
    const bytes = await makeLog();
    bytes[offset] = (bytes[offset] ?? 0) ^ 1;
    assertEquals((await readLog(bytes)).state, "without-commits", `${offset}`);
  }
});

Deno.test("readWriteAheadLog() cannot use what is no log", async () => {
  const bytes = await makeLog();
  assertEquals((await readLog(new Uint8Array(8192).fill(9))).state, "unusable");
  assertEquals((await readLog(bytes.slice(0, 31))).state, "unusable");
  for (const offset of [0, 4, 11, 20, 24]) {
    const damaged = bytes.slice();
    damaged[offset] = (damaged[offset] ?? 0) ^ 4;
    assertEquals((await readLog(damaged)).state, "unusable", `${offset}`);
  }
});

Deno.test("readWriteAheadLog() tells a log without bytes from none", async () => {
  assertEquals((await readLog(new Uint8Array())).state, "empty");
  assertEquals(readWriteAheadLog(join(await scratchDirectory(), "none")).state, "absent");
});
