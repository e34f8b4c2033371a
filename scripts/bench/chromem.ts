/**
 * Checks of databases of chromem-go beside the library's own loading of them.
 *
 * @module
 */

import { join } from "@std/path";
import { formatBytes, formatNumber } from "../../lib/base/format.ts";
import { extensionOf } from "../../lib/stores/chromem/layout.ts";
import { type Absent, type Contender, measureDirectory } from "./measure.ts";
import { NO_JUDGE } from "./peers.ts";
import type { Findings, Table } from "./results.ts";
import type { Workbench } from "./workbench.ts";

/** The name of the row of the library. */
export const LIBRARY_NAME = "chromem-go loads it";

/**
 * Measures checks of each database that there is.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureChromem(bench: Workbench): Promise<Findings> {
  const { chromem, peers } = bench.setting;
  if (chromem.length === 0) {
    return { tables: [], notes: ["There was no database of chromem-go, and nothing to make one."] };
  }
  const tables: Table[] = [];
  for (const store of chromem) {
    const isGzip = isCompressed(store);
    const library: Contender | Absent = peers.judge === null
      ? { name: LIBRARY_NAME, missing: NO_JUDGE }
      : {
        name: LIBRARY_NAME,
        command: peers.judge,
        args: ["load-time", store, ...isGzip ? ["gzip"] : []],
      };
    const contenders = [
      bench.vecfsck("vecfsck check --full", "check", "--quiet", "--full", store),
      bench.vecfsck("vecfsck check --quick", "check", "--quiet", "--quick", store),
      library,
    ];
    const { files, sizeBytes } = await measureDirectory(store);
    const input = `${formatNumber(files)} files, ${formatBytes(sizeBytes)}, ` +
      (isGzip ? "compressed by gzip" : "not compressed");
    tables.push(await bench.measure(input, LIBRARY_NAME, contenders, bench.rounds(2)));
  }
  return { tables, notes: [] };
}

/** Whether most files are compressed; the first folder tells. */
function isCompressed(store: string): boolean {
  for (const { name, isDirectory } of Deno.readDirSync(store)) {
    if (!isDirectory) continue;
    for (const file of Deno.readDirSync(join(store, name))) {
      const extension = extensionOf(file.name);
      if (extension !== null) return extension === ".gob.gz";
    }
  }
  return false;
}
