import { assertEquals } from "@std/assert";
import { findNearest } from "../../lib/base/nearest.ts";

Deno.test("findNearest() finds the word that was meant", () => {
  const words = ["check", "help", "repair"];
  assertEquals(findNearest("chekc", words), "check");
  assertEquals(findNearest("chck", words), "check");
  assertEquals(findNearest("repiar", words), "repair");
  assertEquals(findNearest("hepl", ["help"]), null);
  assertEquals(findNearest("check", words), "check");
});

Deno.test("findNearest() does not guess when nothing is near", () => {
  assertEquals(findNearest("frobnicate", ["check", "help"]), null);
  assertEquals(findNearest("", ["check", "help"]), null);
  assertEquals(findNearest("check", []), null);
});
