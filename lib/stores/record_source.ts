/**
 * Opening the records of a store as a stream, whatever its format.
 *
 * @module
 */

import type { Turns } from "../base/turns.ts";
import type { RecordSource } from "../model/record_stream.ts";
import type { ContentsSettings, DetectedStore } from "../model/store.ts";
import { openChromaSource } from "./chroma/contents/chroma_source.ts";
import { openChromemSource } from "./chromem/document_source.ts";
import { openChromemExportSource } from "./chromem_export/export_source.ts";

/** How records are read. */
export interface SourceSettings extends ContentsSettings {
  /**
   * Whether vectors that wait in a queue are given as they were written. An engine that normalises
   * them serves them with other last bits, and gives these when left out.
   */
  readonly isAsWritten?: boolean;
}

/**
 * Opens the records of a store.
 *
 * @param store The store. It is whole; what cannot be believed of a damaged one is left out.
 * @param settings How they are read.
 * @param turns Lets others run meanwhile.
 * @returns The records; the caller disposes of them.
 * @throws {OperationError} The store cannot be read, or is in use.
 */
export async function openRecordSource(
  store: DetectedStore,
  settings: SourceSettings,
  turns: Turns,
): Promise<RecordSource> {
  switch (store.format) {
    case "chroma":
      return openChromaSource(store, settings);
    case "chromem":
      return await openChromemSource(store, turns);
    case "chromem-export":
      return await openChromemExportSource(store, settings, turns);
  }
}
