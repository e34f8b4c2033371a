/**
 * `vecfsck backup STORE`.
 *
 * @module
 */

import { basename, dirname } from "@std/path";
import { findBackup, type ListedBackup, selectOwn } from "../backup/catalogue.ts";
import { type BackupOutcome, createBackup } from "../backup/create.ts";
import { executePrune, planPrune } from "../backup/prune.ts";
import type { RetentionPolicy } from "../backup/retention.ts";
import { streamTar } from "../backup/tar.ts";
import { clearTemporaries, withTemporaryDirectory } from "../backup/temporaries.ts";
import { OperationError } from "../base/errors.ts";
import { toBackupLine, toLostLine, toRetentionLines } from "../output/backup_json.ts";
import { renderBackupHeading, renderOutcome, renderPruned } from "../output/backup_text.ts";
import { readPlace, readPolicy, readScope, reportingFailure } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withProgress } from "./progress_bar.ts";
import { RecoveredChanges } from "./recovered.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Makes a backup of a store, and removes old ones; or writes one as tar.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    requireSense(invocation);
    const policy = readPolicy(invocation);
    const { options } = invocation;
    if (options.text("tar") === undefined) return await backUp(invocation, policy);
    const from = options.text("from");
    if (from !== undefined) return await writeTar(invocation, findFrom(invocation, from));
    return options.text("to") === undefined
      ? await streamWithoutKeeping(invocation)
      : await backUp(invocation, policy);
  });
}

/** Refuses what the table of options cannot. */
function requireSense({ options, output, environment }: Invocation): void {
  const verb = findVerb("backup") ?? null;
  const tar = options.text("tar");
  if (tar === undefined) {
    if (options.text("from") !== undefined) throw usageError("--from needs --tar -", verb);
    return;
  }
  if (tar !== "-") throw usageError("--tar writes to standard output only: --tar -", verb);
  if (output.json) throw usageError("--tar and --json cannot be used together", verb);
  if (environment.stdout.isTerminal) {
    throw new OperationError("usage", "An archive is not written to a terminal", {
      hint: "Send standard output to a file or a program: vecfsck backup STORE --tar - > FILE",
    });
  }
}

/** Makes a backup that stays, prints it, and removes old ones. */
async function backUp(invocation: Invocation, policy: RetentionPolicy): Promise<ExitCode> {
  const to = invocation.options.text("to");
  const { outcome, exitCode } = await makeBackup(invocation, to);
  const { backup } = outcome;
  if (backup === null || !backup.manifest.good) return exitCode | EXIT.DAMAGED;
  const pruned = await prune(invocation, policy);
  const isTar = invocation.options.text("tar") !== undefined;
  return exitCode | pruned | (isTar ? await writeTar(invocation, backup) : EXIT.CLEAN);
}

/** Makes a backup beside the store, writes it as tar, and removes it. */
async function streamWithoutKeeping(invocation: Invocation): Promise<ExitCode> {
  const { fs } = invocation.environment;
  const { directory: beside } = readPlace(invocation);
  await clearTemporaries(fs, dirname(beside), { prefix: `.${basename(beside)}.`, isOwn: true });
  return await withTemporaryDirectory(fs, beside, async (staging) => {
    const { outcome, exitCode } = await makeBackup(invocation, staging);
    if (outcome.backup === null) return exitCode | EXIT.DAMAGED;
    const damage = outcome.backup.manifest.good ? EXIT.CLEAN : EXIT.DAMAGED;
    return exitCode | damage | await writeTar(invocation, outcome.backup);
  });
}

async function makeBackup(
  invocation: Invocation,
  to: string | undefined,
): Promise<{ outcome: BackupOutcome; exitCode: ExitCode }> {
  const { operands, options, output, environment, signal } = invocation;
  const [store = ""] = operands;
  const recovered = new RecoveredChanges();
  const say = sayer(invocation);
  if (!options.flag("quiet")) await say(renderBackupHeading(store, output.layout));
  try {
    const outcome = await withProgress(invocation, (bar) =>
      createBackup(store, {
        to,
        scope: readScope(invocation),
        force: options.flag("force"),
        verify: options.flag("verify"),
        signal,
        onRecovered: recovered.add,
        ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
        fs: environment.fs,
        now: () => environment.now(),
      }));
    const exitCode = await recovered.report(output, store);
    await report(invocation, outcome);
    return { outcome, exitCode };
  } catch (error) {
    await recovered.report(output, store);
    throw error;
  }
}

async function report(invocation: Invocation, outcome: BackupOutcome): Promise<void> {
  const { operands, options, output } = invocation;
  const { backup, findings, lost } = outcome;
  if (output.json) {
    for (const finding of findings) await output.printJson(finding);
    const isLost = lost.length > 0 || (backup === null && outcome.summary === null);
    if (isLost) await output.printJson(toLostLine(operands[0] ?? "", lost));
    if (backup !== null) await output.printJson(toBackupLine(backup));
    return;
  }
  const isGood = backup !== null && backup.manifest.good;
  if (isGood && options.flag("quiet")) return;
  const stays = options.text("tar") === undefined || options.text("to") !== undefined;
  const layout = { ...output.layout, stays };
  await sayer(invocation)(renderOutcome(outcome, operands[0] ?? "", layout));
}

async function prune(invocation: Invocation, policy: RetentionPolicy): Promise<ExitCode> {
  const { options, output, environment, signal } = invocation;
  const { fs } = environment;
  const plan = planPrune(readPlace(invocation), policy, { fs, scope: readScope(invocation) });
  const outcome = await executePrune(plan, { fs, signal, now: () => environment.now() });
  const isDamaged = outcome.rejected.length > 0;
  if (output.json) {
    for (const line of toRetentionLines(plan, outcome.removed)) await output.printJson(line);
  } else if (isDamaged || !options.flag("quiet")) {
    await sayer(invocation)(renderPruned(outcome, output.layout));
  }
  return isDamaged ? EXIT.DAMAGED : EXIT.CLEAN;
}

/** Tells people what is done: where an archive goes to standard output, on standard error. */
function sayer({ options, output }: Invocation): (lines: readonly string[]) => Promise<void> {
  if (output.json) return () => Promise.resolve();
  return options.text("tar") === undefined
    ? (lines) => output.print(lines)
    : (lines) => output.tell(lines);
}

function findFrom(invocation: Invocation, id: string): ListedBackup {
  const { fs } = invocation.environment;
  const place = readPlace(invocation);
  const select = (backups: readonly ListedBackup[]): ListedBackup[] =>
    selectOwn(fs, backups, place);
  return findBackup(place.directory, id, { fs, select, scope: readScope(invocation) });
}

async function writeTar(invocation: Invocation, backup: ListedBackup): Promise<ExitCode> {
  const { environment, output, signal } = invocation;
  const { stdout, fs } = environment;
  for await (const chunk of streamTar(fs, backup)) {
    signal.throwIfAborted();
    await stdout.writeBytes(chunk);
    if (!output.isLost) continue;
    throw new OperationError("write-failed", "The archive could not be written whole", {
      hint: "Whatever reads standard output has ended before the archive did.",
    });
  }
  return EXIT.CLEAN;
}
