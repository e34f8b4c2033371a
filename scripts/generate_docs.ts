/**
 * Writes docs/codes.md from the table of finding codes, docs/watch.schema.json from the table of what
 * a configuration can say, and docs/reference.md from the table of verbs: `deno task docs`. With
 * `--check` it only says whether they are up to date.
 *
 * @module
 */

import { fromFileUrl, relative } from "@std/path";
import { renderReferencePage } from "../lib/cli/reference_page.ts";
import { type ListedFindingCode, listFindingCodes } from "../lib/model/codes.ts";
import { makeConfigurationSchema } from "../lib/watch/configuration/configuration_schema.ts";

/** The page of codes. */
export const CODES_PAGE: string = fromFileUrl(new URL("../docs/codes.md", import.meta.url));

/** The schema of the configuration of `watch`. */
export const WATCH_SCHEMA: string = fromFileUrl(
  new URL("../docs/watch.schema.json", import.meta.url),
);

/** The reference of the command line. */
export const REFERENCE_PAGE: string = fromFileUrl(
  new URL("../docs/reference.md", import.meta.url),
);

const GROUPS: readonly (readonly [string, string])[] = [
  ["VF10", "The directory of the store"],
  ["VF11", "The SQLite file"],
  ["VF12", "The catalogue"],
  ["VF13", "Records and the write-ahead queue"],
  ["VF14", "Full text"],
  ["VF20", "A segment's directory"],
  ["VF21", "header.bin"],
  ["VF22", "data_level0.bin"],
  ["VF23", "link_lists.bin"],
  ["VF24", "length.bin"],
  ["VF25", "index_metadata.pickle"],
  ["VF26", "The graph"],
  ["VF27", "Records against vectors"],
  ["VF28", "The store against its seal"],
  ["VF29", "What vecfsck itself has left"],
  ["VF30", "chromem-go: the directory and its collections"],
  ["VF31", "chromem-go: a gob file"],
  ["VF32", "chromem-go: a document"],
  ["VF33", "chromem-go: an export file"],
];

const INTRODUCTION = `<!-- Generated from lib/model/codes.ts by \`deno task docs\`. -->

# Finding codes

A code names one thing that can be wrong with a store. Codes are never renumbered and never given
another meaning. Each has what it usually comes from, what it does to whoever uses the store, and
what to do about it. \`vecfsck check\` prints effect and cure beside each finding; for programs all of
it is in \`listFindingCodes()\`. The severity belongs to the code:

- **fatal**: opening the store can kill or hang the process.
- **error**: data is lost, wrong or unreachable.
- **warning**: degraded; an operator should act.
- **info**: unusual and harmless.
`;

/** Renders the page of codes. */
export function renderCodesPage(): string {
  const sections = GROUPS.map(([prefix, title]) => {
    const codes = listFindingCodes().filter(({ code }) => code.startsWith(prefix));
    return `## ${title}\n\n${codes.map(renderCode).join("\n")}`;
  });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

function renderCode(
  { code, name, severity, title, cause, effect, repair }: ListedFindingCode,
): string {
  return `### ${code} ${name}\n\n**${severity}** · ${title}.\n\n` +
    `- Cause: ${cause}.\n- Effect: ${effect}\n- What to do: ${repair}\n`;
}

/** Renders the schema of the configuration of `watch`. */
export function renderWatchSchema(): string {
  return `${JSON.stringify(makeConfigurationSchema(), null, 2)}\n`;
}

if (import.meta.main) {
  const pages: readonly (readonly [string, string])[] = [
    [CODES_PAGE, renderCodesPage()],
    [WATCH_SCHEMA, renderWatchSchema()],
    [REFERENCE_PAGE, renderReferencePage()],
  ];
  for (const [path, text] of pages) {
    if (!Deno.args.includes("--check")) await Deno.writeTextFile(path, text);
    else if (await Deno.readTextFile(path) !== text) {
      console.error(`${relative(Deno.cwd(), path)} is not up to date: run \`deno task docs\``);
      Deno.exitCode = 1;
    }
  }
}
