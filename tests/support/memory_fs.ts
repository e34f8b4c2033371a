/**
 * A file system in memory. Everything that changes it is an {@linkcode Effect}, so that a power cut
 * can leave some of them out (`crash_fs.ts`).
 *
 * @module
 */

import { basename, dirname, resolve } from "@std/path";
import type {
  EntryFacts,
  HeldLock,
  ReadableFile,
  WritableFile,
  WriteFs,
} from "../../lib/fs/write_fs.ts";

const BLOCK_SIZE_BYTES = 4096;

/** What an inode has besides its content. */
export interface Attributes {
  mode: number;
  userId: number;
  groupId: number;
  accessedMs: number;
  modifiedMs: number;
}

/** An inode. */
export type MemoryNode =
  & { readonly id: number; device: number; attributes: Attributes }
  & (
    | { readonly kind: "file"; data: Uint8Array; blocks: Set<number> }
    | { readonly kind: "directory"; entries: Map<string, number> }
    | { readonly kind: "link"; readonly target: string }
  );

/** A name that appears in a directory, or goes. */
export interface NameChange {
  readonly directory: number;
  readonly name: string;
  /** What has the name now, or null when it is gone. */
  readonly node: number | null;
  /** What had it before. */
  readonly was: number | null;
}

/** One change of the file system. */
export type Effect =
  | { readonly kind: "names"; readonly moved: number; readonly changes: readonly NameChange[] }
  | {
    readonly kind: "data";
    readonly node: number;
    readonly offset: number;
    readonly bytes: Uint8Array;
    readonly modifiedMs: number;
  }
  | { readonly kind: "size"; readonly node: number; readonly sizeBytes: number }
  | { readonly kind: "attributes"; readonly node: number; readonly change: Partial<Attributes> };

/** Who is told of what happens. */
export interface DiskObserver {
  /** A new inode, still empty and without a name. */
  made(node: MemoryNode): void;
  /** A change. */
  changed(effect: Effect): void;
  /** What there is of an inode is on the disk now. */
  synced(node: number): void;
}

const utf8 = new TextDecoder();

/** All inodes of a file system. Copies share the inodes that neither has changed since. */
export class Image {
  readonly nodes: Map<number, MemoryNode>;
  /** The inodes that no other image has. */
  readonly #own = new Set<number>();
  /** The next inode and the next id that is made up. */
  next = 2;
  /** A clock that goes on by a millisecond with every change. */
  nowMs = 1_700_000_000_000;

  /** Makes a file system with an empty root, or a copy of another. */
  constructor(original?: Image) {
    this.nodes = new Map(original?.nodes);
    if (original === undefined) {
      this.nodes.set(1, {
        id: 1,
        device: 1,
        kind: "directory",
        entries: new Map(),
        attributes: { mode: 0o755, userId: 0, groupId: 0, accessedMs: 0, modifiedMs: 0 },
      });
      return;
    }
    original.#own.clear();
    this.next = original.next;
    this.nowMs = original.nowMs;
  }

  /** Adds an inode that is in no other image. */
  add(node: MemoryNode): void {
    this.nodes.set(node.id, node);
    this.#own.add(node.id);
  }

  /** Gives an inode that can be changed without another image noticing it. */
  change(id: number): MemoryNode {
    if (this.#own.has(id)) return this.node(id);
    const node = cloneNode(this.node(id));
    this.add(node);
    return node;
  }

  /** Looks up an inode. */
  node(id: number): MemoryNode {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`no inode ${id}`);
    return node;
  }

  /** Applies a change. */
  apply(effect: Effect): void {
    switch (effect.kind) {
      case "names":
        for (const change of effect.changes) this.#rename(change);
        return;
      case "data":
        return this.#write(effect.node, effect.offset, effect.bytes, effect.modifiedMs);
      case "size":
        return this.#resize(effect.node, effect.sizeBytes);
      case "attributes":
        Object.assign(this.change(effect.node).attributes, effect.change);
    }
  }

  /** Forgets every inode that has no name. */
  collect(): void {
    const reached = new Set<number>();
    const reach = (id: number): void => {
      if (reached.has(id)) return;
      reached.add(id);
      const node = this.node(id);
      if (node.kind === "directory") { for (const child of node.entries.values()) reach(child); }
    };
    reach(1);
    for (const id of [...this.nodes.keys()]) if (!reached.has(id)) this.nodes.delete(id);
  }

