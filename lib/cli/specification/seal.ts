/**
 * What can be typed behind `vecfsck seal`.
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

/** The verb `seal`. */
export const SEAL_VERBS: readonly VerbSpecification[] = [
  {
    name: "seal",
    summary: "note down checksums of a store at rest, so that flipped bits are found later",
    description: [
      "A bit that flips inside a vector breaks no structure: no check can see it. A seal holds a " +
      "checksum for each 64 KiB of every file, with the stamps that the files had, and `vecfsck " +
      "check --sealed STORE` holds the store against it: bytes that have changed while nothing " +
      "wrote the file have rotted, and are named with the records that stand there. Files that an " +
      "engine has written since are told apart.",
      "The store is checked in full first, and one that is damaged is not sealed. Nothing may use " +
      "it meanwhile. Seal it when its engine has stopped and again after it has run.",
    ],
    arguments: [STORE_ARGUMENT],
    options: [
      {
        name: "output",
        short: "o",
        type: "text",
        valueName: "FILE",
        description: "The file of the seal. Default: STORE.vecfsck/seal, beside the store.",
      },
      {
        name: "force",
        type: "flag",
        description: "Seal the store even where it is damaged; the seal says so.",
      },
      QUIET_OPTION,
    ],
    examples: [
      { command: "vecfsck seal /srv/chroma", description: "seal a store that nothing uses" },
      {
        command: "vecfsck seal -o /mnt/usb/chroma.seal /srv/chroma",
        description: "keep the seal on another disk",
      },
    ],
    exitStatus: [
      { code: 0, description: "The store is sealed." },
      { code: 4, description: "The store is damaged; without --force it was not sealed." },
      { code: 8, description: "The store is in use, or something could not be read or written." },
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_seal.ts"),
  },
];
