/**
 * What was measured with: the machine and the versions, without its name or its paths.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { VERSION } from "../../lib/base/version.ts";
import type { Machine } from "./results.ts";
import type { Peers } from "./peers.ts";

/**
 * Describes this machine.
 *
 * @param directory A directory on the disk that is measured.
 * @returns What is known of it.
 */
export async function describeMachine(directory: string): Promise<Machine> {
  return {
    processor: readProcessor(),
    cores: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    kernel: `${Deno.build.os} ${Deno.osRelease()}`,
    disk: await describeDisk(directory),
    load: Deno.loadavg()[0] ?? 0,
  };
}

function readProcessor(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1];
    const model = field("model name") ?? "unknown";
    // A virtual machine often hides the name; family and model still tell the generation.
    return `${model} (family ${field("cpu family") ?? "?"}, model ${field("model") ?? "?"}${
      / hypervisor /.test(text) ? ", virtual machine" : ""
    })`;
  } catch {
    return Deno.build.arch;
  }
}

/** Names the file system and the device under a directory, as far as the kernel tells. */
async function describeDisk(directory: string): Promise<string> {
  const path = await Deno.realPath(directory);
  let [longest, type, device] = ["", "unknown file system", ""];
  try {
    for (const line of Deno.readTextFileSync("/proc/mounts").split("\n")) {
      const [source = "", target = "", kind = ""] = line.split(" ");
      const isAbove = path === target || path.startsWith(target.replace(/\/?$/, "/"));
      if (!isAbove || target.length < longest.length) continue;
      [longest, type, device] = [target, kind, source];
    }
  } catch {
    return type;
  }
  const name = /^\/dev\/([a-z]+|nvme\d+n\d+)/.exec(device)?.[1];
  if (name === undefined) return type;
  return `${type} on a ${name.startsWith("vd") ? "virtual disk" : `disk (${name})`}`;
}

/**
 * Asks everything that is measured for its version.
 *
 * @param peers What there is to measure against.
 * @returns The versions by name; null where something is not there.
 */
export async function readVersions(peers: Peers): Promise<Record<string, string | null>> {
  using database = new DatabaseSync(":memory:");
  const sqlite = database.prepare("SELECT sqlite_version() AS version").get();
  const commit = await ask("git", ["rev-parse", "--short", "HEAD"]);
  return {
    vecfsck: commit === null ? VERSION : `${VERSION} (commit ${commit})`,
    Deno: Deno.version.deno,
    SQLite: typeof sqlite?.["version"] === "string" ? sqlite["version"] : null,
    chromadb: await askPackage(peers.chroma?.python, "chromadb"),
    "chroma-hnswlib": await askPackage(peers.hnswlib, "chroma-hnswlib"),
    "chromem-go": readChromemVersion(peers.judge),
  };
}

function askPackage(python: string | null | undefined, name: string): Promise<string | null> {
  if (python === null || python === undefined) return Promise.resolve(null);
  return ask(python, ["-c", `import importlib.metadata as m; print(m.version("${name}"))`]);
}

async function ask(command: string, args: string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    return null;
  }
}

/** A program of Go says of itself what it was made of. */
function readChromemVersion(judge: string | null): string | null {
  if (judge === null) return null;
  const text = new TextDecoder("latin1").decode(Deno.readFileSync(judge));
  return /philippgille\/chromem-go\tv([0-9.]+)/.exec(text)?.[1] ?? "unknown";
}
