import { assertEquals } from "@std/assert";
import { parseDuration } from "../../lib/base/duration.ts";

Deno.test("parseDuration() reads a whole number with each of its units", () => {
  assertEquals(["90s", "10m", "2h", "30d", "4w", "0s"].map(parseDuration), [
    90_000,
    600_000,
    7_200_000,
    2_592_000_000,
    2_419_200_000,
    0,
  ]);
});

Deno.test("parseDuration() gives null when the text is no span", () => {
  for (const text of ["", "5", "d", "1.5h", "-1d", "1 d", "1D", "1y", "1h30m", "9999999999999w"]) {
    assertEquals(parseDuration(text), null, text);
  }
});
