/**
 * Looking at the inside of a chromem-go database: some documents of each collection.
 *
 * @module
 */

import type { SampledVector } from "../../model/portrait.ts";
import type { DetectedStore, FileStamp } from "../../model/store.ts";
import { drawSample, SampleRoom, shareOf } from "../draw_sample.ts";
import type { Portrayal, PortrayOptions } from "../portray_format.ts";
import { judgeVector } from "./judge_vector.ts";
import { type Extension, extensionOf, METADATA_STEM, stemOf } from "./layout.ts";
import { readDocument } from "./read_gob_file.ts";
import { tryReading } from "./read_collections.ts";
import { shorten } from "./shorten.ts";

/** After so many files others may have their turn. */
const FILES_PER_TURN = 64;

/** The files of one folder. */
interface Folder {
  readonly metadata: FileStamp[];
  readonly documents: FileStamp[];
}

/**
 * Looks at the inside of a chromem-go database.
 *
 * @param store The database, which may be damaged in any way.
 * @param options Its files, and how much is drawn.
 * @yields Its collections; null where others may have their turn.
 * @returns What is known at the end; such a database has no queue.
 * @throws {OperationError} A file cannot be read.
 */
export function* portrayChromem({ path }: DetectedStore, options: PortrayOptions): Portrayal {
  const folders = groupByFolder(options.files);
  const chosen = [...folders].slice(0, options.mostCollections);
  const most = shareOf(options.mostVectors, chosen.length);
  for (const [name, { metadata, documents }] of chosen) {
    const { reading } = tryReading(path, metadata[0] ?? null);
    const vectors: SampledVector[] = [];
    const room = new SampleRoom();
    for (const [count, index] of drawSample(documents.length, most).entries()) {
      if (count % FILES_PER_TURN === 0) yield null;
      const file = documents[index];
      const vector = file === undefined ? null : readVector(path, file);
      if (vector !== null && room.take(vector.values?.length ?? 0)) vectors.push(vector);
    }
    const own = reading?.fault === null ? reading.value.Name ?? "" : "";
    yield {
      name: own === "" ? name : own,
      path: name,
      records: documents.length,
      dimension: vectors.find(({ values }) => values !== null)?.values?.length ?? null,
      drift: null,
      sample: { total: documents.length, vectors },
      slotIds: new Map(),
    };
  }
  return { leftOut: folders.size - chosen.length, lastWrite: null };
}

function groupByFolder(files: readonly FileStamp[]): Map<string, Folder> {
  const folders = new Map<string, Folder>();
  for (const file of files) {
    const [name = "", gob = "", ...below] = file.path.split("/");
    const extension: Extension | null = extensionOf(gob);
    if (extension === null || below.length > 0 || file.aggregate === true) continue;
    let folder = folders.get(name);
    if (folder === undefined) folders.set(name, folder = { metadata: [], documents: [] });
    const isMetadata = stemOf({ name: gob, extension }) === METADATA_STEM;
    (isMetadata ? folder.metadata : folder.documents).push(file);
  }
  return folders;
}

function readVector(storePath: string, file: FileStamp): SampledVector {
  const { value, fault } = readDocument(storePath, file);
  const { ID: id = "", Embedding: embedding } = value;
  const label = id === "" ? file.path : shorten(id);
  if (fault === null && (embedding === undefined || embedding.length === 0)) {
    return { values: null, state: "missing", label };
  }
  const isWhole = fault === null && embedding !== undefined &&
    judgeVector(embedding).notFinite === 0;
  return isWhole
    ? { values: embedding.slice(), state: "live", label }
    : { values: null, state: "damaged", label };
}
