/**
 * The reference of the command line, written from the table of verbs in Markdown.
 *
 * @module
 */

import { renderUsage } from "./help.ts";
import type { OptionSpecification, VerbSpecification } from "./specification.ts";
import { COMMON_OPTIONS, VERBS } from "./verbs.ts";

const INTRODUCTION = `<!-- Generated from lib/cli/verbs.ts by \`deno task docs\`. -->

# Reference of the command line

What \`vecfsck help VERB\` says, on one page.
`;

/**
 * Writes docs/reference.md.
 *
 * @returns The page.
 */
export function renderReferencePage(): string {
  const verbs = VERBS.map(({ name, summary }) =>
    `- [\`${name}\`](#vecfsck-${name.replaceAll(" ", "-")}): ${escapeMarkdown(summary)}`
  );
  return [
    INTRODUCTION,
    verbs.join("\n"),
    "",
    "## Options of every verb",
    "",
    COMMON_OPTIONS.map(renderOption).join("\n"),
    "",
    VERBS.map(renderVerb).join("\n"),
  ].join("\n");
}

function renderVerb(verb: VerbSpecification): string {
  return [
    `## vecfsck ${verb.name}`,
    `\`\`\`text\n${renderUsage(verb)}\n\`\`\``,
    `${escapeMarkdown(verb.summary.charAt(0).toUpperCase() + verb.summary.slice(1))}.`,
    ...verb.description.map(escapeMarkdown),
    ...renderList(
      "Arguments",
      verb.arguments.map(({ name, description }) =>
        `- \`${name}\`: ${escapeMarkdown(description)}`
      ),
    ),
    ...renderList("Options", verb.options.map(renderOption)),
    "Examples:",
    `\`\`\`sh\n${
      verb.examples.map(({ command, description }) => `# ${description}\n${command}`).join("\n")
    }\n\`\`\``,
    ...renderList(
      "Exit status",
      verb.exitStatus.map(({ code, description }) =>
        `- \`${code}\`: ${escapeMarkdown(description)}`
      ),
    ),
  ].join("\n\n") + "\n";
}

function renderList(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${title}:`, items.join("\n")];
}

function renderOption(option: OptionSpecification): string {
  const short = option.short === undefined ? "" : `\`-${option.short}\`, `;
  const value = option.type === "flag" ? "" : ` ${option.valueName}`;
  const standard = "defaultValue" in option && option.defaultValue !== undefined
    ? ` Default: \`${option.defaultValue}\`.`
    : "";
  return `- ${short}\`--${option.name}${value}\`: ${escapeMarkdown(option.description)}${standard}`;
}

/** Keeps Markdown from reading text as anything else; what stands between backticks stays code. */
function escapeMarkdown(text: string): string {
  return text.split("`")
    .map((part, index) => index % 2 === 1 ? part : part.replaceAll(/[\\*_<>[\]|]/g, "\\$&"))
    .join("`");
}
