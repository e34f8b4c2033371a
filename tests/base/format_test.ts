import { assertEquals } from "@std/assert";
import { formatBytes, formatCount, formatDuration } from "../../lib/base/format.ts";

Deno.test("formatCount() separates thousands and minds the plural", () => {
  assertEquals(formatCount(1, "record"), "1 record");
  assertEquals(formatCount(0, "record"), "0 records");
  assertEquals(formatCount(1_204_000, "entry", "entries"), "1,204,000 entries");
});

Deno.test("formatBytes() picks a unit in which the number is short", () => {
  const written = [0, 999, 1000, 434_000_000, 1.5e12, 9.99e14].map(formatBytes);
  assertEquals(written, ["0 B", "999 B", "1.0 kB", "434 MB", "1.5 TB", "999 TB"]);
});

Deno.test("formatDuration() grows from seconds to hours", () => {
  const written = [420, 12_000, 200_000, 7_500_000].map(formatDuration);
  assertEquals(written, ["0.42 s", "12 s", "3 min 20 s", "2 h 5 min"]);
});
