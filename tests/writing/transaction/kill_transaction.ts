/**
 * A guarded write that gives every document of a store another text, step by step, in a process of
 * its own that is going to be killed.
 *
 * usage: deno run kill_transaction.ts STORE
 */
import { StoreDatabase } from "../../../lib/sqlite/database.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";

const [store = ""] = Deno.args;

await guardTransaction(store, async ({ store }) => {
  for (let step = 0; step < 40; step++) {
    using database = StoreDatabase.open(`${store}/chroma.sqlite3`, { writable: true });
    database.execute(
      `UPDATE embedding_metadata SET string_value = 'step ${step}'
         WHERE key = 'kind' AND id % 40 = ${step}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}, { rollback: "files" });
