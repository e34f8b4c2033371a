/**
 * What can be typed behind `vecfsck status`.
 *
 * @module
 */

import {
  CANCELLED_STATUS,
  RECURSIVE_OPTION,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
} from "../specification.ts";
import { PLACE_OPTIONS } from "./look_options.ts";

/** The verb `status`. */
export const STATUS_VERBS: readonly VerbSpecification[] = [
  {
    name: "status",
    summary: "show how a store is on one screen, or as metrics for Prometheus",
    description: [
      "Shows how well a store is, when it was last checked in full, what it holds, how far its " +
      "indexes are behind, how full its queue is, its sizes, its backups and how old they are, " +
      "what was moved aside, how it grows, and what a watch does next. A quick check is made for " +
      "it, so it is done in a moment; what a full check has found counts too, while the files are " +
      "as they were. Nothing in the store is changed. What cannot be known is called unknown.",
      "With --prometheus the same comes as metrics (docs/metrics.md). With --out they go to a file " +
      "for the textfile collector of node_exporter, which appears whole. A store that cannot be " +
      "read has vecfsck_up 0 there, and the others are there as well.",
    ],
    arguments: [{ ...STORE_ARGUMENT, repeatable: true }],
    options: [
      {
        name: "full",
        type: "flag",
        description: "Make a full check instead of a quick one: every byte that can be judged.",
      },
      RECURSIVE_OPTION,
      ...PLACE_OPTIONS,
      {
        name: "prometheus",
        type: "flag",
        conflicts: ["json"],
        description: "Print metrics in the text format of Prometheus.",
      },
      {
        name: "out",
        type: "text",
        valueName: "FILE",
        description: "With --prometheus: write them to FILE, whose name ends with .prom.",
      },
      {
        name: "compat-names",
        type: "flag",
        description:
          "With --prometheus: add vectorstore_collections_total and what else programs " +
          "around chromem-go have named so.",
      },
    ],
    examples: [
      { command: "vecfsck status /srv/chroma", description: "one screen" },
      {
        command: "vecfsck status --json /srv/chroma | jq .health.verdict",
        description: "one line of JSON, for a program",
      },
      {
        command:
          "vecfsck status --prometheus --out /var/lib/prometheus/node-exporter/vecfsck.prom " +
          "/srv/chroma /srv/memories",
        description: "metrics of two stores, for a timer",
      },
      {
        command: "vecfsck status --prometheus --recursive /srv",
        description: "metrics of every store below a directory",
      },
    ],
    exitStatus: [
      { code: 0, description: "No damage of any store is known; there may be warnings." },
      { code: 4, description: "A store is damaged." },
      { code: 8, description: "A store could not be read, or FILE could not be written." },
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_status.ts"),
  },
];
