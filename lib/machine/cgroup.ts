/**
 * What the control groups of this process allow it to take of the memory: its own group and those
 * above it, in the hierarchy of version 2 or of version 1. What the kernel can give back at once,
 * files that nobody has read lately, does not count as used, as Kubernetes counts.
 *
 * @module
 */

import type { MachineSources } from "./sources.ts";

/** How much a control group has used of what it may use. */
export interface CgroupMemory {
  /** The version of the hierarchy. */
  readonly version: 1 | 2;
  /** How much may be used: what the processes are killed above, or slowed down above. */
  readonly limitBytes: number;
  /** How much is used and cannot be given back at once. */
  readonly usedBytes: number;
}

/** A hierarchy of control groups, and where this process stands in it. */
interface Hierarchy {
  readonly version: 1 | 2;
  /** Where it is mounted. */
  readonly mount: string;
  /** The group of this process below the mount; empty where the mount is its group. */
  readonly group: string;
}

/** What is mounted, as `/proc/self/mountinfo` tells. */
interface Mount {
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: string;
}

/** Version 1 says a number near the largest there is where it limits nothing. */
const NO_LIMIT_BYTES = 2 ** 60;

/** More levels than any system has. */
const MOST_LEVELS = 64;

/**
 * Reads the tightest limit of memory that this process is under.
 *
 * @param sources The machine.
 * @returns The group that has the least left of its share, or null where none limits the memory or
 * that may not be read.
 */
export function readCgroupMemory(sources: MachineSources): CgroupMemory | null {
  const groups = listGroups(sources).flatMap((group) => readGroup(sources, group) ?? []);
  const tightness = ({ usedBytes, limitBytes }: CgroupMemory): number => usedBytes / limitBytes;
  return groups.toSorted((left, right) => tightness(right) - tightness(left))[0] ?? null;
}

/**
 * Counts the processes that the kernel has ended for want of memory, on the whole machine where it
 * tells that, else in this process's group.
 *
 * @param sources The machine.
 * @returns How many so far, or null where that may not be read.
 */
export function countMemoryKills(sources: MachineSources): number | null {
  const ofMachine = readField(sources.readText("/proc/vmstat"), "oom_kill");
  if (ofMachine !== null) return ofMachine;
  for (const { version, directory } of listGroups(sources)) {
    const name = version === 2 ? "memory.events" : "memory.oom_control";
    const kills = readField(sources.readText(`${directory}/${name}`), "oom_kill");
    if (kills !== null) return kills;
  }
  return null;
}

/** One group. */
interface Group {
  readonly version: 1 | 2;
  readonly directory: string;
}

/** The group of this process and every one above it that can be seen, the lowest first. */
function listGroups(sources: MachineSources): Group[] {
  const hierarchies = findHierarchies(
    sources.readText("/proc/self/cgroup") ?? "",
    sources.readText("/proc/self/mountinfo") ?? "",
  );
  return hierarchies.flatMap(({ version, mount, group }) => {
    const names = group.split("/").filter((name) => name !== "").slice(0, MOST_LEVELS);
    const lengths = Array.from({ length: names.length + 1 }, (_, index) => names.length - index);
    return lengths.map((length) => ({
      version,
      directory: [mount, ...names.slice(0, length)].join("/"),
    }));
  });
}

/**
 * Finds the hierarchies that may limit the memory. A machine has one of them; while it changes from
 * one version to the other it has both, and only one of those has anything to say of memory.
 *
 * @param membership The text of `/proc/self/cgroup`.
 * @param mountTable The text of `/proc/self/mountinfo`.
 * @returns The hierarchies.
 */
export function findHierarchies(membership: string, mountTable: string): Hierarchy[] {
  const mounts = mountTable.split("\n").flatMap((line) => parseMount(line) ?? []);
  return membership.split("\n").flatMap((line): Hierarchy[] => {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === "") return [];
    const version = controllers === "" ? 2 : 1;
    if (version === 1 && !controllers.split(",").includes("memory")) return [];
    const mount = mounts.find(({ type, options }) =>
      version === 2
        ? type === "cgroup2"
        : type === "cgroup" && options.split(",").includes("memory")
    );
    return mount === undefined ? [] : [{ version, mount: mount.point, group: below(mount, path) }];
  });
}

/** Gives the group below a mount; a container sees its own group as the mount. */
function below({ root }: Mount, path: string): string {
  if (root === "/") return path === "/" ? "" : path;
  if (path === root || path.startsWith(`${root}/`)) return path.slice(root.length);
  return "";
}

/** `36 35 98:0 /root /mount/point options … - type source options`. */
function parseMount(line: string): Mount | null {
  const [left = "", right] = line.split(" - ");
  const [, , , root = "", point = ""] = left.split(" ");
  const [type = "", , options = ""] = right?.split(" ") ?? [];
  if (!type.startsWith("cgroup")) return null;
  return { root: unescapePath(root), point: unescapePath(point), type, options };
}

/** The kernel writes a space as `\040`. */
function unescapePath(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}

function readGroup(sources: MachineSources, group: Group): CgroupMemory | null {
  return group.version === 2 ? readVersion2(sources, group) : readVersion1(sources, group);
}

function readVersion2(sources: MachineSources, { directory }: Group): CgroupMemory | null {
  const read = (name: string): string | null => sources.readText(`${directory}/${name}`);
  const limits = [read("memory.max"), read("memory.high")].flatMap((text) =>
    parseBytes(text) ?? []
  );
  const currentBytes = parseBytes(read("memory.current"));
  if (limits.length === 0 || currentBytes === null) return null;
  const idleBytes = readField(read("memory.stat"), "inactive_file") ?? 0;
  return toMemory(2, Math.min(...limits), currentBytes - idleBytes);
}

function readVersion1(sources: MachineSources, { directory }: Group): CgroupMemory | null {
  const read = (name: string): string | null => sources.readText(`${directory}/${name}`);
  const limitBytes = parseBytes(read("memory.limit_in_bytes"));
  const currentBytes = parseBytes(read("memory.usage_in_bytes"));
  if (limitBytes === null || currentBytes === null) return null;
  const idleBytes = readField(read("memory.stat"), "total_inactive_file") ?? 0;
  return toMemory(1, limitBytes, currentBytes - idleBytes);
}

function toMemory(version: 1 | 2, limitBytes: number, usedBytes: number): CgroupMemory | null {
  if (limitBytes >= NO_LIMIT_BYTES) return null;
  // A limit of nothing is one that nothing may be used of.
  return { version, limitBytes: Math.max(1, limitBytes), usedBytes: Math.max(0, usedBytes) };
}

/** Reads a number; `max` says that there is none. */
function parseBytes(text: string | null): number | null {
  return text !== null && /^\d+\s*$/.test(text) ? Number(text) : null;
}

/** Reads a line `name number`. */
function readField(text: string | null, name: string): number | null {
  const [, digits] = new RegExp(`^${name} (\\d+)$`, "m").exec(text ?? "") ?? [];
  return digits === undefined ? null : Number(digits);
}
