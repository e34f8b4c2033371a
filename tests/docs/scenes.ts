/**
 * What several pages find on their machine.
 *
 * @module
 */

import type { StatementExpectation } from "./expectations.ts";
import {
  copyOf,
  damage,
  exportFile,
  keyFile,
  type Preparation,
  removed,
  store,
  text,
  typed,
} from "./prepare.ts";

/** A healthy store of Chroma where every page has it. */
export const CHROMA: Preparation = store("/srv/chroma", "chroma-1.5.9");

/** A healthy database of chromem-go where every page has it. */
export const CHROMEM: Preparation = store("/srv/chromem", "chromem-plain");

/** An index of which half of the vectors are gone. */
export const TORN_INDEX: Preparation = damage("/srv/chroma", "data_level0_half", "notes");

/** The time of day on pages that name a backup or an entry of the quarantine by its time. */
export const NOW = "2026-02-03T12:00:00Z";

/** The time that pages name. */
export const NAMED_TIME = "2026-01-31T04:00:00Z";

/** The backup that pages name. */
export const NAMED_BACKUP: Preparation = typed("vecfsck backup /srv/chroma", { at: NAMED_TIME });

/** The entry of the quarantine that pages name. */
export const NAMED_QUARANTINE: readonly Preparation[] = [
  CHROMA,
  removed("/srv/chroma.vecfsck"),
  TORN_INDEX,
  typed("vecfsck quarantine --yes /srv/chroma --damaged", { at: NAMED_TIME }),
];

/** A list of names, one of which a collection has. */
export const NAMES: Preparation = text("names.txt", "sessions\nmemories\n");

/** The records that have left the store, with vectors. */
export const FILLED: Preparation = typed("python3 fill.py < missing.jsonl > filled.jsonl");

/** Export files of chromem-go, and the key of those that are encrypted. */
export const EXPORTS: readonly Preparation[] = [
  exportFile("export.gob.gz", "export.gob.gz"),
  exportFile("export.gob.enc", "export.gob.enc"),
  keyFile("export.key"),
];

/** The program by which Chroma itself is asked. */
export const PROBE: Preparation = copyOf("probe_chroma.py", "docs/probe/probe_chroma.py");

/** The configuration of a watch. */
export const WATCH_CONFIGURATION: Preparation = text(
  "/etc/vecfsck/watch.json",
  '{ "stores": ["/srv/chroma"] }\n',
);

/** What an engine does to a store is the same nowhere: what follows is about the store before. */
export const KEEP_STORE: Preparation = typed("cp -a /srv/chroma /tmp/kept");

/** The store as it was when it was kept. */
export const PUT_STORE_BACK: Preparation = typed("rm -r /srv/chroma && mv /tmp/kept /srv/chroma");

/** A drill of every damage. */
export const DRILLED: StatementExpectation = {
  instead: { why: "a drill takes minutes", heldBy: "tests/cli/verb_drill_test.ts" },
};

/** A drill of batches. */
export const BATCHES_DRILLED: StatementExpectation = {
  instead: { why: "it needs a server", heldBy: "tests/cli/drill_batches_test.ts" },
};
