/**
 * Which name each collection gets, and each folder. Nothing is read here.
 *
 * | what is wrong                          | what is done                                        |
 * | -------------------------------------- | --------------------------------------------------- |
 * | the name is lost                       | the one name that fits the folder; else the name    |
 * |                                        | with one bit flipped back; else what an older copy  |
 * |                                        | or a file that breaks off later says; else a name   |
 * |                                        | is made up, or the folder is moved aside            |
 * | the folder has another name's hash     | the same for a name that fits it; else it is renamed |
 * | folders share a name                   | a name that fits the folder; else it gets another   |
 * |                                        | name, or its documents join the others              |
 *
 * Of several folders of one name that one keeps it that is named after its hash; else the one that
 * the engine loads, which comes last. A folder of which the documents are all in that one, or that
 * has none, joins it in any case.
 *
 * Where each of several folders holds the name of another one, the metadata files or the folders were
 * exchanged. What the documents tell, or a backup, decides; else nothing is done unless it is asked
 * for, for the engine serves the second right as it is.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { RepairRequest } from "../../repair_format.ts";
import { isFolderName } from "../layout.ts";
import { hashName } from "../name_hash.ts";
import type { NameMatch } from "../names/name_matches.ts";
import { correctBit } from "./correct_bit.ts";

/** What is known of the name of a collection. */
export interface NameState {
  /** The folder. */
  readonly folder: string;
  /** The name that its metadata file holds, as far as it can be read; empty for none. */
  readonly name: string;
  /** Whether the file can be read as far as the name. */
  readonly isNameWhole: boolean;
  /** The findings about its name that are answered. */
  readonly findings: readonly Finding[];
  /** The names of which the folder is the hash. */
  readonly matches: readonly NameMatch[];
  /** What an older copy has in this folder; empty for nothing. */
  readonly older: { readonly name: string; readonly source: string } | null;
  /** The folder to which the documents belong, as they or a backup tell; null for neither. */
  readonly told: string | null;
  /** Whether anything in it is a document, as far as that can be read. */
  readonly hasDocuments: boolean;
}

/** What becomes of a name. */
export type NameFate =
  /** The name that belongs to the folder is written. */
  | "restored"
  /** Nothing tells the name, and one is made up. */
  | "made-up"
  /** Nothing tells the name, and the folder is moved aside. */
  | "quarantined"
  /** The name is right, and the folder is not. */
  | "renamed"
  /** Another folder keeps the name. */
  | "apart"
  /** The documents join those of the folder that keeps the name. */
  | "merged";

/** What becomes of one collection. */
export interface NameDecision {
  /** The folder. */
  readonly folder: string;
  /** What becomes of it. */
  readonly fate: NameFate;
  /** The name of the collection in the end. */
  readonly name: string;
  /** The name of the folder in the end. */
  readonly target: string;
  /** Where the name comes from, for people. */
  readonly source: string;
  /** The findings that it answers. */
  readonly findings: readonly Finding[];
}

/** How names are decided on. */
export interface NamePolicy extends Pick<RepairRequest, "unnamed" | "shadowed"> {
  /** Whether the documents of two folders can stand in one. */
  readonly canMerge: (folder: string, keeper: string) => boolean;
  /** Whether all documents of a folder stand in another one as well, or one of the two has none. */
  readonly isContained: (folder: string, keeper: string) => boolean;
  /** Whether folders of which no finding asks for anything are left alone. */
  readonly isRestricted: boolean;
  /** Whether exchanged metadata files are put back without anything that tells of them. */
  readonly isExchangeForced: boolean;
}

const MISNAMED = "chromem-folder-misnamed";
const SHADOWED = "chromem-collection-shadowed";
const EXCHANGED = "chromem-metadata-exchanged";

/**
 * Decides on names.
 *
 * @param states All collections.
 * @param policy What was asked for.
 * @returns What becomes of those that do not stay as they are.
 */
export function decideNames(
  states: readonly NameState[],
  policy: NamePolicy,
): Map<string, NameDecision> {
  const decisions = new Map<string, NameDecision>();
  const taken = new Set(states.map(({ name }) => name));
  const folders = new Set(states.map(({ folder }) => folder));
  const swapped = listSwapped(states, policy);
  for (const state of states) {
    const decision = swapped.has(state)
      ? swapped.get(state) ?? null
      : isBroken(state)
      ? decideLost(state, policy, taken)
      : state.findings.some(({ name }) => name === MISNAMED)
      ? decideMisnamed(state, folders)
      : null;
    if (decision === null) continue;
    decisions.set(state.folder, decision);
    taken.add(decision.name);
  }
  const named = Map.groupBy(
    states.filter(({ folder }) => decisions.get(folder)?.fate !== "quarantined"),
    (state) => nameOf(state, decisions),
  );
  for (const [name, sharers] of named) {
    if (name !== "" && sharers.length > 1) {
      decideShared(name, sharers, { decisions, policy, taken });
    }
  }
  return decisions;
}

/**
 * Lists the folders each of which holds the name of another one of them, unless it was the metadata
 * files that were exchanged; null for those of which nothing tells what was.
 */
