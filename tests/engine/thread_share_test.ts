import { assertEquals } from "@std/assert";
import { ThreadBudget } from "../../lib/engine/thread_share.ts";

Deno.test("ThreadBudget lends each thread once, to whom it is known by its memory as well", () => {
  const budget = ThreadBudget.of(2, 2);
  const one = budget.shareOf(0);
  const other = new ThreadBudget(budget.memory).shareOf(1);
  assertEquals([one.take(), other.take(), one.take(), other.take()], [true, true, false, false]);
  other.giveBack();
  assertEquals([one.take(), other.take()], [true, false]);
});

Deno.test("ThreadBudget.reclaim() gives back all that one user holds, and no more", () => {
  const budget = ThreadBudget.of(3, 2);
  const [one, other] = [budget.shareOf(0), budget.shareOf(1)];
  assertEquals([one.take(), one.take(), other.take()], [true, true, true]);
  budget.reclaim(0);
  assertEquals([other.take(), other.take(), other.take()], [true, true, false]);
  budget.reclaim(0);
  assertEquals(one.take(), false);
});
