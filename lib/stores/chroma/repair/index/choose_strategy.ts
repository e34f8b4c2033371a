/**
 * Which way an index comes back: built by vecfsck, or by the engine from its queue.
 *
 * @module
 */

import { OperationError } from "../../../../base/errors.ts";
import { requireRoom } from "../../../../hnsw/build/room.ts";
import type { IndexStrategy } from "../../../../model/repair.ts";
import type { RepairRequest } from "../../../repair_format.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { planSegmentBuild, type SegmentBuildPlan } from "./build_segment.ts";
import { isProven } from "./proven_engines.ts";
import type { IndexSource } from "./index_source.ts";

/** The way that was chosen. */
export interface ChosenStrategy {
  /** The way. */
  readonly chosen: IndexStrategy;
  /** Why, for people: one clause. */
  readonly reason: string;
  /** How the index is built; null where the engine builds it. */
  readonly build: SegmentBuildPlan | null;
}

/** What the choice is made from. */
export interface StrategyQuestion {
  /** What was asked for. */
  readonly request: Pick<RepairRequest, "strategy" | "maxMemoryBytes" | "jobs">;
  /** The engine that wrote the store. */
  readonly engine: Engine;
  /** What the index would be built of; null where it cannot be built here. */
  readonly source: IndexSource | null;
  /** How many vectors were saved. */
  readonly vectors: number;
  /** The name of the collection. */
  readonly collection: string;
}

/**
 * Chooses the way.
 *
 * @param question What the choice is made from.
 * @returns The way, and why.
 * @throws {OperationError} `unsupported` or `no-memory`: an index was asked for that cannot be built.
 */
export function chooseStrategy(question: StrategyQuestion): ChosenStrategy {
  const { request: { strategy }, engine, source, collection } = question;
  if (strategy === "queue") return byQueue("it was asked for");
  if (question.vectors === 0) return byQueue("no vector is left to build it of");
  if (strategy === "auto" && !isProven(engine)) {
    return byQueue(`indexes that vecfsck builds are not proven with ${engine.name}`);
  }
  if (source === null) {
    const reason = "the settings of the collection do not tell how it is built";
    if (strategy === "auto") return byQueue(reason);
    throw new OperationError(
      "unsupported",
      `The index of ${collection} cannot be built: ${reason}`,
      {
        hint: "Nothing was changed. Have the engine build it: leave out `--strategy index`.",
      },
    );
  }
  const obstacle = findObstacle(source, question.request);
  if (obstacle !== null) {
    if (strategy === "index") throw obstacle;
    return byQueue(obstacle.message.replace(/^T/, "t"));
  }
  const build = planSegmentBuild(source);
  return {
    chosen: "index",
    reason: strategy === "index" ? "it was asked for" : `proven with ${engine.name}`,
    build,
  };
}

/** The error with which building would end before it began, or null. */
function findObstacle(
  { settings, count }: IndexSource,
  { jobs, maxMemoryBytes }: StrategyQuestion["request"],
): OperationError | null {
  const limit = maxMemoryBytes === null ? {} : { maxMemoryBytes };
  try {
    requireRoom({ settings, count, jobs, readVectors: () => {}, ...limit });
    return null;
  } catch (error) {
    if (error instanceof OperationError && ["no-memory", "unsupported"].includes(error.code)) {
      return error;
    }
    throw error;
  }
}

function byQueue(reason: string): ChosenStrategy {
  return { chosen: "queue", reason, build: null };
}
