import { assertEquals } from "@std/assert";
import { findFreeTimeId, TIME_ID } from "../../lib/base/time_id.ts";

Deno.test("findFreeTimeId() names by the second in UTC, and numbers what is taken", () => {
  const time = new Date("2026-01-31T23:59:58.765Z");
  const taken = new Set<string>();
  for (const id of ["20260131T235958Z", "20260131T235958Z-2", "20260131T235958Z-3"]) {
    assertEquals(findFreeTimeId(time, (name) => taken.has(name)), id);
    assertEquals(TIME_ID.test(id), true);
    taken.add(id);
  }
  for (const text of ["20260131T235958Z-1x", "20260131T235958Z-0", "20260131", "../x"]) {
    assertEquals(TIME_ID.test(text), false, text);
  }
});
