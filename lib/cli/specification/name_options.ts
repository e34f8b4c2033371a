/**
 * The options by which names of collections are given, for the verbs that try them.
 *
 * @module
 */

import type { OptionSpecification } from "../specification.ts";

/** The names that collections may have whose own was lost. */
export const NAME_OPTIONS: readonly OptionSpecification[] = [
  {
    name: "names",
    type: "text",
    valueName: "FILE",
    description: "Of chromem-go: try the names in FILE, one in each line, for collections whose " +
      "own was lost.",
  },
  {
    name: "name",
    type: "text",
    valueName: "NAME",
    repeatable: true,
    description: "The same with this name. Can be given several times.",
  },
];
