/**
 * Pages of Markdown as far as their tests look at them: fences, headings and links.
 *
 * @module
 */

import { dirname, fromFileUrl, join, relative } from "@std/path";

/** The directory of the repository. */
const REPOSITORY = dirname(dirname(dirname(fromFileUrl(import.meta.url))));

/** A page of the repository. */
export interface Page {
  /** Its path from the top of the repository, with forward slashes. */
  readonly name: string;
  /** What is in it. */
  readonly text: string;
}

/** A block between two fences. */
export interface Fence {
  /** The word behind the opening fence; empty where there is none. */
  readonly language: string;
  /** The line of the page on which the block begins, counted from 1: that of the opening fence. */
  readonly line: number;
  /** What stands between the fences. */
  readonly text: string;
}

/** A link of a page. */
export interface Link {
  /** What stands between the parentheses. */
  readonly target: string;
  /** The line of the page, counted from 1. */
  readonly line: number;
}

/**
 * Reads every page of the repository: those at its top, and those below `docs`.
 *
 * @returns The pages, ordered by name.
 */
export async function readPages(): Promise<Page[]> {
  const names = [...namesIn(REPOSITORY), ...namesBelow(join(REPOSITORY, "docs"))].sort();
  return await Promise.all(
    names.map(async (name) => ({ name, text: await Deno.readTextFile(join(REPOSITORY, name)) })),
  );
}

/**
 * Whether the repository has a file or a directory.
 *
 * @param path Its path from the top of the repository.
 */
export function isInRepository(path: string): boolean {
  try {
    Deno.statSync(join(REPOSITORY, path));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Finds the fenced blocks of a page, also those that are indented below an item of a list.
 *
 * @param text The page.
 * @returns The blocks in order.
 */
export function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  let open: { indent: string; mark: string; language: string; line: number } | null = null;
  let lines: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", mark, language = ""] = /^( *)(`{3,})(.*)$/.exec(line) ?? [];
    if (open === null && mark !== undefined) {
      open = { indent, mark, language: language.trim(), line: index + 1 };
      lines = [];
    } else if (open !== null && mark === open.mark && language.trim() === "") {
      fences.push({ language: open.language, line: open.line, text: lines.join("\n") });
      open = null;
    } else if (open !== null) {
      lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    }
  }
  return fences;
}

/**
 * Finds the anchors that GitHub gives to the headings of a page.
 *
 * @param text The page.
 * @returns The anchors without their number sign.
 */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutFences(text).matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = words.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/**
 * Finds the links and images of a page, outside of code.
 *
 * @param text The page.
 * @returns The links in order.
 */
export function linksOf(text: string): Link[] {
  const prose = withoutFences(text).replace(/(`+)(?!`)[^]*?[^`]\1(?!`)/g, blank);
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const defined = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s*(\S+)/gm)];
  const automatic = [...prose.matchAll(/<((?:https?|mailto):[^>\s]+)>/g)];
  return [...inline, ...defined, ...automatic].map(({ 1: target = "", index }) => ({
    target,
    line: prose.slice(0, index).split("\n").length,
  }));
}

/**
 * Finds what a page marks as code within its sentences.
 *
 * @param text The page.
 * @returns Each piece of code, with its spaces folded.
 */
export function codeOf(text: string): string[] {
  return [...withoutFences(text).matchAll(/(?<!`)`([^`]+)`(?!`)/g)]
    .map(([, code = ""]) => code.replace(/\s+/g, " ").trim());
}

/** Blanks out what stands between fences, so that every line keeps its number. */
function withoutFences(text: string): string {
  return text.replace(/^( *)(`{3,})[^`\n]*\n[^]*?\n\1\2 *$/gm, blank);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)]
    .filter(({ name, isFile }) => isFile && name.endsWith(".md"))
    .map(({ name }) => relative(REPOSITORY, join(directory, name)).replaceAll("\\", "/"));
}

function namesBelow(directory: string): string[] {
  const below = [...Deno.readDirSync(directory)].filter(({ isDirectory }) => isDirectory);
  return [
    ...namesIn(directory),
    ...below.flatMap(({ name }) => namesBelow(join(directory, name))),
  ];
}
