import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { quoteShellWord } from "../../lib/base/shell_words.ts";
import { missingPlaceholders } from "../../lib/cli/server_command.ts";
import { findServer } from "../support/chroma_server.ts";
import { goldenStore, REPOSITORY } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { runMain } from "./run_main.ts";

const FAKE_SERVER = fromFileUrl(new URL("./serve_fake_chroma.ts", import.meta.url));

const isWindows = Deno.build.os === "windows";

/** Runs `drill --batches` in a process that may use the network of this machine. */
async function drillBatches(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--no-check", "--allow-read", "--allow-write"],
      ...["--allow-run", "--allow-net=127.0.0.1", join(REPOSITORY, "cli.ts"), "drill", "--batches"],
      ...args,
    ],
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out ?? "", stderr: err ?? "" };
}

Deno.test({
  name: "drill --batches finds the size at which a server dies, and exits 4",
  ignore: isWindows,
  async fn() {
    const server = [
      Deno.execPath(),
      ...["run", "--quiet", "--no-check", "--allow-write", "--allow-net=127.0.0.1"],
      ...["--allow-run", FAKE_SERVER, "{store}", "{port}"],
    ].map(quoteShellWord).join(" ");
    const { code, stdout, stderr } = await drillBatches("--server-command", server);
    assertEquals([code, stderr], [4, ""]);
    assertMatch(stdout, /^Measuring batches to a server on an empty store: .* of 384 components/);
    assertMatch(stdout, /^ +10 +20 +[\d.]+ ms .* good$/m);
    assertMatch(stdout, /^ +50 +0 +- +- .* SERVER DIED$/m);
    assertStringIncludes(stdout, "killed by SIGKILL: out of luck");
    assertMatch(stdout, /\nUSE {2}batches of [12]0 records: .* 50 are too many: SERVER DIED/);
  },
});

Deno.test({
  name: "drill --batches says why a server does not start",
  ignore: isWindows,
  async fn() {
    const { code, stdout, stderr } = await drillBatches(
      "--server-command",
      `sh -c "echo no such option >&2; exit 3" {store} {port}`,
    );
    assertEquals([code, stdout], [8, ""]);
    assertStringIncludes(stderr, "ended before it answered: exit code 3: no such option");
  },
});

Deno.test({
  name: "drill --batches measures a real server on a copy of the store",
  ignore: findEngine("1.5.9") === null || isWindows,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const before = await snapshotTree(store);
    const command = `${quoteShellWord(findServer("1.5.9"))} run --path {store} --port {port}`;
    const options = ["--server-command", command, "--max-batch", "10", "--json"];
    const { code, stdout, stderr } = await drillBatches(...options, store);
    assertEquals([code, stderr], [0, ""]);
    const lines = stdout.trim().split("\n").map((line) => JSON.parse(line));
    const [start, first, summary] = lines;
    assertEquals([start.store, start.maxBatchSize], [store, 5461]);
    assertEquals(lines.map(({ type }) => type), [
      "drill-batches",
      "drill-batches-result",
      "drill-batches-summary",
    ]);
    assertEquals([first.state, first.batches, first.lostRecords], ["good", 20, 0]);
    assertEquals([summary.recommendedSize, summary.largestGoodSize], [10, 10]);
    assertEquals(await snapshotTree(store), before);
  },
});

Deno.test({
  name: "drill --batches does not wait for a server that takes connections and says nothing",
  ignore: isWindows,
  async fn() {
    const script = 'Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.args[1]) }, ' +
      "() => new Promise(() => {}))";
    const words = [Deno.execPath(), "eval", script, "{store}", "{port}"];
    const { code, stderr } = await drillBatches(
      ...["--server-command", words.map(quoteShellWord).join(" "), "--engine-timeout", "2s"],
    );
    assertEquals(code, 8);
    assertStringIncludes(stderr, "does not answer within 2.00 s");
  },
});

Deno.test("drill --batches says which permission is missing, and for what", async () => {
  const command = ["--server-command", `${Deno.execPath()} {store} {port}`];
  const { code, stderr } = await runMain(["drill", "--batches", ...command]);
  assertEquals(code, 8);
  assertStringIncludes(stderr.text, "may not reach 127.0.0.1: vecfsck was started without");
  assertStringIncludes(stderr.text, "--allow-net=127.0.0.1");
  const remote = await runMain(["drill", "--batches", "--server", "https://example.com:444/"]);
  assertEquals(remote.code, 8);
  assertStringIncludes(remote.stderr.text, "--allow-net=example.com:444");
});

Deno.test("drill --batches refuses calls that make no sense", async () => {
  const calls: [string[], string][] = [
    [[], "--server-command CMD or --server URL"],
    [["--server", "localhost:8000"], 'needs an address, not "localhost:8000"'],
    [["--server", "ftp://localhost"], "needs an address"],
    [["--server", "http://user@localhost"], "needs an address"],
    [["--server", "http://localhost", "/srv/chroma"], "give no STORE"],
    [["--server-command", "chroma run {store}"], "{port} does not stand in --server-command"],
    [["--server-command", "chroma run {port}"], "{store} does not stand in --server-command"],
    [["--server-command", "chroma", "--server", "http://localhost"], "cannot be used together"],
    [["--all"], "cannot be used together"],
    [["--seed", "1"], "cannot be used together"],
    [["--server", "http://localhost", "--dimension", "0"], "--dimension"],
    [["--server", "http://localhost", "--max-batch", "0"], "--max-batch"],
  ];
  for (const [args, message] of calls) {
    const { code, stderr } = await runMain(["drill", "--batches", ...args]);
    assertEquals(code, 16, `${args.join(" ")}: ${stderr.text}`);
    assertStringIncludes(stderr.text, message);
  }
});

Deno.test("missingPlaceholders() finds them wherever they stand in an argument", () => {
  const find = (...args: string[]): string[] => missingPlaceholders({ program: "chroma", args });
  assertEquals(find("--path={store}", "--port={port}"), []);
  assertEquals(find("run"), ["{store}", "{port}"]);
});
