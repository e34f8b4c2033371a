/**
 * What a plan says of a name.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import type { RepairStep } from "../../../model/repair.ts";
import type { ChromemRepair } from "./chromem_repair.ts";
import type { NameDecision, NameState } from "./decide_names.ts";

/** The parts of a step that a decision tells. */
export type NameDescription = Pick<RepairStep, "kind" | "title" | "details" | "gains">;

/**
 * Describes what becomes of a name.
 *
 * @param decision What becomes of it.
 * @param state What is known of it.
 * @param repair What was asked for.
 * @returns The parts of the step.
 */
export function describeName(
  decision: NameDecision,
  state: NameState,
  { request: { shadowed } }: ChromemRepair,
): NameDescription {
  const { fate, folder, target } = decision;
  const name = printable(decision.name);
  const shared = printable(state.name);
  const rename = target === folder ? [] : [`the folder ${folder} becomes ${target}, its hash`];
  switch (fate) {
    case "restored":
      return {
        kind: "restore-metadata",
        title: `Write the metadata file of ${name} again`,
        details: [
          target === folder
            ? `its folder ${folder} is the hash of the name, which comes from ${decision.source}`
            : `the name comes from ${decision.source}`,
          ...rename,
        ],
        gains: state.name === decision.name ? [] : [{
          what: "names",
          count: 1,
          source: decision.source,
        }],
      };
    case "made-up":
      return {
        kind: "name-collection",
        title: `Give the collection in ${folder}, whose name is lost, the name ${name}`,
        details: [...describeAmbiguity(state), ...rename],
        gains: [],
      };
    case "quarantined":
      return {
        kind: "quarantine-collection",
        title: `Move the collection in ${folder}, whose name is lost, to .quarantine`,
        details: [
          ...describeAmbiguity(state),
          "chromem-go does not look there; the folder can be moved back when its name is known",
        ],
        gains: [],
      };
    case "renamed":
      return {
        kind: "rename-folder",
        title: `Rename the folder of ${name} to ${target}, the hash of its name`,
        details: [],
        gains: [],
      };
    case "apart":
      return {
        kind: "name-collection",
        title: `Give the collection in ${folder}, one of those called ${shared}, the name ${name}`,
        details: [
          ...(shadowed === "merge"
            ? ["its embeddings have another number of dimensions: it cannot be merged"]
            : []),
          ...rename,
        ],
        gains: [],
      };
    case "merged":
      return {
        kind: "merge-collections",
        title: `Merge the documents of ${folder} into ${target}, both called ${name}`,
        details: [],
        gains: [],
      };
  }
}

function describeAmbiguity({ matches }: NameState): string[] {
  if (matches.length < 2) return [];
  const names = matches.map(({ name, source }) => `${printable(name)} (${source})`);
  return [
    `${formatCount(matches.length, "name")} fit the folder, and none is taken: ${names.join(", ")}`,
  ];
}
