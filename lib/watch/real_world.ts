/**
 * The world of a watch where nobody gives another one.
 *
 * @module
 */

import { pauseUnlessAborted } from "../base/pause.ts";
import { localFs } from "../fs/platform.ts";
import { processGate } from "./actions/action_gate.ts";
import { LocalActions } from "./actions/local_actions.ts";
import { readMachineMemory } from "./memory_watch.ts";
import type { MonitorWorld } from "./monitor_types.ts";

/** This machine, and what there really is. */
export const REAL_WORLD: Required<MonitorWorld> = {
  fs: localFs,
  now: () => new Date(),
  clockMs: () => performance.now(),
  pause: pauseUnlessAborted,
  readMemory: readMachineMemory,
  jobs: navigator.hardwareConcurrency,
  stopWithinMs: 30_000,
  createActions: (world) => new LocalActions(world),
  gate: processGate,
};
