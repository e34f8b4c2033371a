/**
 * Whether a program printed what a page says that it prints.
 *
 * @module
 */

/** What differs from run to run, and what stands for it on both sides. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, "<time>"],
  [/\b\d{8}T\d{6}Z(?:-\d+)?/g, "<id>"],
  [/^.*?: line \d+: +\d+ (Segmentation fault).*$/gm, "$1"],
  [/\b(?:\d[\d,.]* (?:ms|s|min|h|seconds?|minutes?|hours?|days?)\b ?)+/g, "<span> "],
];

/** A line of a page that stands for any number of lines. */
const LEFT_OUT = "…";

/**
 * Holds what was printed against a page. How lines are broken does not matter, for paths on the
 * machine of a test are longer; times and spans of time do not matter either.
 *
 * @param actual What was printed.
 * @param expected What the page says.
 * @returns Whether it is the same.
 */
export function isSameOutput(actual: string, expected: string): boolean {
  const text = normalise(actual);
  const parts = expected.split("\n").reduce<string[][]>((sofar, line) => {
    if (line.trim() === LEFT_OUT) sofar.push([]);
    else sofar.at(-1)?.push(line);
    return sofar;
  }, [[]]).map((lines) => normalise(lines.join("\n")));
  if (parts.length === 1) return text === parts[0];
  let position = 0;
  for (const part of parts.slice(0, -1)) {
    const at = text.indexOf(part, position);
    if (at === -1 || (position === 0 && part === parts[0] && at !== 0)) return false;
    position = at + part.length;
  }
  const end = parts.at(-1) ?? "";
  return text.length - end.length >= position && text.endsWith(end);
}

/**
 * Makes two runs comparable.
 *
 * @param text What was printed.
 * @returns The same without what differs from run to run.
 */
export function normalise(text: string): string {
  const plain = VARYING.reduce((text, [pattern, name]) => text.replace(pattern, name), text);
  return plain.replace(/\s+/g, " ").trim();
}
