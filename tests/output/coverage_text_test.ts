import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeWork, renderAge } from "../../lib/output/coverage_text.ts";
import { summary } from "./events.ts";

const EARLIER = { bytesChecked: 0, bytesSkipped: 434_000_000, bytesVerified: 434_000_000 };

Deno.test("describeWork() tells what was read now from what an earlier check has read", () => {
  const start = "full check of 434 MB in 1.62 s; ";
  assertEquals(describeWork(summary()), `${start}every byte was looked at`);
  const spared = `${start}434 MB of it were looked at in an earlier check`;
  assertEquals(describeWork(summary(EARLIER)), spared);
  const left = summary({ bytesChecked: 400_000_000, bytesSkipped: 34_000_000 });
  assertEquals(describeWork(left), `${start}34.0 MB of it were not looked at`);
});

Deno.test("renderAge() says how old the oldest byte is, in a unit that fits", () => {
  for (
    const [seconds, age] of [
      [0, "0 seconds"],
      [59, "59 seconds"],
      [60, "1 minute"],
      [7199, "1 hour"],
      [86_400, "24 hours"],
      [2 * 86_400, "2 days"],
      [400 * 86_400, "400 days"],
    ] as const
  ) {
    const [line = ""] = renderAge(summary({ ...EARLIER, oldestUnverifiedSeconds: seconds }));
    assertStringIncludes(line, `was verified ${age} ago`);
  }
});

Deno.test("renderAge() says nothing where all was read now, or the level reads nothing whole", () => {
  assertEquals(renderAge(summary()), []);
  assertEquals(renderAge(summary({ level: "quick", oldestUnverifiedSeconds: null })), []);
});

Deno.test("renderAge() says how much is verified as long as a part never was", () => {
  const partial = summary({
    complete: false,
    bytesChecked: 100_000_000,
    bytesSkipped: 334_000_000,
    bytesVerified: 200_000_000,
    oldestUnverifiedSeconds: null,
  });
  assertEquals(renderAge(partial), [
    "  Verified so far: 200 MB of 434 MB; some bytes never were",
  ]);
});
