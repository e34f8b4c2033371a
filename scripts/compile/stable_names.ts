/**
 * Names for the modules of a bundle that are the same wherever it is made. The bundler puts a digest
 * into each name, and path names of the builder's machine into that digest and into comments.
 *
 * @module
 */

/** What the bundler appends to the name of a module that is no entry point. */
const DIGEST = /-[A-Z0-9]{8}\.js$/;

/** How one module of a bundle names another. */
const REFERENCE = /"\.\/([\w.-]+\.js)"/g;

/** The comment before each source in a bundle, for a package in the builder's cache. */
const CACHED_PACKAGE = /^\/\/ .*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+\/\d[^/]*\/.*)$/gm;

/**
 * Renames the modules of a bundle: in the order in which they are named, from the first one on.
 *
 * @param modules The text of each module by its name, all in one directory.
 * @param first The one that the program begins with.
 * @returns The modules that the program can come to, by their new names, with the names in their
 * texts replaced. A name without a digest stays as it is.
 */
export function giveStableNames(
  modules: ReadonlyMap<string, string>,
  first: string,
): ReadonlyMap<string, string> {
  const newNames = new Map<string, string>();
  const taken = new Set<string>();
  const order: string[] = [];
  const visit = (name: string): void => {
    if (newNames.has(name)) return;
    const stem = name.replace(DIGEST, ".js").slice(0, -".js".length);
    let newName = `${stem}.js`;
    for (let count = 2; taken.has(newName); count++) newName = `${stem}-${count}.js`;
    taken.add(newName);
    newNames.set(name, newName);
    order.push(name);
  };
  visit(first);
  // The list grows while it is gone through.
  for (const name of order) referencesOf(modules, name).forEach(visit);
  const rename = (whole: string, name: string): string => {
    const newName = newNames.get(name);
    return newName === undefined ? whole : `"./${newName}"`;
  };
  return new Map(order.map((name) => {
    const text = modules.get(name) ?? "";
    const renamed = text.replaceAll(REFERENCE, rename).replaceAll(CACHED_PACKAGE, "// npm:$1");
    return [newNames.get(name) ?? name, renamed];
  }));
}

function referencesOf(modules: ReadonlyMap<string, string>, name: string): string[] {
  return [...(modules.get(name) ?? "").matchAll(REFERENCE)]
    .map((match) => match[1] ?? "").filter((reference) => modules.has(reference));
}
