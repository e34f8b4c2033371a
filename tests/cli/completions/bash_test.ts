import { assertEquals } from "@std/assert";
import { COMMON_OPTIONS, VERBS } from "../../../lib/cli/verbs.ts";
import { hasProgram, runProgram, scriptOf } from "./shells.ts";

/** Asks for completions of calls, and notes down what would be left to readline. */
const HARNESS = `
compopt() { echo "paths: $2"; }
ask() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _vecfsck
  ((\${#COMPREPLY[@]})) && printf '%s\\n' "\${COMPREPLY[@]}"
  echo ---
}
`;

/** Completes the last word of each call, split as bash splits it. */
async function complete(...calls: (readonly string[])[]): Promise<string[][]> {
  const asked = calls.map((words) => `ask vecfsck ${words.map((word) => `'${word}'`).join(" ")}`);
  const script = [await scriptOf("bash"), HARNESS, ...asked].join("\n");
  const printed = await runProgram("bash", ["--norc", "--noprofile", "-c", script]);
  return printed.split("---\n").slice(0, -1).map((part) => part.split("\n").slice(0, -1));
}

Deno.test({
  name: "renderBashCompletions() completes verbs, actions, options and their words",
  ignore: !hasProgram("bash"),
  async fn() {
    const cases: [string[], string[]][] = [
      [["gu"], ["guard"]],
      [["--json", "gu"], ["guard"]],
      [["quarantine", "p"], ["paths: plusdirs", "purge"]],
      [["quarantine", "list", ""], ["paths: plusdirs"]],
      [["backup", "--force", "li"], ["paths: plusdirs"]],
      [["seal", "--o"], ["--output"]],
      [["seal", "-o", ""], ["paths: default"]],
      [["check", "--seal", "a", "--stri"], ["--strict"]],
      [["guard", "--on-damage", "re"], ["refuse", "repair", "restore"]],
      [["watch", "--on-damage", "re"], ["repair", "restore"]],
      [["guard", "--on-damage", "="], ["refuse", "repair", "quarantine", "restore"]],
      [["guard", "--on-damage", "=", "q"], ["quarantine"]],
      [["guard", "--on-damage=q"], ["--on-damage=quarantine"]],
      [["check", "a", "b", "c"], ["paths: default"]],
      [["repair", "a"], ["paths: plusdirs"]],
      [["repair", "a", "b"], []],
      [["repair", "--", "--dry"], ["paths: plusdirs"]],
      [["check", "--max-findings", ""], []],
      [["help", "qua"], ["quarantine"]],
      [["help", "quarantine", "p"], ["purge"]],
      [["completions", ""], ["bash", "zsh", "fish", "powershell"]],
      [["frobnicate", ""], []],
    ];
    const given = await complete(...cases.map(([words]) => words));
    for (const [index, [words, expected]] of cases.entries()) {
      assertEquals(given[index], expected, words.join(" "));
    }
  },
});

Deno.test({
  name: "renderBashCompletions() knows every option of every verb",
  ignore: !hasProgram("bash"),
  async fn() {
    const given = await complete(...VERBS.map(({ name }) => [...name.split(" "), "--"]));
    for (const [index, { name, options }] of VERBS.entries()) {
      const expected = [...options, ...COMMON_OPTIONS].map((option) => `--${option.name}`);
      assertEquals(given[index], expected, name);
    }
  },
});
