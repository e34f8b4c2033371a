import { assertEquals } from "@std/assert";
import { readSwapActivity, readSwapUsedBytes } from "../../lib/machine/swap.ts";
import { fakeMachine } from "./fake_machine.ts";

Deno.test("readSwapActivity() counts the pages that were swapped", () => {
  const files = { "/proc/vmstat": "nr_free_pages 5\npswpin 12\npswpout 345\npgmajfault 9\n" };
  assertEquals(readSwapActivity(fakeMachine({ files })), { pagesIn: 12, pagesOut: 345 });
});

Deno.test("readSwapActivity() gives null where that may not be read, or is not told", () => {
  assertEquals(readSwapActivity(fakeMachine({})), null);
  assertEquals(readSwapActivity(fakeMachine({ files: { "/proc/vmstat": "pswpin 12\n" } })), null);
});

Deno.test("readSwapUsedBytes() tells how much of the swap is in use", () => {
  const memory = { totalBytes: 9, availableBytes: 8, swapTotalBytes: 100, swapFreeBytes: 70 };
  assertEquals(readSwapUsedBytes(fakeMachine({ memory })), 30);
  assertEquals(readSwapUsedBytes(fakeMachine({})), null);
});
