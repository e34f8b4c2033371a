/**
 * Completions for fish.
 *
 * @module
 */

import {
  type CompletedOption,
  type CompletedVerb,
  type Hint,
  listValueOptions,
} from "./completion_table.ts";

/**
 * Writes the script that teaches fish to complete calls of vecfsck.
 *
 * @param table The table for the shells.
 * @returns The script.
 */
export function renderFishCompletions(table: readonly CompletedVerb[]): string {
  return `# Completions of vecfsck for fish, written by \`vecfsck completions fish\`.

# Prints the verb so far, how many arguments stand behind it, and whether an action may follow.
function __vecfsck_place
    set -l valued ${listValueOptions(table).join(" ")}
    set -l verbs ${table.filter(({ name }) => name !== "").map(({ name }) => quote(name)).join(" ")}
    set -l words (commandline -opc)
    set -e words[1]
    set -l verb ''
    set -l position 0
    set -l adjacent 1
    set -l ended 0
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
        else if test $ended = 0; and test "$word" = --
            set ended 1
        else if test $ended = 0; and string match -qr -- '^-.' "$word"
            contains -- "$word" $valued; and set skip 1
            test -n "$verb"; and set adjacent 0
        else if test $adjacent = 1; and contains -- (string trim -- "$verb $word") $verbs
            set verb (string trim -- "$verb $word")
        else
            set adjacent 0
            set position (math $position + 1)
        end
    end
    printf '%s\\n' "$verb" $position $adjacent
end

# Whether the verb so far is this one.
function __vecfsck_is
    set -l place (__vecfsck_place)
    test "$place[1]" = "$argv[1]"
end

# The same, and another word of it may follow.
function __vecfsck_opens
    set -l place (__vecfsck_place)
    test "$place[1]" = "$argv[1]"; and test $place[3] = 1
end

# The same, and the argument that comes next is in one of these places.
function __vecfsck_at
    set -l place (__vecfsck_place)
    test "$place[1]" = "$argv[1]"; or return 1
    test $place[2] -ge $argv[2]; and test $place[2] -le $argv[3]
end

complete -c vecfsck -f
${table.flatMap(renderVerb).join("\n")}
`;
}

function renderVerb({ name, next, options, operands, isOpen }: CompletedVerb): string[] {
  const condition = (test: string): string => `complete -c vecfsck -n ${quote(test)}`;
  return [
    ...next.map(({ word, summary }) =>
      `${condition(`__vecfsck_opens '${name}'`)} -a ${word} -d ${quote(summary)}`
    ),
    ...options.map((option) => `${condition(`__vecfsck_is '${name}'`)} ${renderOption(option)}`),
    ...operands.flatMap(({ hint }, index) => {
      const last = isOpen && index === operands.length - 1 ? 9999 : index;
      const action = renderHint(hint);
      return action === "" ? [] : [
        `${condition(`__vecfsck_at '${name}' ${index} ${last}`)} ${action}`,
      ];
    }),
  ];
}

function renderOption({ long, short, summary, value }: CompletedOption): string {
  return [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === null
      ? []
      : [`${value.kind === "file" ? "-r" : "-x"} ${renderHint(value)}`.trim()]),
    `-d ${quote(summary)}`,
  ].join(" ");
}

function renderHint(hint: Hint): string {
  switch (hint.kind) {
    case "file":
      return "-F";
    case "directory":
      return "-a '(__fish_complete_directories)'";
    case "words":
      return `-a ${quote(hint.words.join(" "))}`;
    case "other":
      return "";
  }
}

/** Between single quotes, fish leaves all but a backslash and a quote alone. */
function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
