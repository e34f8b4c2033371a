/**
 * Taking fields out of JSON that anybody may have written: each is looked at before it is used, and
 * what is wrong is named by its place, for instance `files[3].sizeBytes`.
 *
 * @module
 */

/** A field is missing or holds what it may not; the message names it. */
export class FieldError extends Error {
  /** Makes an error from the place of the field and what is wrong with it. */
  constructor(place: string, problem: string) {
    super(`${place} ${problem}`);
    this.name = "FieldError";
  }
}

/** The fields of one JSON object. */
export class JsonFields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #place: string;

  private constructor(fields: Readonly<Record<string, unknown>>, place: string) {
    this.#fields = fields;
    this.#place = place;
  }

  /**
   * Takes a value that has to be an object.
   *
   * @param value The value.
   * @param place Its place, for messages; empty for the whole text.
   * @returns Its fields.
   * @throws {FieldError} It is no object.
   */
  static of(value: unknown, place = ""): JsonFields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new FieldError(place === "" ? "The text" : place, "is no object");
    }
    return new JsonFields({ ...value }, place);
  }

  /** Tells where a field stands, for messages. */
  placeOf(name: string): string {
    return this.#place === "" ? name : `${this.#place}.${name}`;
  }

  /** Makes the error for a field. */
  wrong(name: string, problem: string): FieldError {
    return new FieldError(this.placeOf(name), problem);
  }

  /** Takes a text. */
  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== "string") throw this.wrong(name, "is no text");
    return value;
  }

  /** Takes a text that matches an expression; `what` says what it has to be. */
  matching(name: string, expression: RegExp, what: string): string {
    const value = this.text(name);
    if (!expression.test(value)) throw this.wrong(name, `is no ${what}`);
    return value;
  }

  /** Takes one of a few texts. */
  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.text(name);
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) throw this.wrong(name, `is none of ${choices.join(", ")}`);
    return choice;
  }

  /** Takes a point in time, as ISO 8601 in UTC. */
  time(name: string): string {
    const value = this.text(name);
    const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/.test(value);
    if (!isTime || Number.isNaN(Date.parse(value))) throw this.wrong(name, "is no time in UTC");
    return value;
  }

  /** Takes a yes or no. */
  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== "boolean") throw this.wrong(name, "is neither true nor false");
    return value;
  }

  /** Takes a whole number that is not negative. */
  count(name: string, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(name);
    if (!Number.isInteger(value) || value < 0 || value > most) {
      throw this.wrong(name, `is no whole number from 0 to ${most}`);
    }
    return value;
  }

  /** Takes a number. */
  number(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw this.wrong(name, "is no number");
    }
    return value;
  }

  /** Takes a field whatever it holds. */
  anything(name: string): unknown {
    return this.#fields[name];
  }

  /** The names of all fields. */
  names(): string[] {
    return Object.keys(this.#fields);
  }

  /** All fields as they are. */
  get values(): Readonly<Record<string, unknown>> {
    return this.#fields;
  }

  /** Takes a field that may be null, by the way of taking it where it is not. */
  orNull<Value>(name: string, take: (name: string) => Value): Value | null {
    return this.#fields[name] === null ? null : take(name);
  }

  /** Takes an object. */
  object(name: string): JsonFields {
    return JsonFields.of(this.#fields[name], this.placeOf(name));
  }

  /** Takes a list of objects. */
  objects(name: string): JsonFields[] {
    const place = this.placeOf(name);
    return this.#list(name).map((value, index) => JsonFields.of(value, `${place}[${index}]`));
  }

  /** Takes a list of texts. */
  texts(name: string): string[] {
    return this.#list(name).map((value, index) => {
      if (typeof value !== "string") throw this.wrong(`${name}[${index}]`, "is no text");
      return value;
    });
  }

  #list(name: string): unknown[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) throw this.wrong(name, "is no list");
    return value;
  }
}
