/**
 * vecfsck: fsck for embedded vector stores.
 *
 * Says whether a store is safe to open, and names the file, the record and the byte that are not.
 * Everything works under `--allow-read --allow-write` alone, and a check writes nothing in a store.
 *
 * @example Is this store safe to open?
 * ```ts
 * import { checkStore, detectStore } from "@vecfsck/vecfsck";
 *
 * async function report(path: string): Promise<void> {
 *   if (detectStore(path) === null) return console.log("no store here");
 *   for await (const event of checkStore(path)) {
 *     if (event.type === "finding") console.log(event.code, event.path, event.message);
 *     else console.log(event.verdict);
 *   }
 * }
 * await report(".");
 * ```
 *
 * @module
 */

export {
  OperationError,
  type OperationErrorCode,
  type OperationErrorOptions,
} from "./lib/base/errors.ts";
export { type FindingCode, type FindingName, listFindingCodes } from "./lib/model/codes.ts";
export type { Severity } from "./lib/model/codes.ts";
export type { Finding, JsonValue, SeverityCounts, Verdict } from "./lib/model/finding.ts";
export type {
  CheckEvent,
  CheckLevel,
  ErrorEvent,
  FindingEvent,
  FormatName,
  SkippedBytes,
  SummaryEvent,
} from "./lib/model/report.ts";
export type { DetectedStore } from "./lib/model/store.ts";
export { detectStore } from "./lib/stores/registry.ts";
export {
  type BinFileValidation,
  validateBinFile,
} from "./lib/stores/chroma/segment/validate_bin_file.ts";
export type { BinFileProblem } from "./lib/hnsw/bin_file.ts";
export { type CheckOptions, type CheckProgress, checkStore } from "./lib/engine/check.ts";
export { type FindOptions, findStores } from "./lib/engine/find_stores.ts";
export { type ContentsOptions, readStoreContents } from "./lib/engine/contents.ts";
export type { CollectionContents } from "./lib/model/store.ts";
export {
  type Moment,
  quarantineStaleHnsw,
  type QuarantineStaleHnswOptions,
} from "./lib/quarantine/stale_hnsw.ts";
