/**
 * Tests of `lib/stores/saved_files.ts`.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { SavedFiles } from "../../lib/stores/saved_files.ts";
import { scratchDirectory } from "../support/fixtures.ts";

Deno.test("SavedFiles makes no file when no line comes", async () => {
  const directory = await scratchDirectory();
  using saved = new SavedFiles(directory, localFs);
  assertEquals(saved.finish(), []);
  assertEquals([...Deno.readDirSync(directory)], []);
});

Deno.test("SavedFiles.finish() writes one line of JSON for each that was added", async () => {
  const directory = await scratchDirectory();
  using saved = new SavedFiles(directory, localFs);
  const lines = 3_000;
  for (let line = 0; line < lines; line++) {
    saved.add("missing.jsonl", { id: `Grüße ${line}`, document: "a\nb".repeat(50) });
  }
  saved.add("conflicts.jsonl", { id: "one" });
  const path = join(directory, "missing.jsonl");
  assertEquals(saved.finish(), [
    { name: "missing.jsonl", path, lines },
    { name: "conflicts.jsonl", path: join(directory, "conflicts.jsonl"), lines: 1 },
  ]);
  const text = await Deno.readTextFile(path);
  const read = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(read.length, lines);
  assertEquals(read[2_999], { id: "Grüße 2999", document: "a\nb".repeat(50) });
});
