/**
 * The text format of Prometheus, version 0.0.4, as the textfile collector of node_exporter takes it:
 *
 * | line              | what it is                                                                |
 * | ----------------- | ------------------------------------------------------------------------- |
 * | `# HELP name …`   | what a metric is; a backslash and a line feed are escaped                 |
 * | `# TYPE name …`   | its type; both stand once, before the samples                             |
 * | `name{…} value`   | a sample, without a time; in a label's value, `"` is escaped as well      |
 *
 * Every line ends with a line feed. No series may stand twice, for then the whole file is refused.
 *
 * @module
 */

import { printable } from "../base/printable.ts";

/** What a sample is told apart by. */
export type Labels = Readonly<Record<string, string>>;

/** A value of a metric. */
export interface Sample {
  /** What it is told apart by. */
  readonly labels: Labels;
  /** The value. */
  readonly value: number;
}

/** A metric with its samples. */
export interface Metric {
  /** Its name, with its unit at the end. */
  readonly name: string;
  /** What it is, as a sentence. */
  readonly help: string;
  /** Its type; `untyped` for what others have named against the conventions. */
  readonly type: "gauge" | "counter" | "untyped";
  /** The values. */
  readonly samples: readonly Sample[];
}

/**
 * Writes metrics as text.
 *
 * @param metrics The metrics; those without a sample are left out.
 * @returns The text, with a line feed at its end. Of samples with the same labels the first stands.
 */
export function renderMetrics(metrics: readonly Metric[]): string {
  const lines = metrics.filter(({ samples }) => samples.length > 0).flatMap(renderMetric);
  return lines.map((line) => `${line}\n`).join("");
}

function renderMetric({ name, help, type, samples }: Metric): string[] {
  const series = new Map<string, number>();
  for (const { labels, value } of samples) {
    const key = name + renderLabels(labels);
    if (!series.has(key)) series.set(key, value);
  }
  return [
    `# HELP ${name} ${escapeText(help)}`,
    `# TYPE ${name} ${type}`,
    ...[...series].map(([key, value]) => `${key} ${renderValue(value)}`),
  ];
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function renderValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/**
 * A lone surrogate is no UTF-8: one such label would have the whole file refused. Other characters
 * that a terminal acts on are written out, for labels are shown in alerts and in logs.
 */
function escapeLabel(value: string): string {
  const lines = value.toWellFormed().split("\n").map((line) => printable(line, Infinity));
  return escapeText(lines.join("\n")).replaceAll('"', '\\"');
}
