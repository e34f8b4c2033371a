/**
 * What people read about a drill: a table with a line for each damage, and what is not as expected.
 *
 * Nothing here prints; every name passes through `printable`.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration } from "../base/format.ts";
import { quoteShellWord } from "../base/shell_words.ts";
import type { Damage, DamageLibrary } from "../drill/damages/damage.ts";
import type { DrillOutcome, DrillResult, DrillStart } from "../drill/drill_result.ts";
import { toDrillSummaryLine } from "./drill_json.ts";
import { renderLabelled, showPath, showText } from "./labelled_text.ts";
import type { Style } from "./paint.ts";
import { renderFindings, type TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

/** The widths of the columns behind the name of the damage. */
const CHECK_WIDTH = 17;
const REPAIR_WIDTH = 25;

/** The width of the column with the name where no damage has a longer one. */
const NAME_WIDTH = 12;

/** How the table is laid out. */
export interface DrillTableOptions extends TextOptions {
  /** The damages that will stand in it. */
  readonly damages: readonly Pick<Damage, "name">[];
}

/**
 * Lists damages.
 *
 * @param libraries The damages, by format.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderDamageList(
  libraries: readonly DamageLibrary[],
  { width, paint }: TextOptions,
): string[] {
  return libraries.flatMap(({ format, damages }, index) => {
    const nameWidth = widthOf(damages);
    const heading = `${formatCount(damages.length, "damage")} to stores of the format ${format}`;
    const indent = " ".repeat(nameWidth + 4);
    return [
      ...(index === 0 ? [] : [""]),
      paint("heading", heading),
      ...damages.flatMap(({ name, description }) =>
        wrapText(description, width, indent, `  ${name.padEnd(nameWidth)}`)
      ),
    ];
  });
}

function widthOf(damages: readonly Pick<Damage, "name">[]): number {
  return Math.max(NAME_WIDTH, ...damages.map(({ name }) => name.length));
}

/**
 * Says what is drilled, and begins the table.
 *
 * @param start What is drilled.
 * @param options How the table is laid out.
 * @returns The lines.
 */
export function renderDrillStart(
  { store, damages, sizeBytes, seed, leftOut }: DrillStart,
  options: DrillTableOptions,
): string[] {
  const { paint, width } = options;
  const what = `${formatCount(damages, "damage")} to copies of it, ` +
    `${formatBytes(sizeBytes)} each; seed ${seed}`;
  const head = toRow(options, ["Damage", "Check says", "Repair does", "Engine"]);
  return [
    `${paint("heading", `Drilling ${showPath(store)}`)}: ${what}`,
    ...leftOut.flatMap(({ path, reason }) =>
      wrapText(`Not copied: ${showPath(path)}, ${showText(reason)}`, width, "  ")
    ),
    "",
    paint("faint", head),
  ];
}

/**
 * Makes the line of the table about one damage.
 *
 * @param result What came of it.
 * @param options How the table is laid out.
 * @returns The line, or more where it says why the damage cannot be done.
 */
export function renderDrillResult(result: DrillResult, options: DrillTableOptions): string[] {
  const { damage, state, reason, engine } = result;
  if (state === "not-applicable") {
    const indent = " ".repeat(widthOf(options.damages) + 4);
    const text = `not applicable: ${showText(reason ?? "")}`;
    return wrapText(text, options.width, indent, `  ${damage.padEnd(indent.length - 2)}`);
  }
  const row = toRow(options, [
    damage,
    describeCheck(result),
    describeRepair(result),
    engine === null ? "not asked" : engine.agrees ? "agrees" : "REFUSES",
  ]);
  return [state === "failed" ? `${row}  ${options.paint("error", "FAILED")}` : row];
}

function toRow(
  { damages }: DrillTableOptions,
  [name, check, repair, engine]: readonly [string, string, string, string],
): string {
  return [
    "",
    name.padEnd(widthOf(damages)),
    check.padEnd(CHECK_WIDTH),
    repair.padEnd(REPAIR_WIDTH),
    engine,
  ].join("  ").trimEnd();
}

function describeCheck({ check }: DrillResult): string {
  if (check !== null && check.error !== null) return "finds no store";
  const found = check?.found ?? [];
  const [worst] = found;
  if (worst === undefined) return "sees nothing";
  const more = found.filter(({ severity }) => severity !== "info").length - 1;
  return `${worst.severity} ${worst.code}${more > 0 ? ` +${more}` : ""}`;
}

