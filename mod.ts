/**
 * vecfsck: fsck for embedded vector stores.
 *
 * Says whether a store of Chroma or chromem-go is safe to open, names the file, the record and the
 * byte that are not, and brings the store back with everything that is still on the disk. Everything
 * works under `--allow-read --allow-write` alone, and a check writes nothing in a store.
 *
 * - before a store is opened: {@linkcode checkStore}, {@linkcode guardStore},
 *   {@linkcode isolatedCheck};
 * - when it is damaged: {@linkcode planStoreRepair}, {@linkcode repairStore}, {@linkcode undoRepair},
 *   {@linkcode exportRecords};
 * - while it is written: {@linkcode withTransactionGuard}, {@linkcode safeBatches},
 *   {@linkcode memoryGuard};
 * - all day: {@linkcode startMonitor}, {@linkcode createBackup}, {@linkcode systemStatus}.
 *
 * The command line of the same name is in `@vecfsck/vecfsck/cli`.
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
 * @example What would a repair save, and what is lost?
 * ```ts
 * import { detectStore, planStoreRepair } from "@vecfsck/vecfsck";
 *
 * if (detectStore(".") !== null) {
 *   for (const { title, gains, losses } of (await planStoreRepair(".")).steps) {
 *     console.log(title, gains, losses);
 *   }
 * }
 * ```
 *
 * @module
 */

