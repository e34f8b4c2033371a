/**
 * By which way a guarded write is going to be taken back: that is found out before it begins, not
 * when it has failed.
 *
 * @module
 */

import type { BackupManifest } from "../../backup/manifest.ts";
import { OperationError } from "../../base/errors.ts";
import { listStoreHolders } from "../../machine/store_holders.ts";
import type { RollbackWay, TransactionOptions } from "./transaction_options.ts";

type HolderOptions = Pick<TransactionOptions, "listHolders">;

/**
 * Makes sure that what is written can be taken back by the way that was asked for. For files this has
 * to be so when they are put back as well.
 *
 * @param store The store's directory, without links.
 * @param way The way that was asked for.
 * @param options How processes are listed.
 * @throws {OperationError} `usage`: it cannot be told who has the store open. `busy`: a process has.
 */
export function requireWay(store: string, way: RollbackWay, options: HolderOptions): void {
  if (typeof way === "object") return;
  const isKnown = requireNobody(store, options);
  if (way === "files" || isKnown) return;
  throw new OperationError("usage", "Which processes have the store open cannot be told here", {
    path: store,
    hint:
      'Say how a failed write is taken back: rollback: "files" where no process has the store ' +
      "open once the action has ended, rollback: { client } where a server serves it. This can be " +
      "found out on Linux alone, with --allow-all, by root.",
  });
}

/**
 * Makes sure that no process has the store open, as far as that can be told.
 *
 * @param store The store's directory, without links.
 * @param options How processes are listed.
 * @returns Whether it can be told for sure.
 * @throws {OperationError} `busy`: one has.
 */
function requireNobody(
  store: string,
  { listHolders = listStoreHolders }: HolderOptions,
): boolean {
  const { holders: [first], isComplete } = listHolders(store);
  if (first === undefined) return isComplete;
  const who = first.processId === Deno.pid ? "This process itself" : `Process ${first.processId}`;
  throw new OperationError("busy", `${who} has ${first.path} open`, {
    path: first.path,
    hint:
      "Files are not replaced under a process that has them open. Stop it; or, where it is the " +
      "server through which the action writes, give its client: rollback: { client }.",
  });
}

/**
 * Makes sure that a client is one of the server that serves the store.
 *
 * @param way The way that was asked for.
 * @param manifest What the store holds.
 * @throws {OperationError} It is another server's, or does not answer; or the format has no servers.
 */
export async function requireClient(way: RollbackWay, manifest: BackupManifest): Promise<void> {
  if (typeof way !== "object") return;
  if (manifest.format !== "chroma") {
    throw new OperationError("usage", `No server serves a store of the format ${manifest.format}`, {
      path: manifest.store,
      hint: 'Take failed writes back by files: rollback: "files".',
    });
  }
  const [first] = manifest.collections;
  if (first === undefined) return;
  const { id, name } = first;
  const collection = await getCollection(() => way.client.getCollection({ name }), name);
  if (collection.id === id) return;
  throw new OperationError(
    "usage",
    `The client's collection "${name}" is not the one of the store`,
    {
      path: manifest.store,
      hint:
        `Its id is ${collection.id}, the store has ${id}. Connect it to the server of this store.`,
    },
  );
}

/**
 * Asks a client for a collection.
 *
 * @param ask What asks.
 * @param name The name of the collection.
 * @returns What the client says.
 * @throws {OperationError} It does not answer, or has no such collection.
 */
export async function getCollection<Collection>(
  ask: () => Promise<Collection>,
  name: string,
): Promise<Collection> {
  try {
    return await ask();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OperationError("read-failed", `The client gives no collection "${name}": ${why}`, {
      hint: "Is the server running, and is it the one of this store?",
      cause: error,
    });
  }
}
