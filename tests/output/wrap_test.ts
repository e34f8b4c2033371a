import { assertEquals } from "@std/assert";
import { wrapText } from "../../lib/output/wrap.ts";

Deno.test("wrapText() breaks at spaces so that no line passes the width", () => {
  assertEquals(wrapText("one two three four", 9), ["one two", "three", "four"]);
  assertEquals(wrapText("one two", 7), ["one two"]);
  assertEquals(wrapText("one two", 6), ["one", "two"]);
});

Deno.test("wrapText() counts the indent, and gives the first line its own", () => {
  assertEquals(wrapText("one two three", 10, "    ", "- "), ["- one two", "    three"]);
  assertEquals(wrapText("one two", 80, "  "), ["  one two"]);
});

Deno.test("wrapText() keeps a word whole when it is longer than the line", () => {
  assertEquals(wrapText("see /a/very/long/path now", 8), ["see", "/a/very/long/path", "now"]);
});

Deno.test("wrapText() drops repeated spaces and gives one line for an empty text", () => {
  assertEquals(wrapText("a   b ", 80), ["a b"]);
  assertEquals(wrapText("", 80, "  "), ["  "]);
});

Deno.test("wrapText() counts characters outside the basic plane once", () => {
  assertEquals(wrapText("👍👍 👍", 4), ["👍👍 👍"]);
});
