/**
 * What can be typed behind `vecfsck report`.
 *
 * @module
 */

import {
  CANCELLED_STATUS,
  QUIET_OPTION,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
} from "../specification.ts";
import { LEVEL_OPTIONS, PLACE_OPTIONS } from "./look_options.ts";

/** The file of a report that is not named. */
export const DEFAULT_REPORT = "vecfsck-report.html";

/** The verb `report`. */
export const REPORT_VERBS: readonly VerbSpecification[] = [
  {
    name: "report",
    summary: "check stores and show what was found on a page for a browser",
    description: [
      "Makes one page of HTML that shows of each store the verdict and what to do next, a map of " +
      "its files with every damaged range of bytes, the graph of each index, how far indexes and " +
      "queue have got, the vectors in two dimensions, the findings with their meaning, and earlier " +
      "checks and backups. The page loads nothing from anywhere: it can be mailed, printed and " +
      "opened without a network. It has names and ids, and of documents what a finding quotes.",
      "Nothing in a store is changed. A store that cannot be read, or is in use, is on the page as " +
      "such.",
    ],
    arguments: [{ ...STORE_ARGUMENT, repeatable: true }],
    options: [
      {
        name: "output",
        short: "o",
        type: "text",
        valueName: "FILE",
        description: `The file of the page; - is standard output. Default: ${DEFAULT_REPORT}. A ` +
          "report that is there is replaced; any other file is not.",
      },
      ...LEVEL_OPTIONS,
      ...PLACE_OPTIONS,
      QUIET_OPTION,
    ],
    examples: [
      { command: "vecfsck report /srv/chroma", description: `${DEFAULT_REPORT}, to be opened` },
      {
        command: "vecfsck report /srv/chroma /srv/chromem -o stores.html",
        description: "two stores on one page",
      },
      {
        command: "vecfsck report --quick -o - /srv/chroma > look.html",
        description: "the page on standard output, done in a moment",
      },
    ],
    exitStatus: [
      { code: 0, description: "No store is damaged; there may be warnings." },
      { code: 4, description: "A store is damaged. The page is there." },
      {
        code: 8,
        description: "A store could not be checked, which the page tells; or FILE could not be " +
          "written.",
      },
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_report.ts"),
  },
];
