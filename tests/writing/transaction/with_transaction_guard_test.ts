import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { dirname, join } from "@std/path";
import { listBackups } from "../../../lib/backup/catalogue.ts";
import { createBackup } from "../../../lib/backup/create.ts";
import { OperationError } from "../../../lib/base/errors.ts";
import { pauseUnlessAborted } from "../../../lib/base/pause.ts";
import { readTransactionRecord } from "../../../lib/engine/transaction_record.ts";
import { digestTree } from "../../../lib/fs/copy.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import type { WriteFs } from "../../../lib/fs/write_fs.ts";
import { listEntries } from "../../../lib/quarantine/entries.ts";
import { recoverInterrupted } from "../../../lib/writing/transaction/recover_transaction.ts";
import { TransactionError } from "../../../lib/writing/transaction/transaction_error.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";
import { chromemStore } from "../../support/chromem_stores.ts";
import { checkWhole } from "../../support/findings.ts";
import { tinyStore } from "../../verbs/tiny_store.ts";
import {
  BY_FILES,
  CHANGE_DOCUMENTS,
  contentsOf,
  LOSE_RECORDS,
  namesBeside,
  refusedWrite,
  write,
} from "./transaction_cases.ts";

Deno.test("withTransactionGuard() keeps what was written when all is well, and leaves nothing", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const { result, after, rolledBack, store: guarded } = await guardTransaction(
    store,
    ({ store }) => {
      write(store, CHANGE_DOCUMENTS);
      return 42;
    },
    BY_FILES,
  );
  assertEquals([result, rolledBack, after.verdict], [42, null, "clean"]);
  assertEquals(guarded, localFs.resolve(store));
  assert(await contentsOf(store) !== before);
  assertEquals(namesBeside(store), ["store", "store.vecfsck"]);
  assertEquals(localFs.list(`${store}.vecfsck`), ["checked.json"]);
});

Deno.test("withTransactionGuard() puts the files back when the action throws", async () => {
  const store = await tinyStore();
  const [before, digest] = [await contentsOf(store), digestTree(localFs, store)];
  const cause = new Error("the writer has failed");
  const error = await refusedWrite(store, () => {
    write(store, CHANGE_DOCUMENTS);
    throw cause;
  });
  assertEquals([error.reason, error.state, error.rolledBack], ["failed", "rolledBack", "files"]);
  assertEquals([error.code, error.cause, error.backup], ["write-failed", cause, null]);
  assertEquals(await contentsOf(store), before);
  const [entry] = listEntries(store).entries;
  assertEquals(entry?.id, error.quarantined);
  assertEquals(entry?.manifest.reason, "a guarded write was taken back");
  assertStringIncludes(error.message, "has failed: the writer has failed; the files are as they");
  // The database is a copy by SQLite, which has another change counter.
  assert(digestTree(localFs, join(entry?.directory ?? "", "data")) !== digest);
  assertEquals(listBackups(`${store}.backups`).backups, []);
  assertEquals(readTransactionRecord(localFs, store), null);
});

Deno.test("withTransactionGuard() touches nothing when the action has written nothing", async () => {
  const store = await tinyStore();
  const digest = digestTree(localFs, store);
  const error = await refusedWrite(store, () => Promise.reject(new Error("no")));
  assertEquals([error.state, error.rolledBack, error.quarantined], ["unchanged", null, null]);
  assertEquals(digestTree(localFs, store), digest);
  assertEquals(namesBeside(store), ["store"]);
});

Deno.test("withTransactionGuard() puts the files back when the action leaves damage", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const error = await refusedWrite(store, ({ store }) => write(store, LOSE_RECORDS));
  assertEquals([error.reason, error.rolledBack, error.cause], ["damage", "files", undefined]);
  assert(error.damage.length > 0);
  assertMatch(error.message, /has left damage: VF\d{4}/);
  assertEquals(await contentsOf(store), before);
});

Deno.test("withTransactionGuard() puts back a store that the action has removed", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const error = await refusedWrite(store, () => Deno.removeSync(store, { recursive: true }));
  assertEquals([error.reason, error.rolledBack, error.quarantined], ["unchecked", "files", null]);
  assertEquals(await contentsOf(store), before);
});

Deno.test("withTransactionGuard() aborts an action that takes too long, and takes it back", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const error = await refusedWrite(store, async ({ signal }) => {
    write(store, CHANGE_DOCUMENTS);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return "whoever waits for it may have gone on";
  }, { timeoutMs: 0 });
  assertEquals([error.reason, error.rolledBack, error.code], ["timeout", "files", "cancelled"]);
  assert(error.cause instanceof DOMException && error.cause.name === "TimeoutError");
  assertEquals(await contentsOf(store), before);
});

