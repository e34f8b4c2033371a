/**
 * A request for a repair as tests make it.
 *
 * @module
 */

import { checkStore } from "../../../../lib/engine/check.ts";
import { localFs } from "../../../../lib/fs/platform.ts";
import type { Finding } from "../../../../lib/model/finding.ts";
import type { RepairRequest } from "../../../../lib/stores/repair_format.ts";

/**
 * Makes a request for everything, with what a test wants otherwise.
 *
 * @param wanted What is otherwise.
 */
export function repairRequest(wanted: Partial<RepairRequest> = {}): RepairRequest {
  return {
    findings: [],
    onlyCodes: null,
    onlyCollection: null,
    strategy: "auto",
    keepUnsearchable: false,
    eraseDeleted: false,
    vectorsPath: null,
    names: [],
    unnamed: "rename",
    shadowed: "apart",
    olderCopies: [],
    scratch: "/no/such/directory",
    check: findAll,
    jobs: 1,
    maxMemoryBytes: null,
    signal: undefined,
    onProgress: undefined,
    fs: localFs,
    ...wanted,
  };
}

/**
 * Runs a full check.
 *
 * @param path A directory that is laid out as a store.
 * @returns The findings.
 */
export async function findAll(path: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const event of checkStore(path)) {
    if (event.type !== "finding") continue;
    const { type: _type, schema: _schema, store: _store, ...finding } = event;
    findings.push(finding);
  }
  return findings;
}
