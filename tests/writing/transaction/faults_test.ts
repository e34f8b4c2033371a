/**
 * Whatever write fails while a write is guarded: the store is what it was or what was written, what it
 * is is said, and what is left is found and ended by the next run.
 *
 * The ordinary run tries some of the faults, `VECFSCK_TEST_EVERYTHING=1` all of them.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import { withoutSync } from "../../../lib/drill/unsynced_fs.ts";
import { readTransactionRecord } from "../../../lib/engine/transaction_record.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { recoverInterrupted } from "../../../lib/writing/transaction/recover_transaction.ts";
import { TransactionError } from "../../../lib/writing/transaction/transaction_error.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";
import { letStampsSettle, tinyStore } from "../../backup/backup_cases.ts";
import { type Fault, withFault } from "../../support/fault_fs.ts";
import { copyTree, scratchDirectory } from "../../support/fixtures.ts";
import { BY_FILES } from "./transaction_cases.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** Which faults are tried, and each at every how manieth operation. */
const FAULTS: readonly (Pick<Fault, "kind" | "duration"> & { readonly stride: number })[] = [
  { kind: "ENOSPC", duration: "once", stride: EVERYTHING ? 1 : 4 },
  { kind: "EIO", duration: "all", stride: EVERYTHING ? 1 : 7 },
  ...EVERYTHING
    ? [
      { kind: "EACCES", duration: "same", stride: 1 },
      { kind: "EIO", duration: "once", stride: 1 },
      { kind: "ENOSPC", duration: "all", stride: 1 },
      { kind: "short", duration: "once", stride: 1 },
    ] as const
    : [],
];

const FILE = "two.txt";

for (const succeeds of [true, false]) {
  const name = succeeds ? "keeps" : "takes back";
  Deno.test(`withTransactionGuard() ${name} what was written or says otherwise, whichever write fails`, async () => {
    const golden = await tinyStore();
    const tally = new Map<string, number>();
    for (const { stride, ...kind } of FAULTS) {
      for (let index = 0;; index += stride) {
        const store = join(await scratchDirectory(), "store");
        await copyTree(golden, store);
        letStampsSettle(store);
        const { fs, wasHit } = withFault(withoutSync(localFs), { ...kind, index });
        const said = await attempt(store, succeeds, fs);
        tally.set(said, (tally.get(said) ?? 0) + 1);
        const context = JSON.stringify({ ...kind, index, said });
        await assertAsSaid(store, said, { succeeds, context });
        await Deno.remove(join(store, ".."), { recursive: true });
        if (!wasHit()) break;
      }
    }
    const needed = succeeds ? ["not begun", "accepted"] : ["not begun", "rolledBack", "written"];
    for (const said of needed) assert(tally.has(said), `never: ${said}`);
  });
}

/** Carries out a write; says what became of it. */
async function attempt(store: string, succeeds: boolean, fs: typeof localFs): Promise<string> {
  try {
    await guardTransaction(store, () => {
      Deno.writeTextFileSync(join(store, FILE), "another two");
      if (!succeeds) throw new Error("the writer has failed");
    }, { ...BY_FILES, fs, graceMs: 0 });
    return "accepted";
  } catch (error) {
    if (error instanceof TransactionError) return error.state;
    assert(error instanceof OperationError, String(error));
    return "not begun";
  }
}

async function assertAsSaid(
  store: string,
  said: string,
  { succeeds, context }: { readonly succeeds: boolean; readonly context: string },
): Promise<void> {
  const isInterrupted = readTransactionRecord(localFs, store) !== null;
  // What brings the swap in order that a fault has stopped is part of the next run.
  const recovered = await recoverInterrupted(store, BY_FILES);
  assertEquals(recovered !== null, isInterrupted, context);
  const text = Deno.readTextFileSync(join(store, FILE));
  switch (said) {
    case "accepted":
      return assertEquals([text, isInterrupted], ["another two", false], context);
    case "partly":
      assert(isInterrupted, context);
      return assertEquals(text, "two", context);
    case "written":
      // A disk that fails with the removal of the record and from then on for good.
      if (!isInterrupted && succeeds) return assertEquals(text, "another two", context);
      assert(isInterrupted, context);
      return assertEquals([text, recovered?.state], ["two", "rolledBack"], context);
    default:
      return assertEquals(text, "two", context);
  }
}
