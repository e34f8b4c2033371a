import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { COMMIT, VERSION } from "../../lib/base/version.ts";
import { main } from "../../lib/cli/main.ts";
import { VERBS } from "../../lib/cli/verbs.ts";
import { FakeEngine } from "./fake_engine.ts";
import { FakeEnvironment } from "./fake_environment.ts";

async function run(...args: string[]): Promise<FakeEnvironment & { code: number }> {
  const environment = new FakeEnvironment();
  return Object.assign(environment, { code: await main(args, environment) });
}

Deno.test("main() shows a newcomer what to type, and calls it a wrong call", async () => {
  const { code, stdout, stderr } = await run();
  assertEquals([code, stdout.text], [16, ""]);
  assertStringIncludes(stderr.text, "vecfsck help");
  const verbs = [...stderr.text.matchAll(/vecfsck (\w+) STORE/g)].map(([, verb]) => verb);
  const known: (string | undefined)[] = VERBS.map(({ name }) => name);
  assert(verbs.length === 3 && verbs.every((verb) => known.includes(verb)));
  assert(stderr.lines.every((line) => line.length <= 80), stderr.text);
});

Deno.test("main() prints help that was asked for on standard output", async () => {
  for (const args of [["--help"], ["-h"], ["help"], ["check", "--help"], ["help", "check"]]) {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stderr.text], [0, ""]);
    assertStringIncludes(stdout.text, "USAGE\n  vecfsck ");
    assert(stdout.lines.every((line) => line.length <= 80), stdout.text);
  }
});

Deno.test("main() ends the help of every verb with its examples and exit status", async () => {
  for (const verb of VERBS) {
    const { code, stdout } = await run("help", verb.name);
    assertEquals(code, 0);
    const headings = stdout.lines.filter((line) => /^[A-Z ]+$/.test(line));
    assertEquals(headings.slice(-2), ["EXAMPLES", "EXIT STATUS"]);
    for (const { name } of verb.options) assertStringIncludes(stdout.text, `--${name}`);
    for (const { command } of verb.examples) assertStringIncludes(stdout.text, `  ${command}\n`);
    for (const { code } of verb.exitStatus) {
      assert(stdout.lines.some((line) => line.trimStart().startsWith(`${code}  `)), `${code}`);
    }
  }
});

Deno.test("main() prints the version", async () => {
  for (const args of [["--version"], ["check", "--version"]]) {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stdout.text, stderr.text], [0, `vecfsck ${VERSION}\n`, ""]);
  }
});

Deno.test("main() answers in JSON alone when it is asked for", async () => {
  const version = await run("--version", "--json");
  assertEquals(version.code, 0);
  assertEquals(version.jsonLines, [{
    type: "version",
    schema: 1,
    name: "vecfsck",
    version: VERSION,
    commit: COMMIT,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    target: Deno.build.target,
  }]);
  for (const args of [["help", "check"], ["check", "-h"]]) {
    const help = await run(...args, "--json");
    assertEquals([help.code, help.stderr.text, help.jsonLines.length], [0, "", 1]);
    assertEquals([help.jsonLines[0]?.type, help.jsonLines[0]?.verb], ["help", "check"]);
  }
});

Deno.test("main() answers a wrong call with one clear line and the usage", async () => {
  for (
    const [args, message] of [
      [["check"], "No STORE given"],
      [["check", "--frob", "a"], "Unknown option: --frob"],
      [["check", "a", "--max-findings"], "--max-findings needs a number"],
      [["check", "a", "--stale-seconds", "soon"], "--stale-seconds needs a whole number"],
      [["check", "a", "--quick", "--full"], "--quick and --full cannot be used together"],
      [["help", "frobnicate"], "Unknown verb: frobnicate"],
      [["frobnicate"], "Unknown verb: frobnicate"],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stdout.text, stderr.lines.length], [16, "", 2]);
    assertStringIncludes(stderr.lines[0] ?? "", `vecfsck: ${message}`);
    assertStringIncludes(stderr.lines[1] ?? "", "Usage: vecfsck ");
  }
});

Deno.test("main() ends a wrong call with a line of JSON too when it is asked for", async () => {
  for (
    const args of [["check", "--json"], ["--json"], ["--json", "x"], ["check", "--json", "-z"]]
  ) {
    const { code, stderr, jsonLines } = await run(...args);
    assertEquals([code, jsonLines.length, stderr.lines.length], [16, 1, 2]);
    const [line] = jsonLines;
    assertEquals([line?.type, line?.schema, line?.code, line?.store], ["error", 1, "usage", null]);
  }
});

Deno.test("main() reports a bug of its own without a stack trace", async () => {
  const environment = new FakeEnvironment();
  environment.loadEngine = () => Promise.reject(new TypeError("x is not a function"));
  assertEquals(await main(["check", "a", "--json"], environment), 8);
  assertEquals(environment.jsonLines.map(({ code }) => code), ["internal"]);
  assertStringIncludes(environment.stderr.text, "TypeError: x is not a function");
  assertEquals(environment.stderr.text.includes(" at "), false);
});

Deno.test("main() fails when standard output takes nothing more", async () => {
  const environment = new FakeEnvironment();
  environment.stdout.failure = "No space left on device (os error 28)";
  assertEquals(await main(["help"], environment), 8);
  assertEquals(environment.stderr.lines, [
    "vecfsck: Standard output could not be written: No space left on device (os error 28)",
  ]);
});

Deno.test("main() takes its signal handlers back when the verb has ended", async () => {
  const environment = new FakeEnvironment(
    new FakeEngine({ a: new OperationError("busy", "In use") }),
  );
  assertEquals(await main(["check", "a"], environment), 8);
  assertEquals(environment.cancelListeners.size, 0);
});
