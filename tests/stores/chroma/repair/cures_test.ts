/**
 * Tests of `lib/stores/chroma/repair/cures.ts`.
 */
import { assert, assertEquals } from "@std/assert";
import { FINDING_CODES } from "../../../../lib/model/codes.ts";
import { createFinding } from "../../../../lib/model/finding.ts";
import type { FindingName } from "../../../../lib/model/finding_names.ts";
import {
  cureOf,
  isWanted,
  REPAIR_STAGES,
  stageOf,
} from "../../../../lib/stores/chroma/repair/cures.ts";
import { repairRequest } from "./repair_request.ts";

// The codes from VF30 on are those of another engine.
const NAMES = (Object.keys(FINDING_CODES) as FindingName[])
  .filter((name) => FINDING_CODES[name].code < "VF30");

Deno.test("cureOf() gives a reason for every finding that no stage answers", () => {
  for (const name of NAMES) {
    const cure = cureOf(name);
    if (typeof cure === "string") assert(REPAIR_STAGES.includes(cure), name);
    else assert(/^[A-Z].+\.$/.test(cure.reason), `${name}: ${cure.reason}`);
  }
});

Deno.test("cureOf() has a stage for every finding that can kill an engine", () => {
  const uncured = NAMES.filter((name) =>
    FINDING_CODES[name].severity === "fatal" && typeof cureOf(name) !== "string"
  );
  assertEquals(uncured, []);
});

Deno.test("stageOf() tells the stage of a finding, and null where there is none", () => {
  assertEquals(stageOf(createFinding("header-truncated", { message: "a" })), "index");
  assertEquals(stageOf(createFinding("tenant-missing", { message: "a" })), "catalogue");
  assertEquals(stageOf(createFinding("foreign-entry", { message: "a" })), null);
});

Deno.test("isWanted() leaves alone what means no damage when nobody asks for it", () => {
  const orphan = createFinding("orphan-segment-directory", { message: "a" });
  const torn = createFinding("header-truncated", { message: "a", collection: "notes" });
  assertEquals(isWanted(orphan, repairRequest()), false);
  assertEquals(isWanted(torn, repairRequest()), true);
  const onlyCodes = new Set(["VF1004"]);
  assertEquals(isWanted(orphan, repairRequest({ onlyCodes })), true);
  assertEquals(isWanted(torn, repairRequest({ onlyCodes })), false);
});

Deno.test("isWanted() takes only one collection when it is named", () => {
  const finding = createFinding("header-truncated", { message: "a", collection: "notes" });
  assertEquals(isWanted(finding, repairRequest({ onlyCollection: "notes" })), true);
  assertEquals(isWanted(finding, repairRequest({ onlyCollection: "other" })), false);
});

Deno.test("isWanted() takes deleted slots when they are to be erased", () => {
  const finding = createFinding("deleted-slots", { message: "a" });
  assertEquals(isWanted(finding, repairRequest()), false);
  assertEquals(isWanted(finding, repairRequest({ eraseDeleted: true })), true);
});
