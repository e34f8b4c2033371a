/**
 * `vecfsck drill STORE`.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import type { Damage, DamageLibrary } from "../drill/damages/damage.ts";
import { DAMAGE_LIBRARIES, libraryOf } from "../drill/damages/libraries.ts";
import type { AskEngine } from "../drill/drill_options.ts";
import type { DrillOutcome } from "../drill/drill_result.ts";
import { runDrill } from "../drill/run_drill.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import {
  toDrillDamageLine,
  toDrillResultLine,
  toDrillStartLine,
  toDrillSummaryLine,
} from "../output/drill_json.ts";
import {
  renderDamageList,
  renderDrillOutcome,
  renderDrillResult,
  renderDrillStart,
} from "../output/drill_text.ts";
import { requireStore } from "../stores/registry.ts";
import { reportingFailure } from "./backup_options.ts";
import { runDrillBatches } from "./drill_batches.ts";
import { askWith } from "./engine_command.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withProgress } from "./progress_bar.ts";
import { readNames } from "./names_file.ts";
import { findNearest } from "../base/nearest.ts";
import { readProgram } from "./program_option.ts";
import type { ProgressBar } from "./progress_bar.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** Seeds that are made up are short enough to be typed again. */
const MADE_UP_DIGITS = 6;

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Drills a store, or lists the damages.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    const { options, operands: [store] } = invocation;
    if (options.flag("list")) return await list(invocation, store);
    if (options.flag("batches")) return await runDrillBatches(invocation);
    if (store === undefined) throw drillUsage("No STORE given");
    if (!options.flag("all") && !options.has("damage")) {
      throw drillUsage("Which damage is to be done? --damage NAME or --all");
    }
    const askEngine = readEngine(invocation);
    const damages = chooseDamages(invocation, libraryOf(requireStore(store).format));
    const outcome = await withProgress(
      invocation,
      (bar) => drill(invocation, { store, damages, askEngine, bar }),
    );
    await report(invocation, outcome);
    return exitCodeOf(outcome);
  });
}

async function list({ output }: Invocation, store: string | undefined): Promise<ExitCode> {
  const libraries = store === undefined
    ? DAMAGE_LIBRARIES
    : [libraryOf(requireStore(store).format)];
  if (!output.json) {
    await output.print(renderDamageList(libraries, output.layout));
    return EXIT.CLEAN;
  }
  for (const { format, damages } of libraries) {
    for (const damage of damages) await output.printJson(toDrillDamageLine(format, damage));
  }
  return EXIT.CLEAN;
}

function readEngine(invocation: Invocation): AskEngine | null {
  const program = readProgram(invocation, { option: "engine-command", verb: "drill" });
  const timeoutMs = invocation.options.duration("engine-timeout") ?? DEFAULT_TIMEOUT_MS;
  return program === null ? null : askWith(program, timeoutMs);
}

/** The damages that were named, each once, or all. */
function chooseDamages({ options }: Invocation, { damages, format }: DamageLibrary): Damage[] {
  if (options.flag("all")) return [...damages];
  const names = options.texts("damage").flatMap((text) => text.split(","))
    .map((name) => name.trim());
  return [...new Set(names)].map((name) => {
    const damage = damages.find((candidate) => candidate.name === name);
    if (damage !== undefined) return damage;
    const nearest = findNearest(name, damages.map((candidate) => candidate.name));
    const guess = nearest === null ? "" : `; did you mean ${nearest}?`;
    throw drillUsage(
      `No damage to stores of the format ${format} is named "${printable(name)}"${guess}`,
    );
  });
}

function drillUsage(message: string): Error {
  return usageError(message, findVerb("drill") ?? null);
}

interface DrillCall {
  readonly store: string;
  readonly damages: readonly Damage[];
  readonly askEngine: AskEngine | null;
  readonly bar: ProgressBar | null;
}

async function drill(
  { options, output, environment, signal }: Invocation,
  { store, damages, askEngine, bar }: DrillCall,
): Promise<DrillOutcome> {
  const isTable = !output.json && !options.flag("quiet");
  const layout = { ...output.layout, damages };
  let name = store;
  const print = async (lines: readonly string[]): Promise<void> => {
    await bar?.clear();
    if (isTable) await output.print(lines);
  };
  return await runDrill(store, {
    damages,
    seed: options.count("seed") ?? makeUpSeed(environment.fs),
    into: options.text("into"),
    names: readNames(options),
    askEngine,
    onStart: async (start) => {
      name = start.store;
      if (output.json) await output.printJson(toDrillStartLine(start));
      await print(renderDrillStart(start, layout));
    },
    onResult: async (result) => {
      if (output.json) await output.printJson(toDrillResultLine(name, result));
      await print(renderDrillResult(result, layout));
    },
    ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
    signal,
    now: () => environment.now(),
    fs: environment.fs,
  });
}

function makeUpSeed(fs: WriteFs): number {
  return parseInt(fs.makeId().slice(-MADE_UP_DIGITS), 16);
}

async function report({ options, output }: Invocation, outcome: DrillOutcome): Promise<void> {
  const { start } = outcome;
  if (output.json) {
    for (const finding of start.damage) await output.printJson(finding);
    return await output.printJson(toDrillSummaryLine(outcome));
  }
  if (options.flag("quiet") && exitCodeOf(outcome) === EXIT.CLEAN) return;
  await output.print(renderDrillOutcome(outcome, output.layout));
}

function exitCodeOf({ start, results }: DrillOutcome): ExitCode {
  if (start.damage.length > 0) return EXIT.DAMAGED;
  if (results.some(({ state }) => state === "failed")) return EXIT.DAMAGED;
  // Nothing that was asked for could be done: whoever relies on it has to know.
  return results.some(({ state }) => state === "passed") ? EXIT.CLEAN : EXIT.FAILED;
}