function describeRepair({ repair, contents }: DrillResult): string {
  if (repair === null) return "";
  if (repair.state === "failed") return "FAILS";
  if (repair.damage.length > 0) return "says what is left";
  if (repair.state === "nothing-to-do") return "nothing to do";
  if (repair.losses.length === 0) return "cures it all";
  const records = contents.reduce(
    (sum, { recordsBefore, recordsAfter }) => sum + recordsBefore - (recordsAfter ?? 0),
    0,
  );
  const values = repair.losses.reduce((sum, { count }) => sum + count, 0);
  return `loses ${records > 0 ? formatCount(records, "record") : formatCount(values, "value")}`;
}

/**
 * Says what came of a drill, behind the table.
 *
 * @param outcome What came of it.
 * @param options How text is laid out.
 * @returns The lines, the verdict last.
 */
export function renderDrillOutcome(outcome: DrillOutcome, options: TextOptions): string[] {
  const { start, results } = outcome;
  if (start.damage.length > 0) return renderDamagedStore(start, options);
  return [
    ...renderReasons("Unseen", results, ({ hidden }) => hidden, options),
    ...renderReasons("Untold", results, ({ traceless }) => traceless, options),
    ...renderReasons("Left", results, ({ undecided }) => undecided, options),
    ...results.filter(({ state }) => state === "failed").flatMap((result) =>
      renderFailed(result, start, options)
    ),
    "",
    renderVerdict(outcome, options),
  ];
}

function renderDamagedStore(start: DrillStart, options: TextOptions): string[] {
  const verdict = options.paint("error", "NOT DRILLED");
  return [
    ...renderFindings(start.damage, options),
    "",
    `${verdict}  ${showPath(start.store)}: the store is damaged itself, and a drill would tell ` +
    "nothing; vecfsck repair comes first",
  ];
}

/** What is no failure, and somebody has to know of it: under each reason the damages. */
function renderReasons(
  label: string,
  results: readonly DrillResult[],
  reasonOf: (result: DrillResult) => string | null,
  options: TextOptions,
): string[] {
  const reasons = new Map<string, string[]>();
  for (const result of results) {
    const reason = result.state === "passed" ? reasonOf(result) : null;
    if (reason !== null) reasons.set(reason, [...reasons.get(reason) ?? [], result.damage]);
  }
  return [...reasons].flatMap(([reason, damages]) => [
    "",
    ...renderLabelled(label, `${damages.join(", ")}: ${reason}`, "warning", options),
  ]);
}

function renderFailed(
  { damage, description, collection, problems, directory }: DrillResult,
  { store, seed }: DrillStart,
  options: TextOptions,
): string[] {
  const where = collection === null ? "" : ` Hit was ${showText(collection)}.`;
  const again = `vecfsck drill --damage ${damage} --seed ${seed} ` +
    quoteShellWord(showPath(store));
  return [
    "",
    ...renderLabelled("FAILED", `${damage}: ${description}${where}`, "error", options),
    ...problems.flatMap((problem) => renderLabelled("", showText(problem), "error", options)),
    ...(directory === null
      ? []
      : renderLabelled("", `The copy is in ${showPath(directory)}`, "faint", options)),
    ...renderLabelled("Again", again, "faint", { ...options, width: Infinity }),
  ];
}

function renderVerdict(outcome: DrillOutcome, { paint }: TextOptions): string {
  const { passed, failed, notApplicable, asked, seed, store, elapsedMs } = toDrillSummaryLine(
    outcome,
  );
  const [label, style]: [string, Style] = failed > 0
    ? ["FAILED", "error"]
    : passed > 0
    ? ["PASSED", "good"]
    : ["NOT DRILLED", "error"];
  const parts = [
    `${passed} of ${formatCount(passed + failed, "damage")} found and cured as expected`,
    ...(notApplicable === 0 ? [] : [`${notApplicable} not applicable`]),
    asked === 0 ? "no engine was asked" : `the engine was asked ${formatCount(asked, "time")}`,
  ];
  return `${paint(style, label)}  ${showPath(store)}: ${parts.join("; ")} ` +
    `(${formatDuration(elapsedMs)}, seed ${seed})`;
}
