/**
 * What a directory looks like, byte by byte and stamp by stamp.
 *
 * @module
 */

import { join } from "@std/path";

/** One line for each file and directory below a path: name, size, times, mode and digest. */
export async function snapshotTree(path: string, name = "."): Promise<string[]> {
  const info = await Deno.lstat(join(path, name));
  // As root, SQLite gives a journal that it looks at the owner of the database, which is the same;
  // that moves the time of the inode and nothing else.
  const changed = name.endsWith("-journal") ? "" : info.ctime?.getTime();
  const stamps = `${info.mtime?.getTime()} ${changed} ${info.mode} ${info.uid} ${info.ino}`;
  if (!info.isDirectory) {
    const digest = info.isSymlink ? "link" : await digestFile(join(path, name));
    return [`${name} ${info.size} ${stamps} ${digest}`];
  }
  const names: string[] = [];
  for await (const entry of Deno.readDir(join(path, name))) names.push(entry.name);
  const below: string[] = [];
  for (const child of names.sort()) below.push(...await snapshotTree(path, join(name, child)));
  return [`${name}/ ${stamps}`, ...below];
}

async function digestFile(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}
