/**
 * A run of a verb on the real disk, written down operation by operation, so that a disk in memory
 * can go through it again and lose its power anywhere.
 *
 * What SQLite writes is not among the operations. A file of its making enters the record as a whole
 * at the first operation that names it: before that it is taken for not there.
 *
 * In memory a content of more than {@linkcode LONGEST_KEPT_BYTES} is replaced by a token of 16 bytes,
 * which goes through everything that a content goes through: it is copied, halved, and lost. So
 * thousands of disks can be compared; {@linkcode TokenTable.expand} gives back the bytes.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import type { WritableFile, WriteFs } from "../../lib/fs/write_fs.ts";
import { Image, MemoryDisk } from "../support/memory_fs.ts";
import { digestOf, type Files, nameOf } from "./world.ts";

/** Records and manifests are shorter, and have to be read in memory. */
const LONGEST_KEPT_BYTES = 3000;

const TOKEN_BYTES = 16;
const TOKEN_MARK = 0xfe;

/** Contents and the tokens that stand for them. */
export class TokenTable {
  readonly #contents = new Map<string, Uint8Array>();
  readonly #digests = new Map<string, string>();

  /** Gives the token of a content that was written in one piece, or the content if it is short. */
  shorten(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength <= LONGEST_KEPT_BYTES) return bytes.slice();
    const hex = digestOf(bytes).slice(0, 2 * TOKEN_BYTES - 2);
    const token = Uint8Array.from([TOKEN_MARK, ...Uint8Array.fromHex(hex)]);
    if (!this.#contents.has(keyOf(token))) {
      this.#contents.set(keyOf(token), bytes.slice());
      // Half a token is what is left of a content that was torn.
      this.#contents.set(
        keyOf(token.subarray(0, TOKEN_BYTES / 2)),
        bytes.slice(0, bytes.byteLength >>> 1),
      );
    }
    return token;
  }

  /** The SHA-256 of what a file in memory stands for. */
  digestOf(data: Uint8Array): string {
    if (data[0] !== TOKEN_MARK) return digestOf(data);
    const key = keyOf(data);
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const digest = digestOf(this.expand(data));
    this.#digests.set(key, digest);
    return digest;
  }

  /** Gives back what a file in memory stands for. */
  expand(data: Uint8Array): Uint8Array {
    if (data[0] !== TOKEN_MARK) return data;
    const parts: Uint8Array[] = [];
    for (let offset = 0; offset < data.byteLength; offset += TOKEN_BYTES) {
      const token = data.subarray(offset, offset + TOKEN_BYTES);
      const content = this.#contents.get(keyOf(token));
      if (content === undefined) throw new Error(`no content for the token ${keyOf(token)}`);
      parts.push(content);
    }
    return concatenate(parts);
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

function keyOf(token: Uint8Array): string {
  return token.toHex();
}

/** Something that was done, and can be done again in memory. */
type Step = (fs: WriteFs, files: Map<number, WritableFile>) => void;

/** The record of a run. */
export class RecordedRun {
  readonly tokens: TokenTable;
  /** The disk before the run. */
  readonly initial: Image;
  readonly #steps: Step[] = [];
  readonly #shadow: MemoryDisk;
  readonly #shadowFiles = new Map<number, WritableFile>();
  #nextFile = 0;

  /**
   * Takes the disk as it is.
   *
   * @param root The directory that the run writes below.
   * @param tokens The contents that are known already.
   * @param other The directory that is a file system of its own, or null.
   */
  constructor(root: string, tokens: TokenTable, other: string | null) {
    this.tokens = tokens;
    const disk = new MemoryDisk();
    disk.makeDirectories(dirname(root));
    const links = new Map<number, string>();
    this.#import(disk, root, { links, other });
    this.initial = new Image(disk.image);
    this.#shadow = new MemoryDisk(disk.image);
  }

  /** How many operations there are. */
  get length(): number {
    return this.#steps.length;
  }

  /** Does the operations again until one throws. */
  replay(fs: WriteFs): void {
    const files = new Map<number, WritableFile>();
    for (const step of this.#steps) step(fs, files);
  }

  /** Has every operation on a file system written down. */
  recording(fs: WriteFs): WriteFs {
    const record = <Operands extends unknown[], Result>(
      name: keyof WriteFs,
      operation: (...operands: Operands) => Result,
    ) =>
    (...operands: Operands): Result => {
      for (const operand of operands) if (typeof operand === "string") this.#noticeFile(operand);
      const result = operation(...operands);
      this.#do((memory) => void (memory[name] as (...given: Operands) => unknown)(...operands));
      return result;
    };
    return {
      ...fs,
      createFile: (path, mode) => this.#recordFile(fs.createFile(path, mode), path, mode),
      makeDirectory: record("makeDirectory", fs.makeDirectory),
      makeSymbolicLink: (target, path) => {
        fs.makeSymbolicLink(target, path);
        this.#do((memory) => memory.makeSymbolicLink(target, path));
      },
      linkFile: record("linkFile", fs.linkFile),
      rename: record("rename", fs.rename),
      removeFile: record("removeFile", fs.removeFile),
      removeDirectory: record("removeDirectory", fs.removeDirectory),
      setMode: record("setMode", fs.setMode),
      setOwner: record("setOwner", fs.setOwner),
      setTimes: record("setTimes", fs.setTimes),
      syncFile: record("syncFile", fs.syncFile),
      syncFileInBackground: async (path) => {
        this.#noticeFile(path);
        await fs.syncFileInBackground(path);
        this.#do((memory) => memory.syncFile(path));
      },
      syncDirectory: record("syncDirectory", fs.syncDirectory),
    };
  }

  #recordFile(file: WritableFile, path: string, mode: number): WritableFile {
    const number = this.#nextFile++;
    const at = (files: Map<number, WritableFile>): WritableFile => {
      const opened = files.get(number);
      if (opened === undefined) throw new Error(`${path} was not made`);
      return opened;
    };
    this.#do((memory, files) => void files.set(number, memory.createFile(path, mode)));
    let sizeBytes = 0;
    const requireNoHole = (offset: number): void => {
      if (offset !== sizeBytes) throw new Error("no store of the tests has holes");
    };
    return {
      write: (bytes) => {
        const count = file.write(bytes);
        sizeBytes += count;
        const token = this.tokens.shorten(bytes.subarray(0, count));
        this.#do((_, files) => void at(files).write(token));
        return count;
      },
      seek: requireNoHole,
      setSize: requireNoHole,
      look: () => file.look(),
      sync: () => {
        file.sync();
        this.#do((_, files) => at(files).sync());
      },
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  }

  #do(step: Step): void {
    this.#steps.push(step);
    step(this.#shadow.fs, this.#shadowFiles);
  }

  /** Takes in a file that somebody else has made. */
  #noticeFile(path: string): void {
    const facts = localFs.look(path);
    if (facts?.kind !== "file" || this.#shadow.fs.look(path) !== null) return;
    const token = this.tokens.shorten(Deno.readFileSync(path));
    this.#do((memory) => {
      using file = memory.createFile(path, facts.mode ?? 0o644);
      file.write(token);
    });
  }

  #import(
    disk: MemoryDisk,
    path: string,
    { links, other }: { links: Map<number, string>; other: string | null },
  ): void {
    const facts = localFs.look(path);
    if (facts === null) throw new Error(`no ${path}`);
    const { mode, userId, groupId, inode, accessedMs, modifiedMs } = facts;
    if (facts.kind === "directory") {
      if (path === other) disk.mount(path);
      else disk.fs.makeDirectory(path, 0o700);
      for (const name of localFs.list(path)) this.#import(disk, join(path, name), { links, other });
    } else {
      const first = inode === null ? undefined : links.get(inode);
      if (first !== undefined) return disk.fs.linkFile(first, path);
      if (inode !== null) links.set(inode, path);
      using file = disk.fs.createFile(path, 0o600);
      file.write(this.tokens.shorten(Deno.readFileSync(path)));
    }
    disk.fs.setOwner(path, userId ?? 0, groupId ?? 0);
    disk.fs.setMode(path, mode ?? 0o755);
    disk.fs.setTimes(path, accessedMs, modifiedMs);
  }
}

