/**
 * Every command in the documents is run, and prints what the documents say.
 *
 * For authors of a page (README.md, CONTRIBUTING.md, SECURITY.md, docs/**):
 *
 * - A block with ```sh is a list of commands. A block with ```console is a session: what is typed
 *   stands behind `$ ` (a second line of a command behind `> `), and what follows is what it prints.
 *   A line with nothing but `…` stands for any number of lines. Times, spans of time and names made of
 *   times may differ, and so may the places where lines are broken; nothing else may.
 * - A block with ```ts is a program: it is a file of its own, `example_1.ts` for the first one of the
 *   page, and the statement `deno run --allow-read --allow-write example_1.ts`. One with ```ts ignore
 *   is not run.
 * - Every block names its language. Commands do not stand in a block of any other language.
 * - The blocks of a page are typed one after another, as by one person: what a block leaves behind,
 *   the next one finds. Paths such as /srv/chroma are below a directory of the test; questions are
 *   answered by yes. A terminal is 80 columns wide.
 * - `PAGES` in `pages.ts` has an entry for every page that has commands: which stores and files are
 *   there before (`prepare`), and for single statements their exit code when it is not 0, what is
 *   prepared right before them, or why they are parsed and not run and which test holds them
 *   (`instead`). A statement is named by its text without comments, spaces folded.
 * - A page may call the programs that `programs.ts` names and no others. Most of them are those of the
 *   machine; what a machine that tests has not, or must not do, has a stand-in there, with the reason.
 *   A call of vecfsck that another program would make (in a container, over ssh) is parsed.
 * - `deno run -A tests/docs/update_sessions.ts PAGE…` writes into the sessions of a page what its
 *   commands print. Read the difference before you keep it.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { parseCall } from "../../lib/cli/arguments.ts";
import { REPOSITORY } from "../support/fixtures.ts";
import { fencesOf, readPages } from "./markdown.ts";
import { callsOf } from "./statements.ts";
import { PAGES } from "./pages.ts";
import { STAND_INS } from "./programs.ts";
import { commandFencesOf, runPage } from "./run_page.ts";
import { Sandbox } from "./sandbox.ts";

/** What a fence may say of its block. */
const LANGUAGES = [
  "sh",
  "console",
  "dockerfile",
  "go",
  "html",
  "ini",
  "json",
  "python",
  "sql",
  "text",
  "ts",
  "ts ignore",
  "yaml",
];

/** Its commands are what `deno task bench` ran on stores of its own. */
const MEASURED = "docs/benchmarks.md";

const pages = await readPages();
const pagesWithCommands = pages.filter((page) => commandFencesOf(page).length > 0);

Deno.test({
  name: "every command of the documents does what they say",
  // The pages are written for the shell and the programs of Linux.
  ignore: Deno.build.os !== "linux",
  async fn(test) {
    await using sandbox = await Sandbox.make();
    for (const page of pagesWithCommands) {
      await test.step(page.name, async () => {
        const problems = (await runPage(page, sandbox)).flatMap(({ fence, statement, problem }) =>
          problem === null ? [] : [`${page.name}:${fence.line}: ${statement.command}: ${problem}`]
        );
        assertEquals(problems.join("\n\n"), "");
      });
    }
  },
});

Deno.test("pages.ts has an entry for every page with commands, and for no other", () => {
  assertEquals(Object.keys(PAGES).sort(), pagesWithCommands.map(({ name }) => name));
});

Deno.test("every block of the documents names its language, and commands are marked as such", () => {
  for (const { name, text } of pages) {
    for (const { language, line, text: block } of fencesOf(text)) {
      assert(LANGUAGES.includes(language), `${name}:${line}: no known language: "${language}"`);
      if (language !== "text" || name === MEASURED) continue;
      // A word in capital letters, such as STORE, makes it the form of a call.
      const isCommand = /^(\$ |vecfsck [a-z](?!.*\b[A-Z]{2})|deno |npx |python3 )/m.test(block);
      assert(!isCommand, `${name}:${line}: has commands`);
    }
  }
});

Deno.test("the commands that were measured are calls that there are", () => {
  const page = pages.find(({ name }) => name === MEASURED);
  const lines = fencesOf(page?.text ?? "").flatMap(({ text }) => text.split("\n"));
  const calls = lines.filter((line) => line.startsWith("vecfsck ")).flatMap(callsOf);
  assert(calls.length > 0);
  for (const call of calls) parseCall(call);
});

Deno.test("what is not run is held by a test that there is", () => {
  const expectations = Object.values(PAGES).flatMap(({ statements = {} }) =>
    Object.values(statements).flat()
  );
  const named = [
    ...expectations.flatMap(({ instead }) => instead === undefined ? [] : [instead.heldBy]),
    ...Object.values(STAND_INS).flatMap(({ heldBy }) => heldBy === null ? [] : [heldBy]),
  ];
  for (const path of named) assert(Deno.statSync(join(REPOSITORY, path)).isFile, path);
});
