/**
 * `vecfsck check STORE...`.
 *
 * @module
 */

import { runRequest } from "../fleet/check_request.ts";
import { untilCancelled } from "./cancellation.ts";
import {
  type CheckInputs,
  isForMany,
  readCheckInputs,
  requireSenseOfExtras,
} from "./check_extras.ts";
import { checkFleet } from "./check_fleet.ts";
import { CheckRun } from "./check_run.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withProgress } from "./progress_bar.ts";

/**
 * Checks every store that was named: one here, several side by side.
 *
 * @param invocation The call.
 * @returns The exit codes of all stores, ORed.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  requireSenseOfExtras(invocation);
  const inputs = readCheckInputs(invocation);
  const run = new CheckRun(invocation, inputs);
  for (const notice of inputs.notices) await run.tell(notice);
  if (isForMany(invocation)) await checkFleet(invocation, inputs, run);
  else await checkOne(invocation, inputs, run);
  return await run.finish();
}

/** Checks the one store that was named, with a bar that tells how far that has come. */
async function checkOne(
  invocation: Invocation,
  { request, jobs }: CheckInputs,
  run: CheckRun,
): Promise<void> {
  const { operands: [store = ""], signal, environment } = invocation;
  await run.begin(store);
  const engine = await environment.loadEngine();
  try {
    await withProgress(invocation, async (bar) => {
      const events = runRequest(store, request, {
        check: (path, options) => engine.checkStore(path, options),
        fs: environment.fs,
        now: () => environment.now(),
        signal,
        jobs,
        ...(bar === null ? {} : { onProgress: (progress) => bar.update(progress) }),
      });
      for await (const event of untilCancelled(events, signal)) await run.take(event, store);
    });
    await run.endStore();
  } catch (error) {
    await run.fail(error, store);
  }
}
