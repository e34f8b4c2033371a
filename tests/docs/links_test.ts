/**
 * Every link in the documents leads somewhere. Nothing is fetched: of an address on the web only its
 * form is looked at.
 */
import { assert, assertEquals } from "@std/assert";
import { join, relative } from "@std/path";
import { REPOSITORY } from "../support/fixtures.ts";
import { anchorsOf, isInRepository, linksOf, readPages } from "./markdown.ts";

const pages = await readPages();
const anchors = new Map(pages.map(({ name, text }) => [name, anchorsOf(text)]));

/** What is wrong with a link; null where nothing is. */
function problemOf(page: string, target: string): string | null {
  if (/^[a-z]+:/i.test(target)) {
    const isGood = target.startsWith("mailto:") || URL.parse(target)?.protocol === "https:";
    return isGood ? null : "it is no https address";
  }
  const [path = "", anchor] = target.split("#");
  const absolute = join(REPOSITORY, page, path === "" ? "" : join("..", decodeURIComponent(path)));
  const file = relative(REPOSITORY, absolute).replaceAll("\\", "/");
  if (file.startsWith("../") || path.startsWith("/")) return "it leads out of the repository";
  if (!isInRepository(file)) return "there is no such file";
  if (anchor === undefined) return null;
  return anchors.get(file)?.has(decodeURIComponent(anchor)) ? null : `no heading of ${file}`;
}

Deno.test("every link in the documents leads somewhere", () => {
  const problems = pages.flatMap(({ name, text }) =>
    linksOf(text).flatMap(({ target, line }) => {
      const problem = problemOf(name, target);
      return problem === null ? [] : [`${name}:${line}: ${target}: ${problem}`];
    })
  );
  assertEquals(problems, []);
});

Deno.test("linksOf() finds every kind of link, and none in code", () => {
  const page = [
    "# One",
    '[a](b.md#c), ![d](<e f.png>), <https://example.org>, [g](h.md "title")',
    "`[no](no.md)` and ``a ` [no](no.md)``",
    "```sh",
    "[no](no.md)",
    "```",
    "",
    "[i]: j.md",
  ].join("\n");
  const targets = linksOf(page).map(({ target, line }) => `${target} ${line}`);
  assertEquals(targets, ["b.md#c 2", "h.md 2", "j.md 8", "https://example.org 2"]);
});

Deno.test("anchorsOf() names headings as GitHub does", () => {
  const page =
    "# The `id` map: 1.x, and *more*\n\n## Twice\n\n## Twice\n\n```sh\n# no heading\n```\n";
  assertEquals([...anchorsOf(page)], ["the-id-map-1x-and-more", "twice", "twice-1"]);
});

Deno.test("a link that leads nowhere is found", () => {
  assertEquals(problemOf("docs/guard.md", "repair.md#undo"), null);
  assertEquals(problemOf("docs/guard.md", "systemd"), null);
  for (const target of ["repair.md#nowhere", "nowhere.md", "/etc", "../../x", "http://a.org"]) {
    assert(problemOf("docs/guard.md", target) !== null, target);
  }
});
