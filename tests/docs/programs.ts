/**
 * The programs that the pages of the documents may call: those of the machine, and the stand-ins for
 * those that a machine that tests has not, or that must not run there. A program that is in neither
 * table is not found, and the page that calls it fails.
 *
 * @module
 */

/** What stands for a program. */
export interface StandIn {
  /** The script of a shell that is run in its place. `vecfsck_parse` only parses a call. */
  readonly script: string;
  /** Why the program itself is not run. */
  readonly why: string;
  /** The test that holds what is not held here, if anything is left to be held. */
  readonly heldBy: string | null;
}

/** Programs of the machine that pages use as they are. */
export const MACHINE_PROGRAMS: readonly string[] = [
  "awk",
  "basename",
  "bash",
  "cat",
  "chmod",
  "cmp",
  "cp",
  "cut",
  "date",
  "dd",
  "diff",
  "dirname",
  "du",
  "env",
  "find",
  "grep",
  "gzip",
  "head",
  "install",
  "ln",
  "ls",
  "mkdir",
  "mkfifo",
  "mktemp",
  "mv",
  "rm",
  "sed",
  "sh",
  "sha256sum",
  "sleep",
  "sort",
  "stat",
  "tail",
  "tar",
  "tee",
  "test",
  "touch",
  "tr",
  "truncate",
  "uname",
  "uniq",
  "wc",
  "xargs",
];

/** Hands what stands behind the first word `vecfsck` to the parser, so that options stay true. */
const PARSE_CALL = `while [ $# -gt 0 ]; do
  word=$1
  shift
  case $word in
    vecfsck | */vecfsck) exec vecfsck_parse "$@" ;;
  esac
done
exit 0
`;

/** Reads what it is given, as a program at the end of a pipe does. */
const READ_ALL = "[ -p /dev/stdin ] && cat > /dev/null\nexit 0\n";

const NO_SUCH_SERVICE = "no service of the machine that tests may be changed";

/** The stand-ins by the name of the program. */
export const STAND_INS: Readonly<Record<string, StandIn>> = {
  chroma: {
    script: "exit 0\n",
    why: "the server of Chroma is not on every machine that tests",
    heldBy: "tests/guard/chroma_server_test.ts",
  },
  cosign: {
    script: `case $1 in
  initialize) mkdir -p ~/.sigstore/root && echo '{}' > ~/.sigstore/root/trusted_root.json ;;
  *) for file in "$@"; do :; done && test -f "$file" ;;
esac
`,
    why: "it asks Sigstore, and a signature is made by a release alone",
    heldBy: null,
  },
  docker: {
    script: PARSE_CALL,
    why: "a machine that tests may have no containers",
    heldBy: "tests/guard/units_test.ts",
  },
  kubectl: { script: PARSE_CALL, why: "there is no cluster", heldBy: "tests/guard/units_test.ts" },
  journalctl: { script: "exit 0\n", why: NO_SUCH_SERVICE, heldBy: null },
  jq: {
    script: READ_ALL,
    why: "not every machine has it; the lines that it reads are held by themselves",
    heldBy: "tests/output/json_contract_test.ts",
  },
  "mail-the-operator": { script: READ_ALL, why: "it stands for what the reader has", heldBy: null },
  python3: {
    // What fills in vectors needs a model, and what loads an export another database, which
    // tests/export/loaders_test.ts has; everything else that pages run needs the engine.
    script: `case "$1" in
  load_*.py) exec test -f "$VECFSCK_REPOSITORY/docs/export/$1" ;;
  fill.py) exec deno run --quiet --no-lock "$VECFSCK_FILL" ;;
esac
if [ -n "\${VECFSCK_PYTHON:-}" ]; then exec "$VECFSCK_PYTHON" "$@"; fi
exit 0
`,
    why: "the engine of Chroma and a model are not on every machine that tests; with " +
      "VECFSCK_ENGINES the engine is",
    heldBy: "tests/guard/probe_engine_test.ts",
  },
  rclone: { script: READ_ALL, why: "there is no remote place", heldBy: null },
  restic: { script: READ_ALL, why: "there is no repository of restic", heldBy: null },
  ssh: { script: READ_ALL, why: "there is no other machine", heldBy: null },
  "start-the-server": {
    script: "exit 0\n",
    why: "it stands for what the reader has",
    heldBy: null,
  },
  sudo: { script: 'exec "$@"\n', why: "a test has the rights that it has", heldBy: null },
  systemctl: { script: "exit 0\n", why: NO_SUCH_SERVICE, heldBy: "tests/guard/units_test.ts" },
  "systemd-escape": {
    script: 'shift\nprintf "%s\\n" "$1" | sed "s,^/,,; s,/,-,g"\n',
    why: "it is on machines with systemd alone",
    heldBy: "tests/guard/units_test.ts",
  },
};

