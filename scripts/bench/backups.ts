/**
 * Seals, backups and restores beside copying and digests by themselves.
 *
 * @module
 */

import { join } from "@std/path";
import { formatBytes, formatNumber } from "../../lib/base/format.ts";
import { describeChroma, NO_STORE } from "./checks.ts";
import { type Contender, copyStore, measureDirectory, type Rounds } from "./measure.ts";
import type { Findings, Table } from "./results.ts";
import type { Workbench } from "./workbench.ts";

/** As many files of a collection of chromem-go are backed up. */
const MOST_FILES = 20_000;

/**
 * Measures sealing, and checks that use a seal.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureSeals(bench: Workbench): Promise<Findings> {
  const { chroma } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  const [seal, state] = [bench.place("store.seal"), bench.place("checked.json")];
  const peer = "sha256sum of every file";
  const check = (name: string, ...options: string[]): Contender =>
    bench.vecfsck(`vecfsck check ${name}`, "check", "--quiet", ...options, chroma);
  const contenders = [
    bench.vecfsck("vecfsck seal", "seal", "--quiet", "--output", seal, chroma),
    check("--seal", "--seal", seal),
    check("--seal --quick", "--quick", "--seal", seal),
    // The run that is not counted notes down what it finds.
    check("--since-seal, unchanged", "--since-seal", "--state", state),
    {
      name: peer,
      command: "sh",
      args: ["-c", 'find "$0" -type f -exec sha256sum {} +', chroma],
    },
  ];
  const input = await describeChroma(chroma);
  return { tables: [await bench.measure(input, peer, contenders, bench.rounds(3))], notes: [] };
}

/**
 * Measures the first backup, one of an unchanged store, and a restore: of a store of Chroma, and of a
 * database of chromem-go, which is very many files.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureBackups(bench: Workbench): Promise<Findings> {
  const { chroma, chromem: [chromem] } = bench.setting;
  await Deno.mkdir(bench.place("backups"));
  const tables: Table[] = [];
  if (chroma !== null) {
    const input = await describeChroma(chroma);
    tables.push(await measureBackupsOf(bench, chroma, input, bench.rounds(3, 0)));
  }
  if (chromem !== undefined) {
    const part = bench.place("part");
    await copyPart(chromem, part);
    const { files, sizeBytes } = await measureDirectory(part);
    const input = `${formatNumber(files)} files of chromem-go, ${formatBytes(sizeBytes)}`;
    tables.push(await measureBackupsOf(bench, part, input, bench.rounds(2, 0)));
  }
  const notes = tables.length === 0
    ? [NO_STORE]
    : ["A backup and a restore wait for the disk (`fsync`) before they count; `cp` does not."];
  return { tables, notes };
}

/** Copies a database of chromem-go with a part of its documents, each of which is a file. */
async function copyPart(from: string, to: string): Promise<void> {
  for await (const { name: folder, isDirectory } of Deno.readDir(from)) {
    if (!isDirectory) continue;
    await Deno.mkdir(join(to, folder), { recursive: true });
    const names = Array.from(Deno.readDirSync(join(from, folder)), ({ name }) => name).sort();
    // The first name is that of the file about the collection itself.
    for (const name of names.slice(0, MOST_FILES)) {
      await Deno.copyFile(join(from, folder, name), join(to, folder, name));
    }
  }
}

async function measureBackupsOf(
  bench: Workbench,
  store: string,
  input: string,
  rounds: Rounds,
): Promise<Table> {
  const place = (name: string): string => bench.place("backups", name);
  const backUp = (name: string): Contender =>
    // Removing old backups is not what is measured.
    bench.vecfsck(name, "backup", "--quiet", store, "--to", place("made"), "--keep-last", "100");
  const peer = "cp -r, then sha256sum of every file";
  const contenders = [
    { ...backUp("vecfsck backup, the first"), output: place("made") },
    backUp("vecfsck backup, unchanged"),
    {
      ...bench.vecfsck(
        "vecfsck restore",
        ...["restore", "--yes", "--quiet", store, "--to", place("made")],
        ...["--into", place("restored")],
      ),
      output: place("restored"),
    },
    {
      name: peer,
      command: "sh",
      args: [
        "-c",
        'cp -r "$0" "$1" && find "$0" -type f -exec sha256sum {} +',
        store,
        place("copy"),
      ],
      output: place("copy"),
    },
  ];
  return await bench.measure(input, peer, contenders, rounds);
}

/**
 * Copies the store of a run, and lets a while go by: stamps of files that were written this moment
 * are not believed.
 *
 * @param bench The workbench.
 * @param store The store.
 * @returns The copy.
 */
export async function copySettled(bench: Workbench, store: string): Promise<string> {
  const copy = bench.place("settled", "store");
  await copyStore(store, copy);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return copy;
}

const SETTLE_MS = 5_000;
