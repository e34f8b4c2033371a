/**
 * How the tests of documents read a page, and how they hold what was printed against it.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { fencesOf } from "./markdown.ts";
import { isSameOutput } from "./sessions.ts";
import { callsOf, nameOf, splitSession, splitStatements } from "./statements.ts";

Deno.test("fencesOf() finds blocks, also indented ones, with their language and line", () => {
  const page =
    "text\n```sh\na\n```\n- item\n\n  ```text\n  b\n    c\n  ```\n````md\n```sh\n```\n````\n";
  assertEquals(fencesOf(page), [
    { language: "sh", line: 2, text: "a" },
    { language: "text", line: 7, text: "b\n  c" },
    { language: "md", line: 11, text: "```sh\n```" },
  ]);
});

Deno.test("splitStatements() keeps together what a shell runs as one", () => {
  const block = [
    "# a comment",
    "a 'x # y'  # why",
    "b \\",
    "  --c",
    "for d in e; do",
    "  f",
    "done > g",
    "",
    "h <<'END' &&",
    "i",
    "END",
    "j |",
    "  k",
    'l "m',
    'n"',
  ].join("\n");
  assertEquals(splitStatements(block).map(({ command }) => nameOf(command)), [
    "a 'x # y'",
    "b --c",
    "for d in e; do f done > g",
    "h <<'END' && i END",
    "j | k",
    'l "m n"',
  ]);
  assertThrows(() => splitStatements("if a; then"), Error, "does not end");
});

Deno.test("splitSession() tells what is typed from what is printed", () => {
  assertEquals(splitSession("$ a \\\n>   b\n> c\n\nd\n$ e"), [
    { command: "a \\\n  b", output: "> c\n\nd" },
    { command: "e", output: "" },
  ]);
  assertThrows(() => splitSession("a\n$ b"), Error, "begins with");
});

Deno.test("callsOf() finds the calls of vecfsck, wherever they are made", () => {
  const calls = (text: string): string[] => callsOf(text).map((words) => words.join(" "));
  assertEquals(calls("vecfsck check a && exec b"), ["check a"]);
  assertEquals(calls("x | /usr/local/bin/vecfsck seal -o f a > g  # h"), ["seal -o f a"]);
  assertEquals(calls("deno run --allow-read cli.ts \\\n  guard a"), ["guard a"]);
  assertEquals(calls("docker run -v a:b image vecfsck backup c"), ["backup c"]);
  assertEquals(calls("ssh host 'cd x && vecfsck check y'"), ["check y"]);
  assertEquals(calls("echo nothing"), []);
});

Deno.test("isSameOutput() overlooks times and breaks of lines, and nothing else", () => {
  const actual = "a 1.5 s 20261121T201941Z\nb at 2026-11-21T20:19:41Z\none\ntwo\n";
  assert(isSameOutput(actual, "a 20 ms 20260101T000000Z b at\n2026-01-01T00:00Z one two"));
  assert(isSameOutput(actual, "a 2 s 20260101T000000Z\n…\ntwo"));
  assert(isSameOutput(actual, "…\none\n…"));
  assert(!isSameOutput(actual, "…\none"));
  assert(!isSameOutput(actual, "b\n…"));
  assert(!isSameOutput(actual, "…\ntwo\n…\none\n…"));
  assert(!isSameOutput("a b", "a\n…\na b"));
  assert(!isSameOutput("3 records", "4 records"));
});