  #rename({ directory, name, node, was }: NameChange): void {
    const parent = this.change(directory);
    if (parent.kind !== "directory") throw new Error("not a directory");
    if (node !== null) parent.entries.set(name, node);
    else if (parent.entries.get(name) === was) parent.entries.delete(name);
  }

  #write(id: number, offset: number, bytes: Uint8Array, modifiedMs: number): void {
    const node = this.change(id);
    if (node.kind !== "file") throw new Error("not a file");
    const end = offset + bytes.byteLength;
    if (end > node.data.byteLength) this.#resize(id, end);
    node.data.set(bytes, offset);
    for (let block = Math.floor(offset / BLOCK_SIZE_BYTES); block * BLOCK_SIZE_BYTES < end;) {
      node.blocks.add(block++);
    }
    node.attributes.modifiedMs = modifiedMs;
  }

  #resize(id: number, sizeBytes: number): void {
    const node = this.change(id);
    if (node.kind !== "file") throw new Error("not a file");
    const data = new Uint8Array(sizeBytes);
    data.set(node.data.subarray(0, sizeBytes));
    node.data = data;
  }
}

/** Copies an inode. */
export function cloneNode(node: MemoryNode): MemoryNode {
  const attributes = { ...node.attributes };
  switch (node.kind) {
    case "file":
      return { ...node, attributes, data: node.data.slice(), blocks: new Set(node.blocks) };
    case "directory":
      return { ...node, attributes, entries: new Map(node.entries) };
    case "link":
      return { ...node, attributes };
  }
}

/**
 * Makes an error as the runtime throws it.
 *
 * @param code The system's name for it.
 * @param message More about it.
 */
export function systemError(code: string, message = ""): Error {
  const errorClass = {
    EACCES: Deno.errors.PermissionDenied,
    EPERM: Deno.errors.PermissionDenied,
    EEXIST: Deno.errors.AlreadyExists,
    ENOENT: Deno.errors.NotFound,
    ENOTDIR: Deno.errors.NotADirectory,
    EISDIR: Deno.errors.IsADirectory,
  }[code] ?? Error;
  return Object.assign(withoutStack(() => new errorClass(`${code} ${message}`)), { code });
}

