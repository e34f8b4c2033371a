/**
 * Planning the repair of a chromem-go database. The stages run in this order, each on what the stage
 * before it leaves:
 *
 * | stage      | what it puts right                                                         |
 * | ---------- | -------------------------------------------------------------------------- |
 * | extensions | files that the engine does not look at                                     |
 * | names      | names of collections and folders, metadata files                           |
 * | places     | documents under a wrong name, or in a wrong folder; flipped bits of ids    |
 * | damaged    | documents that cannot be read                                              |
 * | vectors    | embeddings that cannot be used, or are not normalised                      |
 * | rewrites   | files with something behind their value                                    |
 * | merges     | folders of one collection become one                                       |
 *
 * All of it is planned on a working database (`working_database.ts`), which is nothing but names and
 * where bytes come from; the documents themselves are read when their files are staged. What has
 * been put right can show what was hidden behind it: so the working database is checked again, and
 * the stages run once more on what is new. Documents that were handed in come last.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { UnansweredFinding } from "../../../model/repair.ts";
import { listAnswers } from "../../repair_steps.ts";
import { planAdded } from "./added_stage.ts";
import type { ChromemRepair, PlannedStep } from "./chromem_repair.ts";
import { planDamaged } from "./damaged_stage.ts";
import { DimensionReader } from "./dimensions.ts";
import { planExtensions } from "./extension_stage.ts";
import { FindingIndex, isWanted } from "./finding_index.ts";
import { HandedInDocuments } from "./handed_in_documents.ts";
import { planMerges } from "./merge_stage.ts";
import { planNames } from "./name_stage.ts";
import { listUnanswered } from "./no_cure.ts";
import { planPlaces } from "./place_stage.ts";
import { makePreview } from "./preview.ts";
import { planLeftovers, planRewrites } from "./rewrite_stage.ts";
import { planVectors } from "./vector_stage.ts";
import type { WorkingDatabase } from "./working_database.ts";

/** How often the stages run: what lies behind three damages of one place is left to a next repair. */
const MOST_ROUNDS = 4;

/** What was planned. */
export interface PlannedRounds {
  /** The steps. */
  readonly steps: readonly PlannedStep[];
  /** The findings that no step answers. */
  readonly unanswered: readonly UnansweredFinding[];
}

/**
 * Plans a repair.
 *
 * @param repair What is known of the database.
 * @returns The steps, in the order in which they are carried out.
 * @throws {OperationError} The database cannot be read, or what was handed in is wrong.
 */
export async function planRounds(repair: ChromemRepair): Promise<PlannedRounds> {
  const { request, database } = repair;
  const steps: PlannedStep[] = [];
  const answered = new Set<string>();
  let findings = request.findings;
  let handedIn: HandedInDocuments | null = null;
  for (let round = 1;; round++) {
    const wanted = findings.filter((finding) => isWanted(finding, request));
    const index = new FindingIndex(wanted, (path) => toKey(database, path));
    const stages = new Stages({ ...repair, findings: index, settled: [] });
    const planned = stages.plan(handedIn);
    handedIn = stages.handedIn;
    if (round === 1) planned.push(...planLeftovers(repair, wanted));
    steps.push(...planned);
    for (const answer of planned.flatMap(({ step }) => step.answers)) answered.add(keyOf(answer));
    findings = findings.filter((finding) => !answered.has(keyOf(finding)));
    if (round === MOST_ROUNDS || !canUncover(planned)) break;
    request.signal?.throwIfAborted();
    const seen = await request.check(makePreview(repair, round));
    // What was answered and is there still is left so on purpose.
    findings = [...findings.filter(isBeside), ...seen.filter((one) => !answered.has(keyOf(one)))];
  }
  const unanswered = listUnanswered(findings, request, (path) => toNewPath(database, path));
  if (handedIn !== null) steps.push(...planAdded(repair, handedIn));
  return { steps, unanswered };
}

/** Whether more may be seen after steps than before them. */
function canUncover(steps: readonly PlannedStep[]): boolean {
  return steps.length > 1 || steps.some(({ step }) => step.kind === "rename-files");
}

/** Whether a finding is about what a preview does not show: it has the files of collections alone. */
function isBeside({ code, name }: Finding): boolean {
  return BESIDE.has(name) || !code.startsWith("VF3");
}

const BESIDE: ReadonlySet<Finding["name"]> = new Set([
  "chromem-leftover",
  "chromem-folder-empty",
  "chromem-not-a-folder",
]);

function keyOf({ code, path }: { readonly code: string; readonly path: string | null }): string {
  return `${code} ${path ?? ""}`;
}

/** The path by which the stages know something that a finding names by where it is now. */
function toKey({ folders }: WorkingDatabase, path: string): string {
  const [name = "", inner] = path.split("/");
  const folder = folders.find((one) => one.fate === "stays" && one.name === name);
  if (folder === undefined) return path;
  return inner === undefined ? folder.origin.name : folder.files.get(inner)?.path ?? path;
}

/** Where something is after the repair of which a finding tells that is left. */
function toNewPath({ folders }: WorkingDatabase, path: string): string {
  const [name = "", ...rest] = path.split("/");
  const folder = folders.find(({ origin }) => origin.name === name);
  if (folder === undefined) return path;
  for (const [inner, file] of rest.length === 0 ? [] : folder.files) {
    if (file.path === path) return `${folder.name}/${inner}`;
  }
  return [folder.name, ...rest].join("/");
}

/** One run of the stages. */
class Stages {
  /** The documents that were handed in, once they have been read. */
  handedIn: HandedInDocuments | null = null;
  readonly #repair: ChromemRepair;

  constructor(repair: ChromemRepair) {
    this.#repair = repair;
  }

  plan(handedIn: HandedInDocuments | null): PlannedStep[] {
    const repair = this.#repair;
    const steps = [planExtensions, planNames, planPlaces].flatMap((plan) => {
      repair.request.signal?.throwIfAborted();
      return plan(repair);
    });
    // Lines name collections as they are called in the end.
    this.handedIn = handedIn ?? HandedInDocuments.read(repair);
    const parts = {
      handedIn: this.handedIn,
      dimensions: new DimensionReader(repair.database),
    };
    for (const plan of [planDamaged, planVectors, planRewrites]) {
      repair.request.signal?.throwIfAborted();
      steps.push(...plan(repair, parts));
    }
    return planMerges(repair, answerSettled(steps, repair.settled));
  }
}

/** A finding about a folder is answered by the last step that takes its cause away. */
function answerSettled(
  steps: readonly PlannedStep[],
  settled: readonly Finding[],
): PlannedStep[] {
  return steps.map((planned, index) => {
    const { step } = planned;
    const own = settled.filter(({ path }) =>
      path === step.segment && !steps.slice(index + 1).some((later) => later.step.segment === path)
    );
    if (own.length === 0) return planned;
    return { ...planned, step: { ...step, answers: [...step.answers, ...listAnswers(own)] } };
  });
}
