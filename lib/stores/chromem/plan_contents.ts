/**
 * Reading what the collections of a database hold.
 *
 * @module
 */

import type { Turns } from "../../base/turns.ts";
import type {
  ContentsPlan,
  ContentsSettings,
  DetectedStore,
  TaskContext,
  TaskResult,
} from "../../model/store.ts";
import { ContentsHash } from "./contents_hash.ts";
import { documentFilesOf, readLayoutInSteps } from "./layout.ts";
import { readCollections } from "./read_collections.ts";
import { readDocument } from "./read_gob_file.ts";
import type { ContentsTask } from "./tasks.ts";

/**
 * Plans reading the collections of a database: those that chromem-go loads, and those whose name is
 * lost, which go by the name of their folder.
 *
 * @param store The database.
 * @param _settings Nothing of it is encrypted.
 * @param turns Lets others run meanwhile.
 * @returns A task for each collection.
 * @throws {OperationError} The directory or a metadata file cannot be read.
 */
export async function planChromemContents(
  store: DetectedStore,
  _settings: ContentsSettings,
  turns: Turns,
): Promise<ContentsPlan> {
  const layout = await turns.run(readLayoutInSteps(store.path));
  const tasks: ContentsTask[] = [];
  for (const { folder, name, failure, isVisible } of readCollections(layout)) {
    if (failure !== null) throw failure;
    const files = documentFilesOf(folder, layout.extension);
    if (files.length === 0 && !isVisible) continue;
    tasks.push({
      kind: "contents",
      sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      payload: {
        storePath: store.path,
        folder: folder.name,
        name: name ?? folder.name,
        files: files.map((file) => [file.name, file.sizeBytes] as const),
      },
    });
  }
  return { tasks, release() {} };
}

/**
 * Reads what a collection holds.
 *
 * @param task The collection.
 * @param context Is told of progress.
 * @returns The contents; a document that cannot be decoded is not counted.
 * @throws {OperationError} A file cannot be read.
 */
export function runContentsTask({ payload }: ContentsTask, context: TaskContext): TaskResult {
  const { storePath, folder, name, files } = payload;
  const hash = new ContentsHash();
  const checkedBytes: Record<string, number> = {};
  for (const [file, sizeBytes] of files) {
    const path = `${folder}/${file}`;
    const { value, fault } = readDocument(storePath, { path, sizeBytes });
    if (fault === null) hash.add(value);
    checkedBytes[path] = sizeBytes;
    context.progress(sizeBytes);
  }
  return { findings: [], checkedBytes, contents: [{ id: folder, name, ...hash.contents }] };
}