/** Makes an error that does not tell where it was made, for of some there are a great many. */
export function withoutStack<Made extends Error>(make: () => Made): Made {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A disk in memory and the files on it. */
export class MemoryDisk {
  readonly image: Image;
  readonly #observer: DiskObserver | null;
  readonly #locked = new Set<number>();
  /** The files, as vecfsck sees them. */
  readonly fs: WriteFs;
  /** Whose files are made: nobody else's are unless they are given away. */
  user = { userId: 0, groupId: 0 };

  /** Makes a disk from an image, which it changes, or an empty one. */
  constructor(image: Image = new Image(), observer: DiskObserver | null = null) {
    this.image = image;
    this.#observer = observer;
    this.fs = this.#createFs();
  }

  /** Makes an empty directory that is a file system of its own. */
  mount(path: string): void {
    this.fs.makeDirectory(path, 0o755);
    this.image.change(this.#require(path).id).device = this.image.next++;
  }

  /** Ends every lock, as the end of a process does. */
  unlockAll(): void {
    this.#locked.clear();
  }

  /** Writes a file, with its directories, and syncs nothing. */
  write(path: string, content: string): void {
    this.makeDirectories(dirname(path));
    if (this.fs.look(path) !== null) this.fs.removeFile(path);
    using file = this.fs.createFile(path, 0o644);
    file.write(new TextEncoder().encode(content));
  }

  /** Makes a directory and those above it. */
  makeDirectories(path: string): void {
    if (this.fs.look(path) !== null) return;
    this.makeDirectories(dirname(path));
    this.fs.makeDirectory(path, 0o755);
  }

  /** Everything below a directory, by path: the text of a file, `-> target`, or `/`. */
  list(root = "/"): Record<string, string> {
    const listed: Record<string, string> = {};
    const visit = (path: string): void => {
      const node = this.#require(path);
      if (node.kind === "file") listed[path] = utf8.decode(node.data);
      if (node.kind === "link") listed[path] = `-> ${node.target}`;
      if (node.kind !== "directory") return;
      if (node.entries.size === 0) listed[path] = "/";
      for (const name of this.fs.list(path)) visit(path === "/" ? `/${name}` : `${path}/${name}`);
    };
    if (this.#find(root, true) !== null) visit(root);
    return listed;
  }

  #change(effect: Effect): void {
    this.image.apply(effect);
    this.#observer?.changed(effect);
  }

  #find(path: string, follow: boolean, depth = 0): MemoryNode | null {
    if (depth > 40) throw systemError("ELOOP", path);
    let node = this.image.node(1);
    const names = path.split("/");
    for (let index = 0; index < names.length; index++) {
      const name = names[index] ?? "";
      if (name === "" || name === ".") continue;
      if (node.kind !== "directory") throw systemError("ENOTDIR", path);
      const id = node.entries.get(name);
      if (id === undefined) return null;
      node = this.image.node(id);
      if (node.kind === "link" && (follow || index < names.length - 1)) {
        const target = resolve("/", ...names.slice(0, index), node.target);
        return this.#find([target, ...names.slice(index + 1)].join("/"), follow, depth + 1);
      }
    }
    return node;
  }

  #require(path: string, follow = false): MemoryNode {
    const node = this.#find(path, follow);
    if (node === null) throw systemError("ENOENT", path);
    return node;
  }

  #parentOf(path: string): MemoryNode & { kind: "directory" } {
    const parent = this.#require(dirname(path), true);
    if (parent.kind !== "directory") throw systemError("ENOTDIR", path);
    return parent;
  }

  #make(path: string, mode: number, content: NodeContent): MemoryNode {
    const parent = this.#parentOf(path);
    const name = basename(path);
    if (parent.entries.has(name)) throw systemError("EEXIST", path);
    const nowMs = this.image.nowMs++;
    const attributes = { mode, ...this.user, accessedMs: nowMs, modifiedMs: nowMs };
    const node: MemoryNode = {
      id: this.image.next++,
      device: parent.device,
      attributes,
      ...content,
    };
    this.image.add(node);
    this.#observer?.made(node);
    this.#setName(parent.id, name, node.id, null);
    return node;
  }

  #setName(directory: number, name: string, node: number, was: number | null): void {
    this.#change({ kind: "names", moved: node, changes: [{ directory, name, node, was }] });
  }

  #remove(path: string, node: MemoryNode): void {
    const parent = this.#parentOf(path);
    const change = { directory: parent.id, name: basename(path), node: null, was: node.id };
    this.#change({ kind: "names", moved: node.id, changes: [change] });
  }

  #rename(from: string, to: string): void {
    const node = this.#require(from);
    const [parent, target] = [this.#parentOf(from), this.#parentOf(to)];
    if (node.device !== target.device) throw systemError("EXDEV", `${from} -> ${to}`);
    if (`${to}/`.startsWith(`${from}/`) && from !== to) throw systemError("EINVAL", to);
    const replaced = target.entries.get(basename(to));
    if (replaced !== undefined) this.#requireReplaceable(node, this.image.node(replaced), to);
    this.#change({
      kind: "names",
      moved: node.id,
      changes: [
        { directory: parent.id, name: basename(from), node: null, was: node.id },
        { directory: target.id, name: basename(to), node: node.id, was: replaced ?? null },
      ],
    });
  }

  #requireReplaceable(node: MemoryNode, replaced: MemoryNode, path: string): void {
    if (replaced.kind === "directory") {
      if (node.kind !== "directory") throw systemError("EISDIR", path);
      if (replaced.entries.size > 0) throw systemError("ENOTEMPTY", path);
    } else if (node.kind === "directory") throw systemError("ENOTDIR", path);
  }

  #setAttributes(path: string, change: Partial<Attributes>): void {
    this.#change({ kind: "attributes", node: this.#require(path).id, change });
  }

  #tryLock(path: string): HeldLock | null {
    const { id } = this.#require(path, true);
    if (this.#locked.has(id)) return null;
    this.#locked.add(id);
    let held = true;
    return {
      look: () => toFacts(this.image.node(id)),
      release: () => {
        if (held) this.#locked.delete(id);
        held = false;
      },
    };
  }

  #createFs(): WriteFs {
    return {
      look: (path) => {
        const node = this.#find(path, false);
        return node === null ? null : toFacts(node);
      },
      list: (path) => {
        const node = this.#require(path, true);
        if (node.kind !== "directory") throw systemError("ENOTDIR", path);
        return [...node.entries.keys()].sort();
      },
      readLink: (path) => {
        const node = this.#require(path);
        if (node.kind !== "link") throw systemError("EINVAL", path);
        return node.target;
      },
      resolve: (path) => this.#resolve(this.#require(path, true)),
      openForReading: (path) => this.#openForReading(path),
      createFile: (path, mode) => this.#createFile(path, mode),
      openForPatching: (path) => {
        const node = this.#require(path);
        if (node.kind !== "file") throw systemError("ELOOP", path);
        return this.#openForWriting(node);
      },
      openForAppending: (path, mode) => {
        const node = this.#find(path, true);
        if (node === null) return this.#createFile(path, mode);
        if (node.kind !== "file") throw systemError("EISDIR", path);
        const file = this.#openForWriting(node);
        file.seek(node.data.byteLength);
        return file;
      },
      makeDirectory: (path, mode) => {
        this.#make(path, mode, { kind: "directory", entries: new Map() });
      },
      makeTemporaryDirectory: (prefix) => {
        this.makeDirectories("/tmp");
        const path = `/tmp/${prefix}${this.image.next}`;
        this.#make(path, 0o700, { kind: "directory", entries: new Map() });
        return path;
      },
      makeSymbolicLink: (target, path) => {
        this.#make(path, 0o777, { kind: "link", target });
      },
      linkFile: (existing, path) => {
        const node = this.#require(existing);
        if (node.kind === "directory") throw systemError("EPERM", path);
        const parent = this.#parentOf(path);
        if (parent.device !== node.device) throw systemError("EXDEV", path);
        if (parent.entries.has(basename(path))) throw systemError("EEXIST", path);
        this.#setName(parent.id, basename(path), node.id, null);
      },
      rename: (from, to) => this.#rename(from, to),
      removeFile: (path) => {
        const node = this.#require(path);
        if (node.kind === "directory") throw systemError("EISDIR", path);
        this.#remove(path, node);
      },
      removeDirectory: (path) => {
        const node = this.#require(path);
        if (node.kind !== "directory") throw systemError("ENOTDIR", path);
        if (node.entries.size > 0) throw systemError("ENOTEMPTY", path);
        this.#remove(path, node);
      },
      setMode: (path, mode) => this.#setAttributes(path, { mode }),
      setOwner: (path, userId, groupId) => {
        const isOther = userId !== this.user.userId || groupId !== this.user.groupId;
        if (this.user.userId !== 0 && isOther) throw systemError("EPERM", path);
        this.#setAttributes(path, { userId, groupId });
      },
      setTimes: (path, accessedMs, modifiedMs) =>
        this.#setAttributes(path, { accessedMs, modifiedMs }),
      syncFile: (path) => this.#observer?.synced(this.#require(path, true).id),
      syncFileInBackground: (path) => {
        this.#observer?.synced(this.#require(path, true).id);
        return Promise.resolve();
      },
      syncDirectory: (path) => {
        const node = this.#require(path, true);
        if (node.kind !== "directory") throw systemError("ENOTDIR", path);
        this.#observer?.synced(node.id);
      },
      tryLock: (path) => this.#tryLock(path),
      freeBytes: () => null,
      makeId: () => (this.image.next++).toString(16).padStart(16, "0"),
    };
  }

  #resolve(node: MemoryNode): string {
    if (node.id === 1) return "/";
    for (const parent of this.image.nodes.values()) {
      if (parent.kind !== "directory") continue;
      for (const [name, id] of parent.entries) {
        if (id === node.id) return `${parent.id === 1 ? "" : this.#resolve(parent)}/${name}`;
      }
    }
    throw systemError("ENOENT");
  }

  #openForReading(path: string): ReadableFile {
    const node = this.#require(path, true);
    if (node.kind !== "file") throw systemError("EISDIR", path);
    const { id, data: { byteLength: sizeBytes } } = node;
    return {
      sizeBytes,
      readAt: (offset, target) => {
        const { data } = this.image.node(id) as MemoryNode & { kind: "file" };
        const part = data.subarray(offset, Math.min(offset + target.byteLength, sizeBytes));
        target.set(part);
        return target.subarray(0, part.byteLength);
      },
      [Symbol.dispose]: () => {},
    };
  }

  #createFile(path: string, mode: number): WritableFile {
    const content = {
      kind: "file",
      data: new Uint8Array(),
      blocks: new Set<number>(),
    } as const;
    return this.#openForWriting(this.#make(path, mode, content));
  }

  #openForWriting({ id }: MemoryNode): WritableFile {
    let position = 0;
    return {
      write: (bytes) => {
        const modifiedMs = this.image.nowMs++;
        const offset = position;
        this.#change({ kind: "data", node: id, offset, bytes: bytes.slice(), modifiedMs });
        position += bytes.byteLength;
        return bytes.byteLength;
      },
      seek: (offset) => {
        position = offset;
      },
      setSize: (sizeBytes) => this.#change({ kind: "size", node: id, sizeBytes }),
      look: () => toFacts(this.image.node(id)),
      sync: () => this.#observer?.synced(id),
      [Symbol.dispose]: () => {},
    };
  }
}

type NodeContent =
  | { readonly kind: "file"; data: Uint8Array; blocks: Set<number> }
  | { readonly kind: "directory"; entries: Map<string, number> }
  | { readonly kind: "link"; readonly target: string };

function toFacts(node: MemoryNode): EntryFacts {
  const isFile = node.kind === "file";
  return {
    kind: node.kind,
    sizeBytes: isFile ? node.data.byteLength : 0,
    allocatedBytes: isFile ? node.blocks.size * BLOCK_SIZE_BYTES : 0,
    ...node.attributes,
    device: node.device,
    inode: node.id,
  };
}
