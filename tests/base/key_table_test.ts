import { assertEquals } from "@std/assert";
import { KeyTable, NO_VALUE } from "../../lib/base/key_table.ts";

Deno.test("KeyTable keeps what a Map keeps, through growing, changing and removing", () => {
  const table = new KeyTable();
  const map = new Map<number, number>();
  for (let step = 0; step < 40_000; step++) {
    const key = Math.imul(step, 2_654_435_761) % 9_000;
    const [low, high] = [key >>> 0, Math.imul(key, 7) >>> 0];
    if (step % 5 === 4) {
      table.remove(low, high);
      map.delete(key);
    } else {
      table.set(low, high, step);
      map.set(key, step);
    }
  }
  for (let key = -9_000; key < 9_000; key++) {
    const value = table.get(key >>> 0, Math.imul(key, 7) >>> 0);
    assertEquals(value, map.get(key) ?? NO_VALUE);
  }
});

Deno.test("KeyTable tells keys apart by both halves, and keeps the value 0", () => {
  const table = new KeyTable();
  table.set(1, 2, 0);
  assertEquals([table.get(1, 2), table.get(1, 3), table.get(2, 2)], [0, NO_VALUE, NO_VALUE]);
  assertEquals(table.get(0, 0), NO_VALUE);
});
