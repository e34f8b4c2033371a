import { assertEquals } from "@std/assert";
import { printable } from "../../lib/base/printable.ts";

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
