/**
 * Builds the executable: `deno task compile [--target TRIPLE] [--output FILE] [--allow-…=WHAT]`.
 *
 * The permissions are baked in, exactly `--allow-read --allow-write`, and nothing is asked for. More
 * are given by name: `--allow-run=PROGRAM` for `guard --probe` and its like,
 * `--allow-net=127.0.0.1:9464` for `watch --listen`, `--allow-env=CHROMADB_DB_PATH` and
 * `--allow-sys=systemMemoryInfo,statfs`. The Workers are included, so that the file runs without the
 * source tree. `DENORT_BIN` names the runtime where it cannot be downloaded.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { VERSION } from "../lib/base/version.ts";

/** What can be permitted besides. */
const PERMISSIONS = ["allow-env", "allow-net", "allow-run", "allow-sys"] as const;

const options = parseArgs(Deno.args, { string: [...PERMISSIONS, "output", "target"] });
const target: string = options.target ?? Deno.build.target;
const suffix = target.includes("windows") ? ".exe" : "";
const output: string = options.output ?? join("dist", `vecfsck-${VERSION}-${target}${suffix}`);

const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "compile",
    "--quiet",
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    ...PERMISSIONS.flatMap((name) => options[name] ? [`--${name}=${options[name]}`] : []),
    // The compiler of the index builder's kernel is in the lock file too, and has 100 MB.
    "--exclude-unused-npm",
    "--include",
    "lib/engine/worker.ts",
    "--include",
    "lib/hnsw/build/worker.ts",
    "--include",
    "lib/isolation/check_worker.ts",
    "--target",
    target,
    "--output",
    output,
    "cli.ts",
  ],
  stdout: "inherit",
  stderr: "inherit",
}).output();

if (code === 0) {
  const { size } = await Deno.stat(output);
  console.log(`${output}: ${(size / 1e6).toFixed(0)} MB`);
} else {
  console.error(
    `The executable for ${target} was not built. Deno takes its runtime (denort, of version ` +
      `${Deno.version.deno}) from its download site, or from the file that DENORT_BIN names.`,
  );
  Deno.exit(1);
}
