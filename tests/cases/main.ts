/**
 * Runs the cases of repair: `deno task cases [NAME]...` shows what is printed in each, and with
 * `--update` writes it into the files of what is expected, to be read before it is committed.
 *
 * @module
 */

import { listCases, runCase } from "./run_case.ts";

const isUpdate = Deno.args.includes("--update");
const chosen = Deno.args.filter((arg) => !arg.startsWith("--"));
let failed = 0;

for (const name of chosen.length === 0 ? listCases() : chosen) {
  console.log(`==== ${name}`);
  try {
    for (const { path, text } of await runCase(name)) {
      if (isUpdate) await Deno.writeTextFile(path, text);
      console.log(text);
    }
  } catch (error) {
    failed++;
    console.error(error instanceof Error ? error.message : error);
  }
}
Deno.exitCode = failed === 0 ? 0 : 1;
