/**
 * Giving what was staged the owner and the permissions that the engine's own files have, so that a
 * repair as root leaves nothing that the engine may not write.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { copyPermissions } from "../fs/copy.ts";
import { walkTree } from "../fs/tree.ts";
import type { EntryFacts, WriteFs } from "../fs/write_fs.ts";

/** Engines make files so, less the umask. */
const FILE_MODE = 0o644;

/** The owner must be able to go on with what was repaired. */
const OWNER_BITS = { file: 0o600, directory: 0o700 } as const;

/** Where attributes come from. */
export interface AttributeModels {
  /** The store's directory. */
  readonly store: string;
  /** The database, or null where the format has none. */
  readonly database: string | null;
}

/**
 * Gives entries the attributes of those whose places they take; where there are none, those of a file
 * beside them, else of the database, and of the store's directory.
 *
 * @param fs The file system.
 * @param directory The directory that has the entries.
 * @param names The entries.
 * @param models What stands in the store.
 * @throws The system's error, unchanged.
 */
export function adoptAttributes(
  fs: WriteFs,
  directory: string,
  names: readonly string[],
  { store, database }: AttributeModels,
): void {
  const root = fs.look(store);
  if (root === null) return;
  const file = (database === null ? null : lookThrough(fs, database)) ??
    { ...root, mode: root.mode === null ? null : FILE_MODE };
  const beside = new Siblings(fs, store);
  for (const name of names) {
    for (const entry of walkTree(fs, join(directory, name))) {
      const { kind } = entry.facts;
      if (kind !== "file" && kind !== "directory") continue;
      const path = entry.name === "" ? name : `${name}/${entry.name}`;
      const replaced = lookThrough(fs, join(store, path));
      const model = replaced?.kind === kind
        ? replaced
        : kind === "file"
        ? beside.find(path) ?? file
        : root;
      copyPermissions(fs, withOwnerBits(model, kind), entry.path);
    }
  }
}

/** Files of the store that stand where others come, one for each directory. */
class Siblings {
  readonly #fs: WriteFs;
  readonly #store: string;
  readonly #known = new Map<string, EntryFacts | null>();

  constructor(fs: WriteFs, store: string) {
    this.#fs = fs;
    this.#store = store;
  }

  /** Finds a file in the directory of a path; null at the top, where the files are of all kinds. */
  find(path: string): EntryFacts | null {
    const directory = dirname(path);
    if (directory === ".") return null;
    const known = this.#known.get(directory);
    if (known !== undefined) return known;
    const place = join(this.#store, directory);
    const names = this.#fs.look(place)?.kind === "directory" ? this.#fs.list(place) : [];
    const name = names.find((each) => this.#fs.look(join(place, each))?.kind === "file");
    const facts = name === undefined ? null : this.#fs.look(join(place, name));
    this.#known.set(directory, facts);
    return facts;
  }
}

function withOwnerBits(model: EntryFacts, kind: "file" | "directory"): EntryFacts {
  return { ...model, kind, mode: model.mode === null ? null : model.mode | OWNER_BITS[kind] };
}

/** Looks at what a link leads to; null where there is nothing. */
function lookThrough(fs: WriteFs, path: string): EntryFacts | null {
  try {
    const facts = fs.look(path);
    return facts?.kind === "link" ? fs.look(fs.resolve(path)) : facts;
  } catch {
    // A file can stand where a directory comes, and a link lead nowhere.
    return null;
  }
}
