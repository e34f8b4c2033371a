import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import type { GuardOptions, GuardOutcome, GuardProbe } from "../../lib/guard/guard_outcome.ts";
import { runGuard } from "../../lib/guard/guard_store.ts";
import { aheadClock } from "../backup/backup_cases.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";

const ignore = Deno.build.os === "windows";

/** A probe that runs a script in a shell, with the directory as `$1`. */
function asks(script: string, probe: Partial<GuardProbe> = {}): { probe: GuardProbe } {
  return { probe: { command: ["sh", "-c", script, "sh", "{}"], ...probe } };
}

async function guard(store: string, options: GuardOptions): Promise<GuardOutcome> {
  return await runGuard(store, { now: aheadClock, ...options });
}

async function withoutLengths(): Promise<string> {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(broken.file("length.bin", "cosine"));
  return broken.path;
}

Deno.test({
  name: "guardStore() asks the engine where the check finds no damage, and checks once more",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const before = await snapshotTree(store);
    const { isSafe, probe, after } = await guard(store, asks('test -d "$1" && echo 634'));
    assertEquals([isSafe, probe?.outcome, probe?.count], [true, "answered", 634]);
    assertEquals([after?.damage, after?.summary.bytesChecked], [[], 0]);
    assertEquals(await snapshotTree(store), before);
  },
});

Deno.test({
  name: "guardStore() finds a store unsafe when the engine dies of it or hangs, and cures nothing",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const before = await snapshotTree(store);
    for (const onDamage of ["refuse", "repair", "quarantine", "restore"] as const) {
      const died = await guard(store, { onDamage, ...asks("kill -SEGV $$") });
      assertEquals([died.isSafe, died.probe?.signal, died.cure], [false, "SIGSEGV", null]);
    }
    const hangs = await guard(store, asks("sleep 100", { timeoutMs: 300 }));
    assertEquals([hangs.isSafe, hangs.probe?.outcome], [false, "timed-out"]);
    const refuses = await guard(store, asks("echo no >&2; exit 1"));
    assertEquals([refuses.isSafe, refuses.probe?.lastLine], [false, "no"]);
    assertEquals(await snapshotTree(store), before);
  },
});

Deno.test({
  name: "guardStore() asks no engine about damage, but about what was cured of it",
  ignore,
  async fn() {
    const marks = await scratchDirectory();
    const marking = asks(`touch ${marks}/asked`);
    const store = await tornStore("chroma-1.5.9-1");
    const refused = await guard(store, marking);
    assertEquals([refused.isSafe, refused.probe], [false, null]);
    assertEquals([...Deno.readDirSync(marks)], []);
    const cured = await guard(store, { onDamage: "repair", ...marking });
    assertEquals([cured.isSafe, cured.probe?.outcome], [true, "answered"]);
    const again = await guard(await withoutLengths(), {
      onDamage: "repair",
      ...asks("kill -ABRT $$"),
    });
    assertEquals([again.isSafe, again.cure?.failure, again.probe?.signal], [
      false,
      null,
      "SIGABRT",
    ]);
  },
});

Deno.test({
  name: "guardStore() asks the engine about a store without the indexes that were moved aside",
  ignore,
  async fn() {
    const store = await withoutLengths();
    for (let start = 0; start < 2; start++) {
      const outcome = await guard(store, { onDamage: "quarantine", ...asks("exit 0") });
      assertEquals([outcome.isSafe, outcome.missed.length], [true, 1]);
      assertEquals(outcome.probe?.outcome, "answered");
    }
  },
});

Deno.test({
  name: "guardStore() judges the store as the engine has left it, and the next one finds the same",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const index = (await BrokenStore.copyOf("chroma-1.5.9")).segment("cosine");
    const changed = await guard(store, asks(`touch "$1/chroma.sqlite3" "$1/${index}/length.bin"`));
    assert(changed.isSafe && (changed.after?.summary.bytesChecked ?? 0) > 0);
    const next = await guard(store, {});
    assertEquals([next.isSafe, next.before?.summary.bytesChecked], [true, 0]);
    const broken = await guard(store, asks(`rm "$1/${index}/length.bin"`));
    assertEquals([broken.isSafe, broken.probe?.outcome], [false, "answered"]);
    assertEquals(broken.after?.damage.map(({ code }) => code), ["VF2002"]);
    const after = await guard(store, {});
    assertEquals(after.before?.damage.map(({ code }) => code), ["VF2002"]);
  },
});

Deno.test({
  name: "guardStore() gives the engine a copy where that is asked for",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const before = await snapshotTree(store);
    const ruins = asks('rm -r "$1"/*; kill -SEGV $$', { copy: true });
    assertEquals((await guard(store, ruins)).probe?.signal, "SIGSEGV");
    const { isSafe, after } = await guard(store, asks('rm -r "$1"/*', { copy: true }));
    assertEquals([isSafe, after], [true, null]);
    assertEquals(await snapshotTree(store), before);
  },
});

Deno.test({
  name: "guardStore() throws when the engine cannot be asked, before and after the check",
  ignore,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const cases: [string | string[], string][] = [
      ["", "usage"],
      ["/no/such/program", "not-found"],
      ["env no-such-program", "not-found"],
      [["sh", "-c", "exit 126"], "not-found"],
    ];
    for (const [command, code] of cases) {
      const error = await assertRejects(
        () => guard(store, { probe: { command } }),
        OperationError,
      );
      assertEquals(error.code, code);
    }
    const damaged = await withoutLengths();
    const { isSafe, cure, after, failure, probe } = await guard(damaged, {
      onDamage: "repair",
      probe: { command: "env no-such-program" },
    });
    assertEquals([isSafe, probe, failure?.code], [false, null, "not-found"]);
    assertStringIncludes(cure?.done ?? "", "repaired");
    assertEquals(after?.damage, []);
  },
});

Deno.test({
  name: "guardStore() asks no engine about a store that is not there yet",
  ignore,
  async fn() {
    const store = join(await scratchDirectory(), "store");
    const { isSafe, probe } = await guard(store, { allowMissing: true, ...asks("exit 1") });
    assertEquals([isSafe, probe], [true, null]);
  },
});
