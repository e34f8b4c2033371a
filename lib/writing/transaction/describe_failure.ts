/**
 * What is said of a guarded write that was not accepted.
 *
 * @module
 */

import { formatCount } from "../../base/format.ts";
import { nameFirst } from "../../quarantine/store_stamps.ts";
import type {
  RecordCounts,
  RollbackOutcome,
  TransactionErrorFacts,
  TransactionFailure,
} from "./transaction_options.ts";

/** What an error says. */
export interface FailureText {
  /** What has happened, without a final period. */
  readonly message: string;
  /** What to do next, or null. */
  readonly hint: string | null;
}

/**
 * Says why a write was not accepted, and what the store is now.
 *
 * @param store The store's directory.
 * @param facts What is known.
 * @param cause What the action has thrown, or why it was aborted.
 * @returns The message, and what to do next.
 */
export function describeFailure(
  store: string,
  facts: TransactionErrorFacts,
  cause: unknown,
): FailureText {
  const why = describeReason(facts, cause);
  return {
    message: `The guarded write to ${store} ${why}; ${describeRollback(facts)}`,
    hint: facts.rollbackFailure?.hint ?? null,
  };
}

function describeReason({ reason, damage }: TransactionErrorFacts, cause: unknown): string {
  switch (reason) {
    case "damage":
      return `has left damage: ${nameFirst([...new Set(damage.map(({ code }) => code))], "more")}`;
    case "failed":
    case "aborted":
    case "timeout":
    case "unchecked":
    case "uncommitted":
      return `${REASONS[reason]}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

const REASONS: Readonly<Record<Exclude<TransactionFailure, "damage">, string>> = {
  failed: "has failed",
  aborted: "was aborted",
  timeout: "was ended",
  unchecked: "could not be checked",
  uncommitted: "could not be ended",
};

/**
 * Says what the store is now.
 *
 * @param outcome What was taken back.
 * @returns A clause.
 */
export function describeRollback(outcome: RollbackOutcome): string {
  const { state, rolledBack, quarantined, backup, rollbackFailure, records } = outcome;
  const where = backup === null ? "" : `; ${backup} holds the store as it was before`;
  const failure = rollbackFailure === null ? "" : `: ${rollbackFailure.message}`;
  switch (state) {
    case "unchanged":
      return "it had written nothing";
    case "rolledBack":
      return rolledBack === "records"
        ? `the records are as they were before (${describeRecords(records)})` +
          `${describeUnrestored(outcome)}${where}`
        : `the files are as they were before${describeAside(quarantined)}${where}`;
    case "written":
      return `nothing was taken back${failure}${where}`;
    case "partly":
      return `putting the ${rolledBack} back was interrupted${failure}${where}`;
  }
}

function describeUnrestored({ unrestored }: RollbackOutcome): string {
  return unrestored.map(({ collection, problem, ids }) =>
    `; of ${formatCount(ids.length, "record")} of "${collection}" ${problem}`
  ).join("");
}

function describeAside(quarantined: string | null): string {
  return quarantined === null ? "" : `, and what it had written is in quarantine as ${quarantined}`;
}

function describeRecords({ removed, changed, added }: RecordCounts): string {
  return [
    `${formatCount(removed, "record")} removed`,
    `${formatCount(changed, "record")} put back`,
    `${formatCount(added, "record")} added again`,
  ].join(", ");
}
