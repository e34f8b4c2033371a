/**
 * `--embed-command`: having another program make the vectors that are gone.
 *
 * The repair is rehearsed first; what it would take out of the store is what the program gets, as
 * JSON lines. Its answers are read as `--vectors` is, and held against everything that holds there.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import type { Program } from "../isolation/program.ts";
import type { RepairPlanOptions } from "../repair/outcome.ts";
import { rehearseRepair } from "../repair/rehearse_repair.ts";
import { embedLines } from "./embed_lines.ts";

/**
 * Has the command make the vectors that a repair would miss, and repairs with them.
 *
 * @param command The command.
 * @param store The store.
 * @param options How the repair is planned.
 * @param repair Repairs; it is given the file with the vectors, or none where no vector is missing.
 * @returns What `repair` returns.
 * @throws {OperationError} The repair cannot be planned, or the command fails or answers what is no
 * vector; nothing was changed.
 */
export async function withEmbeddedVectors<Result>(
  { program, args }: Program,
  store: string,
  options: RepairPlanOptions,
  repair: (vectors: Pick<RepairPlanOptions, "vectorsPath">) => Promise<Result>,
): Promise<Result> {
  using scratch = ScratchDirectory.create();
  const missingPath = join(scratch.path, "missing.jsonl");
  const { lines } = await rehearseRepair(store, options, missingPath);
  if (lines === 0) return await repair({});
  const vectorsPath = join(scratch.path, "vectors.jsonl");
  await embedLines({ program, args, signal: options.signal }, missingPath, vectorsPath);
  try {
    return await repair({ vectorsPath });
  } catch (error) {
    if (!(error instanceof OperationError) || error.path !== vectorsPath) throw error;
    // The file is nobody's but ours: its lines are what the command has answered.
    const message = error.message.replace(vectorsPath, "what --embed-command has answered");
    throw new OperationError("read-failed", message, { hint: error.hint ?? "", cause: error });
  }
}
