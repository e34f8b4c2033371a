/**
 * Commands as they are typed: a path made safe to copy into a shell, and a command split into words.
 *
 * @module
 */

const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/**
 * Writes a text so that a POSIX shell takes it for one word.
 *
 * @param text A path or a name.
 * @returns The text itself where no character of it means anything to a shell; else in quotes.
 */
export function quoteShellWord(text: string): string {
  return PLAIN_WORD.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Splits a command into words by the quoting rules of a POSIX shell, and expands nothing: `$`, `*`,
 * `|`, `;` and `>` stand for themselves, for no shell runs it.
 *
 * - Spaces, tabs and line feeds part words.
 * - Between single quotes every character stands for itself.
 * - Between double quotes a backslash takes the meaning from `"`, `\`, `$` and a backtick.
 * - Elsewhere a backslash takes it from the next character, whatever that is.
 *
 * @param command The command.
 * @returns Its words, or null when a quote is not closed or a backslash is the last character.
 */
export function splitShellWords(command: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let rest = command;
  while (rest !== "") {
    const [token = ""] = TOKEN.exec(rest) ?? [];
    if (token === "") return null;
    rest = rest.slice(token.length);
    if (!SPACE.test(token)) word = (word ?? "") + unquote(token);
    else if (word !== null) {
      words.push(word);
      word = null;
    }
  }
  return word === null ? words : [...words, word];
}

const SPACE = /^[ \t\n]/;

/** Spaces, a part in single or double quotes, an escaped character, or anything without meaning. */
const TOKEN = /^(?:[ \t\n]+|'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^ \t\n'"\\]+)/;

function unquote(token: string): string {
  switch (token[0]) {
    case "'":
      return token.slice(1, -1);
    case '"':
      return token.slice(1, -1).replaceAll(/\\(["\\$`])/g, "$1").replaceAll("\\\n", "");
    case "\\":
      return token === "\\\n" ? "" : token.slice(1);
    default:
      return token;
  }
}
