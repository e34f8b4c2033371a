/**
 * Runs what a page says, and tells where it does something else than the page says.
 *
 * @module
 */

import { parseCall } from "../../lib/cli/arguments.ts";
import { type Fence, fencesOf, type Page } from "./markdown.ts";
import type { PageExpectation, StatementExpectation } from "./expectations.ts";
import { PAGES } from "./pages.ts";
import type { Outcome, Sandbox } from "./sandbox.ts";
import { isSameOutput } from "./sessions.ts";
import { callsOf, nameOf, splitSession, splitStatements, type Statement } from "./statements.ts";

/** The languages of blocks that are run. */
const COMMANDS: ReadonlySet<string> = new Set(["sh", "console", "ts"]);

/** Whether Chroma itself is there. */
const HAS_ENGINE = Deno.env.has("VECFSCK_ENGINES");

/** A statement that was run. */
export interface Ran {
  /** The block in which it stands. */
  readonly fence: Fence;
  /** The statement. */
  readonly statement: Statement;
  /** How it ended; null where it was only parsed. */
  readonly outcome: Outcome | null;
  /** What is not as the page, or the table of pages, says; null where all is. */
  readonly problem: string | null;
}

/**
 * Finds the blocks of a page that are run.
 *
 * @param page The page.
 * @returns The blocks in order.
 */
export function commandFencesOf(page: Page): Fence[] {
  return fencesOf(page.text).filter(({ language }) => COMMANDS.has(language));
}

/**
 * Runs every statement of a page in its order.
 *
 * @param page The page.
 * @param sandbox The machine, which is emptied before.
 * @returns What became of each statement.
 */
export async function runPage(page: Page, sandbox: Sandbox): Promise<Ran[]> {
  const run = new PageRun(sandbox, PAGES[page.name] ?? {});
  return await run.runAll(commandFencesOf(page));
}

/** The run of one page. */
class PageRun {
  readonly #sandbox: Sandbox;
  readonly #page: PageExpectation;
  readonly #seen = new Map<string, number>();
  readonly #ran: Ran[] = [];
  readonly #waiting: { readonly statement: Statement; readonly exit: number }[] = [];
  #examples = 0;

  constructor(sandbox: Sandbox, page: PageExpectation) {
    this.#sandbox = sandbox;
    this.#page = page;
  }

  async runAll(fences: readonly Fence[]): Promise<Ran[]> {
    await this.#sandbox.begin();
    for (const step of this.#page.prepare ?? []) await step(this.#sandbox);
    for (const fence of fences) await this.#runFence(fence);
    for (const name of Object.keys(this.#page.statements ?? {})) {
      if (!this.#seen.has(name)) throw new Error(`No statement of the page is: ${name}`);
    }
    return this.#ran;
  }

  /** A block is typed into one shell, unless something has to be done in the middle. */
  async #runFence(fence: Fence): Promise<void> {
    for (const statement of await this.#statementsOf(fence)) {
      const expectation = this.#expectationOf(statement);
      const { before = [], grant = [], instead, needsEngine = false } = expectation;
      const isRun = instead === undefined && !(needsEngine && !HAS_ENGINE);
      if (before.length > 0 || grant.length > 0 || !isRun) await this.#typeWaiting(fence);
      for (const step of before) await step(this.#sandbox);
      if (isRun) this.#waiting.push({ statement, exit: expectation.exit });
      else {
        const problem = instead === undefined ? null : parseProblem(statement);
        this.#ran.push({ fence, statement, outcome: null, problem });
      }
      if (grant.length > 0) await this.#typeWaiting(fence, grant);
    }
    await this.#typeWaiting(fence);
  }

  /** Types what waits to be typed. */
  async #typeWaiting(fence: Fence, grant: readonly string[] = []): Promise<void> {
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    const commands = waiting.map(({ statement }) => statement.command);
    const outcomes = await this.#sandbox.run(commands, { time: this.#page.now, grant });
    for (const [index, { statement, exit }] of waiting.entries()) {
      const outcome = outcomes[index] ?? { code: -1, output: "" };
      this.#ran.push({ fence, statement, outcome, problem: problemOf(statement, outcome, exit) });
    }
  }

  /** A program is a file that Deno runs under the two permissions. */
  async #statementsOf({ language, text }: Fence): Promise<Statement[]> {
    if (language === "console") return splitSession(text);
    if (language === "sh") return splitStatements(text);
    const name = `example_${++this.#examples}.ts`;
    await this.#sandbox.write(name, text);
    return [{ command: `deno run --allow-read --allow-write ${name}`, output: null }];
  }

  #expectationOf({ command }: Statement): StatementExpectation & { exit: number } {
    const name = nameOf(command);
    const count = this.#seen.get(name) ?? 0;
    this.#seen.set(name, count + 1);
    const listed = this.#page.statements?.[name] ?? {};
    const { exit = 0, ...others } = Array.isArray(listed) ? listed[count] ?? {} : listed;
    return { ...others, exit };
  }
}

function problemOf(
  { output }: Statement,
  outcome: Outcome,
  expectedCode: number,
): string | null {
  if (outcome.code !== expectedCode) {
    return `exit code ${outcome.code}, not ${expectedCode}\n${outcome.output}`;
  }
  if (output === null || isSameOutput(outcome.output, output)) return null;
  return `it prints\n${outcome.output}`;
}

/** What is wrong with the calls of a statement that is not run. */
function parseProblem({ command }: Statement): string | null {
  try {
    const calls = callsOf(command);
    for (const call of calls) parseCall(call);
    return calls.length === 0 ? "it is not run, and calls vecfsck nowhere" : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
