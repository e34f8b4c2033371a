/**
 * The one table of verbs and options. Help, usage lines and the parsing of arguments are made from
 * it; nothing else knows what can be typed.
 *
 * A new verb is one more entry here and a file `verb_<name>.ts` beside this one.
 *
 * @module
 */

import type { Invocation } from "./invocation.ts";
import type { ExitCode } from "./exit_code.ts";

/** What every option has. */
interface OptionBase {
  /** The long name, without dashes. A name that begins with `no-` turns something off. */
  readonly name: string;
  /** The letter of the short form. */
  readonly short?: string;
  /** What it does, as a sentence. */
  readonly description: string;
  /** The names of options that it cannot be used with. */
  readonly conflicts?: readonly string[];
}

/** An option that is there or not. */
export interface FlagOption extends OptionBase {
  /** Tells the types apart. */
  readonly type: "flag";
}

/** An option with a whole number that is not negative. */
export interface CountOption extends OptionBase {
  /** Tells the types apart. */
  readonly type: "count";
  /** What stands for the number in help and usage. */
  readonly valueName: string;
  /** The number where the option is not given; left out where it depends. */
  readonly defaultValue?: number;
}

/** An option of the command line. */
export type OptionSpecification = FlagOption | CountOption;

/** A positional argument. */
export interface ArgumentSpecification {
  /** Its name, in capitals. */
  readonly name: string;
  /** What it is, as a sentence. */
  readonly description: string;
  /** Whether the verb cannot do without it. */
  readonly required: boolean;
  /** Whether there can be several. */
  readonly repeatable: boolean;
}

/** An example in the help of a verb. */
export interface Example {
  /** What is typed. */
  readonly command: string;
  /** What it does, in a few words. */
  readonly description: string;
}

/** One line of the section EXIT STATUS. */
export interface ExitStatus {
  /** The code. */
  readonly code: ExitCode;
  /** What it says. */
  readonly description: string;
}

/** A verb of the command line. */
export interface VerbSpecification {
  /** Its name. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** What else has to be known, one paragraph each. */
  readonly description: readonly string[];
  /** Its positional arguments. */
  readonly arguments: readonly ArgumentSpecification[];
  /** Its own options; {@linkcode COMMON_OPTIONS} come on top. */
  readonly options: readonly OptionSpecification[];
  /** Calls that a reader can copy. */
  readonly examples: readonly Example[];
  /** The exit codes. */
  readonly exitStatus: readonly ExitStatus[];
  /** Loads the code that runs it. */
  load(): Promise<VerbModule>;
}

/** What the file of a verb exports. */
export interface VerbModule {
  /** Does the verb's work. */
  run(invocation: Invocation): Promise<ExitCode>;
}

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

const USAGE_STATUS: ExitStatus = { code: 16, description: "The call was wrong; nothing was done." };

/** Every verb, in the order of the help. */
export const VERBS: readonly VerbSpecification[] = [
  {
    name: "check",
    summary: "say whether a store is safe to open, and what is damaged",
    description: [
      "Reads a store and names the file, the record and the byte of everything that is wrong with " +
      "it, what that does, and what to do next. Nothing in the store is changed, not even a time " +
      "stamp, and no engine is started. A store that something writes to meanwhile cannot be " +
      "judged: stop that first, or check a backup.",
    ],
    arguments: [{
      name: "STORE",
      description: "The directory of a store: the one that holds chroma.sqlite3.",
      required: true,
      repeatable: true,
    }],
    options: [
      {
        name: "quick",
        type: "flag",
        conflicts: ["full"],
        description: "Look at headers, sizes and the catalogue only: done in a moment.",
      },
      {
        name: "full",
        type: "flag",
        conflicts: ["quick"],
        description: "Read every byte that can be judged. This is the default.",
      },
      {
        name: "recursive",
        type: "flag",
        description: "Check every store in the directory STORE and below.",
      },
      {
        name: "strict",
        type: "flag",
        description: "Let warnings count as damage: exit with 4.",
      },
      {
        name: "stale-seconds",
        type: "count",
        valueName: "N",
        defaultValue: 3600,
        description: "Name an index that is older than the catalogue by more than N seconds.",
      },
      {
        name: "max-findings",
        type: "count",
        valueName: "N",
        description: "List at most N findings of a store: as text the worst ones, unfolded; with " +
          "--json the first ones. Otherwise the text lists 100 and folds repeats, and --json " +
          "lists all.",
      },
      {
        name: "quiet",
        short: "q",
        type: "flag",
        description: "Print only the verdicts of stores that are not clean, and no progress.",
      },
    ],
    examples: [
      { command: "vecfsck check /srv/chroma", description: "read all of one store" },
      { command: "vecfsck check --quick --recursive /srv", description: "a first look at many" },
      {
        command: "vecfsck check -q --strict /srv/chroma || mail-the-operator",
        description: "for cron: no output and 0 while all is well",
      },
      {
        command: "vecfsck check --json /srv/chroma | jq 'select(.type==\"finding\")'",
        description: "every finding, for a program",
      },
    ],
    exitStatus: [
      { code: 0, description: "Every store is clean, or has only warnings." },
      { code: 4, description: "A store is damaged, or with --strict has warnings." },
      { code: 8, description: "A store could not be checked: that says nothing about its data." },
      USAGE_STATUS,
      { code: 32, description: "Cancelled by Ctrl-C or a signal; nothing was changed." },
    ],
    load: () => import("./verb_check.ts"),
  },
  {
    name: "help",
    summary: "explain vecfsck, or one of its verbs",
    description: [],
    arguments: [{
      name: "VERB",
      description: "The verb to explain.",
      required: false,
      repeatable: false,
    }],
    options: [],
    examples: [{ command: "vecfsck help check", description: "what check does" }],
    exitStatus: [{ code: 0, description: "The help was printed." }, USAGE_STATUS],
    load: () => import("./verb_help.ts"),
  },
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
