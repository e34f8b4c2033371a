/**
 * The table of benchmarks: what can be measured, what for, and what an operator takes from it.
 *
 * @module
 */

import { measureBatches, measureDrillBatches } from "./batches.ts";
import { measureBackups, measureSeals } from "./backups.ts";
import { measureBuilders, measureRepairs } from "./repairs.ts";
import { measureChecks } from "./checks.ts";
import { measureChromem } from "./chromem.ts";
import { measureExports, measureReports } from "./exports.ts";
import { measureFleet } from "./fleet.ts";
import { measureGuard, measureOptimize, measureWatch } from "./duty.ts";
import { measureStart } from "./start.ts";
import type { Findings } from "./results.ts";
import type { Workbench } from "./workbench.ts";

/** One benchmark. */
export interface Benchmark {
  /** What `--only` calls it. */
  readonly name: string;
  readonly title: string;
  /** What is measured, as Markdown. */
  readonly about: string;
  readonly measure: (bench: Workbench) => Promise<Findings>;
}

/** All of them, in the order in which they are run and told. */
export const BENCHMARKS: readonly Benchmark[] = [
  {
    name: "check",
    title: "Check of a Chroma store",
    about: "`--full` reads every byte that can be judged, SQLite's own integrity check included; " +
      "that check alone, which sees nothing of the vectors, is the peer. `cat` is what reading " +
      "every byte costs.",
    measure: measureChecks,
  },
  {
    name: "chromem",
    title: "Check of chromem-go databases",
    about: "The peer is the Go library's own loading (`chromem.NewPersistentDB`), which decodes " +
      "every file, as the check does.",
    measure: measureChromem,
  },
  {
    name: "seal",
    title: "Seals",
    about: "Making checksums of every block of a store, and checks that use them, beside " +
      "`sha256sum` of every file.",
    measure: measureSeals,
  },
  {
    name: "backup",
    title: "Backup and restore",
    about: "A backup is a copy with the SHA-256 of every file that was checked at the full level " +
      "before it counts. The peer copies and makes digests, and checks nothing.",
    measure: measureBackups,
  },
  {
    name: "repair",
    title: "Repair of a lost index",
    about: "The whole verb: check, plan, building, a check of the result, the exchange. The peer " +
      "is chroma-hnswlib, the library of the engine's index, which only adds the same " +
      "vectors to an empty index (M 16, ef_construction 100). Recall is recall@10 over " +
      "2,000 queries at ef 10 / ef 100.",
    measure: measureRepairs,
  },
  {
    name: "builder",
    title: "The index builder by itself",
    about:
      "Vectors of 384 dimensions without centres to them, 32 hidden dimensions and noise, by " +
      "squared distance: no check, no files of a store. Recall is recall@10 over 2,000 queries at " +
      "ef 10 / ef 100. `--embeddings FILE` measures real vectors as well (float16, 384 " +
      "dimensions, one after another).",
    measure: measureBuilders,
  },
  {
    name: "guard",
    title: "Guard and status",
    about: "What a start of a service waits for (`guard`), and what a collector of metrics runs " +
      "every minute (`status`). A guard that has seen the store before looks at what has changed.",
    measure: measureGuard,
  },
  {
    name: "watch",
    title: "A round of watch",
    about: "One round of an unchanged store with its state for metrics, inside a process that " +
      "goes on: not a process of its own.",
    measure: measureWatch,
  },
  {
    name: "optimize",
    title: "Optimize",
    about: "A store of which a real engine has deleted every fourth record. `optimize` checks it " +
      "before and after, compares every vector in the queue with the index, and keeps what it " +
      "replaces; `chroma vacuum` does none of that, and takes every row from the queue.",
    measure: measureOptimize,
  },
  {
    name: "batches",
    title: "safeBatches",
    about:
      "What `safeBatches()` adds to a loop of a program: batches of 10 items of which nothing " +
      "is done.",
    measure: measureBatches,
  },
  {
    name: "drill",
    title: "Sizes of batches on a real server",
    about:
      "What `drill --batches` says of a Chroma server on an empty store: the time to write a " +
      "record of 384 dimensions by the size of a batch.",
    measure: measureDrillBatches,
  },
  {
    name: "export",
    title: "Export",
    about: "Every id, document, metadata and vector of a store into a file. The peer is a " +
      "program of chromadb's client that pages through `collection.get()` and writes the " +
      "same as JSON Lines, with the digits of double precision: its file is larger for " +
      "that.",
    measure: measureExports,
  },
  {
    name: "report",
    title: "Report",
    about: "The page for people, which takes a full check and draws what it has found; the check " +
      "alone is the peer.",
    measure: measureReports,
  },
  {
    name: "fleet",
    title: "A thousand small stores",
    about: "Stores of Chroma 1.5.9, Chroma 0.5.23 and chromem-go by turns, each of a few hundred " +
      "records, and every fiftieth damaged. The peer of the first table is SQLite's own " +
      "check of every database in one process, that of the second a shell's loop that " +
      "starts a process for each store.",
    measure: measureFleet,
  },
  {
    name: "start",
    title: "Cold start",
    about: "From the start of a process to its exit, on a small store of a few hundred records: " +
      "the executable, the program as the package of npm has it (without the time of Node), " +
      "and the source tree. The peer is Deno with an empty module.",
    measure: measureStart,
  },
];
