/**
 * Documents whose files are not named after the hashes of their ids. The rules:
 *
 * - the file stands alone with its id: else the one whose name belongs to the id, or of several
 *   wrong ones the one that chromem-go reads last, counts, and the others are duplicates;
 * - it is no document of another collection. Proof is an exchange: files of several collections, each
 *   of which has the name that belongs to the next; or a copy: the other collection has the very same
 *   document under the name that belongs to the id.
 *
 * A document of another collection under the name that belongs to its id proves nothing, for two
 * collections may have documents of one id.
 *
 * @module
 */

import { printable } from "../../base/printable.ts";
import { createFinding, type Finding, type JsonValue } from "../../model/finding.ts";
import type { GobPlace } from "./check_gob_file.ts";
import { Exchanges, type MisplacedFile } from "./exchanges.ts";
import { extensionOf, stemOf } from "./layout.ts";
import type { MisnamedDocument } from "./tasks.ts";

/** The misnamed documents of one collection. */
export interface MisnamedGroup {
  /** The folder. */
  readonly folder: string;
  /** The name of the collection, or null. */
  readonly collection: string | null;
  /** The documents, in the order of their files. */
  readonly documents: readonly MisnamedDocument[];
}

/** What the files of a database tell besides. */
export interface FileWitness {
  /** Whether a folder has a file. */
  has(folder: string, name: string): boolean;
  /** The id of the document in a file, shortened; null when it cannot be read. */
  idOf(folder: string, name: string): string | null;
  /** Whether two files hold the same document. */
  isSame(path: string, other: string): boolean;
}

/** What becomes of a misnamed document. */
type Verdict =
  | { readonly kind: "misnamed" }
  | { readonly kind: "duplicate"; readonly other: string }
  | {
    readonly kind: "exchanged";
    readonly owner: string;
    readonly proof: "exchanged" | "copied";
  };

/**
 * Judges misnamed documents.
 *
 * @param groups The misnamed documents of each collection.
 * @param folders Every folder of the database.
 * @param witness What the files tell besides.
 * @returns One finding for each document.
 */
export function checkMisnamed(
  groups: readonly MisnamedGroup[],
  folders: readonly string[],
  witness: FileWitness,
): Finding[] {
  const files = groups.flatMap(({ folder, documents }) =>
    documents.map((document) => toMisplaced(folder, document))
  );
  const byPath = new Map(files.map((file) => [`${file.folder}/${file.name}`, file]));
  const context = { exchanges: new Exchanges(files), byPath, folders, witness };
  return groups.flatMap((group) => {
    const judge = new GroupJudge(group, context);
    return group.documents.map((document) => judge.judge(document));
  });
}

/** A misnamed document as a file that has changed its place, perhaps. */
type Misplaced = MisplacedFile & Pick<MisnamedDocument, "name">;

function toMisplaced(folder: string, { name, expected }: MisnamedDocument): Misplaced {
  return { folder, name, stem: stemOfName(name), expected: stemOfName(expected) };
}

function stemOfName(name: string): string {
  const extension = extensionOf(name);
  return extension === null ? name : stemOf({ name, extension });
}

/** What all groups share. */
interface Context {
  readonly exchanges: Exchanges<Misplaced>;
  readonly byPath: ReadonlyMap<string, Misplaced>;
  readonly folders: readonly string[];
  readonly witness: FileWitness;
}

/** Judges the misnamed documents of one collection. */
class GroupJudge {
  readonly #group: MisnamedGroup;
  readonly #context: Context;
  readonly #wrongNames: ReadonlySet<string>;
  /** The file with each id that chromem-go reads last. */
  readonly #lastOfId: ReadonlyMap<string, string>;

  constructor(group: MisnamedGroup, context: Context) {
    this.#group = group;
    this.#context = context;
    this.#wrongNames = new Set(group.documents.map(({ name }) => name));
    this.#lastOfId = new Map(group.documents.map(({ id, name }) => [id, name]));
  }

  judge(document: MisnamedDocument): Finding {
    const { folder, collection } = this.#group;
    const path = `${folder}/${document.name}`;
    return toFinding(document, this.#verdictOf(document), { path, collection, segment: folder });
  }

  #verdictOf({ name, id, expected }: MisnamedDocument): Verdict {
    const { folder } = this.#group;
    const { exchanges, byPath, folders, witness } = this.#context;
    const file = byPath.get(`${folder}/${name}`);
    const partner = file === undefined ? null : exchanges.partnerOf(file);
    if (partner !== null && partner.folder !== folder) {
      return { kind: "exchanged", owner: partner.folder, proof: "exchanged" };
    }
    if (witness.has(folder, expected)) {
      const isDuplicate = !this.#wrongNames.has(expected) && witness.idOf(folder, expected) === id;
      if (isDuplicate) return { kind: "duplicate", other: expected };
    } else {
      const owner = folders.find((other) =>
        other !== folder && witness.has(other, expected) &&
        witness.isSame(`${folder}/${name}`, `${other}/${expected}`)
      );
      if (owner !== undefined) return { kind: "exchanged", owner, proof: "copied" };
    }
    const last = this.#lastOfId.get(id) ?? name;
    return last === name ? { kind: "misnamed" } : { kind: "duplicate", other: last };
  }
}

function toFinding(
  { id, expected }: MisnamedDocument,
  verdict: Verdict,
  place: GobPlace,
): Finding {
  const label = printable(id, 80);
  const detail: Record<string, JsonValue> = { id, expected };
  if (verdict.kind === "duplicate") {
    return createFinding("document-duplicate", {
      ...place,
      message: `The file ${verdict.other} holds a document of the id ${label} too`,
      detail: { ...detail, other: verdict.other },
    });
  }
  if (verdict.kind === "misnamed") {
    return createFinding("document-misnamed", {
      ...place,
      message: `The name that belongs to the id ${label} is ${expected}`,
      detail,
    });
  }
  const { owner, proof } = verdict;
  const how = proof === "exchanged"
    ? `${owner}/${expected} holds one that belongs elsewhere too`
    : `${owner}/${expected} holds the same`;
  return createFinding("document-exchanged", {
    ...place,
    message: `It holds the document ${label} of the folder ${owner}: ${how}`,
    detail: { ...detail, owner, proof },
  });
}
