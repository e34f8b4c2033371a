import { assertEquals } from "@std/assert";
import { quoteShellWord, splitShellWords } from "../../lib/base/shell_words.ts";

Deno.test("splitShellWords() parts words at spaces, and keeps what is in quotes together", () => {
  const cases: [string, string[]][] = [
    ["python3 embed.py --model all-MiniLM-L6-v2", [
      "python3",
      "embed.py",
      "--model",
      "all-MiniLM-L6-v2",
    ]],
    ["  a\t b\n", ["a", "b"]],
    [`sh -c 'cat "$0" | sort'`, ["sh", "-c", 'cat "$0" | sort']],
    [`"a b"'c d'e\\ f`, ["a bc de f"]],
    [`"say \\"hi\\" \\n \\\\"`, ['say "hi" \\n \\']],
    [`'' ""`, ["", ""]],
    ["", []],
    ["   ", []],
  ];
  for (const [command, words] of cases) assertEquals(splitShellWords(command), words, command);
});

Deno.test("splitShellWords() expands nothing", () => {
  assertEquals(splitShellWords("echo $HOME *.txt a|b;c >d `e`"), [
    "echo",
    "$HOME",
    "*.txt",
    "a|b;c",
    ">d",
    "`e`",
  ]);
});

Deno.test("splitShellWords() gives null when a quote or an escape has no end", () => {
  for (const command of ["a 'b", 'a "b', "a\\", `"a\\"`]) {
    assertEquals(splitShellWords(command), null, command);
  }
});

Deno.test("quoteShellWord() leaves a plain path alone, and splitShellWords() takes back the rest", () => {
  assertEquals(quoteShellWord("/srv/chroma-1.5/store_2"), "/srv/chroma-1.5/store_2");
  for (const word of ["/my store", "it's", "", "a\nb", "$(rm)", "é", 'say "x"', "~user"]) {
    const quoted = quoteShellWord(word);
    assertEquals(quoted.startsWith("'"), true, word);
    assertEquals(splitShellWords(quoted), [word]);
  }
});
