/**
 * What benchmarks have found, as it is kept in docs/benchmarks.json: a run of some of them replaces
 * their sections alone, and each section says which run it is from.
 *
 * @module
 */

/** One thing that was measured, or was not. */
export interface Row {
  readonly name: string;
  /** The command with paths of examples; null where no process was measured. */
  readonly command: string | null;
  /** What each run took. */
  readonly wallMs: readonly number[];
  /** The peak of its largest process; null where it is not known. */
  readonly peakBytes: number | null;
  /** Why it was not measured; null where it was. */
  readonly missing: string | null;
  /** Further columns, by their heads. */
  readonly more: Readonly<Record<string, string>>;
}

/** Rows that were measured in turn with each other. */
export interface Table {
  /** What they work on. */
  readonly input: string;
  /** How many runs of each came before those that count. */
  readonly warmUps: number;
  /** The row that the others are held against; null where there is none. */
  readonly peer: string | null;
  readonly rows: readonly Row[];
}

/** What one benchmark has found. */
export interface Section {
  readonly name: string;
  /** The run that it is from: its {@linkcode Run.startedAt}. */
  readonly run: string;
  readonly tables: readonly Table[];
  /** What has to be known besides, as sentences. */
  readonly notes: readonly string[];
}

/** What a benchmark has found. */
export type Findings = Pick<Section, "tables" | "notes">;

/** The machine. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** The file system of the measured files, and what lies under it. */
  readonly disk: string;
  /** The load average of the last minute when the run began. */
  readonly load: number;
}

/** One run of the benchmarks. */
export interface Run {
  readonly startedAt: string;
  /** Whether each was run once only, on smaller inputs: not for comparisons. */
  readonly isQuick: boolean;
  readonly machine: Machine;
  /** Of everything that was measured, by its name; null where it is not there. */
  readonly versions: Readonly<Record<string, string | null>>;
}

/** Everything that is known. */
export interface Results {
  readonly schema: 1;
  readonly runs: readonly Run[];
  readonly sections: readonly Section[];
}

/** What is known before the first run. */
export const NO_RESULTS: Results = { schema: 1, runs: [], sections: [] };

/**
 * Puts new sections in the place of the old ones.
 *
 * @param before What is known.
 * @param run The run that has found them.
 * @param sections What it has found.
 * @param order The names of all benchmarks, in the order of the page; others are forgotten.
 * @returns What is known now. A run of which no section is left is forgotten.
 */
export function mergeResults(
  before: Results,
  run: Run,
  sections: readonly Section[],
  order: readonly string[],
): Results {
  const all = new Map([...before.sections, ...sections].map((section) => [section.name, section]));
  const kept = order.map((name) => all.get(name)).filter((section) => section !== undefined);
  const wanted = new Set(kept.map((section) => section.run));
  const runs = [...before.runs.filter(({ startedAt }) => startedAt !== run.startedAt), run];
  return {
    schema: 1,
    runs: runs.filter(({ startedAt }) => wanted.has(startedAt)),
    sections: kept,
  };
}

/**
 * The median of the runs of a row.
 *
 * @param row The row.
 * @returns The median in milliseconds; null where nothing was measured.
 */
export function medianOf({ wallMs }: Row): number | null {
  const sorted = wallMs.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** Finds a row of a section by its name. */
export function findRow(section: Section | undefined, name: string): Row | undefined {
  return section?.tables.flatMap(({ rows }) => rows).find((row) => row.name === name);
}
