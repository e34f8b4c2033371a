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
import { printable } from "../base/printable.ts";
import { splitShellWords } from "../base/shell_words.ts";
import { ScratchDirectory } from "../fs/scratch.ts";
import type { RepairPlanOptions } from "../repair/outcome.ts";
import { rehearseRepair } from "../repair/rehearse_repair.ts";
import { embedLines } from "./embed_lines.ts";
import type { Invocation } from "./invocation.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** A program and its arguments. */
export interface EmbedCommand {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

/**
 * Reads the command, and makes sure that it may be run before anything is done.
 *
 * @param invocation The call.
 * @returns The command, or null where none was given.
 * @throws {OperationError} The command is empty or has an open quote, or it may not be run.
 */
export function readEmbedCommand({ options }: Invocation): EmbedCommand | null {
  const text = options.text("embed-command");
  if (text === undefined) return null;
  const [program, ...args] = splitShellWords(text) ?? [];
  if (program === undefined || program === "") {
    const message = `--embed-command needs a program and its arguments, not "${printable(text)}"`;
    throw usageError(message, findVerb("repair") ?? null);
  }
  const { state } = Deno.permissions.querySync({ name: "run", command: program });
  if (state === "granted") return { program, args };
  throw new OperationError(
    "permission-denied",
    `--embed-command may not run ${printable(program)}: vecfsck was started without --allow-run`,
    { hint: `Nothing was changed. Give deno the permission: --allow-run=${printable(program)}` },
  );
}

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
  { program, args }: EmbedCommand,
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
