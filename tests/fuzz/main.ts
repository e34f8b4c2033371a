/**
 * Runs the fuzzer for as long as wanted: `deno task fuzz --seed 1 --events 10000`, with
 * `--format chromem` on databases of chromem-go.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { CHROMA, CHROMEM, fuzz } from "./fuzz.ts";

const BATCH = 100;

const options = parseArgs(Deno.args, { string: ["seed", "events", "format"] });
const seed = Number(options.seed ?? Date.now() % 1_000_000);
const events = Number(options.events ?? 1000);
const stores = options.format === "chromem" ? CHROMEM : CHROMA;
let failed = 0;
console.log(`seed ${seed}, ${events} events`);
for (let done = 0; done < events; done += BATCH) {
  const report = await fuzz(seed + done, Math.min(BATCH, events - done), undefined, stores);
  for (const failure of report.failures) console.error(failure);
  failed += report.failures.length;
  console.log(
    `${done + report.events} events, ${report.damaged} of the last damaged, ${failed} failures`,
  );
}
Deno.exit(failed === 0 ? 0 : 1);
