/**
 * What every benchmark is given: stores, peers, a place to write, and how often to measure.
 *
 * @module
 */

import { join } from "@std/path";
import { type Absent, type Contender, measureInTurn, type Rounds } from "./measure.ts";
import type { Peers } from "./peers.ts";
import type { Table } from "./results.ts";

/** Where tables of a run have their files, and what they may take. */
export interface Setting {
  /** A store of Chroma; null where none is named and none can be made. */
  readonly chroma: string | null;
  /** Databases of chromem-go. */
  readonly chromem: readonly string[];
  /** A file of real embeddings, if one is named. */
  readonly embeddings: string | null;
  readonly peers: Peers;
  /** An empty directory, on the disk of the stores. */
  readonly scratch: string;
  /** Whether one run of everything on smaller inputs is enough. */
  readonly isQuick: boolean;
}

/** How a verb of vecfsck is run from the source tree. */
export const RUN_VECFSCK = [
  ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"],
  "cli.ts",
] as const;

/** What the store of Chroma is called in commands that are shown. */
const EXAMPLE_CHROMA = "/srv/chroma";

const EXAMPLE_CHROMEM = "/srv/chromem";
const EXAMPLE_SCRATCH = "/srv/bench";

/** What a benchmark works with. */
export class Workbench {
  readonly setting: Setting;
  readonly #names: [string, string][];

  /** Takes the setting of a run. */
  constructor(setting: Setting) {
    this.setting = setting;
    const { chroma, chromem, peers, scratch } = setting;
    const names: [string | null | undefined, string][] = [
      [chroma, EXAMPLE_CHROMA],
      ...chromem.map((store): [string, string] => [store, EXAMPLE_CHROMEM]),
      [scratch, EXAMPLE_SCRATCH],
      [Deno.execPath(), "deno"],
      [peers.chroma?.python, "python"],
      [peers.chroma?.program, "chroma"],
      [peers.hnswlib, "python"],
      [peers.judge, "chromem-judge"],
      [Deno.cwd(), "."],
    ];
    // A path that lies in another one is replaced first.
    this.#names = names.filter((pair): pair is [string, string] => typeof pair[0] === "string")
      .sort(([a], [b]) => b.length - a.length);
  }

  /**
   * Says how often something is measured.
   *
   * @param counted How many runs count, unless one is enough.
   * @param warmUps How many come before them; without those the first one reads from the disk.
   * @returns The numbers of runs.
   */
  rounds(counted: number, warmUps = 1): Rounds {
    return { counted: this.setting.isQuick ? 1 : counted, warmUps };
  }

  /** A path of this benchmark's own, in the directory for what is written. */
  place(...names: string[]): string {
    return join(this.setting.scratch, ...names);
  }

  /**
   * Makes a contender of a verb.
   *
   * @param name What it is called in its table.
   * @param args The verb and what follows it.
   * @returns The contender.
   */
  vecfsck(name: string, ...args: string[]): Contender {
    return { name, command: Deno.execPath(), args: [...RUN_VECFSCK, ...args] };
  }

  /**
   * Measures contenders in turn.
   *
   * @param input What they work on, for people.
   * @param peer The name of the one that the others are held against.
   * @param contenders All of them.
   * @param rounds How often.
   * @returns The table.
   */
  async measure(
    input: string,
    peer: string | null,
    contenders: readonly (Contender | Absent)[],
    rounds: Rounds,
  ): Promise<Table> {
    const show = (words: readonly string[]): string => this.#show(words);
    return {
      input,
      warmUps: rounds.warmUps,
      peer,
      rows: await measureInTurn(contenders, rounds, show),
    };
  }

  /** Writes words of a command, or one text, down with paths of examples. */
  #show(words: readonly string[]): string {
    const shown = words.map((word) => {
      for (const [path, name] of this.#names) word = word.replaceAll(path, name);
      return words.length === 1 || /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
    });
    return shown.join(" ").replace(`deno ${RUN_VECFSCK.join(" ")}`, "vecfsck");
  }
}
