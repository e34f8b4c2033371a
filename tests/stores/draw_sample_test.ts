import { assert, assertEquals } from "@std/assert";
import { drawSample, SampleRoom, shareOf } from "../../lib/stores/draw_sample.ts";

Deno.test("drawSample() draws all of few, and of many as many as it may, spread over all", () => {
  assertEquals(drawSample(3, 10), [0, 1, 2]);
  assertEquals(drawSample(0, 10), []);
  const drawn = drawSample(10_000, 100);
  assertEquals(drawn, drawSample(10_000, 100));
  assertEquals(new Set(drawn).size, 100);
  assert(drawn.every((index, part) => index >= part * 100 && index < (part + 1) * 100));
  assert(new Set(drawn.map((index) => index % 100)).size > 20, "it follows no period");
});

Deno.test("shareOf() gives one collection much, and each of many something", () => {
  assertEquals([1, 2, 3, 6, 100, 0].map((count) => shareOf(6000, count)), [
    2000,
    2000,
    2000,
    1000,
    60,
    2000,
  ]);
});

Deno.test("SampleRoom keeps vectors of any dimension in bounded memory", () => {
  const room = new SampleRoom();
  let taken = 0;
  while (room.take(1 << 20)) taken++;
  assertEquals(taken, 8);
  assertEquals(room.take(1), false);
  assertEquals(room.take(0), true);
});
