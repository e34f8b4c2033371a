/**
 * Writes into the sessions of pages what their commands print:
 * `deno run -A tests/docs/update_sessions.ts PAGE…`, with the paths of pages from the top of the
 * repository. Sessions that are as they should be stay as they are, with what they leave out.
 *
 * @module
 */

import { join } from "@std/path";
import { REPOSITORY } from "../support/fixtures.ts";
import { type Fence, readPages } from "./markdown.ts";
import { type Ran, runPage } from "./run_page.ts";
import { Sandbox } from "./sandbox.ts";

/** Writes a session anew. */
function renderSession(ran: readonly Ran[]): string {
  return ran.map(({ statement: { command, output }, outcome, problem }) => {
    const printed = problem === null || outcome === null ? output ?? "" : outcome.output.trimEnd();
    return `$ ${command.replaceAll("\n", "\n> ")}${printed === "" ? "" : `\n${printed}`}`;
  }).join("\n");
}

await using sandbox = await Sandbox.make();
for (const page of await readPages()) {
  if (!Deno.args.includes(page.name)) continue;
  const ran = await runPage(page, sandbox);
  const sessions = new Map<Fence, Ran[]>();
  for (const each of ran) {
    if (each.problem !== null) console.log(`${each.statement.command}: ${each.problem}\n`);
    if (each.fence.language !== "console") continue;
    sessions.set(each.fence, [...sessions.get(each.fence) ?? [], each]);
  }
  const lines = page.text.split("\n");
  // From the last one to the first, so that the lines of those that are left stay where they are.
  for (const [fence, each] of [...sessions].reverse()) {
    if (each.every(({ problem }) => problem === null)) continue;
    lines.splice(fence.line, fence.text.split("\n").length, ...renderSession(each).split("\n"));
  }
  const text = lines.join("\n");
  if (text !== page.text) await Deno.writeTextFile(join(REPOSITORY, page.name), text);
}
