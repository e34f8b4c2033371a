import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { main } from "../../lib/cli/main.ts";
import { finding } from "../output/events.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { FakeEngine } from "./fake_engine.ts";
import { FakeEnvironment } from "./fake_environment.ts";

const STORES = {
  "/a/clean": [],
  "/a/info": [finding("foreign-entry", { path: "x.txt" })],
  "/a/warning": [finding("file-overallocated", { path: "y.bin" })],
  "/a/damaged": [finding("sqlite-malformed", { path: "chroma.sqlite3", offset: 4096 })],
  "/a/unsafe": [finding("dimension-mismatch", { collection: "notes" }), finding("foreign-entry")],
  "/b/missing": new OperationError("not-found", "No such file or directory: /b/missing", {
    path: "/b/missing",
    hint: "Look at the spelling.",
  }),
  "/c/broken": new RangeError("Invalid array length"),
  "/c/eio": Object.assign(new Error("Input/output error (os error 5)"), { code: "EIO" }),
} as const;

async function run(...args: string[]): Promise<FakeEnvironment & { code: number }> {
  const environment = new FakeEnvironment(new FakeEngine(STORES));
  return Object.assign(environment, { code: await main(["check", ...args], environment) });
}

Deno.test("check ORs the exit codes of its stores", async () => {
  for (
    const [args, code] of [
      [["/a/clean"], 0],
      [["/a/info"], 0],
      [["/a/warning"], 0],
      [["/a/warning", "--strict"], 4],
      [["/a/info", "--strict"], 0],
      [["/a/damaged"], 4],
      [["/a/unsafe"], 4],
      [["/b/missing"], 8],
      [["/c/broken"], 8],
      [["/b/missing", "/a/unsafe"], 12],
      [["/a/unsafe", "/a/clean"], 4],
      [["/a/clean", "/a/warning", "/b/missing"], 8],
    ] as const
  ) {
    for (const mode of [[], ["--json"], ["-q"]]) {
      assertEquals((await run(...args, ...mode)).code, code, [...args, ...mode].join(" "));
    }
  }
});

Deno.test("check goes on with the next store when one cannot be checked", async () => {
  const { stdout, stderr, code } = await run("/b/missing", "/a/damaged", "/c/eio", "/a/clean");
  assertEquals(code, 12);
  assertEquals(stdout.lines.filter((line) => /^(CLEAN|DAMAGED) /.test(line)).length, 2);
  assertEquals(stderr.lines.slice(0, 2), [
    "NOT CHECKED  No such file or directory: /b/missing",
    "  Look at the spelling.",
  ]);
  assertStringIncludes(stderr.text, "NOT CHECKED  Cannot read /c/eio: Input/output error");
  assertEquals(stdout.lines.at(-1), "4 stores: 1 damaged, 1 clean, 2 not checked");
});

Deno.test("check tells the engine its level and what is stale", async () => {
  const calls = async (...args: string[]): Promise<unknown[]> => {
    const engine = new FakeEngine(STORES);
    await main(["check", "/a/clean", ...args], new FakeEnvironment(engine));
    return engine.calls.map(({ path, options: { level, staleSeconds } }) => [
      path,
      level,
      staleSeconds,
    ]);
  };
  assertEquals(await calls(), [["/a/clean", "full", 3600]]);
  assertEquals(await calls("--full"), [["/a/clean", "full", 3600]]);
  assertEquals(await calls("--quick", "--stale-seconds", "5"), [["/a/clean", "quick", 5]]);
});

Deno.test("check says what it does before the engine has answered", async () => {
  const engine = new FakeEngine(STORES);
  const environment = new FakeEnvironment(engine);
  let before = "";
  engine.onCheck = () => {
    before = environment.stdout.text;
  };
  await main(["check", "/a/clean", "--quick"], environment);
  assertEquals(before, "Checking /a/clean (quick check)\n");
});

Deno.test("check prints findings, then the verdict as the last line of a store", async () => {
  const { stdout, stderr } = await run("/a/unsafe");
  const start = stdout.lines.slice(0, 3);
  assertEquals(start, ["Checking /a/unsafe (full check)", "", "The store"]);
  assertStringIncludes(stdout.text, "  FATAL    VF1213  ");
  assertStringIncludes(stdout.lines.at(-1) ?? "", "UNSAFE  /a/unsafe: do not open this store");
  assertEquals(stderr.text, "");
});

Deno.test("check --quiet prints verdicts of stores that are not clean and nothing else", async () => {
  const { stdout, stderr } = await run("-q", "/a/clean", "/a/info", "/a/warning", "/a/unsafe");
  assertEquals(stdout.lines.map((line) => line.slice(0, 8)), ["WARNING ", "UNSAFE  "]);
  assertEquals(stderr.text, "");
  assertStringIncludes((await run("-q", "/b/missing")).stderr.text, "NOT CHECKED");
});