Deno.test("withTransactionGuard() takes an action back that the caller aborts", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const caller = new AbortController();
  const error = await refusedWrite(store, async ({ signal }) => {
    write(store, CHANGE_DOCUMENTS);
    caller.abort(new Error("enough"));
    await Promise.resolve();
    signal.throwIfAborted();
  }, { signal: caller.signal });
  assertEquals([error.reason, error.rolledBack], ["aborted", "files"]);
  assertEquals(await contentsOf(store), before);
});

Deno.test("withTransactionGuard() takes nothing back while the action is still running", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const { promise, resolve } = Promise.withResolvers<void>();
  const error = await refusedWrite(store, async () => {
    write(store, CHANGE_DOCUMENTS);
    await promise;
    write(store, CHANGE_DOCUMENTS);
  }, { timeoutMs: 0, graceMs: 0 });
  assertEquals([error.isActionRunning, error.state, error.rolledBack], [true, "written", null]);
  assertStringIncludes(error.message, "nothing was taken back");
  // Nobody may restore the store under it.
  const busy = await assertRejects(() => recoverInterrupted(store, BY_FILES), OperationError);
  assertEquals(busy.code, "busy");
  const { findings } = await checkWhole(store, { level: "quick" });
  assertEquals(findings.filter(({ name }) => name === "transaction-interrupted"), []);
  resolve();
  await new Promise((resume) => setTimeout(resume, 0));
  const recovered = await recoverInterrupted(store, BY_FILES);
  assertEquals([recovered?.state, recovered?.rolledBack], ["rolledBack", "files"]);
  assertEquals(await contentsOf(store), before);
});

Deno.test("withTransactionGuard() keeps every other vecfsck out meanwhile", async () => {
  const store = await tinyStore();
  await guardTransaction(store, async () => {
    const error = await assertRejects(() => createBackup(store), OperationError);
    assertEquals(error.code, "busy");
  }, BY_FILES);
  await guardTransaction(store, () => {}, BY_FILES);
});

Deno.test("withTransactionGuard() refuses a damaged store, and counts only new damage when told to write", async () => {
  const store = await tinyStore();
  write(store, LOSE_RECORDS);
  let isBegun = false;
  const begin = (): void => void (isBegun = true);
  const refused = await assertRejects(
    () => guardTransaction(store, begin, BY_FILES),
    OperationError,
  );
  assertMatch(refused.message, /^The store is damaged: VF/);
  assertStringIncludes(refused.hint ?? "", "allowDamage");
  assertEquals([isBegun, refused instanceof TransactionError], [false, false]);
  assertEquals(namesBeside(store), ["store"]);
  const { after } = await guardTransaction(store, begin, { ...BY_FILES, allowDamage: true });
  assertEquals([isBegun, after.verdict === "clean"], [true, false]);
  const index = Deno.readDirSync(store).find(({ isDirectory }) => isDirectory)?.name ?? "";
  const error = await refusedWrite(
    store,
    () => Deno.removeSync(join(store, index, "data_level0.bin")),
    { allowDamage: true },
  );
  assertEquals([error.reason, error.rolledBack], ["damage", "files"]);
  assert(localFs.look(join(store, index, "data_level0.bin")) !== null);
});

Deno.test("withTransactionGuard() does not begin where nobody can tell who has the store open", async () => {
  const store = await tinyStore();
  const options = { listHolders: () => ({ holders: [], isComplete: false }) };
  const error = await assertRejects(
    () => guardTransaction(store, unreachable, options),
    OperationError,
  );
  assertEquals(error.code, "usage");
  assertStringIncludes(error.hint ?? "", 'rollback: "files"');
  assertEquals(namesBeside(store), ["store"]);
  // The permissions of a test are not all that there are.
  const real = await assertRejects(() => guardTransaction(store, unreachable, {}), OperationError);
  assertEquals(real.code, "usage");
  const { result } = await guardTransaction(store, () => 1, {
    listHolders: () => ({ holders: [], isComplete: true }),
  });
  assertEquals(result, 1);
});

function unreachable(): never {
  throw new Error("The action was begun");
}

Deno.test("withTransactionGuard() does not begin under a process that has the store open", async () => {
  const store = await tinyStore();
  const path = join(store, "chroma.sqlite3");
  const listHolders = () => ({ holders: [{ processId: 1, path }], isComplete: false });
  for (const rollback of ["auto", "files"] as const) {
    const error = await assertRejects(
      () => guardTransaction(store, unreachable, { rollback, listHolders }),
      OperationError,
    );
    assertEquals([error.code, error.message], ["busy", `Process 1 has ${path} open`]);
  }
});

