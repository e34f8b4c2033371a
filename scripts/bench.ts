/**
 * Speed and memory of vecfsck beside its peers, in one run: `deno task bench [STORE…]`.
 *
 * Without arguments the standard store (135,464 records of 384 dimensions) is taken from
 * `bench-data/standard`, and made there first by a real chromadb where `VECFSCK_ENGINES` names a
 * directory with `chroma-<1.x>/bin/python`; and databases of chromem-go (100,000 documents of 384
 * dimensions) where `VECFSCK_CHROMEM` names the judge. Every command is run several times in turn
 * with the others; medians are printed, for machines are noisy.
 *
 * @module
 */

import { dirname, join, resolve } from "@std/path";
import { geometryOfHeader } from "../lib/hnsw/geometry.ts";
import { parseHeader } from "../lib/hnsw/header.ts";
import { compareBuilders, findPeer } from "./bench_build.ts";
import { compareChromem, isChromem, standardChromemStores } from "./bench_chromem.ts";
import { compareBatches, compareDuty } from "./bench_duty.ts";
import { type Contender, copyStore, measureInTurn, printRuns } from "./bench_measure.ts";

const STANDARD_STORE = "bench-data/standard";

const INTEGRITY_CHECK_NAME = "PRAGMA integrity_check alone";

const INTEGRITY_CHECK = `
import { DatabaseSync } from "node:sqlite";
const database = new DatabaseSync(Deno.args[0], { readOnly: true });
database.prepare("PRAGMA integrity_check").all();
`;

const DENO = Deno.execPath();
const PERMISSIONS = ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"];

/** A backup, the first and an unchanged one, beside what copying and digests take by themselves. */
function backupContenders(store: string, output: string): Contender[] {
  const backUp = (to: string): string[] => [
    ...PERMISSIONS,
    "cli.ts",
    "backup",
    "--quiet",
    store,
    "--to",
    to,
    // Removing old backups is not what is measured.
    "--keep-last",
    "100",
  ];
  const [first, again, copy] = [join(output, "first"), join(output, "again"), join(output, "copy")];
  return [
    { name: "vecfsck backup, the first", command: DENO, args: backUp(first), output: first },
    { name: "vecfsck backup, unchanged", command: DENO, args: backUp(again) },
    {
      name: "cp -r, then sha256sum of every file",
      command: "sh",
      args: ["-c", 'cp -r "$0" "$1" && find "$0" -type f -exec sha256sum {} +', store, copy],
      output: copy,
    },
  ];
}

/** Sealing a store, holding it against its seal, and a check that finds nothing changed. */
function sealContenders(store: string, output: string): Contender[] {
  const run = (verb: string, ...options: string[]): Omit<Contender, "name"> => ({
    command: DENO,
    args: [...PERMISSIONS, "cli.ts", verb, "--quiet", ...options, store],
  });
  const [seal, state] = [join(output, "seal"), join(output, "state")];
  return [
    // The run that is not counted notes down what it finds.
    {
      name: "vecfsck check --since-seal, unchanged",
      ...run("check", "--since-seal", "--state", state),
    },
    { name: "vecfsck seal", ...run("seal", "--output", seal) },
    { name: "vecfsck check --seal", ...run("check", "--seal", seal) },
    { name: "vecfsck check --seal --quick", ...run("check", "--quick", "--seal", seal) },
  ];
}

/** The whole repair of a lost index: check, plan, building, check and verification, and the swap. */
function repairContenders(store: string, output: string): Contender[] {
  const repair = (name: string, damage: (segment: string) => Promise<void>): Contender => {
    const directory = join(output, "repair");
    const damaged = join(directory, "store");
    return {
      name: `vecfsck repair, ${name}`,
      command: DENO,
      args: [...PERMISSIONS, "cli.ts", "repair", "--yes", "--quiet", damaged],
      output: directory,
      async prepare() {
        await copyStore(store, damaged);
        for await (const { name: segment, isDirectory } of Deno.readDir(damaged)) {
          if (isDirectory) await damage(join(damaged, segment));
        }
      },
    };
  };
  return [
    repair("header, upper links and id map lost", async (segment) => {
      for (const name of ["header.bin", "link_lists.bin", "index_metadata.pickle"]) {
        // One that was never flushed has no id map.
        await Deno.remove(join(segment, name)).catch(() => {});
      }
    }),
    repair("every link lost", loseLinks),
  ];
}

