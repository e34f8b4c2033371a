/**
 * The one table of verbs and options. Help, usage lines and the parsing of arguments are made from
 * it; nothing else knows what can be typed.
 *
 * A new verb is a file in `specification`, one line here, and a file `verb_<name>.ts` beside this
 * one.
 *
 * @module
 */

import type { OptionSpecification, VerbSpecification } from "./specification.ts";
import { BACKUP_VERBS } from "./specification/backup.ts";
import { CHECK_VERBS } from "./specification/check.ts";
import { COMPLETIONS_VERBS } from "./specification/completions.ts";
import { DRILL_VERBS } from "./specification/drill.ts";
import { EXPORT_VERBS } from "./specification/export.ts";
import { GUARD_VERBS } from "./specification/guard.ts";
import { HELP_VERBS } from "./specification/help.ts";
import { OPTIMIZE_VERBS } from "./specification/optimize.ts";
import { QUARANTINE_VERBS } from "./specification/quarantine.ts";
import { REPAIR_VERBS } from "./specification/repair.ts";
import { REPORT_VERBS } from "./specification/report.ts";
import { RESTORE_VERBS } from "./specification/restore.ts";
import { SEAL_VERBS } from "./specification/seal.ts";
import { STATUS_VERBS } from "./specification/status.ts";
import { WATCH_VERBS } from "./specification/watch.ts";

/** The options that every verb has. */
export const COMMON_OPTIONS: readonly OptionSpecification[] = [
  {
    name: "json",
    type: "flag",
    description: "Print JSON Lines on standard output, and nothing else there (docs/json.md).",
  },
  {
    name: "no-color",
    type: "flag",
    description: "Print without colour. NO_COLOR does the same; FORCE_COLOR overrules both.",
  },
  { name: "help", short: "h", type: "flag", description: "Print this help and do nothing else." },
  { name: "version", type: "flag", description: "Print the version and do nothing else." },
];

/** Every verb and action, in the order of the help. */
export const VERBS: readonly VerbSpecification[] = [
  ...CHECK_VERBS,
  ...GUARD_VERBS,
  ...STATUS_VERBS,
  ...REPORT_VERBS,
  ...WATCH_VERBS,
  ...REPAIR_VERBS,
  ...BACKUP_VERBS,
  ...RESTORE_VERBS,
  ...SEAL_VERBS,
  ...OPTIMIZE_VERBS,
  ...EXPORT_VERBS,
  ...QUARANTINE_VERBS,
  ...DRILL_VERBS,
  ...COMPLETIONS_VERBS,
  ...HELP_VERBS,
];

/**
 * Finds a verb.
 *
 * @param name Its name.
 * @returns Its entry, or undefined when there is none.
 */
export function findVerb(name: string): VerbSpecification | undefined {
  return VERBS.find((verb) => verb.name === name);
}

/**
 * Gives every option that a verb takes.
 *
 * @param verb The verb, or null for a call without one.
 * @returns Its own options, then the common ones.
 */
export function optionsOf(verb: VerbSpecification | null): readonly OptionSpecification[] {
  return [...(verb?.options ?? []), ...COMMON_OPTIONS];
}

/**
 * Gives the actions of a verb, which are its entries of two words.
 *
 * @param verb The verb.
 * @returns Its actions in the order of the help.
 */
export function actionsOf(verb: VerbSpecification): readonly VerbSpecification[] {
  return VERBS.filter(({ name }) => name.startsWith(`${verb.name} `));
}
