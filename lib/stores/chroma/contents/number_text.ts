/**
 * JSON whose numbers are kept as they are written: JavaScript's own know neither 1.0 nor 2^60 + 1.
 *
 * @module
 */

/** A number as it is written. */
export class NumberText {
  /** Takes the text of a JSON number. */
  constructor(readonly text: string) {}
}

/**
 * Parses a JSON object.
 *
 * @param json The text.
 * @returns The object, with every number in it as its text; null when the text is no JSON object.
 */
export function parseObjectOfTexts(json: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(json, keepNumberText);
    if (typeof parsed !== "object" || parsed === null) return null;
    const isObject = !Array.isArray(parsed) && !(parsed instanceof NumberText);
    return isObject ? parsed as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

/** The third parameter, which has the number as it is written, is newer than the types. */
function keepNumberText(this: unknown, _key: string, value: unknown, ...rest: unknown[]): unknown {
  if (typeof value !== "number") return value;
  const [context] = rest as [{ readonly source?: string }?];
  return new NumberText(context?.source ?? String(value));
}
