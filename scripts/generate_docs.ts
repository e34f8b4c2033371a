/**
 * Writes docs/codes.md from the table of finding codes: `deno task docs`. With `--check` it only
 * says whether the page is up to date.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { FINDING_CODES, type FindingCode } from "../lib/model/codes.ts";

/** The page that is generated. */
export const CODES_PAGE: string = fromFileUrl(new URL("../docs/codes.md", import.meta.url));

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
another meaning. The severity belongs to the code:

- **fatal**: opening the store can kill or hang the process.
- **error**: data is lost, wrong or unreachable.
- **warning**: degraded; an operator should act.
- **info**: unusual and harmless.
`;

/** Renders the page of codes. */
export function renderCodesPage(): string {
  const sections = GROUPS.map(([prefix, title]) => {
    const codes = Object.entries(FINDING_CODES)
      .filter(([, { code }]) => code.startsWith(prefix))
      .sort(([, a], [, b]) => a.code.localeCompare(b.code));
    return `## ${title}\n\n${codes.map(([name, code]) => renderCode(name, code)).join("\n")}`;
  });
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

function renderCode(name: string, { code, severity, title, effect, repair }: FindingCode): string {
  return `### ${code} ${name}\n\n**${severity}** · ${title}.\n\n` +
    `- Effect: ${effect}\n- What to do: ${repair}\n`;
}

if (import.meta.main) {
  if (Deno.args.includes("--check")) {
    if (await Deno.readTextFile(CODES_PAGE) !== renderCodesPage()) {
      console.error("docs/codes.md is not up to date: run `deno task docs`");
      Deno.exit(1);
    }
  } else {
    await Deno.writeTextFile(CODES_PAGE, renderCodesPage());
  }
}