/** Hands a call over to `serve_vecfsck.ts`, and prints what comes back. */
export const VECFSCK_SCRIPT = `#!/bin/bash
if [ -n "\${VECFSCK_GRANT:-}" ]; then
  exec deno run --allow-read --allow-write cli.ts "$@"
fi
call=$(mktemp -d "$VECFSCK_CALLS/XXXXXX") && mkfifo "$call/answer" || exit 125
for word; do printf '%s\\0' "$word"; done > "$call/args"
printf %s "$PWD" > "$call/directory"
printf %s "\${VECFSCK_TIME:-}" > "$call/time"
printf '%s\\n' "$call" > "$VECFSCK_CALLS/requests"
while read -r stream file; do
  if [ "$stream" = exit ]; then code=$file; else cat "$file" >&"$stream"; fi
done < "$call/answer"
exit "\${code:-125}"
`;

/** The same for a call that is only to be understood. */
export const PARSE_SCRIPT = `#!/bin/bash
VECFSCK_TIME=parse exec vecfsck "$@"
`;

/**
 * Stands for `deno`: `task vecfsck` goes to the process that stands for the program; `run` is run as
 * it stands there, with the permissions that the page is granted, unless it asks JSR for the program,
 * and then the call is parsed; of other tasks it is only looked whether there is one of that name.
 */
export const DENO_SCRIPT = `#!/bin/bash
case "$1 $2" in
  "task vecfsck") exec vecfsck "\${@:3}" ;;
  "task "*) exec grep -q "^    \\"$2\\": " "$VECFSCK_REPOSITORY/deno.json" ;;
  "compile "* | "fmt "* | "lint "* | "check "* | "doc "* | "publish "* | "install "* | "add "*) exit 0 ;;
  "run "*)
    words=()
    while [ $# -gt 0 ]; do
      word=$1
      shift
      case $word in
        jsr:@vecfsck/vecfsck/cli) exec vecfsck_parse "$@" ;;
        cli.ts) word=$VECFSCK_REPOSITORY/cli.ts ;;
        scripts/* | tests/*) word=$VECFSCK_REPOSITORY/$word ;;
      esac
      words+=("$word")
    done
    exec "$VECFSCK_DENO" "\${words[0]}" --quiet --no-prompt --frozen --config "$VECFSCK_REPOSITORY/deno.json" $VECFSCK_GRANT "\${words[@]:1}"
    ;;
esac
echo "deno $*: the tests of documents do not know this call" >&2
exit 125
`;

/** Stands for `npx`: Deno by it is Deno; vecfsck by it is only parsed. */
export const NPX_SCRIPT = `#!/bin/bash
while [ "\${1#-}" != "$1" ]; do shift; done
case $1 in
  deno@*) exec deno "\${@:2}" ;;
  @vecfsck/vecfsck* | vecfsck*) exec vecfsck_parse "\${@:2}" ;;
esac
echo "npx $*: the tests of documents do not know this call" >&2
exit 125
`;
