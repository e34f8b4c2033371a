/**
 * `vecfsck backup verify STORE [ID]`.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { findBackup, listBackups, type ListedBackup, selectOwn } from "../backup/catalogue.ts";
import { isBackupId } from "../backup/manifest.ts";
import { type VerifiedBackup, verifyBackup } from "../backup/verify_backup.ts";
import { OperationError } from "../base/errors.ts";
import { isDamage } from "../model/finding.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import type { BackupVerificationLine } from "../output/backup_json.ts";
import { renderVerification } from "../output/backup_text.ts";
import { renderFindings } from "../output/text.ts";
import { readPlace, reportingFailure } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withProgress } from "./progress_bar.ts";

/**
 * Verifies one backup of a store, or all.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    let exitCode: ExitCode = EXIT.CLEAN;
    for (const directory of findDirectories(invocation)) {
      // One that cannot be read hides nothing of the others.
      exitCode |= await reportingFailure(invocation, () => verifyOne(invocation, directory));
      if (invocation.signal.aborted) break;
    }
    return exitCode;
  });
}

/** Finds what is to be verified: a damaged manifest is what a verification is for. */
function findDirectories(invocation: Invocation): string[] {
  const { operands, environment } = invocation;
  const { fs } = environment;
  const place = readPlace(invocation);
  const { backups, incomplete } = listBackups(place.directory, { fs });
  const damaged = incomplete.map(({ path }) => path).filter((path) => isBackupId(basename(path)));
  const [, named] = operands;
  if (named !== undefined) {
    const path = join(place.directory, named);
    if (damaged.includes(path)) return [path];
    const select = (): ListedBackup[] => selectOwn(fs, backups, place);
    return [findBackup(place.directory, named, { fs, select }).directory];
  }
  const own = selectOwn(fs, backups, place).map(({ directory }) => directory);
  const directories = [...own, ...damaged];
  if (directories.length > 0) return directories;
  throw new OperationError("not-found", `There are no backups in ${place.directory}`, {
    path: place.directory,
    hint: "--to names the directory in which they are.",
  });
}

async function verifyOne(invocation: Invocation, directory: string): Promise<ExitCode> {
  const { options, environment, signal } = invocation;
  const verified = await withProgress(invocation, (bar) =>
    verifyBackup(directory, {
      full: options.flag("full"),
      fs: environment.fs,
      now: () => environment.now(),
      signal,
      ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
    }));
  await report(invocation, directory, verified);
  return verified.verification.good ? EXIT.CLEAN : EXIT.DAMAGED;
}

async function report(
  { options, output }: Invocation,
  directory: string,
  { verification, findings, isRecorded, manifest }: VerifiedBackup,
): Promise<void> {
  const id = basename(directory);
  const { at, level, good, problems } = verification;
  if (output.json) {
    for (const finding of findings) await output.printJson(finding);
    const line: BackupVerificationLine = {
      type: "backup-verification",
      schema: SCHEMA_VERSION,
      backup: id,
      path: directory,
      at,
      level,
      good,
      problems,
    };
    await output.printJson(line);
    return;
  }
  if (good && options.flag("quiet")) return;
  const shown = findings.filter(isDamage);
  await output.print([
    ...renderFindings(shown, output.layout),
    ...renderVerification(id, problems, output.layout),
  ]);
  if (!isRecorded && manifest !== null) {
    await output.tell([`vecfsck: The result could not be kept in ${directory}`]);
  }
}