Deno.test("check --max-findings limits what is listed and not what is counted", async () => {
  const { stdout } = await run("/a/unsafe", "--max-findings", "1");
  assertEquals(stdout.lines.filter((line) => /VF\d{4}/.test(line)).length, 1);
  assertStringIncludes(stdout.text, "… and 1 more finding; the whole list: --json");
  const { jsonLines } = await run("/a/unsafe", "/a/damaged", "--json", "--max-findings", "1");
  const types = jsonLines.map(({ type }) => type);
  assertEquals(types, ["finding", "summary", "finding", "summary", "fleet"]);
  assertEquals(jsonLines[1]?.counts, { fatal: 1, error: 0, warning: 0, info: 1 });
});

Deno.test("check --json prints every event as a line and nothing else", async () => {
  const { jsonLines, stderr } = await run("--json", "/a/unsafe", "/b/missing", "/a/clean");
  assertEquals(jsonLines.map(({ type, store }) => [type, store]), [
    ["finding", "/a/unsafe"],
    ["finding", "/a/unsafe"],
    ["summary", "/a/unsafe"],
    ["error", "/b/missing"],
    ["summary", "/a/clean"],
    ["fleet", undefined],
  ]);
  assert(jsonLines.every(({ schema }) => schema === 1));
  assertStringIncludes(stderr.text, "NOT CHECKED  No such file or directory: /b/missing");
});

Deno.test("check --json hands lines on in batches without losing one", async () => {
  const many = Array.from(
    { length: 2000 },
    (_, index) => finding("foreign-entry", { path: `file ${index}` }),
  );
  const environment = new FakeEnvironment(new FakeEngine({ "/many": many }));
  assertEquals(await main(["check", "/many", "--json"], environment), 0);
  const paths = environment.jsonLines.slice(0, -1).map(({ path }) => path);
  assertEquals(paths, many.map(({ path }) => path));
});

Deno.test({
  name: "check --json gives the bytes of a store's path on every line where they are not UTF-8",
  // Other systems keep no such names.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const directory = await scratchDirectory();
    const script = 'd="$(printf \'caf\\351\')"; mkdir "$d" && ln -s "$d" plain';
    await new Deno.Command("sh", { args: ["-c", script], cwd: directory }).output();
    const link = join(directory, "plain");
    const outcomes = { [link]: [finding("foreign-entry")], "/plain": [] };
    const environment = new FakeEnvironment(new FakeEngine(outcomes));
    assertEquals(await main(["check", "--json", link, "/plain"], environment), 0);
    const bytes = environment.jsonLines.map(({ storeBase64 }) =>
      storeBase64 === undefined ? null : Uint8Array.fromBase64(String(storeBase64)).at(-1)
    );
    assertEquals(bytes, [0xe9, 0xe9, null, null]);
  },
});

Deno.test("check --recursive checks every store below, and says when there is none", async () => {
  const all = await run("--recursive", "/a", "--json");
  assertEquals(all.code, 4);
  const stores = all.jsonLines.filter(({ type }) => type === "summary").map(({ store }) => store);
  assertEquals(stores, ["/a/clean", "/a/info", "/a/warning", "/a/damaged", "/a/unsafe"]);
  const none = await run("--recursive", "/nowhere", "--json");
  assertEquals(none.code, 8);
  assertEquals(none.jsonLines.map(({ type, code }) => [type, code]), [
    ["error", "not-a-store"],
    ["fleet", undefined],
  ]);
  const failing = await run("--recursive", "/b/missing", "/a/damaged", "--json");
  assertEquals(failing.code, 12);
  assertEquals(failing.jsonLines.map(({ type }) => type), ["error", "finding", "summary", "fleet"]);
});

Deno.test("check reports a bug as trouble with itself, not as damage", async () => {
  const { code, jsonLines, stderr } = await run("/c/broken", "--json");
  assertEquals([code, jsonLines.length], [8, 1]);
  assertEquals([jsonLines[0]?.type, jsonLines[0]?.code], ["error", "internal"]);
  assertStringIncludes(stderr.text, "This says nothing about the store");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`check ends at once on ${signal} and says that nothing was changed`, async () => {
    for (const mode of [[], ["--json"], ["-q"]]) {
      const engine = new FakeEngine(STORES);
      const environment = new FakeEnvironment(engine);
      engine.onCheck = (options) => {
        // The first store is done; the engine does not hear of the signal, as when it is in SQLite.
        if (engine.calls.length < 2) return;
        assertEquals(options.signal?.aborted, false);
        environment.cancel(signal);
        return new Promise(() => {});
      };
      const args = ["check", "--jobs", "1", "/a/damaged", "/a/clean", "/a/unsafe", ...mode];
      assertEquals(await main(args, environment), 36);
      assertEquals(engine.calls.length, 2);
      const last = environment.stderr.lines.at(-1) ?? "";
      assertStringIncludes(last, `${signal}`);
      assertStringIncludes(last, "nothing was changed");
      if (mode[0] === "--json") {
        const line = environment.jsonLines.at(-1);
        assertEquals([line?.type, line?.code, line?.store], ["error", "cancelled", "/a/clean"]);
      }
    }
  });
}

