/**
 * A watch that is killed again and again while it repairs: whenever that is, the next one goes on, and
 * nothing is lost.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import {
  NOTES_NAME,
  readWatchNotes,
  WATCH_DIRECTORY_NAME,
} from "../../lib/status/read_watch_notes.ts";
import { encodeNotes } from "../../lib/status/watch_notes_format.ts";
import { readInterruptedChanges } from "../../lib/engine/interrupted.ts";
import { readStoreContents } from "../../lib/engine/contents.ts";
import { checkNow } from "../../lib/status/read_health.ts";
import { applyDamage, SeededRandom } from "../support/damages/mod.ts";
import { goldenStore } from "../support/fixtures.ts";
import { RunningCli } from "../support/running_cli.ts";
import { QUICK, writeWatchConfiguration } from "./watch_configuration.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** Damages by which no record is lost for good: everything of it stands elsewhere. */
const DAMAGES = [
  "header_cur_less",
  "links_size_huge",
  "header_M",
  "neighbour_out_of_range",
] as const;

/** A repair of a small store, from the damage to its end, is done within this time or so. */
const LONGEST_DELAY_MS = 1500;

/** How often a watch is killed before one is let alone. */
const KILLS = 2;

const rounds = EVERYTHING ? 10 : 1;
const seed = EVERYTHING ? Math.floor(Math.random() * 0xffffffff) : 7;

Deno.test({
  name: `watch loses nothing when it is killed while it repairs (${rounds} rounds, seed ${seed})`,
  ignore: Deno.build.os === "windows",
  async fn() {
    const random = new SeededRandom(seed);
    for (let round = 0; round < rounds; round++) {
      const store = await goldenStore("chroma-1.5.9");
      const before = await readStoreContents(store);
      const config = writeWatchConfiguration(store, {
        ...QUICK,
        damage: { policy: "repair", mostPerDay: 1000 },
      });
      const damage = DAMAGES[random.below(DAMAGES.length)] ?? DAMAGES[0];
      const say = `round ${round}: ${damage}`;
      applyDamage(damage, { store, collection: "notes" }, random.below(1 << 30));
      for (let kill = 0; kill < KILLS; kill++) {
        await using watch = new RunningCli(["watch", "--config", config]);
        await watch.find(" started ");
        await delay(random.below(LONGEST_DELAY_MS));
        watch.kill("SIGKILL");
        await watch.end();
        forgetWaiting(store);
      }
      await using watch = new RunningCli(["watch", "--config", config]);
      await watch.findLine((line) => / sound | damage-gone /.test(line));
      watch.kill("SIGTERM");
      assertEquals((await watch.end()).code, 0, say);
      assertEquals(readInterruptedChanges(store), [], say);
      assertEquals((await checkNow(store, { level: "full" })).summary.verdict, "clean", say);
      assertEquals(await readStoreContents(store), before, say);
    }
  },
});

/** A repair that was interrupted is tried again after some minutes: here they have passed. */
function forgetWaiting(store: string): void {
  const { notes } = readWatchNotes(localFs, store);
  if (notes === null) return;
  const repair = { ...notes.actions.repair, outcome: "failed", retryAt: null } as const;
  const path = join(`${store}.vecfsck`, WATCH_DIRECTORY_NAME, NOTES_NAME);
  const later = { ...notes, actions: { ...notes.actions, repair } };
  Deno.writeFileSync(path, encodeNotes(later));
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
