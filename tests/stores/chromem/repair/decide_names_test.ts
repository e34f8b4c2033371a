/**
 * Which name each collection gets, and each folder.
 */
import { assertEquals } from "@std/assert";
import { createFinding } from "../../../../lib/model/finding.ts";
import type { FindingName } from "../../../../lib/model/finding_names.ts";
import { hashName } from "../../../../lib/stores/chromem/name_hash.ts";
import {
  decideNames,
  type NamePolicy,
  type NameState,
} from "../../../../lib/stores/chromem/repair/decide_names.ts";

const POLICY: NamePolicy = {
  unnamed: "rename",
  shadowed: "apart",
  canMerge: () => true,
  isContained: () => false,
  isRestricted: false,
  isExchangeForced: false,
};

const ONE = hashName("one");
const TWO = hashName("two");

function state(
  folder: string,
  name: string,
  findings: readonly FindingName[] = [],
  rest: Partial<NameState> = {},
): NameState {
  return {
    folder,
    name,
    isNameWhole: name !== "",
    findings: findings.map((finding) => createFinding(finding, { message: "", path: folder })),
    matches: [],
    older: null,
    told: null,
    hasDocuments: true,
    ...rest,
  };
}

function matching(folder: string, ...names: string[]): Pick<NameState, "matches"> {
  return { matches: names.map((name) => ({ folder, name, source: "--names" })) };
}

function decide(
  states: readonly NameState[],
  policy: Partial<NamePolicy> = {},
): Record<string, readonly [fate: string, name: string, target: string]> {
  return Object.fromEntries(
    [...decideNames(states, { ...POLICY, ...policy })]
      .map(([folder, { fate, name, target }]) => [folder, [fate, name, target] as const]),
  );
}

Deno.test("decideNames() does nothing about names that are right, or that nothing asks for", () => {
  assertEquals(decide([state(ONE, "one"), state("deadbeef", "two")]), {});
});

Deno.test("decideNames() takes the one name that fits a folder", () => {
  const lost = state(ONE, "", ["chromem-metadata-missing"], matching(ONE, "one"));
  assertEquals(decide([lost]), { [ONE]: ["restored", "one", ONE] });
});

Deno.test("decideNames() takes none of several names that fit", () => {
  const lost = state(ONE, "", ["chromem-metadata-missing"], matching(ONE, "one", "eleven"));
  const name = `recovered-${ONE}`;
  assertEquals(decide([lost]), { [ONE]: ["made-up", name, hashName(name)] });
  assertEquals(decide([lost], { unnamed: "quarantine" }), { [ONE]: ["quarantined", "", ONE] });
});

Deno.test("decideNames() makes up another name when that is taken", () => {
  const name = `recovered-${ONE}`;
  const states = [state(ONE, "", ["chromem-metadata-missing"]), state(hashName(name), name)];
  assertEquals(decide(states)[ONE]?.[1], `${name}-2`);
});

Deno.test("decideNames() flips a bit of a name back when the folder tells of it", () => {
  const misnamed = state(ONE, "ooe", ["chromem-folder-misnamed"]);
  assertEquals(decide([misnamed]), { [ONE]: ["restored", "one", ONE] });
});

Deno.test("decideNames() renames a folder that is named after nothing", () => {
  const misnamed = state("backup", "one", ["chromem-folder-misnamed"]);
  assertEquals(decide([misnamed]), { backup: ["renamed", "one", ONE] });
});

Deno.test("decideNames() leaves a folder without a name in which there is no document", () => {
  const text = state("notes", "", ["chromem-metadata-missing"], { hasDocuments: false });
  assertEquals(decide([text]), {});
});

Deno.test("decideNames() puts exchanged metadata files back where the documents tell of it", () => {
  const states = [
    state(ONE, "two", ["chromem-metadata-exchanged"], { told: ONE, ...matching(ONE, "one") }),
    state(TWO, "one", ["chromem-metadata-exchanged"], matching(TWO, "two")),
  ];
  assertEquals(decide(states), {
    [ONE]: ["restored", "one", ONE],
    [TWO]: ["restored", "two", TWO],
  });
});

Deno.test("decideNames() renames folders that were exchanged, and touches none when nothing tells", () => {
  const states = [
    state(ONE, "two", ["chromem-folder-misnamed"], { told: TWO }),
    state(TWO, "one", ["chromem-metadata-exchanged"], matching(TWO, "two")),
  ];
  const renamed = { [ONE]: ["renamed", "two", TWO], [TWO]: ["renamed", "one", ONE] } as const;
  assertEquals(decide(states), renamed);
  const untold = states.map((one) => ({
    ...one,
    findings: [createFinding("chromem-metadata-exchanged", { message: "" })],
    told: null,
    ...matching(one.folder, one.folder === ONE ? "one" : "two"),
  }));
  assertEquals(decide(untold), {});
  assertEquals(decide(untold, { isExchangeForced: true })[ONE], ["restored", "one", ONE]);
});

Deno.test("decideNames() keeps folders of one name apart, the one named after its hash as it is", () => {
  const states = [state(ONE, "one", ["chromem-collection-shadowed"]), state("ffffffff", "one")];
  const apart = "one-ffffffff";
  assertEquals(decide(states), { ffffffff: ["apart", apart, hashName(apart)] });
  assertEquals(decide(states, { shadowed: "merge" }), { ffffffff: ["merged", "one", ONE] });
  assertEquals(
    decide(states, { shadowed: "merge", canMerge: () => false }).ffffffff?.[0],
    "apart",
  );
  assertEquals(decide(states, { isContained: () => true }).ffffffff?.[0], "merged");
});

Deno.test("decideNames() gives the name to the folder that is loaded when none is named after it", () => {
  const states = [
    state("aaaaaaaa", "one", ["chromem-collection-shadowed"]),
    state("bbbbbbbb", "one"),
  ];
  const decisions = decide(states);
  assertEquals(decisions.aaaaaaaa?.[1], "one-aaaaaaaa");
  assertEquals(decisions.bbbbbbbb, ["renamed", "one", ONE]);
});

Deno.test("decideNames() gives a folder its own name rather than that of another one", () => {
  const states = [
    state(ONE, "one", ["chromem-collection-shadowed"]),
    state(TWO, "one", [], matching(TWO, "two")),
  ];
  assertEquals(decide(states, { shadowed: "merge" }), { [TWO]: ["restored", "two", TWO] });
});

Deno.test("decideNames() gives no name that a folder has which may not be touched", () => {
  const states = [
    state(ONE, "", ["chromem-metadata-missing"], matching(ONE, "one")),
    state("ffffffff", "one"),
  ];
  assertEquals(decide(states, { isRestricted: true }), {});
});
