/**
 * `vecfsck backup list [STORE]` and `vecfsck backup show STORE [ID]`.
 *
 * @module
 */

import { resolve } from "@std/path";
import { type BackupListing, findBackup, listBackups, selectOwn } from "../backup/catalogue.ts";
import { formatCount } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { toBackupLine, toContentsLines, toIncompleteLine } from "../output/backup_json.ts";
import { renderBackup, renderBackupTable, renderIncomplete } from "../output/backup_text.ts";
import { readPlace, readScope, reportingFailure } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Lists the backups of a store, or all in a directory.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function runList(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    const { directory, listing, others } = readListing(invocation);
    const { output, environment } = invocation;
    if (output.json) {
      for (const backup of listing.backups) await output.printJson(toBackupLine(backup));
      for (const entry of listing.incomplete) await output.printJson(toIncompleteLine(entry));
      return EXIT.CLEAN;
    }
    const options = { ...output.layout, showsStores: invocation.operands.length === 0 };
    const table = renderBackupTable(listing.backups, environment.now(), options);
    const shown = printable(directory, 4096);
    await output.print(table.length > 0 ? table : [`No backups in ${shown}`]);
    if (others > 0) {
      const count = formatCount(others, "backup");
      await output.tell([`${count} of other stores in ${shown}; to list them: --to alone`]);
    }
    await output.tell(renderIncomplete(listing.incomplete, output.layout));
    return EXIT.CLEAN;
  });
}

function readListing(
  invocation: Invocation,
): { directory: string; listing: BackupListing; others: number } {
  const { fs } = invocation.environment;
  const to = invocation.options.text("to");
  if (invocation.operands.length === 0) {
    if (to === undefined) {
      throw usageError("Neither STORE nor --to DIR given", findVerb("backup list") ?? null);
    }
    const directory = resolve(to);
    return { directory, listing: listBackups(directory, { fs }), others: 0 };
  }
  const place = readPlace(invocation);
  const { backups, incomplete } = listBackups(place.directory, { fs });
  const own = selectOwn(fs, backups, place);
  return {
    directory: place.directory,
    listing: { backups: own, incomplete },
    others: backups.length - own.length,
  };
}

/**
 * Shows what a backup holds.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function runShow(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    const { operands, output, environment } = invocation;
    const { fs } = environment;
    const place = readPlace(invocation);
    const backup = findBackup(place.directory, operands[1] ?? null, {
      fs,
      scope: readScope(invocation),
      select: (backups) => selectOwn(fs, backups, place),
    });
    if (output.json) {
      await output.printJson(toBackupLine(backup));
      for (const line of toContentsLines(backup)) await output.printJson(line);
    } else {
      await output.print(renderBackup(backup, environment.now(), output.layout));
    }
    return EXIT.CLEAN;
  });
}
