/**
 * The real program is killed at random moments of the last step of a restore onto a real mount
 * point, in which the entries of the store are exchanged one by one. Left out where nothing can be
 * mounted.
 *
 * The ordinary run kills a few times; `VECFSCK_TEST_KILLS` sets how often.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { withOwnStore } from "../../lib/engine/own_store.ts";
import { digestTree } from "../../lib/fs/copy.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { listEntries } from "../../lib/quarantine/entries.ts";
import { seededRandom } from "../support/crash_fs.ts";
import { copyTree, goldenStore } from "../support/fixtures.ts";
import { CLI_COMMAND, runCli } from "../support/run_cli.ts";
import { canMountTmpfs, Tmpfs } from "../support/tmpfs.ts";
import { backUp, namesIn } from "./backup_cases.ts";

const KILLS = Number(Deno.env.get("VECFSCK_TEST_KILLS") ?? 4);
const SEED = Number(Deno.env.get("VECFSCK_TEST_SEED") ?? 20_260_501);
const WORK_DIRECTORY = ".vecfsck";

/** So many files the store has besides: an exchange of a few is over before it can be hit. */
const ENTRIES = 150;

/** What a store holds besides the work directory. */
function digestEntries(store: string): string {
  const names = namesIn(store).filter((name) => name !== WORK_DIRECTORY);
  return names.map((name) => `${name} ${digestTree(localFs, join(store, name))}`).join("\n");
}

/** Makes the store once more that is going to be replaced. */
async function fill(mount: string, changed: string): Promise<void> {
  for (const name of namesIn(mount)) await Deno.remove(join(mount, name), { recursive: true });
  await copyTree(changed, mount);
}

function startRestore(mount: string, to: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [...CLI_COMMAND, "restore", "--yes", mount, "--to", to],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Waits until the journal says that the exchange has begun; tells whether that was seen. */
async function untilExchanging(mount: string, process: Deno.ChildProcess): Promise<boolean> {
  let isOver = false;
  process.status.then(() => isOver = true);
  while (!isOver) {
    if (isExchanging(mount)) return true;
    await new Promise((resume) => setTimeout(resume, 0));
  }
  return false;
}

function isExchanging(mount: string): boolean {
  return namesIn(join(mount, WORK_DIRECTORY, "journal")).some((name) => name.endsWith(".json"));
}

/** Waits without giving up the processor, for the exchange takes milliseconds. */
function spin(durationMs: number): void {
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) { /* Until then. */ }
}

Deno.test({
  name: `restore onto a mount point loses nothing when it is killed (seed ${SEED})`,
  ignore: !await canMountTmpfs(),
  async fn() {
    using mounted = await Tmpfs.mount(64 << 20);
    assert(mounted !== null);
    const mount = mounted.path;
    const golden = await goldenStore("chroma-1.5.9");
    const to = `${golden}.copies`;
    for (let count = 0; count < ENTRIES; count++) {
      await Deno.writeTextFile(join(golden, `entry-${count}.txt`), `entry ${count}`);
    }
    await fill(mount, golden);
    const { directory } = await backUp(mount, { to });
    const fresh = digestEntries(join(directory, "files"));
    await Deno.remove(join(golden, "f460398b-038c-4d29-ac06-c8f43e8c9ddf"), { recursive: true });
    await Deno.writeTextFile(join(golden, "notes.txt"), "not in the backup");
    await fill(mount, golden);
    const old = digestEntries(mount);
    const measured = startRestore(mount, to);
    assert(await untilExchanging(mount, measured));
    const startedMs = performance.now();
    while (isExchanging(mount)) { /* Until it is over. */ }
    const durationMs = performance.now() - startedMs;
    assertEquals((await measured.status).code, 0);
    const random = seededRandom(SEED);
    const tally = { kills: 0, ended: 0, recovered: 0, old: 0, new: 0 };
    while (tally.kills < KILLS) {
      assert(tally.ended <= 5 * KILLS + 20, "it is never killed at work: this tests nothing");
      await fill(mount, golden);
      const process = startRestore(mount, to);
      if (await untilExchanging(mount, process)) spin(random() * durationMs);
      try {
        process.kill("SIGKILL");
      } catch {
        // It has ended by itself just now.
      }
      tally[(await process.status).signal === "SIGKILL" ? "kills" : "ended"]++;
      await withOwnStore(mount, {
        onRecovered: ({ outcome, message }) => {
          assert(outcome === "completed" || outcome === "undone", message);
          tally.recovered++;
        },
      }, () => {});
      const state = digestEntries(mount) === old ? "old" : "new";
      if (state === "new") assertEquals(digestEntries(mount), fresh, "neither old nor new");
      assertEquals(
        namesIn(join(mount, WORK_DIRECTORY)).filter((name) => name !== "quarantine"),
        [],
      );
      const [entry, ...others] = listEntries(mount).entries;
      assertEquals(others, []);
      const aside = join(entry?.directory ?? "", "data");
      assertEquals(digestEntries(aside), state === "new" ? old : "");
      tally[state]++;
    }
    assert(tally.recovered > 0, "it is never killed in the exchange: this tests nothing");
    if (KILLS > 50) console.log(JSON.stringify(tally), `${Math.round(durationMs)} ms`);
    const again = await runCli(["restore", "--yes", mount, "--to", to]);
    assertEquals([again.code, digestEntries(mount)], [0, fresh], again.stderr);
  },
});
