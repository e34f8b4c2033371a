/**
 * The options of a call by name, once they are understood.
 *
 * @module
 */

/** A value that was given: a number, a span in milliseconds, a size in bytes, or texts. */
export type OptionValue = number | readonly string[];

/** The options of a call by name. */
export class OptionValues {
  readonly #flags: ReadonlySet<string>;
  readonly #values: ReadonlyMap<string, OptionValue>;

  /** Makes values from the flags that are set and the values that are known. */
  constructor(flags: Iterable<string>, values: Iterable<readonly [string, OptionValue]> = []) {
    this.#flags = new Set(flags);
    this.#values = new Map(values);
  }

  /** Whether an option was given, or has a value by default. */
  has(name: string): boolean {
    return this.#flags.has(name) || this.#values.has(name);
  }

  /** Whether a flag was given. */
  flag(name: string): boolean {
    return this.#flags.has(name);
  }

  /** The number that was given, else the table's default, else undefined. */
  count(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === "number" ? value : undefined;
  }

  /** The span that was given, in milliseconds, else the table's default, else undefined. */
  duration(name: string): number | undefined {
    return this.count(name);
  }

  /** The size that was given, in bytes, or undefined. */
  size(name: string): number | undefined {
    return this.count(name);
  }

  /** The text that was given, the last one where there are several, or undefined. */
  text(name: string): string | undefined {
    return this.texts(name).at(-1);
  }

  /** The word that was given, the last one where there are several, or undefined. */
  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    return choices.find((choice) => choice === text);
  }

  /** Every text that was given. */
  texts(name: string): readonly string[] {
    const value = this.#values.get(name);
    return typeof value === "object" ? value : [];
  }
}
