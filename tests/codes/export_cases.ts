/**
 * Findings in export files of chromem-go: VF33.
 *
 * @module
 */

import type { FindingName } from "../../lib/model/codes.ts";
import { findText, patch } from "../stores/chromem_export/export_bytes.ts";
import { chromemExport, chromemFacts } from "../support/chromem_stores.ts";

/** A way to make a finding appear. */
export interface ExportCase {
  /** Makes the bytes of the file. */
  readonly bytes: () => Promise<Uint8Array>;
  /** Makes the key that is given. */
  readonly key?: () => Promise<Uint8Array>;
  /** What the message must contain. */
  readonly says: string;
}

async function readKey(): Promise<Uint8Array> {
  return new TextEncoder().encode((await chromemFacts()).key);
}

/** Cases by the name of the finding. */
export const EXPORT_CASES: Partial<Record<FindingName, ExportCase>> = {
  "export-undecryptable": {
    bytes: async () => await Deno.readFile(await chromemExport("export.gob.enc")),
    key: async () => (await readKey()).toReversed(),
    says: "The key does not fit, or the file was changed",
  },
  "export-too-short": {
    bytes: () => Promise.resolve(new Uint8Array(27)),
    key: readKey,
    says: "The file has 27 bytes",
  },
  "export-name-differs": {
    bytes: async () => {
      const bytes = await Deno.readFile(await chromemExport("export.gob"));
      const key = findText(bytes, "sessions/8");
      return patch(bytes, findText(bytes, "sessions/8", key + 1), "sessions/X");
    },
    says: '"sessions/X" is filed as "sessions/8"',
  },
};
