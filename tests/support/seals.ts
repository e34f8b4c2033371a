/**
 * Seals of stores in tests, and what happens to a store after it was sealed.
 *
 * @module
 */

import { join } from "@std/path";
import type { StoreAudit } from "../../lib/engine/audit.ts";
import { stampFile } from "../../lib/fs/read_fs.ts";
import { createSeal } from "../../lib/seal/create_seal.ts";
import { createSealAudit } from "../../lib/seal/seal_audit.ts";
import type { Seal } from "../../lib/seal/seal_format.ts";

/** Seals a store without waiting until its stamps are old. */
export async function sealStore(store: string): Promise<Seal> {
  const { file } = await createSeal(store, { wait: () => Promise.resolve() });
  if (file === null) throw new Error("The store is damaged");
  return file.seal;
}

/**
 * Holds a store against a seal as if every file that is there had the stamps of the seal: what is
 * written by a test moves the time of change, what rots does not.
 */
export function auditAsIfUntouched(seal: Seal): StoreAudit {
  return {
    sizeBytes: 0,
    run(store, context) {
      const files = seal.files.map((file) => {
        const stamp = stampFile(join(store.path, file.path), file.path);
        return stamp?.sizeBytes === file.sizeBytes ? { ...file, ...stamp } : file;
      });
      return createSealAudit({ ...seal, files }).run(store, context);
    },
  };
}

/** Flips one bit of a file and sets its time of modification back. */
export function flipBit(path: string, offset: number): void {
  const { atime, mtime } = Deno.statSync(path);
  const bytes = Deno.readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 4;
  Deno.writeFileSync(path, bytes);
  Deno.utimeSync(path, atime ?? 0, mtime ?? 0);
}