export {
  OperationError,
  type OperationErrorCode,
  type OperationErrorOptions,
} from "./lib/base/errors.ts";
export {
  type FindingCode,
  type FindingName,
  type ListedFindingCode,
  listFindingCodes,
} from "./lib/model/codes.ts";
export type { ChromemFindingName, StoreFindingName } from "./lib/model/finding_names.ts";
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
export { checkStore } from "./lib/engine/check.ts";
export type { CheckOptions, CheckProgress } from "./lib/engine/check_options.ts";
export { type FindOptions, findStores } from "./lib/engine/find_stores.ts";
export {
  checkDimension,
  type CollectionDimensions,
  type DimensionCheck,
  type DimensionCount,
} from "./lib/engine/check_dimension.ts";
export { type ContentsOptions, readStoreContents } from "./lib/engine/contents.ts";
export type { CollectionContents, FileStamp, LeftOut } from "./lib/model/store.ts";
export {
  type Moment,
  quarantineStaleHnsw,
  type QuarantineStaleHnswOptions,
} from "./lib/quarantine/stale_hnsw.ts";
export {
  type ChromemCollection,
  type FittingName,
  listChromemCollections,
  type ListChromemOptions,
} from "./lib/chromem/list_collections.ts";
export {
  type ChromemDocument,
  type DamagedChromemDocument,
  readChromemCollection,
  type ReadChromemOptions,
} from "./lib/chromem/read_collection.ts";
export {
  recoverChromemMetadata,
  type RecoverMetadataSettings,
} from "./lib/chromem/recover_metadata.ts";
export { planStoreRepair } from "./lib/repair/plan_repair.ts";
export { repairStore } from "./lib/repair/repair_store.ts";
export type {
  KeptFile,
  RepairOutcome,
  RepairPlanSettings,
  RepairSettings,
  StoreState,
} from "./lib/repair/outcome.ts";
export { planUndo } from "./lib/repair/plan_undo.ts";
export { undoRepair } from "./lib/repair/undo_repair.ts";
export type {
  UndoOutcome,
  UndoPlan,
  UndoPlanSettings,
  UndoSettings,
} from "./lib/repair/undo_outcome.ts";
export type {
  AnsweredFinding,
  IndexStrategy,
  LossKind,
  LossOutcome,
  RecallSample,
  RepairDraft,
  RepairGain,
  RepairLoss,
  RepairPlan,
  RepairStep,
  RepairStepKind,
  RepairVerification,
  UnansweredFinding,
} from "./lib/model/repair.ts";
export type { RepairProgress } from "./lib/stores/repair_format.ts";
export { createReport, type ReportOptions } from "./lib/report/create_report.ts";
export type {
  CollectionReport,
  CollectionsReport,
  DamagedRange,
  FileReport,
  FilesReport,
  FindingKindReport,
  FindingsReport,
  FoldedFiles,
  HistoryEntry,
  NextStep,
  ProjectedPoint,
  ProjectionReport,
  ReportFailure,
  ReportModel,
  StoreReport,
} from "./lib/report/report_model.ts";
export type { DriftReading, GraphReading, VectorState } from "./lib/model/portrait.ts";
export { renderReport } from "./lib/output/report_page/report_page.ts";
export { planOptimization } from "./lib/optimize/plan_optimization.ts";
export { optimizeStore } from "./lib/optimize/optimize_store.ts";
export type {
  OptimizationOutcome,
  OptimizationPlan,
  OptimizationPlanSettings,
  OptimizationSettings,
  UsedBackup,
} from "./lib/optimize/outcome.ts";
export type {
  OptimizationAction,
  OptimizationDraft,
  OptimizationFigure,
  OptimizationKind,
  OptimizationMeasure,
  OptimizationRest,
} from "./lib/model/optimization.ts";
export type { JournalMode } from "./lib/stores/optimize_format.ts";
export {
  type ExportedRecord,
  type ExportedValue,
  exportRecords,
  type ReadRecordsSettings,
} from "./lib/export/export_records.ts";
export type { ExportLosses, ExportRecordsSettings } from "./lib/export/outcome.ts";
export type { CollectionFacts } from "./lib/model/record_stream.ts";
export {
  isolatedCheck,
  type IsolatedCheckOptions,
  type IsolatedCheckResult,
} from "./lib/isolation/isolated_check.ts";
export {
  isolatedProbe,
  type IsolatedProbeOptions,
  type ProbeOutcome,
  type ProbeResult,
} from "./lib/isolation/isolated_probe.ts";
export { guardStore } from "./lib/guard/guard_store.ts";
export type {
  GuardCure,
  GuardOutcome,
  GuardPolicy,
  GuardProbe,
  GuardSettings,
  GuardState,
} from "./lib/guard/guard_outcome.ts";
export { type StatusOptions, systemStatus } from "./lib/status/read_status.ts";
export type {
  BackupsStatus,
  BackupStatus,
  CollectionsStatus,
  CollectionStatus,
  FindingKindStatus,
  FullCheckStatus,
  GrowthStatus,
  HealthStatus,
  QuarantineStatus,
  SystemStatus,
  WatchActionStatus,
  WatchStatus,
} from "./lib/status/system_status.ts";
export type { QueueStatistics, SizeStatistics } from "./lib/model/statistics.ts";
export { createStoreBackup as createBackup } from "./lib/backup/create_store_backup.ts";
export type { BackupOutcome, BackupSettings } from "./lib/backup/create_options.ts";
export type { ListedBackup } from "./lib/backup/catalogue.ts";
export type {
  BackupCheck,
  BackupDirectory,
  BackupFile,
  BackupManifest,
  BackupScope,
  SourceStamp,
} from "./lib/backup/manifest.ts";
export type { BackupProblem, Verification, VerificationLevel } from "./lib/backup/verification.ts";
export { withTransactionGuard } from "./lib/writing/transaction/with_transaction_guard.ts";
export { recoverTransaction } from "./lib/writing/transaction/recover_transaction.ts";
export { TransactionError } from "./lib/writing/transaction/transaction_error.ts";
export type {
  GuardedWrite,
  RecordCounts,
  RecoveredTransaction,
  RecoverTransactionSettings,
  RollbackOutcome,
  RollbackWay,
  TransactionAction,
  TransactionContext,
  TransactionErrorFacts,
  TransactionFailure,
  TransactionSettings,
  TransactionState,
  Unrestored,
} from "./lib/writing/transaction/transaction_options.ts";
export type {
  RecordsClient,
  RollbackCollection,
} from "./lib/writing/transaction/records_client.ts";
export { type MemoryStatus } from "./lib/machine/memory.ts";
export {
  type MemoryGuard,
  memoryGuard,
  type MemoryGuardSettings,
  type MemoryState,
  type MemoryWaitOptions,
} from "./lib/machine/memory_guard.ts";
export { type BatchSettings, safeBatches } from "./lib/writing/batches/safe_batches.ts";
export type { BatchSource, PagedSource } from "./lib/writing/batches/batch_source.ts";
export {
  type BatchIndexOutcome,
  type BatchIndexProgress,
  type BatchIndexSettings,
  safeBatchIndex,
} from "./lib/writing/batches/safe_batch_index.ts";
export {
  BatchIndexError,
  type BatchIndexErrorOptions,
} from "./lib/writing/batches/batch_index_error.ts";
export type { CallOptions } from "./lib/writing/batches/call_patiently.ts";
export type {
  AddCollection,
  BatchLimitClient,
  DeleteCollection,
  IndexCollection,
  IndexRecord,
  ReadableCollection,
  RecordAnswer,
  RecordColumns,
  RecordMetadata,
  RecordQuery,
  UpsertCollection,
} from "./lib/writing/batches/collection.ts";
export { startMonitor } from "./lib/watch/monitor.ts";
export type {
  Monitor,
  MonitorSettings,
  MonitorStatus,
  StoreRound,
  StoreWatchStatus,
  WatchRound,
} from "./lib/watch/monitor_types.ts";
export type {
  CheckDetails,
  DamageDetails,
  MemoryDetails,
  WatchEvent,
  WatchEventKinds,
  WatchEventName,
  WatchEventOf,
  WatchLevel,
} from "./lib/watch/events/events.ts";
export type {
  BackupPlan,
  CheckPlan,
  DamagePlan,
  DiskPlan,
  LogPlan,
  MemoryPlan,
  MetricsPlan,
  OptimizePlan,
  StoreSettings,
  WatchPolicy,
  WatchSettings,
  Weekday,
} from "./lib/watch/configuration/watch_configuration.ts";
export type {
  ActionNotes,
  ActionOutcome,
  CureNotes,
  GrowthSample,
  ScheduledAction,
  StateNotes,
  WatchAction,
  WatchNotes,
  WatchState,
} from "./lib/status/watch_notes.ts";
export type { RetentionPolicy } from "./lib/backup/retention.ts";
