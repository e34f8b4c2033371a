import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { listBackups } from "../../lib/backup/catalogue.ts";
import { type BackupPlace, backupPlaceOf } from "../../lib/backup/place.ts";
import { executePrune, planPrune } from "../../lib/backup/prune.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { systemError } from "../support/memory_fs.ts";
import { assertWhole, backUp, namesIn, tinyStore } from "./backup_cases.ts";

/** Four backups of a store, a day from each other, none of which shares a file with another. */
async function fourBackups(): Promise<{ place: BackupPlace; ids: string[] }> {
  const store = await tinyStore();
  const ids: string[] = [];
  for (const day of ["01", "02", "03", "04"]) {
    const now = (): Date => new Date(`2027-01-${day}T04:00:00Z`);
    const fs: WriteFs = {
      ...localFs,
      linkFile: () => {
        throw systemError("EPERM", "linkFile");
      },
    };
    ids.push((await backUp(store, { now, fs })).id);
  }
  return { place: backupPlaceOf(localFs, store), ids };
}

function listed({ directory }: BackupPlace): string[] {
  return listBackups(directory).backups.map(({ id }) => id);
}

function spoil({ directory }: BackupPlace, id: string): void {
  const path = join(directory, id, "files", "two.txt");
  Deno.removeSync(path);
  Deno.writeTextFileSync(path, "TWO");
}

Deno.test("executePrune() removes what the plan names, the oldest first, and nothing else", async () => {
  const { place, ids } = await fourBackups();
  const plan = planPrune(place, { daily: 2 });
  assertEquals(plan.removals, ids.slice(0, 2));
  assertEquals(listed(place), ids);
  assertEquals(await executePrune(plan), { removed: ids.slice(0, 2), rejected: [] });
  assertEquals(namesIn(place.directory), ids.slice(2));
  for (const id of listed(place)) await assertWhole(join(place.directory, id));
});

Deno.test("executePrune() marks a damaged keeper and keeps the next one", async () => {
  const { place, ids } = await fourBackups();
  const [first = "", second = "", third = "", fourth = ""] = ids;
  spoil(place, fourth);
  const plan = planPrune(place, { last: 1 });
  assertEquals(plan.retention.keeper, fourth);
  assertEquals(await executePrune(plan), { removed: [first, second], rejected: [fourth] });
  assertEquals(listed(place), [third, fourth]);
  assertEquals(listBackups(place.directory).backups.at(-1)?.verification?.good, false);
  assertEquals(planPrune(place, { last: 1 }).retention.keeper, third);
});

Deno.test("executePrune() removes nothing that was not agreed to", async () => {
  const { place, ids } = await fourBackups();
  for (const id of ids) spoil(place, id);
  const plan = planPrune(place, { last: 3 });
  assertEquals(plan.removals, ids.slice(0, 1));
  const { removed, rejected } = await executePrune(plan);
  assertEquals(rejected, ids.toReversed());
  assertEquals(removed, ids.slice(0, 1));
});

Deno.test("planPrune() removes every backup only when it is told so", async () => {
  const { place, ids } = await fourBackups();
  assertEquals(planPrune(place, { last: 0 }).removals, ids.slice(0, 3));
  const plan = planPrune(place, { last: 0 }, { removeAll: true });
  assertEquals(plan.removals, ids);
  assertEquals((await executePrune(plan)).removed, ids);
  assertEquals(namesIn(place.directory), []);
});

Deno.test("executePrune() lists no half of a backup whatever fails", async () => {
  const { place, ids } = await fourBackups();
  for (const operation of ["rename", "removeFile", "removeDirectory", "syncDirectory"] as const) {
    const fs: WriteFs = {
      ...localFs,
      [operation]: (path: string, to?: string) => {
        if (path.startsWith(place.directory)) throw systemError("EIO", operation);
        (localFs[operation] as (path: string, to?: string) => void)(path, to);
      },
    };
    const plan = planPrune(place, { last: 1 });
    if (plan.removals.length === 0) continue;
    // What was found of the keeper is kept first, and may fail too.
    await assertRejects(() => executePrune(plan, { fs }), OperationError);
    const { backups } = listBackups(place.directory);
    for (const { directory } of backups) await assertWhole(directory);
    assert(backups.some(({ id }) => id === ids.at(-1)));
  }
});

Deno.test("executePrune() works on backups whose store is lost", async () => {
  const { place, ids } = await fourBackups();
  Deno.removeSync(place.store, { recursive: true });
  await executePrune(planPrune(place, { last: 1 }));
  assertEquals(listed(place), ids.slice(3));
});
