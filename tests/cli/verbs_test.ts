import { assert, assertEquals, assertMatch } from "@std/assert";
import { splitShellWords } from "../../lib/base/shell_words.ts";
import { parseCall } from "../../lib/cli/arguments.ts";
import { EXIT } from "../../lib/cli/exit_code.ts";
import { findVerb, optionsOf, VERBS } from "../../lib/cli/verbs.ts";
import { DEFAULT_STALE_SECONDS } from "../../lib/engine/run_check.ts";

Deno.test("every verb has a file that runs it, a summary and exit codes that exist", async () => {
  const codes: number[] = Object.values(EXIT);
  for (const verb of VERBS) {
    assertEquals(typeof (await verb.load()).run, "function");
    assertMatch(verb.summary, /^[a-z].*[^.]$/);
    assert(verb.exitStatus.every(({ code }) => codes.includes(code)), verb.name);
    assert(verb.examples.length > 0, verb.name);
  }
});

Deno.test("every option has a name of its own, a sentence, and conflicts that exist", () => {
  for (const verb of VERBS) {
    const options = optionsOf(verb);
    const names = options.map(({ name }) => name);
    const letters = options.flatMap(({ short }) => short === undefined ? [] : [short]);
    assertEquals(new Set(names).size, names.length);
    assertEquals(new Set(letters).size, letters.length);
    for (const { name, description, conflicts = [] } of options) {
      assertMatch(name, /^[a-z]+(-[a-z]+)*$/);
      assertMatch(description, /^[A-Z].*[.)]$/);
      assert(conflicts.every((conflict) => names.includes(conflict)), name);
    }
  }
});

Deno.test("every example in the table is a call that is understood", () => {
  for (const { name, examples } of VERBS) {
    for (const { command } of examples) {
      const [program, ...args] = splitShellWords(command.split(/ (?:\||\|\||>>?) /)[0] ?? "") ?? [];
      assertEquals(program, "vecfsck");
      const call = parseCall(args);
      assertEquals([call.kind, call.kind === "run" && call.verb.name], ["run", name]);
    }
  }
});

Deno.test("the table gives the same age of a stale index as the engine", () => {
  const option = optionsOf(findVerb("check") ?? null).find(({ name }) => name === "stale-seconds");
  assertEquals(option?.type === "count" && option.defaultValue, DEFAULT_STALE_SECONDS);
});

Deno.test("an option takes a value with every verb that has it, or with none", () => {
  const kinds = new Map<string, boolean>();
  for (const { name, type } of VERBS.flatMap((verb) => optionsOf(verb))) {
    assertEquals(kinds.get(name) ?? type === "flag", type === "flag", name);
    kinds.set(name, type === "flag");
  }
});

Deno.test("every choice is in small letters, and explained where it can be typed", () => {
  const explained = VERBS.flatMap((verb) => [
    ...verb.arguments,
    ...optionsOf(verb).filter((option) => option.type === "text"),
  ]).filter(({ choices }) => choices !== undefined);
  assert(explained.length >= 6);
  for (const { choices = [], description } of explained) {
    for (const choice of choices) {
      assertEquals(choice, choice.toLowerCase());
      assertMatch(description, new RegExp(`\\b${choice}\\b`));
    }
  }
});
