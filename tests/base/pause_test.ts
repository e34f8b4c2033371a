import { pauseUnlessAborted } from "../../lib/base/pause.ts";

Deno.test("pauseUnlessAborted() ends when the signal is aborted, or the time is over", async () => {
  const controller = new AbortController();
  const longPause = pauseUnlessAborted(2 ** 30, controller.signal);
  controller.abort();
  await longPause;
  await pauseUnlessAborted(2 ** 30, controller.signal);
  await pauseUnlessAborted(1, undefined);
});
