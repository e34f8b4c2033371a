/**
 * Looking at the inside of stores for a report, for each format. It is apart from `registry.ts`, so
 * that the threads of a check do not load what they never run.
 *
 * @module
 */

import type { FormatName } from "../model/report.ts";
import type { DetectedStore } from "../model/store.ts";
import { portrayChroma } from "./chroma/portray/portray_chroma.ts";
import { portrayChromem } from "./chromem/portray_chromem.ts";
import type { Portrayal, PortrayOptions } from "./portray_format.ts";

const PORTRAYERS: Readonly<
  Partial<Record<FormatName, (store: DetectedStore, options: PortrayOptions) => Portrayal>>
> = { chroma: portrayChroma, chromem: portrayChromem };

/**
 * Looks at the inside of a store, whatever state it is in.
 *
 * @param store The store.
 * @param options What is known of it, and how much is drawn.
 * @yields Its collections; null where others may have their turn.
 * @returns What is known at the end.
 * @throws {OperationError} A file cannot be read, or the store is in use.
 */
export function* portrayStore(store: DetectedStore, options: PortrayOptions): Portrayal {
  const portray = PORTRAYERS[store.format];
  return portray === undefined ? { leftOut: 0, lastWrite: null } : yield* portray(store, options);
}
