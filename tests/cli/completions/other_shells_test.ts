import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { makeCompletionTable } from "../../../lib/cli/completions/completion_table.ts";
import { renderFishCompletions } from "../../../lib/cli/completions/fish.ts";
import { renderPowershellCompletions } from "../../../lib/cli/completions/powershell.ts";
import { renderZshCompletions } from "../../../lib/cli/completions/zsh.ts";
import { SHELLS } from "../../../lib/cli/specification/completions.ts";
import { COMMON_OPTIONS, VERBS } from "../../../lib/cli/verbs.ts";
import { scratchDirectory } from "../../support/fixtures.ts";
import { runMain } from "../run_main.ts";
import { hasProgram, runProgram, scriptOf } from "./shells.ts";

/** A table with every character that means something to a shell. */
const HOSTILE = makeCompletionTable([], [{
  name: "odd",
  type: "flag",
  description: "It's [odd] \\ $HOME `x` \u2019.",
}]);

Deno.test("completions names every verb and option in each script", async () => {
  for (const shell of SHELLS) {
    const script = await scriptOf(shell);
    for (const { name, options } of VERBS) {
      for (const word of name.split(" ")) assertStringIncludes(script, word, shell);
      for (const option of [...options, ...COMMON_OPTIONS]) {
        const form = shell === "fish" ? `-l ${option.name}` : `--${option.name}`;
        assertStringIncludes(script, form, shell);
      }
    }
  }
});

Deno.test("completions --json prints one line with the script", async () => {
  const { code, jsonLines } = await runMain(["completions", "zsh", "--json"]);
  const [{ type, shell, text } = {}] = jsonLines;
  assertEquals([code, jsonLines.length, type, shell], [0, 1, "completions", "zsh"]);
  assertEquals(text, await scriptOf("zsh"));
});

Deno.test("the scripts quote what means something to their shell", () => {
  assertStringIncludes(renderFishCompletions(HOSTILE), "'It\\'s [odd] \\\\ $HOME `x` \u2019'");
  assertStringIncludes(
    renderPowershellCompletions(HOSTILE),
    "'It''s [odd] \\ $HOME `x` \u2019\u2019'",
  );
  assertStringIncludes(
    renderZshCompletions(HOSTILE),
    "[It'\\''s \\[odd\\] \\\\ $HOME `x` \u2019]'",
  );
});

Deno.test({
  name: "renderZshCompletions() writes what zsh can read, each time for one verb",
  ignore: !hasProgram("zsh"),
  async fn() {
    const script = await scriptOf("zsh");
    await runProgram("zsh", ["-f", "-n", "-c", script]);
    // In place of the functions of zsh, these show what they are called with.
    const call = `
compdef() {}
${script}
_arguments() {
  if [[ $1 == -C ]]; then words=(quarantine purge ''); CURRENT=3; state=behind; return 1; fi
  print -rl -- "$verb" $words "$@"
}
_vecfsck`;
    const lines = (await runProgram("zsh", ["-f", "-c", call])).split("\n");
    assertEquals(lines.slice(0, 2), ["quarantine purge", "purge"]);
    assert(lines.some((line) => line.startsWith("(--older-than)--older-than=[")));
    assert(lines.includes("1:STORE:_files -/"), lines.join("\n"));
  },
});

Deno.test({
  name: "renderFishCompletions() completes verbs, actions, options and their words",
  ignore: !hasProgram("fish"),
  async fn() {
    const directory = await scratchDirectory();
    await Deno.mkdir(join(directory, "stores"));
    await Deno.writeTextFile(join(directory, "stores.jsonl"), "");
    const cases: [string, string[]][] = [
      ["gu", ["guard"]],
      ["quarantine p", ["purge"]],
      ["backup --force li", []],
      ["guard --on-damage re", ["refuse", "repair", "restore"]],
      ["check --seal a --stri", ["--strict"]],
      ["repair st", ["stores/"]],
      ["repair a st", []],
      ["check a st", ["stores.jsonl", "stores/"]],
      ["seal -o stores.", ["stores.jsonl"]],
      ["help quarantine p", ["purge"]],
      ["completions z", ["zsh"]],
    ];
    const asked = cases.map(([line]) => `complete -C 'vecfsck ${line}'; echo ---`);
    const script = [await scriptOf("fish"), ...asked].join("\n");
    const printed = await runProgram("fish", ["--no-config", "-c", script], directory);
    const given = printed.split("---\n").map((part) =>
      part.split("\n").slice(0, -1).map((line) => line.split("\t")[0] ?? "").sort()
    );
    for (const [index, [line, expected]] of cases.entries()) {
      assertEquals(given[index], expected, line);
    }
  },
});
