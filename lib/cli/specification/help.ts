/**
 * What can be typed behind `vecfsck help`.
 *
 * @module
 */

import { USAGE_STATUS, type VerbSpecification } from "../specification.ts";

/** The verb `help`. */
export const HELP_VERBS: readonly VerbSpecification[] = [
  {
    name: "help",
    summary: "explain vecfsck, or one of its verbs",
    description: [],
    arguments: [{
      name: "VERB",
      description: "The verb to explain.",
      required: false,
      repeatable: false,
    }, {
      name: "ACTION",
      description: "One of the verb's actions.",
      required: false,
      repeatable: false,
    }],
    options: [{
      name: "man",
      type: "flag",
      description: "Print the manual page of the program, in roff.",
    }],
    examples: [
      { command: "vecfsck help check", description: "what check does" },
      {
        command: "vecfsck help --man > ~/.local/share/man/man1/vecfsck.1",
        description: "install the manual page, so that `man vecfsck` finds it",
      },
    ],
    exitStatus: [{ code: 0, description: "The help was printed." }, USAGE_STATUS],
    load: () => import("../verb_help.ts"),
  },
];
