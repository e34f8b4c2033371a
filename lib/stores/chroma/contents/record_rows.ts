/**
 * Records of a page, column by column, while they are being put together.
 *
 * @module
 */

import { listJson } from "./metadata_json.ts";

/** Records without their vectors, which are being put together. */
export class RecordRows {
  /** Their ids. */
  readonly ids: string[] = [];
  /** Their texts. */
  readonly documents: (string | null)[] = [];
  /** Where they come from. */
  readonly uris: (string | null)[] = [];
  /** The metadata; of records that are being put together, members of the object. */
  readonly metadataJsons: (string | null)[] = [];
  /** Where the vectors are. */
  readonly places: number[] = [];
  /** How many characters there are. */
  textLength = 0;
  readonly #members: (string | undefined)[] = [];
  readonly #lists = new Map<number, Map<string, (string | null)[]>>();

  /** Adds a record, and gives its index. */
  add(id: string, place: number): number {
    this.documents.push(null);
    this.uris.push(null);
    this.metadataJsons.push(null);
    this.places.push(place);
    return this.ids.push(id) - 1;
  }

  /** Gives a record its text, or where it comes from. */
  setText(column: "documents" | "uris", index: number, text: string | null): void {
    this[column][index] = text;
    this.textLength += text?.length ?? 0;
  }

  /** Adds a value to the metadata of a record; what engines leave out is null. */
  addMember(index: number, key: string, json: string | null): void {
    if (json === null) return;
    const before = this.#members[index];
    this.#members[index] = `${before === undefined ? "" : `${before},`}${key}:${json}`;
    this.textLength += json.length;
  }

  /** Adds the next element of a list. */
  addElement(index: number, key: string, json: string | null): void {
    let lists = this.#lists.get(index);
    if (lists === undefined) this.#lists.set(index, lists = new Map());
    let elements = lists.get(key);
    if (elements === undefined) lists.set(key, elements = []);
    elements.push(json);
    this.textLength += json?.length ?? 0;
  }

  /** Puts the metadata together. */
  finish(): void {
    for (const [index, lists] of this.#lists) {
      for (const [key, elements] of lists) this.addMember(index, key, listJson(elements));
    }
    this.#lists.clear();
    for (const [index, members] of this.#members.entries()) {
      if (members !== undefined) this.metadataJsons[index] = `{${members}}`;
    }
    this.#members.length = 0;
  }
}
