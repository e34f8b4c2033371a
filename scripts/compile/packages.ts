/**
 * The packages whose code is in the program, with what is known of each.
 *
 * @module
 */

import { join } from "@std/path";

/** A package of npm. */
export interface NpmPackage {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** The licence that it names, an SPDX expression; null when it names none. */
  readonly license: string | null;
  /** The text of its licence; null when it carries none. */
  readonly notice: string | null;
  /** The digest that the lock file holds it to, SHA-512 in hexadecimal. */
  readonly sha512: string;
}

/** The comment that the bundle has before each source of a package. */
const PACKAGE_SOURCE = /^\/\/ npm:((?:@[^/\s]+\/)?[^/\s]+)\/(\d[^/\s]*)\//gm;

/**
 * Finds the packages whose code is in a program.
 *
 * @param texts The modules of the program.
 * @returns Name and version of each, `name@version`, in the order of the alphabet.
 */
export function findPackages(texts: Iterable<string>): readonly string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const [, name, version] of text.matchAll(PACKAGE_SOURCE)) found.add(`${name}@${version}`);
  }
  return [...found].toSorted();
}

/**
 * Reads the digest of a package in the lock file.
 *
 * @param lock The lock file's content.
 * @param id Name and version.
 * @returns SHA-512 in hexadecimal.
 * @throws {Error} The lock file has no such package, or no such digest of it.
 */
export function readLockedDigest(lock: unknown, id: string): string {
  const integrity = readString(readObject(readObject(lock, "npm"), id), "integrity");
  const [, encoded] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity ?? "") ?? [];
  if (encoded === undefined) throw new Error(`deno.lock has no SHA-512 of ${id}`);
  return [...atob(encoded)].map((char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join(
    "",
  );
}

/**
 * Reads what is known of the packages whose code is in a program.
 *
 * @param program The directory of the program.
 * @param repository The directory that has the lock file.
 * @param cache The directory in which Deno keeps packages of npm.
 * @returns The packages.
 * @throws {Error} A package is not in the lock file, or not in the cache.
 */
export async function readProgramPackages(
  program: string,
  repository: string,
  cache: string,
): Promise<readonly NpmPackage[]> {
  const texts: string[] = [];
  for await (const { name } of Deno.readDir(program)) {
    texts.push(await Deno.readTextFile(join(program, name)));
  }
  const lock: unknown = JSON.parse(await Deno.readTextFile(join(repository, "deno.lock")));
  return await readPackages(findPackages(texts), lock, cache);
}

/**
 * Reads what is known of the packages.
 *
 * @param ids Name and version of each.
 * @param lock The lock file's content.
 * @param cache The directory in which Deno keeps packages of npm.
 * @returns The packages.
 * @throws {Error} A package is not in the lock file, or not in the cache.
 */
export async function readPackages(
  ids: readonly string[],
  lock: unknown,
  cache: string,
): Promise<readonly NpmPackage[]> {
  return await Promise.all(ids.map(async (id) => {
    const split = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, split), id.slice(split + 1)];
    const directory = await findPackage(cache, name, version);
    const description: unknown = JSON.parse(
      await Deno.readTextFile(join(directory, "package.json")),
    );
    const license = readString(description, "license") ?? null;
    const notice = await readNotice(directory);
    return { name, version, license, notice, sha512: readLockedDigest(lock, id) };
  }));
}

/** The cache has a directory for each registry, a mirror for instance. */
async function findPackage(cache: string, name: string, version: string): Promise<string> {
  for await (const registry of Deno.readDir(cache)) {
    const directory = join(cache, registry.name, name, version);
    const isHere = await Deno.stat(join(directory, "package.json"))
      .then(({ isFile }) => isFile, () => false);
    if (isHere) return directory;
  }
  throw new Error(`The package ${name}@${version} is not in Deno's cache, ${cache}`);
}

async function readNotice(directory: string): Promise<string | null> {
  for await (const { name } of Deno.readDir(directory)) {
    if (/^licen[cs]e(\.\w+)?$/i.test(name)) return await Deno.readTextFile(join(directory, name));
  }
  return null;
}

/**
 * Writes what the licences of packages ask to be handed on.
 *
 * @param packages The packages.
 * @returns The text of the file.
 */
export function renderNotices(packages: readonly NpmPackage[]): string {
  const sections = packages.map(({ name, version, license, notice }) => {
    const title = `${name} ${version}, https://www.npmjs.com/package/${name}`;
    const text = notice?.trim() ??
      `The package names the licence ${license ?? "(none)"} and has no text of it.`;
    return `${title}\n\n${text}\n`;
  });
  return `vecfsck has code of these packages in it.\n\n${sections.join("\n---\n\n")}`;
}

function readObject(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function readString(value: unknown, name: string): string | undefined {
  const field = readObject(value, name);
  return typeof field === "string" ? field : undefined;
}
