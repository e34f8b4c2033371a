/**
 * What the documents have to name: every alert, every function of the library, every page.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import * as library from "../../mod.ts";
import { parseCall } from "../../lib/cli/arguments.ts";
import { EXIT } from "../../lib/cli/exit_code.ts";
import { VERBS } from "../../lib/cli/verbs.ts";
import { REPOSITORY } from "../support/fixtures.ts";
import { codeOf, fencesOf, isInRepository, linksOf, readPages } from "./markdown.ts";
import { callsOf } from "./statements.ts";

const pages = new Map((await readPages()).map(({ name, text }) => [name, text]));

function pageOf(name: string): string {
  const text = pages.get(name);
  assert(text !== undefined, name);
  return text;
}

/** The alerts of a file of rules. */
async function alertsOf(name: string): Promise<string[]> {
  const rules = await Deno.readTextFile(join(REPOSITORY, "docs", "prometheus", name));
  return [...rules.matchAll(/^ *- alert: (\w+)$/gm)].map(([, alert = ""]) => alert);
}

Deno.test("docs/operating.md says what to do about every alert, and about no other", async () => {
  const [, runbook = ""] = pageOf("docs/operating.md").split("\n## By alert\n");
  const sections = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name = ""]) => name);
  assertEquals(sections, await alertsOf("vecfsck.rules.yml"));
});

Deno.test("docs/fleet.md names every alert of a fleet", async () => {
  const page = pageOf("docs/fleet.md");
  for (const alert of await alertsOf("vecfsck.fleet.rules.yml")) {
    assert(page.includes(alert), alert);
  }
});

Deno.test("docs/operating.md says what to do by every exit code", () => {
  const [, part = ""] = pageOf("docs/operating.md").split("\n## By exit code\n");
  const [table = ""] = part.split("\n## ");
  const listed = [...table.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  assertEquals(listed, Object.values(EXIT).sort((a, b) => a - b));
});

Deno.test("docs/library.md names every function and class of the library", () => {
  const page = pageOf("docs/library.md");
  const unnamed = Object.keys(library).filter((name) => !new RegExp(`\\b${name}\\b`).test(page));
  assertEquals(unnamed, []);
});

Deno.test("docs/README.md leads to every page of the documents", () => {
  const targets = new Set(linksOf(pageOf("docs/README.md")).map(({ target }) => `docs/${target}`));
  const missing = [...pages.keys()].filter((name) =>
    name.startsWith("docs/") && name !== "docs/README.md" &&
    !name.startsWith("docs/decisions/") && !targets.has(name)
  );
  assertEquals(missing, []);
});

Deno.test("docs/decisions/README.md leads to every decision", () => {
  const targets = linksOf(pageOf("docs/decisions/README.md")).map(({ target }) => target);
  const decisions = [...pages.keys()].flatMap((name) => {
    const [, file] = /^docs\/decisions\/(\d{4}-.*)$/.exec(name) ?? [];
    return file === undefined ? [] : [file];
  });
  assertEquals(targets, decisions);
});

Deno.test("files that the documents name are there", () => {
  const missing = [...pages].flatMap(([name, text]) =>
    [...text.matchAll(/`((?:lib|tests|scripts|docs|\.ci|\.github)\/[\w./@-]*\w)`/g)]
      .map(([, path = ""]) => path)
      .filter((path) => !isInRepository(path))
      .map((path) => `${name}: ${path}`)
  );
  assertEquals(missing, []);
});

Deno.test("finding codes that the documents name are in the table", () => {
  const known = new Set(library.listFindingCodes().map(({ code }) => code));
  const unknown = [...pages].flatMap(([name, text]) =>
    [...text.matchAll(/\bVF\d{4}\b/g)].flatMap(([code]) =>
      known.has(code) ? [] : [`${name}: ${code}`]
    )
  );
  assertEquals(unknown, []);
});

Deno.test("tasks that the documents name are there", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(REPOSITORY, "deno.json")));
  const missing = [...pages].flatMap(([name, text]) =>
    [...text.matchAll(/\bdeno(?:@[\d.]+)? task ([a-z-]+)/g)]
      .flatMap(([, task = ""]) => Object.hasOwn(tasks, task) ? [] : [`${name}: ${task}`])
  );
  assertEquals(missing, []);
});

Deno.test("calls in the prose of the documents have verbs and options that there are", () => {
  const wrong = [...pages].flatMap(([name, text]) =>
    codeOf(text).filter((code) => /^vecfsck [a-z]/.test(code)).flatMap((code) => {
      const problem = problemOf(code);
      return problem === null ? [] : [`${name}: ${code}: ${problem}`];
    })
  );
  assertEquals(wrong, []);
});

Deno.test("calls in the units and tables of cron that the documents show are right", () => {
  const lines = [...pages].flatMap(([name, text]) =>
    fencesOf(text).filter(({ language }) => language === "ini" || language === "text")
      .flatMap(({ text }) => text.split("\n").map((line) => ({ name, line })))
  ).filter(({ line }) => /^(Exec\w+=|([\d*/]+ +){5})\S/.test(line) && line.includes("vecfsck "));
  assert(lines.length >= 5);
  for (const { name, line } of lines) {
    const [call = []] = callsOf(line.replace(/^Exec\w+=/, ""));
    assertEquals(parseCall(call).kind, "run", `${name}: ${line}`);
  }
});

/** What is wrong with a call that a sentence names, which may leave its operands out, and says N for a number. */
function problemOf(code: string): string | null {
  try {
    parseCall((callsOf(code)[0] ?? []).map((word) => word === "N" ? "1" : word));
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return /^No [A-Z]+ given$|not "(SHELL|bash\|.*)"$/.test(message) ? null : message;
  }
}

Deno.test("README.md keeps the two commands of a machine with npm alone", () => {
  for (const task of ["demo", "test"]) {
    assert(pageOf("README.md").includes(`\nnpx -y deno@2.9.6 task ${task} `), task);
  }
});

Deno.test("every verb has a page, or a section of one, that shows it", () => {
  const text = [...pages].filter(([name]) => name !== "docs/reference.md").map(([, page]) => page)
    .join("\n");
  const unseen = VERBS.filter(({ name }) => !text.includes(`vecfsck ${name} `));
  assertEquals(unseen.map(({ name }) => name), []);
});
