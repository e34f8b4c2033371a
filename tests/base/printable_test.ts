import { assertEquals } from "@std/assert";
import { printable, printableLine } from "../../lib/base/printable.ts";

Deno.test("printable() leaves ordinary text of any script as it is", () => {
  assertEquals(printable("日本語 notes – é 🙂"), "日本語 notes – é 🙂");
});

Deno.test("printable() escapes what a terminal would act on", () => {
  assertEquals(
    printable("a\x1b[2Jb\r\n\u009bc\u202ed\ufeff"),
    "a\\u{1b}[2Jb\\u{d}\\u{a}\\u{9b}c\\u{202e}d\\u{feff}",
  );
});

Deno.test("printable() cuts what is too long", () => {
  assertEquals(printable("abcdef", 4), "abc…");
});

Deno.test("printableLine() leaves a line alone but for what acts on a terminal", () => {
  assertEquals(printableLine("plain\tä 漢", false), "plain\tä 漢");
  assertEquals(
    printableLine("a\tb\x1b[2Jc\r\n\u202e", false),
    "a\tb\\u{1b}[2Jc\\u{d}\\u{a}\\u{202e}",
  );
  const long = "x".repeat(10_000);
  assertEquals(printableLine(`${long}\x07`, true), `${long}\\u{7}`);
});

Deno.test("printableLine() keeps colours of a line that is coloured, and nothing else", () => {
  const line = "\x1b[1;31mred\x1b[0m \x1b]0;title\x07 \x9b31m";
  assertEquals(
    printableLine(line, true),
    "\x1b[1;31mred\x1b[0m \\u{1b}]0;title\\u{7} \\u{9b}31m",
  );
  assertEquals(printableLine(line, false).includes("\x1b"), false);
});
