/**
 * The last step of a check: what only the documents of all parts together show.
 *
 * @module
 */

import { basename } from "@std/path";
import type { Finding } from "../../model/finding.ts";
import type { Conclusion, FileStamp } from "../../model/store.ts";
import { checkCollections, listDoubtful, type NameEvidence, placeOf } from "./check_collections.ts";
import { checkExtensionFlag } from "./check_layout.ts";
import { checkMisnamed, type MisnamedGroup } from "./check_misnamed.ts";
import {
  checkDimensions,
  checkNormalised,
  EmbeddingTally,
  majorityDimension,
} from "./embedding_tally.ts";
import { type ExtensionVotes, METADATA_STEM } from "./layout.ts";
import { NameMatches } from "./names/name_matches.ts";
import { offerKnownNames } from "./names/offer_known_names.ts";
import { type Collection, tryReading } from "./read_collections.ts";
import { StoreWitness } from "./store_witness.ts";
import type { ChromemSurvey } from "./survey.ts";
import type { DocumentsFacts, MisnamedDocument, TaskFacts } from "./tasks.ts";

/**
 * Concludes a check of a database.
 *
 * @param survey What the first step learned.
 * @param facts What the tasks have left.
 * @returns The findings that are left, and how many documents there are.
 */
export function concludeChromem(survey: ChromemSurvey, facts: readonly TaskFacts[]): Conclusion {
  const { found, layout } = survey;
  const parts = facts.flatMap(({ documents }) => documents ?? []);
  const folders = joinParts(found, parts);
  const misnamed = checkMisnamed(
    folders.map(toGroup),
    layout.folders.map(({ name }) => name),
    new StoreWitness(layout),
  );
  const duplicates = misnamed.filter(({ name }) => name === "document-duplicate").length;
  const decoded = folders.reduce((sum, { documents }) => sum + documents, 0);
  return {
    findings: [
      ...checkCollections(found, gatherEvidence(survey, parts)),
      ...checkExtensionFlag(layout, countContents(found, parts)),
      ...checkEmbeddings(folders),
      ...misnamed,
    ],
    records: survey.settings.level === "quick" ? null : decoded - duplicates,
  };
}

/** The documents of a collection. */
interface FolderFacts {
  readonly collection: Collection;
  /** How many chromem-go loads, duplicates included. */
  readonly documents: number;
  readonly tally: EmbeddingTally;
  readonly misnamed: readonly MisnamedDocument[];
}

function joinParts(
  collections: readonly Collection[],
  parts: readonly DocumentsFacts[],
): FolderFacts[] {
  const byFolder = Map.groupBy(parts, ({ folder }) => folder);
  return collections.map((collection) => {
    const own = byFolder.get(collection.folder.name) ?? [];
    const tally = new EmbeddingTally();
    for (const { embeddings } of own) tally.addFacts(embeddings);
    const documents = own.reduce(
      (sum, part) => sum + (part.documents[collection.extension] ?? 0),
      0,
    );
    const misnamed = own.flatMap((part) => part.misnamed)
      .sort((one, other) => one.name < other.name ? -1 : 1);
    return { collection, documents, tally, misnamed };
  });
}

function toGroup({ collection: one, misnamed }: FolderFacts): MisnamedGroup {
  const { segment, collection } = placeOf(one);
  return { folder: segment, collection, documents: misnamed };
}

function gatherEvidence(
  { layout, found, settings }: ChromemSurvey,
  parts: readonly DocumentsFacts[],
): NameEvidence {
  const matches = new NameMatches(listDoubtful(found));
  offerKnownNames(matches, { path: layout.path }, settings.names);
  for (const { folder, file, reading, name } of found) {
    const held = name ?? reading?.value.Name ?? "";
    const state = name === null ? "what is left of " : "";
    if (file !== null) matches.offer(held, `${state}${folder.name}/${file.name}`);
    for (const leftover of folder.leftovers) offerLeftover(matches, layout.path, leftover);
  }
  const toldBy = new Map<string, Set<string>>();
  for (const { folder, matches: told } of parts) {
    const folders = toldBy.get(folder) ?? new Set();
    toldBy.set(folder, folders);
    for (const match of told) {
      matches.add(match);
      folders.add(match.folder);
    }
  }
  return { matches, toldBy };
}

/** A repair leaves a copy of a metadata file that it replaces, and so do rescues by hand. */
function offerLeftover(matches: NameMatches, storePath: string, file: FileStamp): void {
  if (!basename(file.path).startsWith(METADATA_STEM)) return;
  const { reading } = tryReading(storePath, file);
  matches.offer(reading?.value.Name ?? "", file.path);
}

function countContents(
  collections: readonly Collection[],
  parts: readonly DocumentsFacts[],
): ExtensionVotes {
  const votes = { ".gob": 0, ".gob.gz": 0 };
  for (const { reading } of collections) {
    if (reading !== null && reading.sizeBytes > 0) votes[reading.isGzip ? ".gob.gz" : ".gob"]++;
  }
  for (const { contents } of parts) {
    votes[".gob"] += contents[".gob"];
    votes[".gob.gz"] += contents[".gob.gz"];
  }
  return votes;
}

function checkEmbeddings(folders: readonly FolderFacts[]): Finding[] {
  return folders.flatMap(({ collection, tally, documents }, index) => {
    const place = placeOf(collection);
    const { facts } = tally;
    const others = folders.filter((_, other) => other !== index);
    const preferred = facts.dimensions.length > 1 ? usualDimension(others) : null;
    return [
      ...checkDimensions(
        facts,
        preferred,
        (label) => ({ ...place, path: `${place.segment}/${label}` }),
      ),
      ...checkNormalised(facts, place, documents),
    ];
  });
}

/** The number of dimensions that most documents of some collections have. */
function usualDimension(folders: readonly FolderFacts[]): number | null {
  const tally = new EmbeddingTally();
  for (const folder of folders) tally.addFacts(folder.tally.facts);
  return majorityDimension(tally.facts, null);
}
