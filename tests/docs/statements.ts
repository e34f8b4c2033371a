/**
 * A block of a page as the statements that a shell would run one after another.
 *
 * @module
 */

import { splitShellWords } from "../../lib/base/shell_words.ts";

/** A statement, and what a session shows behind it. */
export interface Statement {
  /** What a shell runs, comments included. */
  readonly command: string;
  /** What it prints, as the page says; null where the page says nothing of it. */
  readonly output: string | null;
}

/**
 * Splits a block of commands.
 *
 * @param text The block.
 * @returns Its statements, without lines that hold nothing but a comment.
 */
export function splitStatements(text: string): Statement[] {
  const commands: string[] = [];
  let open: string | null = null;
  for (const line of text.split("\n")) {
    open = open === null ? line : `${open}\n${line}`;
    if (!isComplete(open)) continue;
    if (nameOf(open) !== "") commands.push(open.trim());
    open = null;
  }
  if (open !== null) throw new Error(`A statement does not end: ${open}`);
  return commands.map((command) => ({ command, output: null }));
}

/**
 * Splits a session: lines that begin with `$ ` and, where a statement takes several, `> ` are typed,
 * all others are printed.
 *
 * @param text The block.
 * @returns Its statements with what they print.
 */
export function splitSession(text: string): Statement[] {
  const statements: { command: string; output: string[] }[] = [];
  for (const line of text.split("\n")) {
    const last = statements.at(-1);
    if (line.startsWith("$ ")) statements.push({ command: line.slice(2), output: [] });
    else if (last === undefined) throw new Error(`A session begins with \`$ \`, not with: ${line}`);
    else if (/^>( |$)/.test(line) && last.output.length === 0 && !isComplete(last.command)) {
      last.command += `\n${line.slice(2)}`;
    } else last.output.push(line);
  }
  return statements.map(({ command, output }) => ({ command, output: output.join("\n") }));
}

/**
 * A statement as the table of pages names it: without comments, spaces folded.
 *
 * @param command The statement.
 * @returns Its name.
 */
export function nameOf(command: string): string {
  const masked = mask(command);
  const code = [...command].filter((_, index) => masked[index] !== COMMENT).join("");
  return code.replace(/\\\n/g, " ").replace(/\s+/g, " ").trim();
}

/**
 * Finds the calls of vecfsck in a statement, also where another program is to run them, on another
 * machine or in a container.
 *
 * @param command The statement.
 * @returns The arguments of each call.
 */
export function callsOf(command: string): string[][] {
  const masked = mask(command);
  const calls: string[][] = [];
  let start = 0;
  for (const { 0: separator, index } of [...masked.matchAll(/[|;&()]+|(?<!\\)\n|$/g)]) {
    const part = command.slice(start, index).replaceAll("\\\n", " ");
    const words = splitShellWords(part.replace(/\s#\s.*$/, "").replace(/\d?>{1,2}.*$/, ""));
    if (words !== null) calls.push(...callsOfWords(words));
    start = index + separator.length;
  }
  return calls;
}

function callsOfWords(words: readonly string[]): string[][] {
  const at = words.findIndex((word, index) =>
    /(^|\/)(vecfsck|vecfsck\.exe|cli\.ts)$/.test(word) && words[index - 1] !== "-t"
  );
  if (at !== -1) return [words.slice(at + 1)];
  return words.filter((word) => /\bvecfsck [a-z]/.test(word)).flatMap(callsOf);
}

/** What a comment is replaced by in {@linkcode mask}. */
const COMMENT = "\0";

/**
 * A statement of the same length in which what is quoted is blanked out, and comments too, so that
 * the words of the shell itself can be looked for.
 */
function mask(text: string): string {
  let masked = "";
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? "";
    if (quote === "#" && character !== "\n") masked += COMMENT;
    else if (quote === "#") [quote, masked] = ["", masked + character];
    else if (quote !== "") {
      if (character === quote) quote = "";
      masked += "_";
    } else if (character === "\\") {
      masked += index + 1 === text.length ? "\\" : text[index + 1] === "\n" ? "\\\n" : "__";
      index++;
    } else if (character === "'" || character === '"') [quote, masked] = [character, masked + "_"];
    else if (character === "#" && /^$|\s/.test(text[index - 1] ?? "")) {
      [quote, masked] = ["#", masked + COMMENT];
    } else masked += character;
  }
  return quote === "" || quote === "#" ? masked : `${masked}\\`;
}

/** Whether a shell would run this, or wait for another line. */
function isComplete(text: string): boolean {
  const documents = [...text.matchAll(/<<-?\s*['"]?(\w+)['"]?/g)];
  if (documents.some(([, end = ""]) => !new RegExp(`^\\s*${end}$`, "m").test(text))) return false;
  if (documents.length > 0) return true;
  const code = mask(text).replaceAll(COMMENT, "").trimEnd();
  if (/(\\|\||&&)$/.test(code)) return false;
  const count = (words: string): number =>
    [...code.matchAll(
      new RegExp(`(?:^|[;|&\\n]|\\bdo\\b|\\bthen\\b)\\s*(?:${words})(?=\\s|;|$)`, "g"),
    )]
      .length;
  return count("for|while|until|if|case|\\{") <= count("done|fi|esac|\\}");
}
