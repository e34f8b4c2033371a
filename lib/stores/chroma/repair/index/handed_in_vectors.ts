/**
 * Vectors that were handed in for a store of Chroma (`handed_in_lines.ts`). Of a record that the
 * store does not have, a line also brings `document` and `metadata`.
 *
 * @module
 */

import type { WriteFs } from "../../../../fs/write_fs.ts";
import { HandedInLines, type NamedCollection } from "../../../handed_in_lines.ts";
import type {
  OutsideVector,
  OutsideVectors,
  WantedRecord,
} from "../../salvage/supplemented_salvage.ts";
import { type LineText, parseLineText } from "../records/queue_metadata.ts";

/** The vectors of a file that was handed in. */
export class HandedInVectors extends HandedInLines {
  /**
   * Reads a file, and makes sure that every line of it can be used.
   *
   * @param path The file.
   * @param collections The collections of the store.
   * @param fs The file system.
   * @returns What it has.
   * @throws {OperationError} `usage`: a line cannot be used, and the message says which and why; or
   * the file cannot be read.
   */
  static read(
    path: string,
    collections: readonly NamedCollection[],
    fs: Pick<WriteFs, "openForReading">,
  ): HandedInVectors {
    return new HandedInVectors({ path, collections, trait: " with an index", fs });
  }

  /**
   * Reads the document and the metadata of a record.
   *
   * @param collection The collection.
   * @param id The record, which has a line.
   * @returns What the line says.
   * @throws {OperationError} `usage`: it says something that no engine stores.
   */
  readText(collection: string, id: string): LineText {
    return parseLineText(this.readLine(collection, id));
  }

  /**
   * Makes sure that the document and the metadata of a record can be used.
   *
   * @param collection The collection.
   * @param id The record, which has a line.
   * @param use What is done with them.
   * @throws {OperationError} `usage`: they cannot be used; the message says which line it is.
   */
  checkText(collection: string, id: string, use: (text: LineText) => void): void {
    this.checkLine(collection, id, (line) => use(parseLineText(line)));
  }

  /** The vectors of a collection, as salvage takes them. */
  placesOf(collection: string): OutsideVectors {
    return {
      find: (wanted) => this.#find(collection, wanted),
      [Symbol.dispose]: () => {},
    };
  }

  #find(
    collection: string,
    wanted: ReadonlyMap<string, WantedRecord>,
  ): ReadonlyMap<string, OutsideVector> {
    const found = new Map<string, OutsideVector>();
    for (const id of this.idsOf(collection)) {
      if (!wanted.has(id)) continue;
      found.set(id, {
        source: "handed-in",
        isLengthLost: false,
        isPerhapsOutdated: false,
        readVector: (target) => this.readVector(collection, id, target),
        readStored: (target) => {
          this.readVector(collection, id, target);
          return NaN;
        },
      });
    }
    return found;
  }
}
