/**
 * Completions for bash, 3.2 or newer.
 *
 * @module
 */

import { type CompletedVerb, type Hint, listValueOptions } from "./completion_table.ts";

/**
 * Writes the script that teaches bash to complete calls of vecfsck.
 *
 * The words of paths are left to readline, which knows how to quote them.
 *
 * @param table The table for the shells.
 * @returns The script.
 */
export function renderBashCompletions(table: readonly CompletedVerb[]): string {
  return `# Completions of vecfsck for bash, written by \`vecfsck completions bash\`.

# Sets what can follow the verb.
_vecfsck_verb() {
  next='' options='' operands=() open=0
  case $1 in
${table.map(renderVerb).join("\n")}
  esac
}

# Sets what the value of an option can be: file, directory, or = and words.
_vecfsck_value() {
  hint=other
  case $1:$2 in
${table.flatMap(renderValues).join("\n")}
  esac
}

_vecfsck() {
  local IFS=$' \\t\\n'
  local current=\${COMP_WORDS[COMP_CWORD]} prefix='' word verb='' option='' hint='' words=''
  local next options operands open index position=0 adjacent=1 ended=0
  local valued=' ${listValueOptions(table).join(" ")} '
  COMPREPLY=()
  _vecfsck_verb ''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ -n $option ]]; then
      # bash takes the equals sign for a word of its own.
      [[ $word == '=' ]] || option=''
    elif ((!ended)) && [[ $word == -- ]]; then
      ended=1
    elif ((!ended)) && [[ $word == -?* ]]; then
      [[ $valued == *" $word "* ]] && option=$word
      [[ -n $verb ]] && adjacent=0
    elif ((adjacent)) && [[ " $next " == *" $word "* ]]; then
      verb=\${verb:+$verb }$word
      _vecfsck_verb "$verb"
    else
      adjacent=0
      position=$((position + 1))
    fi
  done

  [[ -n $option && $current == '=' ]] && current=''
  if [[ -z $option && $current == --*=* ]]; then
    option=\${current%%=*} prefix=\${current%%=*}= current=\${current#*=}
  fi
  if [[ -n $option ]]; then
    _vecfsck_value "$verb" "$option"
  elif ((!ended)) && [[ $current == -* ]]; then
    words=$options
  else
    ((adjacent)) && words=$next
    ((open && position >= \${#operands[@]})) && position=$((\${#operands[@]} - 1))
    hint=\${operands[position]-}
  fi
  case $hint in
    =*) words=\${hint#=} ;;
    file) compopt -o default -o filenames 2>/dev/null ;;
    directory) compopt -o plusdirs -o filenames 2>/dev/null ;;
  esac
  COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$current"))
}

if type compopt >/dev/null 2>&1; then
  complete -F _vecfsck vecfsck
else
  complete -o default -F _vecfsck vecfsck
fi
`;
}

function renderVerb({ name, next, options, operands, isOpen }: CompletedVerb): string {
  const lines = [
    ...(next.length === 0 ? [] : [`next='${next.map(({ word }) => word).join(" ")}'`]),
    `options='${
      options.flatMap(({ long, short }) => short === undefined ? [long] : [short, long]).join(" ")
    }'`,
    ...(operands.length === 0
      ? []
      : [`operands=(${operands.map(({ hint }) => `'${renderHint(hint)}'`).join(" ")})`]),
    ...(isOpen ? ["open=1"] : []),
  ];
  return [`    '${name}')`, ...lines.map((line) => `      ${line}`), "      ;;"].join("\n");
}

function renderValues({ name, options }: CompletedVerb): string[] {
  return options.flatMap(({ long, short, value }) => {
    if (value === null || value.kind === "other") return [];
    const forms = short === undefined ? [long] : [long, short];
    const patterns = forms.map((form) => `'${name}:${form}'`).join(" | ");
    return [`    ${patterns}) hint='${renderHint(value)}' ;;`];
  });
}

function renderHint(hint: Hint): string {
  return hint.kind === "words" ? `=${hint.words.join(" ")}` : hint.kind;
}
