/**
 * What is written of a store is open to nobody to whom the store itself is not: whatever the umask,
 * in backups and quarantine, in files of records, in what is restored, and in private copies.
 */
import { assert, assertEquals } from "@std/assert";
import { join, relative } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { listTree } from "../support/list_tree.ts";
import { CLI_PERMISSIONS } from "../support/run_cli.ts";
import { damageStore } from "../verbs/verb_cases.ts";
import { runVerb, type VerbResult, World } from "../verbs/world.ts";

const ignore = Deno.build.os === "windows";

/** Permissions of a store: of its directories and of its files; and what nobody may be given. */
const STORES = [
  { directory: 0o700, file: 0o600, refused: 0o077 },
  { directory: 0o750, file: 0o640, refused: 0o027 },
] as const;

/** How a program starts that takes nothing from permissions, and one that takes what is usual. */
const UMASKS = ["000", "022"] as const;

function setModes(
  path: string,
  modes: { readonly directory: number; readonly file: number },
): void {
  const { isDirectory } = Deno.lstatSync(path);
  Deno.chmodSync(path, isDirectory ? modes.directory : modes.file);
  if (!isDirectory) return;
  for (const { name } of Deno.readDirSync(path)) setModes(join(path, name), modes);
}

/** Runs a program of the tests under a umask. */
async function runUnder(umask: string, program: string, ...args: string[]): Promise<string> {
  const command = [
    ...[Deno.execPath(), "run", "--quiet", "--no-check"],
    ...["--config", join(REPOSITORY, "deno.json"), ...CLI_PERMISSIONS, "--allow-env"],
    join(REPOSITORY, "tests", "security", program),
    ...args,
  ];
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-c", `umask ${umask} && exec "$@"`, "sh", ...command],
    stdin: "null",
    stderr: "inherit",
  }).output();
  assert(success, program);
  return new TextDecoder().decode(stdout);
}

/** Every verb that leaves something, in an order in which all of it is there at the end. */
function listCalls({ store, other, restored }: World): readonly (readonly string[])[] {
  const out = (name: string): string => join(other, name);
  return [
    ["repair", "--yes", "--missing", out("missing.jsonl"), store],
    ["undo", "--yes", store],
    ["repair", "--yes", store],
    ["check", "--since-seal", store],
    ["check", "--since-seal", "--state", out("state"), store],
    ["seal", store],
    ["seal", "-o", out("seal"), store],
    ["backup", store],
    ["backup", "verify", store],
    ["backup", "--to", out("copies"), store],
    ["restore", "--into", restored, "--yes", store],
    ["restore", "--yes", store],
    ["optimize", "--yes", "--no-backup", store],
    ["quarantine", "--stale-seconds", "0", "--yes", store],
    ["drill", "--damage", "header_empty", "--into", out("drill"), "--seed", "1", store],
    ["export", "-o", out("records.jsonl"), store],
    ["report", "-o", out("report.html"), store],
  ];
}

for (const umask of UMASKS) {
  for (const { directory, file, refused } of STORES) {
    const shown = `${directory.toString(8)}/${file.toString(8)}`;
    Deno.test({
      name: `nothing of a store of mode ${shown} is open to more users under umask ${umask}`,
      ignore,
      fn: async () => {
        const world = await World.create();
        await damageStore(world);
        setModes(world.store, { directory, file });
        const calls = listCalls(world);
        const printed = await runUnder(umask, "run_calls.ts", JSON.stringify(calls));
        const results: VerbResult[] = printed.split("\n").slice(0, -1).map((line) =>
          JSON.parse(line)
        );
        for (const [index, { code, stdout, stderr }] of results.entries()) {
          assert(code < 8 || code === 16, `${calls[index]?.join(" ")}: ${code} ${stdout}${stderr}`);
        }
        assertEquals(results.length, calls.length);
        const open: string[] = [];
        for (const path of listTree(world.root)) {
          const { mode, isSymlink } = Deno.lstatSync(path);
          // The directory for what is given with --into and -o is the test's own.
          if (path === world.other || isSymlink || mode === null) continue;
          if ((mode & refused) !== 0) {
            open.push(`${relative(world.root, path)} ${(mode & 0o777).toString(8)}`);
          }
        }
        assertEquals(open, []);
      },
    });
  }
}

Deno.test({
  name:
    "private copies are open to this user alone whatever the umask, under names never used twice",
  ignore,
  fn: async () => {
    const directory = await scratchDirectory();
    await Deno.chmod(directory, 0o1777);
    const printed = await runUnder("000", "make_scratch.ts", directory);
    const made: { path: string; mode: number; fileMode: number }[] = JSON.parse(printed);
    assertEquals(new Set(made.map(({ path }) => path)).size, 20);
    assertEquals(new Set(made.map(({ mode }) => mode & 0o777)), new Set([0o700]));
    assertEquals(new Set(made.map(({ fileMode }) => fileMode & 0o777)), new Set([0o600]));
    for (const { path } of made) assert(/vecfsck-[0-9a-zA-Z]{8,}/.test(path), path);
  },
});

/** The user whom a store belongs to; root alone can give files away. */
const OWNER = 4_711;

Deno.test({
  name: "what root makes beside a store, and puts into it, belongs to the store's owner",
  ignore: ignore || Deno.uid() !== 0,
  fn: async () => {
    const world = await World.create();
    const { store } = world;
    await damageStore(world);
    for (const path of [store, ...listTree(store)]) localFs.setOwner(path, OWNER, OWNER);
    const calls = [
      ["check", "--since-seal"],
      ["repair", "--yes"],
      ["seal"],
      ["backup"],
      ["backup", "verify"],
      ["restore", "--yes"],
      ["optimize", "--yes"],
      ["quarantine", "--stale-seconds", "0", "--yes"],
    ];
    for (const args of calls) await runVerb([...args, store]);
    const others = Array.from(listTree(world.root))
      .filter((path) => path !== world.other && localFs.look(path)?.userId !== OWNER);
    assertEquals(others, []);
    assert(localFs.look(`${store}.backups`) !== null);
  },
});
