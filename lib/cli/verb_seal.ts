/**
 * `vecfsck seal STORE`.
 *
 * @module
 */

import { resolve } from "@std/path";
import { renderSealHeading, renderSealOutcome } from "../output/seal_text.ts";
import { toSealLine } from "../output/seal_json.ts";
import { createSeal, type SealOutcome } from "../seal/create_seal.ts";
import { StoredHistory } from "../seal/history.ts";
import { requireOutside } from "../seal/places.ts";
import { reportingFailure } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withProgress } from "./progress_bar.ts";
import { RecoveredChanges } from "./recovered.ts";

/**
 * Checks a store and seals it.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    const { operands, output } = invocation;
    const [store = ""] = operands;
    const recovered = new RecoveredChanges();
    try {
      const outcome = await seal(invocation, store, recovered);
      const exitCode = await recovered.report(output, store);
      await report(invocation, outcome, store);
      const isDamaged = outcome.summary.counts.fatal + outcome.summary.counts.error > 0;
      return exitCode | (isDamaged ? EXIT.DAMAGED : EXIT.CLEAN);
    } catch (error) {
      await recovered.report(output, store);
      throw error;
    }
  });
}

async function seal(
  invocation: Invocation,
  store: string,
  recovered: RecoveredChanges,
): Promise<SealOutcome> {
  const { options, output, environment, signal } = invocation;
  const { fs } = environment;
  const file = options.text("output");
  const path = file === undefined ? undefined : resolve(file);
  // The seal of a store that lies in it would be one more file of the store.
  if (path !== undefined) requireOutside(fs, store, path);
  if (!output.json && !options.flag("quiet")) {
    await output.print(renderSealHeading(store, output.layout));
  }
  const now = (): Date => environment.now();
  return await withProgress(invocation, (bar) =>
    createSeal(store, {
      output: path,
      force: options.flag("force"),
      history: StoredHistory.open(store, { fs, now, mayBeInStore: true }),
      signal,
      fs,
      now,
      onRecovered: recovered.add,
      ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
    }));
}

async function report(
  { options, output }: Invocation,
  outcome: SealOutcome,
  store: string,
): Promise<void> {
  const { file, findings, summary, leftOut, notKept } = outcome;
  if (notKept !== null && !options.flag("quiet")) await output.tell([`vecfsck: ${notKept}`]);
  if (output.json) {
    for (const finding of findings) await output.printJson(finding);
    await output.printJson(file === null ? summary : toSealLine(file, leftOut.length));
    return;
  }
  const isGood = file !== null && file.seal.isSound;
  if (isGood && options.flag("quiet")) return;
  await output.print(renderSealOutcome(outcome, store, output.layout));
}