Deno.test("withTransactionGuard() puts no files back under a process that has them open", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const path = join(store, "chroma.sqlite3");
  const holders: { processId: number; path: string }[] = [];
  const error = await refusedWrite(store, () => {
    write(store, CHANGE_DOCUMENTS);
    holders.push({ processId: Deno.pid, path });
    throw new Error("no");
  }, { listHolders: () => ({ holders, isComplete: false }), graceMs: 0 });
  assertEquals([error.state, error.rolledBack, error.isActionRunning], ["written", null, false]);
  assertEquals(error.rollbackFailure?.message, `This process itself has ${path} open`);
  assert(error.backup !== null && error.message.includes(error.backup));
  const after = await contentsOf(store);
  assert(after !== before);
  // The next one does not begin before this one is ended.
  const next = await assertRejects(
    () => guardTransaction(store, unreachable, BY_FILES),
    OperationError,
  );
  assertStringIncludes(next.message, "was interrupted");
  const recovered = await recoverInterrupted(store, BY_FILES);
  assertEquals(recovered?.state, "rolledBack");
  assertEquals(await contentsOf(store), before);
});

Deno.test("withTransactionGuard() waits for a process that is about to end", async () => {
  const store = await tinyStore();
  const path = join(store, "chroma.sqlite3");
  let looks = 0;
  const error = await refusedWrite(store, () => {
    write(store, CHANGE_DOCUMENTS);
    looks = 1;
    throw new Error("no");
  }, {
    listHolders: () => ({
      holders: looks > 0 && looks++ < 3 ? [{ processId: 1, path }] : [],
      isComplete: true,
    }),
    // The time of the action itself does not run out.
    pause: (durationMs, signal) =>
      durationMs > 5_000 ? pauseUnlessAborted(durationMs, signal) : Promise.resolve(),
  });
  assertEquals([error.reason, error.rolledBack, looks], ["failed", "files", 4]);
});

Deno.test("withTransactionGuard() refuses spans of time that are none", async () => {
  const store = await tinyStore();
  for (const wrong of [{ timeoutMs: -1 }, { timeoutMs: NaN }, { graceMs: 2 ** 31 }]) {
    const error = await assertRejects(
      () => guardTransaction(store, unreachable, { ...BY_FILES, ...wrong }),
      OperationError,
    );
    assertEquals(error.code, "usage");
  }
});

Deno.test("withTransactionGuard() refuses a client for a format that no server serves", async () => {
  const store = await chromemStore("plain");
  const client = {
    getCollection: () => Promise.reject(new Error("no")),
    deleteCollection: () => Promise.resolve(),
  };
  const error = await assertRejects(
    () => guardTransaction(store, unreachable, { rollback: { client } }),
    OperationError,
  );
  assertEquals(error.code, "usage");
  assertEquals(namesBeside(store), ["store"]);
});

Deno.test("withTransactionGuard() guards databases of chromem-go", async () => {
  const store = await chromemStore("plain");
  const before = await contentsOf(store);
  const folder = Array.from(Deno.readDirSync(store)).find(({ isDirectory }) => isDirectory)?.name;
  const files = Array.from(Deno.readDirSync(join(store, folder ?? "")), ({ name }) => name);
  const some = files.filter((name) => !name.startsWith("00000000")).slice(0, 3);
  const removeSome = (): void => {
    for (const name of some) Deno.removeSync(join(store, folder ?? "", name));
  };
  const error = await refusedWrite(store, () => {
    removeSome();
    throw new Error("no");
  });
  assertEquals([error.state, error.rolledBack], ["rolledBack", "files"]);
  assertEquals(await contentsOf(store), before);
  await guardTransaction(store, removeSome, BY_FILES);
  assert(await contentsOf(store) !== before);
});

/** The files of this machine, with a store that is a mount point. */
function mountedAt(store: string): WriteFs {
  const parent = dirname(localFs.resolve(store));
  return {
    ...localFs,
    look: (path) => {
      const facts = localFs.look(path);
      return facts !== null && path === parent ? { ...facts, device: facts.device + 1 } : facts;
    },
  };
}

Deno.test("withTransactionGuard() guards a mount point, with backups elsewhere", async () => {
  const store = await tinyStore();
  const before = await contentsOf(store);
  const fs = mountedAt(store);
  const error = await assertRejects(
    () => guardTransaction(store, unreachable, { ...BY_FILES, fs }),
    OperationError,
  );
  assertEquals(error.code, "usage");
  assertStringIncludes(error.hint ?? "", "with the setting `backups`");
  const backups = join(store, "..", "elsewhere");
  const refused = await refusedWrite(store, () => {
    write(store, CHANGE_DOCUMENTS);
    throw new Error("no");
  }, { fs, backups });
  assertEquals([refused.state, refused.rolledBack], ["rolledBack", "files"]);
  assertEquals(await contentsOf(store), before);
  assertEquals(localFs.list(backups), []);
  assertEquals(localFs.list(join(store, ".vecfsck")), ["quarantine"]);
});
