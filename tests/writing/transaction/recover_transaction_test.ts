import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { ListedBackup } from "../../../lib/backup/catalogue.ts";
import { createBackup } from "../../../lib/backup/create.ts";
import { backupPlaceOf } from "../../../lib/backup/place.ts";
import { planRestore } from "../../../lib/backup/plan_restore.ts";
import { planPrune } from "../../../lib/backup/prune.ts";
import { restoreBackup } from "../../../lib/backup/restore.ts";
import { OperationError } from "../../../lib/base/errors.ts";
import {
  readTransactionRecord,
  writeTransactionRecord,
} from "../../../lib/engine/transaction_record.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { recoverInterrupted } from "../../../lib/writing/transaction/recover_transaction.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";
import { aheadClock, backUp } from "../../backup/backup_cases.ts";
import { checkWhole } from "../../support/findings.ts";
import { tinyStore } from "../../verbs/tiny_store.ts";
import { BY_FILES, CHANGE_DOCUMENTS, contentsOf, write } from "./transaction_cases.ts";

const STARTED_AT = "2026-01-31T04:00:00.000Z";

/** A store in which a guarded write was interrupted, as a kill leaves it. */
interface InterruptedStore {
  readonly store: string;
  readonly backup: ListedBackup;
  readonly before: string;
  readonly after: string;
}

async function interruptedStore(): Promise<InterruptedStore> {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const backup = await backUp(store);
  writeTransactionRecord(localFs, store, { startedAt: STARTED_AT, backup: backup.directory });
  write(store, CHANGE_DOCUMENTS);
  return { store, backup, before, after: await contentsOf(store) };
}

async function findInterrupted(store: string): Promise<string[]> {
  const { findings } = await checkWhole(store, { level: "quick" });
  return findings.filter(({ name }) => name === "transaction-interrupted")
    .map(({ severity, message }) => `${severity} ${message}`);
}

Deno.test("recoverTransaction() takes back what was interrupted, and a check names it until then", async () => {
  const { store, backup, before } = await interruptedStore();
  const [found] = await findInterrupted(store);
  assertStringIncludes(found ?? "", `warning A guarded write that began at ${STARTED_AT}`);
  assertStringIncludes(found ?? "", backup.directory);
  const recovered = await recoverInterrupted(store, BY_FILES);
  assertEquals([recovered?.startedAt, recovered?.state], [STARTED_AT, "rolledBack"]);
  assert(recovered?.quarantined !== null);
  assertEquals(await contentsOf(store), before);
  assertEquals(await findInterrupted(store), []);
  assertEquals(await recoverInterrupted(store, BY_FILES), null);
});

Deno.test("recoverTransaction() keeps what is there when it is told to, and the backup too", async () => {
  const { store, backup, after } = await interruptedStore();
  const recovered = await recoverInterrupted(store, { keep: true });
  assertEquals([recovered?.state, recovered?.backup], ["written", backup.directory]);
  assertEquals(await contentsOf(store), after);
  assertEquals(await findInterrupted(store), []);
  assert(localFs.look(backup.directory) !== null);
});

Deno.test("recoverTransaction() has nothing to put back where nothing was written", async () => {
  const store = await tinyStore();
  const { directory } = await backUp(store);
  writeTransactionRecord(localFs, store, { startedAt: STARTED_AT, backup: directory });
  const recovered = await recoverInterrupted(store, BY_FILES);
  assertEquals([recovered?.state, recovered?.quarantined], ["unchanged", null]);
  assertEquals(localFs.list(join(store, "..")), ["store"]);
});

