/**
 * Every line of the threat model names a test that exists.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { REPOSITORY } from "../support/fixtures.ts";

const PAGE = join(REPOSITORY, "docs", "threat-model.md");

/** A line of a table: the threat, what is done, and what holds it. */
const ROW = /^\| (.*?) +\| (.*?) +\| `(tests\/[\w/]+_test\.ts)`: (.*?) +\|$/;

/** What a name ends with of which only the beginning stands there. */
const CUT = "…";

interface Line {
  readonly threat: string;
  readonly answer: string;
  readonly file: string;
  readonly name: string;
}

function readLines(page: string): Line[] {
  return page.split("\n").flatMap((row) => {
    const [, threat = "", answer = "", file = "", name = ""] = ROW.exec(row) ?? [];
    return file === "" ? [] : [{ threat, answer, file, name }];
  });
}

Deno.test("every threat of the threat model has an answer, and a test that exists", async () => {
  const page = await Deno.readTextFile(PAGE);
  const rows = page.split("\n").filter((row) => /^\| (?!Threat |-)/.test(row));
  const lines = readLines(page);
  assertEquals(lines.length, rows.length, "a row names no test");
  assert(lines.length > 40);
  for (const { threat, answer, file, name } of lines) {
    assert(answer !== "", threat);
    const source = await Deno.readTextFile(join(REPOSITORY, file));
    const start = name.endsWith(CUT) ? name.slice(0, -CUT.length).trimEnd() : name;
    const quotes = name.endsWith(CUT) ? [""] : ['"', "`"];
    const isThere = ['"', "`"].some((open) =>
      quotes.some((close) => source.includes(`${open}${start}${close}`))
    );
    assert(isThere, `${file} has no test "${name}", which is to hold: ${threat}`);
  }
});

Deno.test("the threat model names every test file of this folder", async () => {
  const page = await Deno.readTextFile(PAGE);
  const own = Array.from(
    Deno.readDirSync(join(REPOSITORY, "tests", "security")),
    ({ name }) => name,
  ).filter((name) => name.endsWith("_test.ts") && name !== "threat_model_test.ts");
  assertEquals(own.filter((name) => !page.includes(`tests/security/${name}`)), []);
});
