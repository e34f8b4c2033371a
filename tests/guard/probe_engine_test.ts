/**
 * The guard asks real engines, with the programs that docs/guard.md shows.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { quoteShellWord } from "../../lib/base/shell_words.ts";
import type { GuardOutcome, GuardProbe } from "../../lib/guard/guard_outcome.ts";
import { runGuard } from "../../lib/guard/guard_store.ts";
import { aheadClock } from "../backup/backup_cases.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { findChromemJudge } from "../support/chromem_judge.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { type GoldenStore, REPOSITORY } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { snapshotTree } from "../support/snapshot.ts";

const PROGRAM = join(REPOSITORY, "docs", "probe", "probe_chroma.py");
const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";
const LONG_MS = 120_000;
const RECORDS = 634;

/** Engines, each with a store that it opens. */
const ENGINES: readonly (readonly [string, GoldenStore])[] = [
  ["1.5.9", "chroma-1.5.9"],
  ["1.0.21", "chroma-1.0.21-configuration"],
  ["0.6.3", "chroma-0.5.23"],
  ["0.5.23", "chroma-0.5.23"],
  ["0.4.24", "chroma-0.4.24"],
];

/** Puts an entry point into header.bin that no slot has, where no check sees it: in the probe. */
const BLIND_DAMAGE = 'printf "\\377\\377\\377\\177" | dd of="$1/$2/header.bin" bs=1 seek=56 ' +
  "conv=notrunc status=none";

async function guard(store: string, probe: GuardProbe): Promise<GuardOutcome> {
  return await runGuard(store, { now: aheadClock, probe: { timeoutMs: LONG_MS, ...probe } });
}

for (const [version, name] of ENGINES) {
  const python = findEngine(version);
  const ignore = python === null || Deno.build.os === "windows";

  Deno.test({
    name: `guardStore() has Chroma ${version} open a store and count, on a copy and in its place`,
    ignore: ignore || (version !== "1.5.9" && !EVERYTHING),
    async fn() {
      const { path: store } = await BrokenStore.copyOf(name);
      const before = await snapshotTree(store);
      const command = [python ?? "", PROGRAM];
      for (const copy of [true, false]) {
        const { isSafe, probe, after } = await guard(store, { command, copy });
        assertEquals([isSafe, probe?.outcome, probe?.count], [true, "answered", RECORDS]);
        assertEquals(after === null, copy);
        if (copy) assertEquals(await snapshotTree(store), before);
      }
      // The engine has written, and what it has left was checked.
      const { isSafe, before: next } = await runGuard(store, { now: aheadClock });
      assertEquals([isSafe, next?.summary.bytesChecked], [true, 0]);
    },
  });

  Deno.test({
    name:
      `guardStore() names the signal that damage which no check sees makes Chroma ${version} die of`,
    ignore: ignore || (version !== "1.5.9" && !EVERYTHING),
    async fn() {
      const broken = await BrokenStore.copyOf(name);
      const before = await snapshotTree(broken.path);
      const script = `${BLIND_DAMAGE}; exec ${quoteShellWord(python ?? "")} ${
        quoteShellWord(PROGRAM)
      } "$1"`;
      const command = ["sh", "-c", script, "sh", "{}", broken.segment("cosine")];
      const { isSafe, probe, before: found } = await guard(broken.path, { command, copy: true });
      assertEquals([isSafe, probe?.outcome, probe?.signal], [false, "died", "SIGSEGV"]);
      assertEquals(found?.damage, []);
      assertEquals(await snapshotTree(broken.path), before);
    },
  });
}

Deno.test({
  name: "guardStore() has chromem-go open a database, and quotes why it refuses one",
  ignore: findChromemJudge() === null || Deno.build.os === "windows",
  async fn() {
    const judge = findChromemJudge() ?? "";
    const store = await chromemStore("plain");
    const opened = await guard(store, { command: [judge, "count", "{}"] });
    assertEquals([opened.isSafe, opened.probe?.outcome], [true, "answered"]);
    const script = `for file in "$1"/*/*.gob; do :; done; : > "$file"; exec ${
      quoteShellWord(judge)
    } count "$1"`;
    const { isSafe, probe } = await guard(store, {
      command: ["sh", "-c", script, "sh", "{}"],
      copy: true,
    });
    assertEquals([isSafe, probe?.outcome, probe?.exitCode], [false, "failed", 1]);
    assertStringIncludes(probe?.lastLine ?? "", "couldn't read document");
  },
});
