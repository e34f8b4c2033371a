import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { type Call, hasFlag, parseCall } from "../../lib/cli/arguments.ts";

function parseCheck(...args: string[]): Call & { kind: "run" } {
  const call = parseCall(["check", ...args]);
  if (call.kind !== "run") throw new Error(`A call of check was read as ${call.kind}`);
  return call;
}

function usageOf(...args: string[]): string {
  const error = assertThrows(() => parseCall(args), OperationError);
  assertEquals(error.code, "usage");
  assertEquals(error.hint?.startsWith("Usage: vecfsck "), true);
  return error.message;
}

Deno.test("parseCall() keeps every store a string, whatever it looks like", () => {
  const names = ["1", "0x10", "1e3", "true", "false", "null", "-", ".", "a=b", "é", "NaN", " "];
  assertEquals(parseCheck(...names).operands, names);
});

Deno.test("parseCall() does not take a store for the value of the flag before it", () => {
  for (const flag of ["--json", "--quick", "--no-color", "-q", "--strict"]) {
    for (const store of ["true", "false", "1", "yes"]) {
      const { operands, options } = parseCheck(flag, store);
      assertEquals(operands, [store]);
      const name = flag === "-q" ? "quiet" : flag.slice(2);
      assertEquals(options.flag(name), true);
    }
  }
});

Deno.test("parseCall() takes everything behind two dashes for a store", () => {
  const { operands, options } = parseCheck("a", "--quick", "--", "--json", "-q", "--", "check");
  assertEquals(operands, ["a", "--json", "-q", "--", "check"]);
  assertEquals(options.flag("quick"), true);
  assertEquals(options.flag("json"), false);
  assertEquals(options.flag("quiet"), false);
});

Deno.test("parseCall() reads options before the verb and between the stores", () => {
  const call = parseCall(["--json", "check", "a", "--max-findings", "5", "b", "-q"]);
  if (call.kind !== "run") throw new Error(call.kind);
  assertEquals(call.operands, ["a", "b"]);
  assertEquals(call.options.flag("json"), true);
  assertEquals(call.options.flag("quiet"), true);
  assertEquals(call.options.count("max-findings"), 5);
});

Deno.test("parseCall() gives an option that is left out its default", () => {
  const { options } = parseCheck("a");
  for (const name of ["json", "quick", "full", "quiet", "no-color", "strict", "recursive"]) {
    assertEquals(options.flag(name), false, name);
  }
  assertEquals(options.count("max-findings"), undefined);
  assertEquals(options.count("stale-seconds"), 3600);
});

Deno.test("parseCall() reads a number behind a space or an equals sign, the last one given", () => {
  assertEquals(parseCheck("a", "--max-findings=7").options.count("max-findings"), 7);
  assertEquals(parseCheck("--max-findings", "007", "a").options.count("max-findings"), 7);
  assertEquals(parseCheck("a", "--stale-seconds", "0").options.count("stale-seconds"), 0);
  const twice = parseCheck("a", "--max-findings", "1", "--max-findings=2");
  assertEquals(twice.options.count("max-findings"), 2);
});

Deno.test("parseCall() refuses what is not a whole number", () => {
  for (const text of ["x", "1.5", "1e3", "0x10", "१", "99999999999999999999", "true", " 1", "+1"]) {
    assertEquals(
      usageOf("check", "a", "--max-findings", text),
      `--max-findings needs a whole number, not "${text}"`,
    );
  }
  for (const args of [["--max-findings=-1"], ["--max-findings", "-1"]]) {
    const message = usageOf("check", "a", ...args);
    assertEquals(message, '--max-findings needs a whole number, not "-1"');
  }
  assertEquals(usageOf("check", "a", "-1"), "Unknown option: -1");
});

Deno.test("parseCall() misses the number of an option that needs one", () => {
  for (
    const args of [
      ["a", "--max-findings"],
      ["a", "--max-findings="],
      ["a", "--max-findings", ""],
      ["--max-findings", "--json", "a"],
      ["--max-findings", "--", "5"],
    ]
  ) {
    assertEquals(usageOf("check", ...args), "--max-findings needs a number");
  }
});

Deno.test("parseCall() refuses a value behind a flag", () => {
  for (const arg of ["--json=true", "--json=", "--json=no", "--no-color=1", "--quick=false"]) {
    const [name] = arg.split("=");
    assertEquals(usageOf("check", "a", arg), `${name} takes no value`);
  }
});

