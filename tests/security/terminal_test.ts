/**
 * Whatever the texts of a store are, nothing that vecfsck prints acts on a terminal, begins a line of
 * its own, or turns the direction of text.
 */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import type { Engine } from "../../lib/cli/environment.ts";
import { VERBS } from "../../lib/cli/verbs.ts";
import { checkStore } from "../../lib/engine/check.ts";
import { findStores } from "../../lib/engine/find_stores.ts";
import { StoreThreads } from "../../lib/fleet/store_threads.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { FakeEnvironment } from "../cli/fake_environment.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { RUN_TIME, runVerb } from "../verbs/world.ts";
import { HOSTILE, hostileChroma, hostileChromem, requireHarmless } from "./hostile_texts.ts";

/** File systems of Windows have no such names. */
const ignore = Deno.build.os === "windows";

const ID = "20400103T000000Z";

/** The sequences by which our own colours are made, and the line of a progress bar. */
// deno-lint-ignore no-control-regex
const OWN_SEQUENCES = /\x1b\[[0-9;]*m|\r?\x1b\[2?K|\r/g;

/** Calls on a store that is damaged, and on what they make of it, one after another. */
function listCalls(store: string): readonly (readonly string[])[] {
  return [...listFirstCalls(store), ...listLaterCalls(store)];
}

function listFirstCalls(store: string): readonly (readonly string[])[] {
  return [
    ["check", store],
    ["check", "--quick", store],
    ["check", "--since-seal", store],
    ["check", `${store}${HOSTILE}`],
    ["status", store],
    ["status", "--prometheus", store],
    ["guard", store],
    ["guard", "--journal", store],
    ["seal", store],
    ["optimize", "--dry-run", store],
    ["quarantine", "--damaged", "--dry-run", store],
    ["quarantine", "--damaged", "--yes", store],
    ["quarantine", "list", store],
    ["quarantine", "restore", store, ID],
    ["quarantine", "restore", store, HOSTILE],
    ["backup", store],
    ["backup", "--force", store],
    ["drill", "--damage", "no such", store],
  ];
}

function listLaterCalls(store: string): readonly (readonly string[])[] {
  const directory = dirname(store);
  const into = join(directory, `into ${HOSTILE}`);
  return [
    ["repair", "--dry-run", store],
    ["repair", "--yes", "--missing", join(directory, `missing ${HOSTILE}`), store],
    ["repair", "--yes", store],
    ["undo", "--dry-run", store],
    ["undo", "--yes", store],
    ["repair", "--yes", store],
    ["check", store],
    ["seal", store],
    ["check", "--sealed", store],
    ["optimize", "--yes", store],
    ["backup", store],
    ["backup", "list", store],
    ["backup", "show", store],
    ["backup", "verify", store],
    ["backup", "prune", "--keep-last", "1", "--dry-run", store],
    ["restore", "--dry-run", store],
    ["restore", "--into", into, "--yes", store],
    ["restore", "--yes", store],
    ["quarantine", "list", store],
    ["quarantine", "purge", "--older-than", "1d", "--dry-run", store],
    ["watch", "--check-config", store],
    ["export", "-o", join(directory, `export ${HOSTILE}`), store],
    ["report", "-o", join(directory, `report ${HOSTILE}.html`), store],
    ["drill", "--damage", "header_empty", "--seed", "1", store],
    ["drill", "--damage", "metadata_missing", "--seed", "1", store],
  ];
}

function nameCall(args: readonly string[]): string {
  return args.map((word) => word.includes(HOSTILE) ? basename(word).slice(0, 8) : word).join(" ");
}

/** The engine of the program, threads included. */
const ENGINE: Engine = {
  checkStore,
  findStores,
  startThreads: (options) => Promise.resolve(new StoreThreads(options)),
};

/** Runs a call as if a person looked at it. */
async function runOnTerminal(args: readonly string[], isTerminal = true): Promise<string> {
  const environment = new FakeEnvironment(ENGINE);
  environment.stdout.isTerminal = isTerminal;
  environment.stderr.isTerminal = isTerminal;
  environment.time = RUN_TIME;
  await main(args, environment);
  return environment.stdout.text + environment.stderr.text;
}

/** Watches a store until its first check has been told, and its metrics are written. */
async function watchOnce(args: readonly string[], metrics: string): Promise<string> {
  const environment = new FakeEnvironment(ENGINE);
  const watching = main(["watch", ...args], environment);
  const { stdout, stderr } = environment;
  while (!/damaged|unsafe/i.test(stdout.text) || localFs.look(metrics) === null) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  environment.cancel("SIGTERM");
  await watching;
  return stdout.text + stderr.text;
}

for (const [format, make] of [["chroma", hostileChroma], ["chromem", hostileChromem]] as const) {
  Deno.test({
    name: `no verb prints a control character of a hostile store of ${format}`,
    ignore,
    fn: async () => {
      const store = await make(join(await scratchDirectory(), "stores"));
      const silent: string[] = [];
      requireHarmless(
        await runOnTerminal(["check", "--recursive", dirname(store)], false),
        "a fleet",
      );
      for (const args of listCalls(store)) {
        const { stdout, stderr } = await runVerb(args);
        requireHarmless(stdout, `${nameCall(args)}, standard output`);
        requireHarmless(stderr, `${nameCall(args)}, standard error`);
        assert(!stderr.includes("has a bug"), stderr);
        if (stdout + stderr === "") silent.push(nameCall(args));
      }
      assertEquals(silent, []);
    },
  });

  Deno.test({
    name: `nothing on a terminal but our own colours comes of a hostile store of ${format}`,
    ignore,
    fn: async () => {
      const store = await make(join(await scratchDirectory(), "stores"));
      const calls = [["check"], ["status"], ["guard"], ["seal"], ["repair", "--yes"], ["backup"]];
      for (const [verb = "", ...options] of calls) {
        const text = await runOnTerminal([verb, ...options, store]);
        assert(verb === "guard" || text.includes("\x1b["), `${verb} is without colour`);
        requireHarmless(text.replaceAll(OWN_SEQUENCES, ""), `${verb} on a terminal`);
      }
    },
  });

  Deno.test({
    name: `--json is without a character that acts on a terminal for a hostile store of ${format}`,
    ignore,
    fn: async () => {
      const store = await make(join(await scratchDirectory(), "stores"));
      for (const args of [...listFirstCalls(store), ["repair", "--yes", store]]) {
        const { stdout } = await runVerb([...args, "--json"]);
        requireHarmless(stdout, `${nameCall(args)} --json`);
        for (const line of stdout.split("\n").slice(0, -1)) {
          assertEquals(typeof JSON.parse(line), "object");
        }
      }
    },
  });

  Deno.test({
    name: `watch prints, logs and measures no control character of a hostile store of ${format}`,
    ignore,
    fn: async () => {
      const directory = await scratchDirectory();
      const store = await make(join(directory, "stores"));
      const [log, metrics] = [join(directory, "log"), join(directory, "watch.prom")];
      requireHarmless(await watchOnce([store, "--log", log, "--out", metrics], metrics), "watch");
      requireHarmless(await Deno.readTextFile(log), "the log of watch");
      requireHarmless(await Deno.readTextFile(metrics), "the metrics of watch");
    },
  });
}

Deno.test("every verb that looks at a store is among those that are tried", () => {
  const tried = new Set(["watch", ...listCalls("/stores/store").map(([verb]) => verb)]);
  const without = ["help", "completions"];
  const names = new Set(VERBS.map(({ name }) => name.split(" ")[0] ?? ""));
  assertEquals([...names].filter((name) => !tried.has(name) && !without.includes(name)), []);
});
