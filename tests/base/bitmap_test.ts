import { assertEquals } from "@std/assert";
import { LabelBitmap } from "../../lib/base/bitmap.ts";

Deno.test("LabelBitmap.set() says whether the label was there already", () => {
  const labels = new LabelBitmap();
  const edges = [0, 31, 32, 65_535, 65_536, 0xffff_ffff, 2 ** 40];
  for (const label of edges) assertEquals(labels.set(label), false);
  for (const label of edges) assertEquals(labels.set(label), true);
  assertEquals(labels.count, edges.length);
  for (const label of edges) assertEquals(labels.has(label), true);
  for (const label of [1, 33, 65_537, 2 ** 40 + 1]) assertEquals(labels.has(label), false);
});

Deno.test("LabelBitmap.without() yields what the other set lacks", () => {
  const left = new LabelBitmap();
  const right = new LabelBitmap();
  for (const label of [3, 31, 64, 70_000, 200_000]) left.set(label);
  for (const label of [3, 64, 5, 200_001]) right.set(label);
  assertEquals([...left.without(right)], [31, 70_000, 200_000]);
  assertEquals([...right.without(left)], [5, 200_001]);
});

Deno.test("LabelBitmap.set() forgets labels, and says so, when they lie too far apart", () => {
  const labels = new LabelBitmap();
  for (let index = 0; index < 5000; index++) labels.set(index * 65_536);
  assertEquals(labels.count + labels.forgotten, 5000);
  assertEquals(labels.forgotten, 904);
  assertEquals([labels.set(0), labels.set(65_537), labels.has(4999 * 65_536)], [
    true,
    false,
    false,
  ]);
});
