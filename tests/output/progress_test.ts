import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  renderFleetProgress,
  renderProgress,
  renderTaskProgress,
} from "../../lib/output/progress.ts";

Deno.test("renderProgress() gives bar, percent, bytes, rate and the time that is left", () => {
  const line = renderProgress(
    { checkedBytes: 150_000_000, totalBytes: 600_000_000, elapsedMs: 2000 },
    100,
  );
  assertEquals(
    line,
    "[######..................]  25%  150 MB of 600 MB  75.0 MB/s  6 s left",
  );
});

Deno.test("renderProgress() promises nothing before the first byte", () => {
  const line = renderProgress({ checkedBytes: 0, totalBytes: 5_000, elapsedMs: 1500 }, 100);
  assertEquals(line, "[........................]   0%  0 B of 5.0 kB");
});

Deno.test("renderProgress() stands at 100 % at the end, and in an empty store at 0 %", () => {
  const end = renderProgress({ checkedBytes: 7, totalBytes: 7, elapsedMs: 1000 }, 100);
  assertStringIncludes(end, "[########################] 100%");
  assertStringIncludes(end, "0 s left");
  assertStringIncludes(renderProgress({ checkedBytes: 0, totalBytes: 0, elapsedMs: 1 }, 80), "0%");
});

Deno.test("renderProgress() leaves the last column free on every terminal", () => {
  for (let width = 0; width < 120; width++) {
    const line = renderProgress(
      { checkedBytes: 123_456_789, totalBytes: 987_654_321, elapsedMs: 300_000 },
      width,
    );
    assertEquals(line.length <= Math.max(0, width - 1), true, `${width}: ${line}`);
  }
});

Deno.test("renderTaskProgress() gives bar, percent and what is being done, on every width", () => {
  const progress = { title: "building the index of \u001b[2Jnotes", done: 0.5 };
  assertEquals(
    renderTaskProgress(progress, 80),
    "[############............]  50%  Building the index of \\u{1b}[2Jnotes",
  );
  assertEquals(renderTaskProgress({ title: "x", done: 7 }, 80).includes("100%"), true);
  for (const width of [1, 5, 20]) {
    assertEquals(renderTaskProgress(progress, width).length < width, true);
  }
});

Deno.test("renderFleetProgress() counts stores, those that are not sound, and the rate", () => {
  const state = { stores: 1234, notSound: 2, elapsedMs: 10_000 };
  assertEquals(renderFleetProgress(state, 80), "1,234 stores checked  2 not sound  123/s");
  assertEquals(
    renderFleetProgress({ ...state, stores: 1, notSound: 0 }, 80),
    "1 store checked  0/s",
  );
  assertEquals(renderFleetProgress(state, 11), "1,234 stor");
});