function listSwapped(
  states: readonly NameState[],
  { isExchangeForced }: NamePolicy,
): Map<NameState, NameDecision | null> {
  const byFolder = new Map(states.map((state) => [state.folder, state]));
  const swapped = new Map<NameState, NameDecision | null>();
  for (const state of states) {
    const cycle = followNames(state, byFolder);
    if (cycle === null || swapped.has(state)) continue;
    const isFolder = cycle.some(({ folder, told }) => told !== null && told !== folder);
    const isFile = cycle.some(({ folder, told }) => told === folder);
    if (isFile || (!isFolder && isExchangeForced)) continue;
    for (const one of cycle) {
      const source = "its metadata file";
      swapped.set(one, isFolder ? decide(one, "renamed", one.name, source) : null);
    }
  }
  return swapped;
}

/** The folders that hold each other's names, from one of them on; null where they form no circle. */
function followNames(
  first: NameState,
  byFolder: ReadonlyMap<string, NameState>,
): NameState[] | null {
  const cycle: NameState[] = [];
  let state: NameState | undefined = first;
  while (state !== undefined && !cycle.includes(state)) {
    const isInPlace = state.name === "" || hashName(state.name) === state.folder;
    if (isInPlace || !state.findings.some(({ name }) => name === EXCHANGED || name === MISNAMED)) {
      return null;
    }
    cycle.push(state);
    state = byFolder.get(hashName(state.name));
  }
  return state === first ? cycle : null;
}

/** Whether the name is lost, or belongs to another folder. */
function isBroken({ findings }: NameState): boolean {
  return findings.some(({ name }) => name !== MISNAMED && name !== SHADOWED);
}

function nameOf({ folder, name }: NameState, decisions: ReadonlyMap<string, NameDecision>): string {
  return decisions.get(folder)?.name ?? name;
}

function decideLost(
  state: NameState,
  { unnamed }: NamePolicy,
  taken: ReadonlySet<string>,
): NameDecision | null {
  const fitting = decideFitting(state);
  if (fitting !== null) return fitting;
  // When everything in it that is no document has left, the engine passes over it.
  if (!state.hasDocuments && !isFolderName(state.folder)) return null;
  const { folder, name, isNameWhole, older, findings } = state;
  if (older !== null) return decide(state, "restored", older.name, older.source);
  // The name of another folder is whole, and wrong here.
  const isOwn = !findings.some((finding) => finding.name === EXCHANGED);
  if (name !== "" && isNameWhole && isOwn) {
    return decide(state, "restored", name, "the damaged metadata file");
  }
  if (unnamed === "quarantine") {
    return { folder, fate: "quarantined", name: "", target: folder, source: "", findings };
  }
  return decide(state, "made-up", findFreeName(`recovered-${folder}`, taken), "the folder's name");
}

/** A name that fits the folder, if there is just one. */
function decideFitting(state: NameState): NameDecision | null {
  const { folder, name, matches } = state;
  const [match, other] = matches;
  if (match !== undefined && other === undefined) {
    return decide(state, "restored", match.name, match.source);
  }
  const corrected = name === "" || !isFolderName(folder) ? null : correctBit(name, folder);
  if (corrected === null || matches.length > 0) return null;
  return decide(state, "restored", corrected, `${ONE_BIT} of which was flipped`);
}

const ONE_BIT = "the metadata file, one bit";

function decideMisnamed(state: NameState, folders: ReadonlySet<string>): NameDecision {
  // Where a folder of that name is there, two folders have changed their places.
  const isSwapped = folders.has(hashName(state.name));
  const fitting = isSwapped ? null : decideFitting(state);
  return fitting ?? decide(state, "renamed", state.name, "its metadata file");
}

/** What decisions on folders of one name need. */
interface Shared {
  readonly decisions: Map<string, NameDecision>;
  readonly policy: NamePolicy;
  readonly taken: Set<string>;
}

function decideShared(
  name: string,
  sharers: readonly NameState[],
  { decisions, policy, taken }: Shared,
): void {
  const findings = sharers.flatMap((state) =>
    state.findings.filter((finding) => finding.name === SHADOWED)
  );
  if (findings.length === 0 && policy.isRestricted) {
    // What would now share the name was not to be touched.
    for (const { folder } of sharers) decisions.delete(folder);
    return;
  }
  const hash = hashName(name);
  const keeper = sharers.find(({ folder }) => folder === hash) ?? sharers.at(-1);
  for (const state of sharers) {
    const answered = { ...state, name, findings: [...state.findings, ...findings] };
    if (state !== keeper) {
      const decision = decideSharer(answered, { policy, taken, keeper: keeper?.folder ?? "" });
      decisions.set(state.folder, decision);
      taken.add(decision.name);
    } else if (state.folder !== hash) {
      decisions.set(state.folder, decide(answered, "renamed", name, "its metadata file"));
    }
  }
}

function decideSharer(
  state: NameState,
  { policy, taken, keeper }: Omit<Shared, "decisions"> & { readonly keeper: string },
): NameDecision {
  const { folder, name } = state;
  const fitting = decideFitting(state);
  if (fitting !== null && fitting.name !== name) return fitting;
  const isAsked = policy.shadowed === "merge" && policy.canMerge(folder, keeper);
  if (isAsked || policy.isContained(folder, keeper)) {
    return { ...decide(state, "merged", name, ""), target: keeper };
  }
  return decide(state, "apart", findFreeName(`${name}-${folder}`, taken), "the two names");
}

function decide(
  { folder, findings }: NameState,
  fate: NameFate,
  name: string,
  source: string,
): NameDecision {
  return { folder, fate, name, target: hashName(name), source, findings };
}

function findFreeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
  return name;
}