/** Every file below a directory of a disk in memory, as `readFiles` has those of a real one. */
export function readFilesInMemory(image: Image, root: string, tokens: TokenTable): Files {
  const files = new Map<string, string>();
  const visit = (id: number, path: string): void => {
    const node = image.node(id);
    if (node.kind === "file") files.set(nameOf(path), tokens.digestOf(node.data));
    if (node.kind !== "directory") return;
    if (node.entries.size === 0) files.set(nameOf(`${path}/`), "");
    for (const [name, child] of node.entries) visit(child, path === "" ? name : `${path}/${name}`);
  };
  visit(findNode(image, root), "");
  return files;
}

function findNode(image: Image, path: string): number {
  let id = 1;
  for (const name of path.split("/").slice(1)) {
    const node = image.node(id);
    const child = node.kind === "directory" ? node.entries.get(name) : undefined;
    if (child === undefined) throw new Error(`no ${path}`);
    id = child;
  }
  return id;
}

/**
 * Writes a disk in memory to the real one.
 *
 * @param image The disk.
 * @param from The directory in memory.
 * @param to The directory on the real disk, which does not exist yet.
 * @param tokens What stands for which content.
 */
export function materialise(image: Image, from: string, to: string, tokens: TokenTable): void {
  const written = new Map<number, string>();
  const visit = (id: number, path: string): void => {
    const { attributes, ...node } = image.node(id);
    if (node.kind === "link") return Deno.symlinkSync(node.target, path);
    if (node.kind === "file") {
      const first = written.get(id);
      if (first !== undefined) return Deno.linkSync(first, path);
      written.set(id, path);
      Deno.writeFileSync(path, tokens.expand(node.data));
    } else {
      Deno.mkdirSync(path);
      for (const [name, child] of node.entries) visit(child, join(path, name));
    }
    Deno.chmodSync(path, attributes.mode);
    Deno.utimeSync(path, new Date(attributes.accessedMs), new Date(attributes.modifiedMs));
  };
  visit(findNode(image, from), to);
}