Deno.test("recoverTransaction() does nothing by a record that is damaged", async () => {
  const { store, after } = await interruptedStore();
  const path = readTransactionRecord(localFs, store)?.path ?? "";
  const texts = ["", "{", "[]", '{"vecfsckTransaction":2}', `{"vecfsckTransaction":1,"backup":7}`];
  for (const text of texts) {
    Deno.writeTextFileSync(path, text);
    assertEquals(readTransactionRecord(localFs, store), { path, startedAt: null, backup: null });
    assertStringIncludes((await findInterrupted(store))[0] ?? "", "is damaged");
    const error = await assertRejects(() => recoverInterrupted(store, BY_FILES), OperationError);
    assertEquals(error.code, "read-failed");
  }
  assertEquals(await contentsOf(store), after);
  assertEquals((await recoverInterrupted(store, { keep: true }))?.startedAt, null);
});

Deno.test("recoverTransaction() does nothing by a backup that is gone or another store's", async () => {
  const { store, backup, after } = await interruptedStore();
  const other = await backUp(await tinyStore());
  writeTransactionRecord(localFs, store, { startedAt: STARTED_AT, backup: other.directory });
  const foreign = await assertRejects(() => recoverInterrupted(store, BY_FILES), OperationError);
  assertStringIncludes(foreign.message, "is not of all of this store");
  writeTransactionRecord(localFs, store, { startedAt: STARTED_AT, backup: backup.directory });
  Deno.renameSync(backup.directory, `${backup.directory}-elsewhere`);
  const gone = await assertRejects(() => recoverInterrupted(store, BY_FILES), OperationError);
  assertEquals(gone.code, "not-found");
  assertEquals(await contentsOf(store), after);
});

Deno.test("recoverTransaction() finds the backup of a store that is mounted elsewhere now", async () => {
  const { store, before } = await interruptedStore();
  const elsewhere = join(store, "..", "..", `moved-${crypto.randomUUID()}`);
  Deno.renameSync(join(store, ".."), elsewhere);
  const moved = join(elsewhere, "store");
  const recovered = await recoverInterrupted(moved, BY_FILES);
  assertEquals(recovered?.state, "rolledBack");
  assertEquals(await contentsOf(moved), before);
  Deno.renameSync(elsewhere, join(store, ".."));
});

Deno.test("recoverTransaction() puts nothing back from a backup whose bytes have changed", async () => {
  const { store, backup, after } = await interruptedStore();
  const file = join(backup.directory, "files", "chroma.sqlite3");
  Deno.chmodSync(file, 0o644);
  Deno.writeFileSync(file, new Uint8Array(7), { append: true });
  const recovered = await recoverInterrupted(store, BY_FILES);
  assertEquals([recovered?.state, recovered?.backup], ["written", backup.directory]);
  assertStringIncludes(recovered?.rollbackFailure?.message ?? "", "is damaged");
  assertEquals(await contentsOf(store), after);
  assertEquals((await findInterrupted(store)).length, 1);
});

Deno.test("restoreBackup() ends a guarded write that was interrupted", async () => {
  const { store, backup, before } = await interruptedStore();
  await restoreBackup(await planRestore(store, { from: backup.directory }), { now: aheadClock });
  assertEquals(await contentsOf(store), before);
  assertEquals(await findInterrupted(store), []);
  await guardTransaction(store, () => {}, BY_FILES);
});

Deno.test("restoreBackup() into another directory leaves a guarded write interrupted", async () => {
  const { store, backup } = await interruptedStore();
  const into = join(store, "..", "look");
  await restoreBackup(await planRestore(store, { from: backup.directory, into }), {
    now: aheadClock,
  });
  assertEquals((await findInterrupted(store)).length, 1);
});

Deno.test("planPrune() keeps the backup by which a write is taken back", async () => {
  const { store, backup } = await interruptedStore();
  const later = new Date(Date.now() + 86_400_000);
  const { backup: newer } = await createBackup(store, { now: () => later });
  const place = backupPlaceOf(localFs, store);
  assertEquals(planPrune(place, { last: 1 }).removals, []);
  await recoverInterrupted(store, { keep: true });
  assertEquals(planPrune(place, { last: 1 }).removals, [backup.id]);
  assert(newer !== null && newer.id !== backup.id);
});