Deno.test("check leaves at a second signal without waiting for anything", async () => {
  const engine = new FakeEngine(STORES);
  const environment = new FakeEnvironment(engine);
  engine.onCheck = () => {
    environment.cancel("SIGINT");
    environment.cancel("SIGINT");
  };
  await main(["check", "/a/clean"], environment);
  assertEquals(environment.exits, [32]);
});

Deno.test("check stops when nobody reads its output any more, and says that it did", async () => {
  const engine = new FakeEngine(STORES);
  const environment = new FakeEnvironment(engine);
  engine.onCheck = () => {
    environment.stdout.isBroken = true;
  };
  const stores = ["/a/damaged", "/a/clean", "/a/unsafe"];
  const code = await main(["check", ...stores, "--jobs", "1", "--json"], environment);
  assertEquals([code, engine.calls.length], [12, 1]);
  assertStringIncludes(environment.stderr.text, "Nobody reads the output any more");
});

Deno.test("check keeps the code of a store whose report nobody read to its end", async () => {
  const engine = new FakeEngine(STORES);
  const environment = new FakeEnvironment(engine);
  engine.onCheck = () => {
    environment.stdout.isBroken = true;
  };
  assertEquals(await main(["check", "/a/damaged"], environment), 4);
  assertEquals(environment.stderr.text, "");
});

Deno.test("check draws a progress bar on a terminal after a second, and takes it away", async () => {
  const engine = new FakeEngine(STORES);
  const environment = new FakeEnvironment(engine);
  environment.stderr.isTerminal = true;
  const seen: string[] = [];
  engine.onCheck = ({ onProgress }) => {
    onProgress?.({ checkedBytes: 10e6, totalBytes: 100e6 });
    environment.pass(900);
    seen.push(environment.stderr.text);
    environment.pass(200);
    seen.push(environment.stderr.text);
    environment.pass(0);
    seen.push(environment.stderr.text);
  };
  await main(["check", "/a/damaged"], environment);
  const [early = "", drawn = "", again = ""] = seen;
  assertEquals(early, "");
  assertStringIncludes(drawn, "10%  10.0 MB of 100 MB  9.1 MB/s  10 s left");
  assertEquals(drawn.startsWith("\r\x1b[2K["), true);
  assertEquals(again, drawn);
  assertEquals(environment.stderr.text, `${drawn}\r\x1b[2K`);
  assertEquals(environment.ticks.size, 0);
});

Deno.test("check moves nothing where nobody looks, or where a bar is not wanted", async () => {
  const drawn = async (
    prepare: (environment: FakeEnvironment) => void,
    ...args: string[]
  ): Promise<string> => {
    const engine = new FakeEngine(STORES);
    const environment = new FakeEnvironment(engine);
    environment.stderr.isTerminal = true;
    prepare(environment);
    engine.onCheck = ({ onProgress }) => {
      onProgress?.({ checkedBytes: 10e6, totalBytes: 100e6 });
      environment.pass(5000);
    };
    await main(["check", "/a/clean", ...args], environment);
    return environment.stderr.text;
  };
  assert((await drawn(() => {})).length > 0);
  assertEquals(await drawn((environment) => environment.stderr.isTerminal = false), "");
  assertEquals(await drawn((environment) => environment.variables.set("TERM", "dumb")), "");
  assertEquals(await drawn(() => {}, "--json"), "");
  assertEquals(await drawn(() => {}, "--quiet"), "");
});

