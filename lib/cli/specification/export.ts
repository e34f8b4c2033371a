/**
 * What can be typed behind `vecfsck export`.
 *
 * @module
 */

import { EXPORT_FORMATS } from "../../export/outcome.ts";
import {
  CANCELLED_STATUS,
  FAILED_STATUS,
  JOBS_OPTION,
  QUIET_OPTION,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
} from "../specification.ts";

/** The verb `export`. */
export const EXPORT_VERBS: readonly VerbSpecification[] = [
  {
    name: "export",
    summary: "write ids, documents, metadata and vectors of a store for other programs",
    description: [
      "Writes every record as the engine would serve it: the newest version, with what waits in " +
      "the write-ahead queue, and without what was deleted. No engine is started, nothing in the " +
      "store is changed, and memory stays flat. The store is checked in full, and one that is " +
      "damaged is not exported, unless --salvage is given.",
      "As JSON Lines everything goes into one file, with a line for each record and one before " +
      "those of each collection, whose id is null. As Parquet every collection is a file, and as " +
      "NumPy arrays a directory with vectors.npy and ids.jsonl. `repair --vectors` takes the JSON " +
      "Lines. docs/export.md says what is in which field, and how PostgreSQL, LanceDB, Chroma, " +
      "Qdrant and Milvus are loaded with it.",
      "With --salvage all that is left of a damaged store is written, from every place that still " +
      "has it, and what is lost is told in numbers; a record whose vector is gone has null in its " +
      "place. That takes private copies in the directory for temporary files.",
    ],
    arguments: [{
      ...STORE_ARGUMENT,
      description: `${STORE_ARGUMENT.description} Or an export file of chromem-go.`,
      canBeFile: true,
    }],
    options: [
      {
        name: "collection",
        type: "text",
        valueName: "NAME",
        description: "Only the collection of this name, or with this id.",
      },
      {
        name: "format",
        type: "text",
        valueName: "FORMAT",
        choices: EXPORT_FORMATS,
        description:
          "One of jsonl, parquet and npy. Default: parquet where -o ends with .parquet, else " +
          "jsonl.",
      },
      {
        name: "salvage",
        type: "flag",
        description: "Write all that is left of a damaged store.",
      },
      {
        name: "output",
        short: "o",
        type: "text",
        valueName: "FILE",
        description: "Where to: a new file, or for several collections as Parquet and for npy a " +
          "new directory; - is standard output, which is the default.",
      },
      {
        name: "key-file",
        type: "text",
        valueName: "FILE",
        description: "Decrypt an encrypted export file with the key in FILE: 32 bytes, as the " +
          "program gives them to chromem-go. A line break may follow.",
      },
      JOBS_OPTION,
      QUIET_OPTION,
    ],
    examples: [
      {
        command: "vecfsck export -o chroma.jsonl /srv/chroma",
        description: "everything, as JSON Lines",
      },
      {
        command: "vecfsck export --collection notes /srv/chroma | head -3",
        description: "look at the first records of one collection",
      },
      {
        command: "vecfsck export --collection notes -o notes.parquet /srv/chroma",
        description: "one collection as a Parquet file",
      },
      {
        command: "vecfsck export --format npy -o vectors /srv/chroma",
        description: "a directory for each collection, for numpy.load",
      },
      {
        command: "vecfsck export --salvage -o rescued.jsonl /srv/chroma",
        description: "all that is left of a damaged store",
      },
    ],
    exitStatus: [
      { code: 0, description: "Everything was exported." },
      {
        code: 1,
        description:
          "The store is damaged, and with --salvage everything that it held was exported.",
      },
      {
        code: 4,
        description: "The store is damaged: without --salvage nothing was exported, and with it " +
          "something is missing.",
      },
      FAILED_STATUS,
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_export.ts"),
  },
];
