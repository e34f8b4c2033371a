/**
 * A guarded write is killed at random moments, on a real disk: the store is what it was or what was
 * written, and what lies in between is found and taken back by the next run.
 *
 * The ordinary run kills twice; `VECFSCK_TEST_KILLS` sets how often.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { listBackups } from "../../../lib/backup/catalogue.ts";
import { readTransactionRecord } from "../../../lib/engine/transaction_record.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { recoverInterrupted } from "../../../lib/writing/transaction/recover_transaction.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";
import { seededRandom } from "../../support/crash_fs.ts";
import { copyTree, REPOSITORY, scratchDirectory } from "../../support/fixtures.ts";
import { checkWhole } from "../../support/findings.ts";
import { CLI_PERMISSIONS } from "../../support/run_cli.ts";
import { tinyStore } from "../../verbs/tiny_store.ts";
import { BY_FILES, contentsOf } from "./transaction_cases.ts";

const PROGRAM = fromFileUrl(new URL("./kill_transaction.ts", import.meta.url));
const KILLS = Number(Deno.env.get("VECFSCK_TEST_KILLS") ?? 2);
const SEED = Number(Deno.env.get("VECFSCK_TEST_SEED") ?? 20_260_501);

function start(store: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...CLI_PERMISSIONS, PROGRAM, store],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** What shows how far a write has come: that the store is locked, or that its record is there. */
const STAGES = ["lock", "transaction.json"] as const;

/** Waits until the write has come so far, or the process has ended. */
async function until(
  stage: typeof STAGES[number],
  store: string,
  status: Promise<unknown>,
): Promise<void> {
  let isOver = false;
  status.then(() => isOver = true);
  while (!isOver && localFs.look(join(`${store}.vecfsck`, stage)) === null) await pause(0);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** How long a write takes that nobody kills, from each of the stages on, and what it leaves. */
async function measure(store: string): Promise<{ durationsMs: number[]; after: string }> {
  const process = start(store);
  const begins: number[] = [];
  for (const stage of STAGES) {
    await until(stage, store, process.status);
    begins.push(performance.now());
  }
  assertEquals((await process.status).code, 0);
  const endMs = performance.now();
  return { durationsMs: begins.map((beginMs) => endMs - beginMs), after: await contentsOf(store) };
}

Deno.test(`withTransactionGuard() leaves the old or the new when it is killed (seed ${SEED})`, async () => {
  const golden = await tinyStore();
  const before = await contentsOf(golden);
  const place = await scratchDirectory();
  await copyTree(golden, join(place, "whole", "store"));
  const { durationsMs, after } = await measure(join(place, "whole", "store"));
  assert(after !== before);
  const random = seededRandom(SEED);
  const tally = { kills: 0, ended: 0, recovered: 0, old: 0, new: 0 };
  for (let round = 0; tally.kills < KILLS || tally.recovered === 0; round++) {
    assert(round < 6 * KILLS + 20, "it is never killed in the action: this tests nothing");
    const store = join(place, String(round), "store");
    await copyTree(golden, store);
    const process = start(store);
    const { status } = process;
    const stage = (round + 1) % STAGES.length;
    await until(STAGES[stage] ?? "lock", store, status);
    await pause(random() * (durationsMs[stage] ?? 0));
    tally[await kill(process, status) ? "kills" : "ended"]++;
    tally.recovered += await assertOldOrNew(store, { before, after }) ? 1 : 0;
    tally[await contentsOf(store) === before ? "old" : "new"]++;
    await guardTransaction(store, () => {}, BY_FILES);
    assertEquals(listBackups(`${store}.backups`).incomplete, []);
    await Deno.remove(join(store, ".."), { recursive: true });
  }
  if (KILLS > 20) console.log(JSON.stringify(tally), durationsMs.map(Math.round).join(", "));
});

/** Holds that the next run finds what is left and ends it; tells whether there was something. */
async function assertOldOrNew(
  store: string,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<boolean> {
  const record = readTransactionRecord(localFs, store);
  const { findings, summary } = await checkWhole(store);
  const names = findings.map(({ name }) => name);
  assertEquals(names.includes("transaction-interrupted"), record !== null);
  assertEquals(summary.counts.error + summary.counts.fatal, 0);
  const recovered = await recoverInterrupted(store, BY_FILES);
  assertEquals(recovered !== null, record !== null);
  const contents = await contentsOf(store);
  const isNew = record === null && contents === after;
  assert(contents === before || isNew, "neither old nor new");
  return recovered !== null;
}

/** Kills the program as `kill -9` does; tells whether it was still there. */
async function kill(
  process: Deno.ChildProcess,
  status: Promise<Deno.CommandStatus>,
): Promise<boolean> {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended by itself just now.
  }
  return (await status).signal === "SIGKILL";
}
