import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeNotes, parseNotes } from "../../lib/status/watch_notes_format.ts";
import { readWatchNotes } from "../../lib/status/read_watch_notes.ts";
import type { WatchNotes } from "../../lib/status/watch_notes.ts";
import { WatchRecord } from "../../lib/watch/store/watch_record.ts";
import { MemoryDisk } from "../support/memory_fs.ts";

function exampleNotes(): WatchNotes {
  const now = new Date("2026-03-02T12:00:00Z");
  const record = new WatchRecord(null, now, "2026-03-02");
  record.begin("backup", now);
  record.end("backup", new Date("2026-03-02T12:01:00Z"), {
    outcome: "failed",
    message: "There is no room",
    backoff: { firstMs: 60_000, longestMs: 60_000 },
    slotMs: null,
  });
  for (let day = 0; day < 100; day++) {
    const time = new Date(Date.parse("2026-03-02") + day * 86_400_000);
    record.sample({ day: time.toISOString().slice(0, 10), sizeBytes: day, records: null });
  }
  record.next = [{ action: "check", at: "2026-03-02T12:05:00.000Z", reason: "scheduled" }];
  return record.toNotes("/store", now, {
    processId: 7,
    since: "2026-03-02T12:00:00.000Z",
    isRunning: true,
  });
}

Deno.test("parseNotes() reads what encodeNotes() writes", () => {
  const notes = exampleNotes();
  assertEquals(parseNotes(encodeNotes(notes)), notes);
  assertEquals(notes.growth.length, 90);
  assertEquals([notes.actions.backup.failures, notes.actions.backup.elapsedMs], [1, 60_000]);
  assertEquals(notes.actions.backup.retryAt, "2026-03-02T12:02:00.000Z");
});

Deno.test("parseNotes() uses no file in which anything is wrong", () => {
  const text = new TextDecoder().decode(encodeNotes(exampleNotes()));
  const wrong: readonly (readonly [string, string, string])[] = [
    ['"version": 1', '"version": 2', "is of another version of vecfsck"],
    ["vecfsck-watch-notes", "something", "is no file of notes"],
    ['"failures": 1', '"failures": -1', "actions.backup.failures is no whole number"],
    ['"name": "unknown"', '"name": "fine"', "state.name is none of"],
    ['"2026-03-02T12:02:00.000Z"', '"soon"', "actions.backup.retryAt is no time in UTC"],
    ['"day": "2026-03-02"', '"day": 5', "is no text"],
    ['"isShort": false', '"isShort": 0', "memory.isShort is neither true nor false"],
    ['"reason": "scheduled"', '"reason": "x"', "next[0].reason is none of"],
  ];
  for (const [from, to, problem] of wrong) {
    assertEquals(text.includes(from), true, from);
    const read = parseNotes(new TextEncoder().encode(text.replace(from, to)));
    assertStringIncludes(typeof read === "string" ? read : "it was read", problem);
  }
  for (let size = 0; size < text.length - 2; size += 97) {
    assertEquals(parseNotes(new TextEncoder().encode(text.slice(0, size))), "is no JSON");
  }
  assertEquals(parseNotes(Uint8Array.of(0xff, 0xfe)), "is no JSON");
});

Deno.test("readWatchNotes() finds the notes beside a store, and says what is wrong with them", () => {
  const { fs } = new MemoryDisk();
  assertEquals(readWatchNotes(fs, "/data/store"), { notes: null, problem: null });
  for (const path of ["/data", "/data/store", "/data/store.vecfsck", "/data/store.vecfsck/watch"]) {
    fs.makeDirectory(path, 0o755);
  }
  assertEquals(readWatchNotes(fs, "/data/store"), { notes: null, problem: null });
  const path = "/data/store.vecfsck/watch/notes.json";
  {
    using file = fs.createFile(path, 0o600);
    file.write(encodeNotes(exampleNotes()));
  }
  assertEquals(readWatchNotes(fs, "/data/store").notes, exampleNotes());
  fs.removeFile(path);
  fs.createFile(path, 0o600)[Symbol.dispose]();
  const { notes, problem } = readWatchNotes(fs, "/data/store");
  assertEquals([notes, problem], [null, `The notes of the watch are not used: ${path} is no JSON`]);
});
