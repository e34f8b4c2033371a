/**
 * The table of pages: what is on the machine before the commands of a page are typed, and what is
 * particular about one of them. How to write an entry is said in `commands_test.ts`.
 *
 * @module
 */

import type { PageExpectation } from "./expectations.ts";
import { damage, directory, removed, store, text, typed } from "./prepare.ts";
import {
  BATCHES_DRILLED,
  CHROMA,
  CHROMEM,
  DRILLED,
  EXPORTS,
  FILLED,
  KEEP_STORE,
  NAMED_BACKUP,
  NAMED_QUARANTINE,
  NAMED_TIME,
  NAMES,
  NOW,
  PROBE,
  PUT_STORE_BACK,
  TORN_INDEX,
  WATCH_CONFIGURATION,
} from "./scenes.ts";

/** Every page that has commands, by its path from the top of the repository. */
export const PAGES: Readonly<Record<string, PageExpectation>> = {
  "CONTRIBUTING.md": { prepare: [CHROMA] },
  "README.md": {
    prepare: [CHROMA, damage("/srv/chroma", "link_lists_half", "notes")],
    statements: {
      "vecfsck check /srv/chroma": [{ exit: 4 }, {}],
      "vecfsck repair --yes /srv/chroma": { exit: 1 },
      "vecfsck repair /srv/chroma": { before: [TORN_INDEX], exit: 1 },
    },
  },
  "docs/backup.md": {
    prepare: [CHROMA, CHROMEM],
    statements: {
      "mkdir -p /srv/chroma.backups && tar -x -C /srv/chroma.backups -f chroma.tar": {
        before: [
          typed("vecfsck backup /srv/chroma --tar - > chroma.tar"),
          removed("/srv/chroma.backups"),
        ],
      },
    },
  },
  "docs/chromem.md": {
    prepare: [CHROMEM, NAMES, ...EXPORTS, text("users.txt", "ada\ngrace\n")],
    statements: {
      "vecfsck repair /srv/chromem --vectors missing.jsonl": {
        exit: 1,
        before: [
          damage("/srv/chromem", "document_cut", "e6684f6c"),
          typed("vecfsck repair --yes /srv/chromem --missing left.jsonl", { exit: 1 }),
          typed("python3 fill.py < left.jsonl > missing.jsonl"),
        ],
      },
    },
  },
  "docs/drill.md": {
    prepare: [CHROMA],
    statements: {
      "vecfsck drill --all /srv/chroma": DRILLED,
      "deno run --allow-read --allow-write --allow-run=./open_store cli.ts drill --all --engine-command ./open_store /srv/chroma":
        DRILLED,
      "deno run --allow-read --allow-write --allow-sys --allow-run=chroma --allow-net=127.0.0.1 cli.ts drill --batches --server-command 'chroma run --path {store} --port {port}' /srv/chroma":
        BATCHES_DRILLED,
    },
  },
  "docs/export.md": {
    prepare: [
      CHROMA,
      CHROMEM,
      store("/srv/damaged", "chroma-1.5.9"),
      damage("/srv/damaged", "header_M", "notes"),
    ],
    statements: {
      "vecfsck export --salvage -o rescued.jsonl /srv/damaged": { exit: 1 },
    },
  },
  "docs/fleet.md": {
    prepare: [CHROMA, CHROMEM, directory("/var/lib/prometheus/node-exporter")],
  },
  "docs/guard.md": {
    prepare: [CHROMA, PROBE, typed("mkdir -p /srv/venv/bin && cp ../../bin/python3 /srv/venv/bin")],
  },
  "docs/install.md": {
    prepare: [
      CHROMA,
      directory("/usr/local/bin"),
      directory("/etc/systemd/system"),
      typed("cp ../../bin/vecfsck vecfsck-0.1.0-x86_64-unknown-linux-gnu"),
      typed("sha256sum vecfsck-0.1.0-* > SHA256SUMS && touch SHA256SUMS.sigstore.json"),
      typed("mkdir -p vecfsck-0.1.0/completions vecfsck-0.1.0/systemd"),
      typed("touch vecfsck-0.1.0/vecfsck.1 vecfsck-0.1.0/systemd/vecfsck-{watch,failed}@.service"),
      typed("tar -czf vecfsck-0.1.0-extras.tar.gz vecfsck-0.1.0 && rm -r vecfsck-0.1.0"),
    ],
  },
  "docs/library.md": { prepare: [CHROMA] },
  "docs/metrics.md": {
    prepare: [CHROMA, directory("/var/lib/prometheus/node-exporter")],
  },
  "docs/operating.md": {
    prepare: [
      CHROMA,
      WATCH_CONFIGURATION,
      NAMED_BACKUP,
    ],
    statements: {
      "vecfsck check /srv/chroma": {
        before: [removed("/srv/chroma.backups"), TORN_INDEX],
        exit: 4,
      },
      "vecfsck repair --dry-run /srv/chroma": { exit: 4 },
      "vecfsck repair --yes /srv/chroma": { exit: 1 },
    },
  },
  "docs/optimize.md": { prepare: [CHROMA] },
  "docs/quarantine.md": {
    now: NOW,
    prepare: [CHROMA, directory("/mnt/disk")],
    statements: {
      "vecfsck quarantine /srv/chroma --damaged": { before: [TORN_INDEX] },
      "vecfsck quarantine /srv/chroma --segment 94e12c34-c66b-4d44-abb5-fd9ef78c9bfa": {
        before: [CHROMA],
      },
      "vecfsck quarantine restore /srv/chroma 20260131T040000Z": {
        before: NAMED_QUARANTINE,
      },
    },
  },
  "docs/reference.md": {
    now: NOW,
    prepare: [
      CHROMA,
      CHROMEM,
      store("/srv/memories", "chroma-1.5.9"),
      NAMED_BACKUP,
      NAMES,
      ...EXPORTS,
      PROBE,
      WATCH_CONFIGURATION,
      directory("/mnt/disk"),
      directory("/mnt/usb"),
      directory("/var/lib/prometheus/node-exporter"),
      directory(".local/share/bash-completion/completions"),
      directory(".local/share/man/man1"),
      directory(".zfunc"),
      directory(".config/fish/completions"),
    ],
    statements: {
      "vecfsck check --sealed /srv/chroma": { before: [typed("vecfsck seal /srv/chroma")] },
      'vecfsck guard --probe "python3 probe_chroma.py {store}" /srv/chroma': {
        grant: ["--allow-run"],
      },
      "vecfsck repair --yes /srv/chroma": { before: [TORN_INDEX], exit: 1 },
      "vecfsck repair --dry-run /srv/chroma": { before: [TORN_INDEX], exit: 4 },
      "vecfsck repair /srv/chroma --vectors filled.jsonl": {
        exit: 1,
        before: [
          CHROMA,
          removed("/srv/chroma.backups"),
          TORN_INDEX,
          typed("vecfsck repair --yes /srv/chroma --missing missing.jsonl", { exit: 1 }),
          FILLED,
        ],
      },
      "vecfsck repair /srv/chroma --only VF1004": { exit: 1, before: [CHROMA] },
      "vecfsck undo --yes /srv/chroma 20260131T040000Z": {
        before: [
          CHROMA,
          TORN_INDEX,
          removed("/srv/chroma.vecfsck"),
          typed("vecfsck repair --yes /srv/chroma", { exit: 1, at: NAMED_TIME }),
        ],
      },
      "vecfsck backup /srv/chroma": { before: [CHROMA, NAMED_BACKUP] },
      "vecfsck optimize --dry-run /srv/chroma": { before: [CHROMA] },
      "vecfsck quarantine restore /srv/chroma 20260131T040000Z": {
        before: NAMED_QUARANTINE,
      },
      "vecfsck drill --all /srv/chroma": DRILLED,
      "vecfsck drill --damage header_half --seed 7 --into /tmp/look /srv/chroma": {
        before: [CHROMA, removed("/tmp/look")],
      },
      "vecfsck drill --all --engine-command ./open_store /srv/chroma": DRILLED,
      "vecfsck drill --batches --server-command 'chroma run --path {store} --port {port}' /srv/chroma":
        BATCHES_DRILLED,
    },
  },
  "docs/repair.md": {
    prepare: [CHROMA, TORN_INDEX],
    statements: {
      "vecfsck repair --dry-run /srv/chroma": { exit: 4 },
      "vecfsck repair /srv/chroma": { exit: 1 },
      "vecfsck repair --yes /srv/chroma": { before: [CHROMA, TORN_INDEX], exit: 1 },
      "vecfsck repair /srv/chroma --vectors filled.jsonl": {
        exit: 1,
        before: [
          typed("cp $(ls -d /srv/chroma.vecfsck/saved/*/missing.jsonl | tail -1) ."),
          FILLED,
        ],
      },
      "vecfsck repair --yes /srv/chroma --missing missing.jsonl": {
        exit: 1,
        before: [CHROMA, TORN_INDEX, removed("missing.jsonl")],
      },
      "vecfsck repair --yes /srv/chroma --vectors filled.jsonl": { exit: 1 },
      'deno run --allow-read --allow-write --allow-run=python3 cli.ts repair --yes /srv/chroma --embed-command "python3 fill.py"':
        { exit: 1, before: [CHROMA, TORN_INDEX] },
    },
  },
  "docs/report.md": { prepare: [CHROMA, CHROMEM] },
  "docs/restore.md": { now: NOW, prepare: [CHROMA, NAMED_BACKUP] },
  "docs/seal.md": {
    prepare: [CHROMA],
    statements: {
      "vecfsck check --seal /mnt/usb/chroma.seal /srv/chroma": {
        before: [directory("/mnt/usb"), typed("vecfsck seal -o /mnt/usb/chroma.seal /srv/chroma")],
      },
    },
  },
  "docs/transactions.md": {
    prepare: [CHROMA],
    statements: {
      "deno run --allow-read --allow-write example_1.ts": { grant: ["--allow-run"] },
    },
  },
  "docs/tutorial.md": {
    prepare: [
      CHROMA,
      damage("/srv/chroma", "link_lists_half", "notes"),
      damage("/srv/chroma", "vectors_zeroed_tail", "notes"),
    ],
    statements: {
      "python3 ask.py": [
        { needsEngine: true, exit: 139, before: [KEEP_STORE] },
        { needsEngine: true, before: [KEEP_STORE] },
      ],
      "vecfsck check /srv/chroma": [{ exit: 4, before: [PUT_STORE_BACK] }, {}],
      "wc -l < missing.jsonl": { before: [PUT_STORE_BACK] },
      "vecfsck repair --dry-run /srv/chroma": { exit: 4 },
      "vecfsck repair /srv/chroma --missing missing.jsonl": { exit: 1 },
      "vecfsck repair --yes /srv/chroma --vectors filled.jsonl": { exit: 1 },
    },
  },
  "docs/watch.md": { prepare: [CHROMA, WATCH_CONFIGURATION] },
};
