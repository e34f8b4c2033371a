/**
 * A soak run of a watch: `deno task soak --days 90 --seed 1 --policy repair`.
 *
 *     --days N         how many simulated days go by; 90 when left out
 *     --seed N         by which everything is drawn; a new one when left out
 *     --policy NAME    alert, repair or restore; one after another when left out
 *     --interval N     minutes between two checks; 5 when left out
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { WATCH_POLICIES } from "../../../lib/watch/configuration/watch_configuration.ts";
import { soak } from "./soak.ts";
import { CHROMA_WRITER, CHROMEM_WRITER } from "./writers.ts";

const options = parseArgs(Deno.args, { string: ["days", "seed", "policy", "interval"] });
const seed = Number(options.seed ?? Date.now() % 1_000_000);
const days = Number(options.days ?? 90);
const intervalMs = Number(options.interval ?? 5) * 60_000;
const policies = WATCH_POLICIES.filter((name) => name === (options.policy ?? name));
let failed = 0;
for (const policy of policies) {
  console.log(`${days} days, seed ${seed}, policy ${policy}`);
  let told = 0;
  const report = await soak({
    days,
    seed,
    policy,
    intervalMs,
    writers: [CHROMA_WRITER, CHROMEM_WRITER],
    onDay: (day, { problems }) => {
      if (day % 10 === 0) console.log(`day ${day}: ${problems.length} problems`);
      for (const problem of problems.slice(told)) console.error(`  PROBLEM ${problem}`);
      told = problems.length;
    },
  });
  for (const [name, count] of Object.entries(report.counts)) console.log(`  ${name}: ${count}`);
  const heap = report.heapBytes.map((bytes) => (bytes / 1e6).toFixed(0));
  console.log(`  records written: ${report.records}`);
  console.log(`  heap in MB at the end of each day: ${heap.join(" ")}`);
  for (const problem of report.problems.slice(told)) console.error(`  PROBLEM ${problem}`);
  failed += report.problems.length;
}
Deno.exit(failed === 0 ? 0 : 1);