Deno.test("parseCall() refuses an option that it does not know, and guesses what was meant", () => {
  const strange = [
    "--colour-me",
    "--_",
    "--_=1",
    "--__proto__",
    "--constructor=1",
    "--a.b",
    "--color",
  ];
  for (const arg of strange) {
    const [name] = arg.split("=");
    const message = usageOf("check", "a", arg, "b");
    assertEquals(message.split(";")[0], `Unknown option: ${name}`);
  }
  assertEquals(usageOf("check", "-z"), "Unknown option: -z");
  assertEquals(usageOf("check", "-_", "a"), "Unknown option: -_");
  assertEquals(usageOf("check", "-q5", "a"), "Unknown option: -5");
  assertEquals(usageOf("check", "-q=1", "a"), "Unknown option: -=");
  assertEquals(
    usageOf("check", "--strcit", "a"),
    "Unknown option: --strcit; did you mean --strict?",
  );
  assertEquals(usageOf("check", "---json", "a"), "Unknown option: ---json; did you mean --json?");
  assertEquals(usageOf("help", "--quick"), "Unknown option: --quick");
  assertEquals(usageOf("--quick"), "Unknown option: --quick");
});

Deno.test("parseCall() refuses options that contradict each other, in either order", () => {
  const message = "--quick and --full cannot be used together";
  assertEquals(usageOf("check", "--quick", "--full", "a"), message);
  assertEquals(usageOf("check", "--full", "--quick", "a"), message);
});

Deno.test("parseCall() wants a store, and one with a name", () => {
  assertEquals(usageOf("check"), "No STORE given");
  assertEquals(usageOf("check", "--json"), "No STORE given");
  assertEquals(usageOf("check", "--"), "No STORE given");
  assertEquals(
    usageOf("check", "a", ""),
    "An argument is empty; is a variable of the shell not set?",
  );
  assertEquals(usageOf("help", "check", "it", "more"), "Unexpected argument: more");
});

Deno.test("parseCall() refuses an unknown verb, and guesses what was meant", () => {
  assertEquals(usageOf("chekc", "a"), "Unknown verb: chekc; did you mean check?");
  assertEquals(
    usageOf("/srv/chroma"),
    "Unknown verb: /srv/chroma; to check a store: vecfsck check /srv/chroma",
  );
  assertEquals(usageOf("frobnicate"), "Unknown verb: frobnicate");
  assertEquals(usageOf(""), "Unknown verb: ");
  assertEquals(usageOf("x\x1b[31m"), "Unknown verb: x\\u{1b}[31m");
});

Deno.test("parseCall() puts help before the version, and both before everything else", () => {
  const kinds = (...args: string[]): string[] => {
    const call = parseCall(args);
    return "verb" in call ? [call.kind, call.verb?.name ?? ""] : [call.kind];
  };
  assertEquals(kinds(), ["nothing"]);
  assertEquals(kinds("--json"), ["nothing"]);
  assertEquals(kinds("--"), ["nothing"]);
  assertEquals(kinds("-h"), ["help", ""]);
  assertEquals(kinds("--help"), ["help", ""]);
  assertEquals(kinds("--version", "--json"), ["version"]);
  assertEquals(kinds("--version", "-h"), ["help", ""]);
  assertEquals(kinds("check", "-h"), ["help", "check"]);
  assertEquals(kinds("-h", "check"), ["help", "check"]);
  assertEquals(kinds("check", "-qh", "--quick", "--full"), ["help", "check"]);
  assertEquals(kinds("check", "--version"), ["version"]);
  assertEquals(kinds("help", "check"), ["run", "help"]);
});

Deno.test("hasFlag() looks before two dashes only", () => {
  assertEquals(hasFlag(["check", "--json"], "--json"), true);
  assertEquals(hasFlag(["check", "--", "--json"], "--json"), false);
  assertEquals(hasFlag(["check", "json"], "--json"), false);
});

Deno.test("parseCall() takes a word of a few for what it names, and no other", () => {
  const call = parseCall(["guard", "--on-damage", "Repair", "a"]);
  assertEquals(call.kind === "run" && call.options.text("on-damage"), "repair");
  const shell = parseCall(["completions", "BASH"]);
  assertEquals(shell.kind === "run" && shell.operands, ["bash"]);
  assertEquals(
    usageOf("guard", "--on-damage", "x\x1b", "a"),
    '--on-damage needs refuse, repair, quarantine or restore, not "x\\u{1b}"',
  );
  assertEquals(
    usageOf("completions", "csh"),
    'SHELL needs bash, zsh, fish or powershell, not "csh"',
  );
  assertEquals(usageOf("completions"), "No SHELL given");
});
