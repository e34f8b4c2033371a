/**
 * Loading one format alone: the threads of a check run tasks of one format, and what they need not
 * load costs neither time nor memory.
 *
 * @module
 */

import type { FormatName } from "../model/report.ts";
import type { StoreFormat } from "../model/store.ts";

const LOADERS: Readonly<Record<FormatName, () => Promise<StoreFormat>>> = {
  "chroma": async () => (await import("./chroma/format.ts")).chromaFormat,
  "chromem": async () => (await import("./chromem/format.ts")).chromemFormat,
  "chromem-export": async () => (await import("./chromem_export/format.ts")).chromemExportFormat,
};

/**
 * Loads a format by its name.
 *
 * @param name The name.
 * @returns The format, as `formatByName` gives it.
 */
export async function loadFormat(name: FormatName): Promise<StoreFormat> {
  return await LOADERS[name]();
}
