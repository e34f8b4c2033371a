/**
 * Restoring over stores with every damage there is. In the ordinary run some of the damages are
 * done; with `VECFSCK_TEST_EVERYTHING=1` all of them.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { planRestore } from "../../lib/backup/plan_restore.ts";
import { restoreBackup } from "../../lib/backup/restore.ts";
import { digestTree } from "../../lib/fs/copy.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { applyDamage, DamageNotApplicable, DAMAGES } from "../support/damages/mod.ts";
import { type GoldenStore, goldenStore, tornStore } from "../support/fixtures.ts";
import { backUp } from "./backup_cases.ts";

const SEED = 1;
const STEP = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1" ? 1 : 9;
const STORES: readonly GoldenStore[] = ["chroma-1.5.9", "chroma-0.5.23"];

/** Restores over a damaged store, and holds that both are kept byte by byte. */
async function assertRestored(store: string, from: string): Promise<void> {
  const damaged = digestTree(localFs, store);
  const plan = await planRestore(store, { from });
  const { quarantined } = await restoreBackup(plan);
  assertEquals(digestTree(localFs, store), digestTree(localFs, join(from, "files")));
  const aside = join(`${store}.vecfsck`, "quarantine", quarantined ?? "", "data");
  assertEquals(digestTree(localFs, aside), damaged);
}

for (const golden of STORES) {
  Deno.test(`restoreBackup() brings a store back from under any damage, ${golden}`, async (context) => {
    const { directory } = await backUp(await goldenStore(golden));
    let restored = 0;
    for (const { name } of DAMAGES.filter((_, index) => index % STEP === 0)) {
      await context.step(name, async () => {
        const store = await goldenStore(golden);
        try {
          applyDamage(name, { store, collection: "notes" }, SEED);
        } catch (error) {
          if (error instanceof DamageNotApplicable) return;
          throw error;
        }
        await assertRestored(store, directory);
        restored++;
      });
    }
    assert(restored > 5, `only ${restored} damages were done`);
  });
}

Deno.test("restoreBackup() brings a store back from under a torn copy of it", async () => {
  const { directory } = await backUp(await goldenStore("chroma-1.5.9"));
  for (const torn of ["chroma-1.5.9-1", "chroma-0.5.23-2"] as const) {
    await assertRestored(await tornStore(torn), directory);
  }
});