Deno.test("check hands the names and the key that are given to every check", async () => {
  const directory = await scratchDirectory();
  const names = join(directory, "names.txt");
  const key = join(directory, "key");
  await Deno.writeTextFile(names, "memories\nnotes\n");
  await Deno.writeTextFile(key, "0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
  const engine = new FakeEngine(STORES);
  const environment = new FakeEnvironment(engine);
  const args = ["check", "/a/clean", "/a/info", "--names", names, "--name", "x", "--name", "notes"];
  assertEquals(await main([...args, "--key-file", key], environment), 0);
  const expected = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
  for (const { options } of engine.calls) {
    assertEquals(options.names, ["x", "notes", "memories"]);
    assertEquals(options.key, expected);
  }
  assertEquals([engine.calls.length, environment.stderr.text], [2, ""]);
});

Deno.test("check does nothing when a file of names or of a key cannot be used", async () => {
  const directory = await scratchDirectory();
  for (const option of ["--names", "--key-file"]) {
    const { code, stdout, stderr } = await run("/a/clean", option, directory);
    assertEquals([code, stdout.text], [8, ""]);
    assertStringIncludes(stderr.text, `A directory and no file: ${directory}`);
  }
});

Deno.test({
  name: "check warns of a key that everybody can read, without --quiet",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const key = join(await scratchDirectory(), "key");
    await Deno.writeTextFile(key, "0123456789abcdef0123456789abcdef");
    await Deno.chmod(key, 0o644);
    const { code, stderr } = await run("/a/clean", "--key-file", key);
    assertEquals(code, 0);
    assertStringIncludes(stderr.text, "Everybody on this machine can read the key");
    assertEquals((await run("/a/clean", "-q", "--key-file", key)).stderr.text, "");
  },
});

Deno.test("check has no option for a key itself", async () => {
  const { code, stderr } = await run("/a/clean", "--key", "0123456789abcdef0123456789abcdef");
  assertEquals(code, 16);
  assertStringIncludes(stderr.text, "Unknown option: --key");
});

Deno.test("check --jobs bounds the threads of one store, and the stores that are checked at once", async () => {
  const engine = new FakeEngine(STORES);
  assertEquals(await main(["check", "/a/clean", "--jobs", "3"], new FakeEnvironment(engine)), 0);
  assertEquals(engine.calls[0]?.options.jobs, 3);
  for (const jobs of [1, 3]) {
    const many = new FakeEngine(STORES);
    let [underWay, most] = [0, 0];
    many.onCheck = async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 0));
      underWay--;
    };
    await main(["check", "--recursive", "/a", "--jobs", String(jobs)], new FakeEnvironment(many));
    assertEquals([many.calls.length, most], [5, jobs]);
  }
  for (const jobs of ["0", "1025", "two"]) {
    const { code, stdout, stderr } = await run("/a/clean", "--jobs", jobs);
    assertEquals([code, stdout.text], [16, ""]);
    assertStringIncludes(stderr.text, "--jobs");
  }
});

Deno.test("check tells of many stores in little, of the first bad ones in full, and of the worst", async () => {
  const bad = Array.from({ length: 12 }, (_, index) => [
    `/srv/${String(index).padStart(2, "0")}`,
    [finding("sqlite-malformed", { path: "chroma.sqlite3" })],
  ]);
  const stores = Object.fromEntries([...bad, ["/srv/12", []], ["/srv/13", []]]);
  const environment = new FakeEnvironment(new FakeEngine(stores));
  assertEquals(await main(["check", "--recursive", "--jobs", "2", "/srv"], environment), 4);
  const { lines } = environment.stdout;
  assertEquals(lines[0], "Checking every store in /srv and below (full check, 2 at once)");
  assertEquals(lines.filter((line) => line.startsWith("Checking /srv/")).length, 10);
  assertEquals(lines.filter((line) => line.startsWith("DAMAGED ")).length, 12);
  assertEquals(lines.filter((line) => line.startsWith("CLEAN ")).length, 2);
  const end = lines.slice(lines.indexOf("The worst first"));
  assertEquals(end.length, 15);
  assertEquals(end[1], "  DAMAGED      /srv/00: 1 error");
  assertEquals(end.at(-1), "14 stores: 12 damaged, 2 clean");
  const listed = new FakeEnvironment(new FakeEngine(stores));
  await main(["check", "--recursive", "/srv", "--max-findings", "1"], listed);
  const headings = listed.stdout.lines.filter((line) => line.startsWith("Checking /srv/"));
  assertEquals(headings.length, 12);
});

Deno.test("check draws how many stores are done on a terminal, and takes that away", async () => {
  const engine = new FakeEngine(STORES);
  const environment = new FakeEnvironment(engine);
  environment.stderr.isTerminal = true;
  let drawn = "";
  engine.onCheck = async () => {
    if (engine.calls.length !== 5) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    environment.pass(2000);
    drawn = environment.stderr.text;
  };
  await main(["check", "--recursive", "--jobs", "1", "/a"], environment);
  assertStringIncludes(drawn, "stores checked");
  assertEquals(environment.stderr.text.endsWith("\r\x1b[2K"), true);
});
