/**
 * The entry point of a Worker that helps to build an index.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { type HelperAnswer, type HelperOrder, runHelper } from "./threads.ts";

self.onmessage = ({ data }: MessageEvent<HelperOrder>): void => {
  const answer = (message: HelperAnswer): void => self.postMessage(message);
  try {
    runHelper(data, () => answer({ kind: "begun" }));
  } catch (error) {
    answer({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
};