/** Writes zeros over the links of every slot, so that nothing is left of the graph. */
async function loseLinks(segment: string): Promise<void> {
  const header = parseHeader(await Deno.readFile(join(segment, "header.bin")));
  const geometry = header && geometryOfHeader(header);
  if (geometry === null) throw new Error(`No header in ${segment}`);
  const path = join(segment, "data_level0.bin");
  const slots = await Deno.readFile(path);
  for (let start = 0; start < slots.length; start += geometry.slotSizeBytes) {
    slots.fill(0, start, start + geometry.vectorOffset);
  }
  await Deno.writeFile(path, slots);
  await Deno.remove(join(segment, "link_lists.bin"));
}

function contenders(store: string, integrityScript: string): Contender[] {
  const check = (...options: string[]): string[] => [
    ...PERMISSIONS,
    "cli.ts",
    "check",
    "--quiet",
    ...options,
    store,
  ];
  return [
    { name: "vecfsck check --full", command: DENO, args: check("--full") },
    { name: "vecfsck check --quick", command: DENO, args: check("--quick") },
    {
      name: INTEGRITY_CHECK_NAME,
      command: DENO,
      args: [...PERMISSIONS, integrityScript, join(store, "chroma.sqlite3")],
    },
    {
      name: "cat of every file",
      command: "sh",
      args: ["-c", 'find "$0" -type f -exec cat {} + > /dev/null', store],
    },
  ];
}

async function compare(store: string): Promise<void> {
  const integrityScript = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(integrityScript, INTEGRITY_CHECK);
  // On the same disk as the store, as backups beside it are.
  const output = await Deno.makeTempDir({ dir: dirname(store), prefix: "bench-" });
  const list = [
    ...contenders(store, integrityScript),
    ...sealContenders(store, output),
    ...backupContenders(store, output),
    ...repairContenders(store, output),
  ];
  const runs = await measureInTurn(list);
  await Deno.remove(integrityScript);
  await Deno.remove(output, { recursive: true });
  printRuns(store, runs, { peer: INTEGRITY_CHECK_NAME, against: "integrity_check" });
}

async function standardStore(): Promise<string> {
  const store = resolve(STANDARD_STORE);
  try {
    await Deno.stat(join(store, "chroma.sqlite3"));
    return store;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const engines = Deno.env.get("VECFSCK_ENGINES");
  if (engines === undefined) {
    console.error(
      `No store in ${STANDARD_STORE}. Set VECFSCK_ENGINES to a directory with ` +
        "chroma-1.5.9/bin/python (a virtual environment with that chromadb), or name a store.",
    );
    Deno.exit(16);
  }
  console.log("Making the standard store with a real engine; that takes a minute or two …");
  const python = join(engines, "chroma-1.5.9", "bin", "python");
  const { success } = await new Deno.Command(python, {
    args: ["scripts/make_standard_store.py", store],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) Deno.exit(1);
  return store;
}

const stores = Deno.args.length > 0
  ? Deno.args.map((path) => resolve(path))
  : [await standardStore(), ...await standardChromemStores()];
console.log(
  `Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores, ${Deno.build.target}`,
);
for (const store of stores) {
  if (isChromem(store)) await compareChromem(store);
  else {
    await compare(store);
    await compareDuty(store);
  }
}
await compareBatches();
const peer = findPeer();
if (peer !== null) await compareBuilders(peer, Deno.env.get("VECFSCK_EMBEDDINGS"));
