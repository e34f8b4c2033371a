/**
 * The logical hash of a collection: a sum over facts, each hashed with the id of its document in
 * front, so that neither the order nor the files count.
 *
 * | fact                 | hashed                              |
 * | -------------------- | ----------------------------------- |
 * | a document is there  | id                                  |
 * | it has an embedding  | id, the bits of its numbers         |
 * | it has a value       | id, hash of the key, value          |
 * | it has a text        | id, text                            |
 *
 * Texts are hashed as the bytes that Go holds. What is empty is no fact: gobs do not carry it.
 *
 * @module
 */

import { encodeGobText } from "../../codec/gob.ts";
import { FactSet, Hash128 } from "../../base/hash128.ts";
import type { CollectionContents } from "../../model/store.ts";
import type { GobDocument } from "./shapes.ts";

const TAG_DOCUMENT = 1;
const TAG_EMBEDDING = 2;
const TAG_KEY = 3;
const TAG_VALUE = 4;
const TAG_TEXT = 5;

/** Adds up what a collection holds. */
export class ContentsHash {
  readonly #facts = new FactSet();
  readonly #id = new Hash128();
  readonly #hash = new Hash128();
  #records = 0;
  #vectors = 0;

  /** Adds a document. */
  add(
    { ID: id = "", Metadata: metadata, Embedding: embedding, Content: text = "" }: GobDocument,
  ): void {
    this.#records++;
    this.#id.set(0, 0, 0, 0).addBytes(encodeGobText(id));
    this.#facts.add(this.#hash.continueFrom(this.#id, TAG_DOCUMENT).addBytes(new Uint8Array(0)));
    if (embedding !== undefined && embedding.length > 0) {
      this.#vectors++;
      const words = new Uint32Array(embedding.buffer, embedding.byteOffset, embedding.length);
      this.#facts.add(
        this.#hash.continueFrom(this.#id, TAG_EMBEDDING).addWords(words, 0, words.length),
      );
    }
    for (const [key, value] of metadata ?? []) {
      this.#hash.continueFrom(this.#id, TAG_KEY).addBytes(encodeGobText(key));
      this.#facts.add(
        this.#hash.continueFrom(this.#hash, TAG_VALUE).addBytes(encodeGobText(value)),
      );
    }
    if (text !== "") {
      this.#facts.add(this.#hash.continueFrom(this.#id, TAG_TEXT).addBytes(encodeGobText(text)));
    }
  }

  /** What was added so far. */
  get contents(): Pick<CollectionContents, "records" | "vectors" | "hash"> {
    return { records: this.#records, vectors: this.#vectors, hash: String(this.#facts.hash) };
  }
}
