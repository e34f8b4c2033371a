/**
 * What a verb and its options are made of. The verbs themselves are in the folder of this name, one
 * file each, and `verbs.ts` is the table of them.
 *
 * @module
 */

import type { ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";

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

/** An option with a span of time: `90s`, `10m`, `2h`, `30d`, `4w`. */
export interface DurationOption extends OptionBase {
  /** Tells the types apart. */
  readonly type: "duration";
  /** What stands for the span in help and usage. */
  readonly valueName: string;
  /** The span where the option is not given, as it is typed; left out where it depends. */
  readonly defaultValue?: string;
}

/** An option with a size in bytes: `800MB`, `2GiB`. */
export interface SizeOption extends OptionBase {
  /** Tells the types apart. */
  readonly type: "size";
  /** What stands for the size in help and usage. */
  readonly valueName: string;
}

/** An option with a text: a name, a path, an id. */
export interface TextOption extends OptionBase {
  /** Tells the types apart. */
  readonly type: "text";
  /** What stands for the text in help and usage. */
  readonly valueName: string;
  /** Whether it can be given several times. */
  readonly repeatable?: boolean;
  /** What it can be, in small letters, where that is one of a few words. */
  readonly choices?: readonly string[];
}

/** An option that takes a value. */
export type ValueOption = CountOption | DurationOption | SizeOption | TextOption;

/** An option of the command line. */
export type OptionSpecification = FlagOption | ValueOption;

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
  /** What it can be, in small letters, where that is one of a few words. */
  readonly choices?: readonly string[];
  /** Whether a store can be a file here; it is a directory otherwise. */
  readonly canBeFile?: boolean;
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
  /** Its name; that of an action of a verb is two words, for instance `backup list`. */
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

/** The line of every verb on wrong calls. */
export const USAGE_STATUS: ExitStatus = {
  code: 16,
  description: "The call was wrong; nothing was done.",
};

/** The line of a verb that does all of its work or nothing. */
export const FAILED_STATUS: ExitStatus = {
  code: 8,
  description: "It could not be done; the message says why. Nothing was changed.",
};

/** The line of every verb that writes on being cancelled. */
export const CANCELLED_STATUS: ExitStatus = {
  code: 32,
  description: "Cancelled by Ctrl-C or a signal; nothing was changed.",
};

/** The same of a verb that asks first. */
export const REFUSED_STATUS: ExitStatus = {
  code: 32,
  description: "The answer was no, or a signal came first; nothing was changed.",
};

/** The argument that names one store. */
export const STORE_ARGUMENT: ArgumentSpecification = {
  name: "STORE",
  description: "The directory of a store: the one that holds chroma.sqlite3, or the folders of " +
    "chromem-go's collections.",
  required: true,
  repeatable: false,
};

/** Only looks, as every verb that changes something can. */
export const DRY_RUN_OPTION: OptionSpecification = {
  name: "dry-run",
  short: "n",
  type: "flag",
  description: "Say what would be done, and do nothing.",
};

/** Needs no answer. */
export const YES_OPTION: OptionSpecification = {
  name: "yes",
  short: "y",
  type: "flag",
  description: "Do it without asking.",
};

/** Says little, for cron. */
export const QUIET_OPTION: OptionSpecification = {
  name: "quiet",
  short: "q",
  type: "flag",
  description: "Print only what is wrong, and no progress.",
};

/** Looks for stores in what was named. */
export const RECURSIVE_OPTION: OptionSpecification = {
  name: "recursive",
  type: "flag",
  description: "Take every store in the directory STORE and below.",
};

/** Bounds the building of indexes. */
export const MAX_MEMORY_OPTION: OptionSpecification = {
  name: "max-memory",
  type: "size",
  valueName: "SIZE",
  description: "The most memory that building an index may take, such as 2GiB.",
};

/** Bounds the threads of a verb that builds indexes. */
export const JOBS_OPTION: OptionSpecification = {
  name: "jobs",
  type: "count",
  valueName: "N",
  description: "How many threads work. Default: one for each core.",
};
