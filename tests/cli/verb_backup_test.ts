import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { listBackups } from "../../lib/backup/catalogue.ts";
import { main } from "../../lib/cli/main.ts";
import { aheadClock, assertWhole, namesIn, tinyStore } from "../backup/backup_cases.ts";
import { goldenStore, REPOSITORY, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { CLI_COMMAND, runCli } from "../support/run_cli.ts";
import { FakeEnvironment } from "./fake_environment.ts";

/** What of the world a test sets before a call. */
type World = Partial<Pick<FakeEnvironment, "answer" | "time" | "fs">>;

async function run(
  args: readonly string[],
  world: World = {},
): Promise<FakeEnvironment & { code: number }> {
  const environment = Object.assign(new FakeEnvironment(), { time: aheadClock(), ...world });
  return Object.assign(environment, { code: await main(args, environment) });
}

function idsOf(store: string): string[] {
  return listBackups(`${store}.backups`).backups.map(({ id }) => id);
}

/** Makes backups of a store on days that follow each other. */
async function backUpDaily(store: string, days: number): Promise<string[]> {
  for (let day = 1; day <= days; day++) {
    const time = new Date(Date.UTC(2027, 0, day, 4));
    const { code } = await run(["backup", store, "--keep-last", "100"], { time });
    assertEquals(code, 0);
  }
  return idsOf(store);
}

Deno.test("backup makes a backup beside the store and says where", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { code, stdout, stderr } = await run(["backup", store]);
  assertEquals([code, stderr.text], [0, ""]);
  const [id = ""] = idsOf(store);
  const directory = join(`${store}.backups`, id);
  assertEquals(stdout.lines[0], `Backing up ${store}`);
  assertEquals(stdout.lines.at(-1), `BACKED UP  ${directory} (full check: clean)`);
  assertStringIncludes(stdout.text, "5 collections, 634 records");
  await assertWhole(directory);
});

Deno.test("backup is silent with --quiet while all is well", async () => {
  const store = await tinyStore();
  const { code, stdout, stderr } = await run(["backup", "-q", store, "--verify"]);
  assertEquals([code, stdout.text, stderr.text], [0, "", ""]);
  assertEquals(idsOf(store).length, 1);
});

Deno.test("backup prints a line for the backup and for what the rules say with --json", async () => {
  const store = await tinyStore();
  const { code, jsonLines } = await run(["backup", "--json", store]);
  assertEquals(code, 0);
  const made = jsonLines.find(({ type }) => type === "backup");
  assertEquals(made?.good, true);
  assertEquals(
    made?.sizeBytes,
    listBackups(`${store}.backups`).backups[0]?.manifest.files
      .reduce((sum, file) => sum + file.sizeBytes, 0),
  );
  assertEquals(jsonLines.filter(({ type }) => type === "backup-retention"), [{
    type: "backup-retention",
    schema: 1,
    backup: made?.id,
    reasons: ["daily backup", "newest good backup"],
    removed: false,
  }]);
});

Deno.test("backup keeps nothing of a damaged store, and with --force marks what it keeps", async () => {
  const store = await tornStore("chroma-1.5.9-1");
  const refused = await run(["backup", store]);
  assertEquals(refused.code, 4);
  assertStringIncludes(refused.stdout.text, `DAMAGED  ${store}: no backup was kept`);
  assertMatch(refused.stdout.text, /VF\d{4}/);
  assertEquals(namesIn(`${store}.backups`), []);
  const forced = await run(["backup", "-q", "--force", store]);
  assertEquals(forced.code, 4);
  assertStringIncludes(forced.stdout.text, "kept because of --force, and marked as not good");
  assertEquals(idsOf(store).length, 1);
  const json = await run(["backup", "--json", store]);
  assertEquals(json.code, 4);
  assert(json.jsonLines.some(({ type, store: name }) => type === "finding" && name === store));
});

Deno.test("backup keeps seven days by default and says what it removed", async () => {
  const store = await tinyStore();
  const ids = await backUpDaily(store, 9);
  const { code, stdout } = await run(["backup", store], { time: new Date("2027-01-10T04:00:00Z") });
  assertEquals(code, 0);
  assertEquals(idsOf(store), [...ids.slice(3), "20270110T040000Z"]);
  assertStringIncludes(stdout.text, "Removed 3 old backups: 20270101T040000Z, 20270102T040000Z,");
});

Deno.test("backup refuses rules that keep nothing before it does anything", async () => {
  const store = await tinyStore();
  const { code, stderr } = await run(["backup", store, "--keep-last", "0"]);
  assertEquals(code, 16);
  assertStringIncludes(stderr.text, "would remove every backup");
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("backup reports what failed with its code, also as JSON", async () => {
  const missing = join(await scratchDirectory(), "missing");
  const { code, stderr, jsonLines } = await run(["backup", "--json", missing]);
  assertEquals(code, 8);
  assertStringIncludes(stderr.text, "vecfsck: No such file or directory");
  assertEquals(jsonLines.at(-1)?.code, "not-found");
  assertEquals(jsonLines.at(-1)?.store, missing);
});

Deno.test("backup list shows a table, the oldest first", async () => {
  const store = await tinyStore();
  const [first = "", second = ""] = await backUpDaily(store, 2);
  await run(["backup", "verify", store, first]);
  const { code, stdout } = await run(["backup", "list", store], {
    time: new Date("2027-01-02T06:30:00Z"),
  });
  assertEquals(code, 0);
  const [header = "", ...rows] = stdout.lines;
  assertMatch(header, /^BACKUP +AGE +SIZE +SHARED +RECORDS +STATE$/);
  assertEquals(rows.map((row) => row.split(/ {2,}/)), [
    [first, "26 h", "188 kB", "0 B", "0", "verified"],
    [second, "2 h", "188 kB", "188 kB", "0", "good"],
  ]);
});

Deno.test("backup list says that there is nothing, and names what is no backup", async () => {
  const store = await tinyStore();
  const empty = await run(["backup", "list", store]);
  assertEquals([empty.code, empty.stdout.text], [0, `No backups in ${store}.backups\n`]);
  Deno.mkdirSync(join(`${store}.backups`, "20260101T000000Z"), { recursive: true });
  const broken = await run(["backup", "list", store]);
  assertStringIncludes(broken.stderr.text, "NO BACKUP");
  const json = await run(["backup", "list", "--json", store]);
  assertEquals(json.jsonLines.map(({ type }) => type), ["backup-incomplete"]);
});

Deno.test("backup list tells the stores apart that share a directory", async () => {
  const to = join(await scratchDirectory(), "shared");
  const [one, two] = [await tinyStore(), await tinyStore()];
  for (const store of [one, two]) await run(["backup", store, "--to", to, "-q"]);
  const own = await run(["backup", "list", one, "--to", to]);
  assertEquals(own.stdout.lines.length, 2);
  assertStringIncludes(own.stderr.text, "1 backup of other stores");
  const all = await run(["backup", "list", "--to", to]);
  assertEquals(all.stdout.lines.length, 3);
  for (const store of [one, two]) assertStringIncludes(all.stdout.text, store);
  const pruned = await run(["backup", "prune", one, "--to", to, "--keep-last", "1", "-y"]);
  assertEquals(pruned.code, 0);
  assertEquals(listBackups(to).backups.length, 2);
  assertEquals((await run(["backup", "list"])).code, 16);
});

Deno.test("backup show names collections and files, of the newest backup by default", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await run(["backup", "-q", store]);
  const { code, stdout } = await run(["backup", "show", store]);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, `Backup ${idsOf(store)[0]} (good)`);
  assertStringIncludes(stdout.text, 'Collection "notes"');
  assertStringIncludes(stdout.text, "chroma.sqlite3");
  const json = await run(["backup", "show", "--json", store, idsOf(store)[0] ?? ""]);
  const types = json.jsonLines.map(({ type }) => type);
  assertEquals(types.filter((type) => type === "backup-collection").length, 5);
  assertEquals(types.filter((type) => type === "backup-file").length, 25);
  assertEquals((await run(["backup", "show", store, "20200101T000000Z"])).code, 8);
});

Deno.test("backup verify names what is wrong and exits with 4", async () => {
  const store = await tinyStore();
  const [first = "", second = ""] = await backUpDaily(store, 2);
  const whole = await run(["backup", "verify", store]);
  assertEquals([whole.code, whole.stdout.lines], [0, [`WHOLE    ${first}`, `WHOLE    ${second}`]]);
  Deno.removeSync(join(`${store}.backups`, second, "files", "two.txt"));
  Deno.removeSync(join(`${store}.backups`, first, "manifest.json"));
  const damaged = await run(["backup", "verify", "-q", store]);
  assertEquals(damaged.code, 4);
  assertStringIncludes(damaged.stdout.text, `DAMAGED  ${second}: 1 problem\n`);
  assertStringIncludes(damaged.stdout.text, "files/two.txt: It is missing");
  assertStringIncludes(damaged.stdout.text, `DAMAGED  ${first}: 1 problem`);
  const named = await run(["backup", "verify", "--json", store, first]);
  assertEquals(named.code, 4);
  assertEquals(named.jsonLines.map(({ good }) => good), [false]);
  assertEquals((await run(["backup", "verify", await tinyStore()])).code, 8);
});

Deno.test("backup verify --full checks the store in the backup", async () => {
  const store = await goldenStore("chroma-0.5.23");
  await run(["backup", "-q", store]);
  const { code, stdout } = await run(["backup", "verify", "--full", store]);
  assertEquals([code, stdout.lines], [0, [`WHOLE    ${idsOf(store)[0]}`]]);
  const list = await run(["backup", "list", store]);
  assertStringIncludes(list.stdout.text, "verified in full");
});

Deno.test("backup prune shows its plan and does nothing with --dry-run", async () => {
  const store = await tinyStore();
  const ids = await backUpDaily(store, 3);
  const { code, stdout, questions } = await run([
    "backup",
    "prune",
    "-n",
    store,
    "--keep-last",
    "1",
  ]);
  assertEquals([code, questions], [0, []]);
  assertStringIncludes(stdout.text, `  remove  ${ids[0]}\n`);
  assertStringIncludes(stdout.text, `  keep    ${ids[2]}  last backup, newest good backup\n`);
  assertStringIncludes(stdout.text, "2 backups to remove, 1 to keep");
  assertEquals(idsOf(store), ids);
});

Deno.test("backup prune asks, and takes only a yes for one", async () => {
  const store = await tinyStore();
  const ids = await backUpDaily(store, 2);
  const call = ["backup", "prune", store, "--keep-last", "1"];
  assertEquals((await run(call, { answer: false })).code, 0);
  const unasked = await run(call, { answer: null });
  assertEquals(unasked.code, 16);
  assertStringIncludes(unasked.stderr.text, "--yes");
  assertEquals(idsOf(store), ids);
  const agreed = await run(call, { answer: true });
  assertEquals([agreed.code, agreed.questions], [0, ["Remove 1 backup for good"]]);
  assertEquals(idsOf(store), ids.slice(1));
});

Deno.test("backup prune removes everything only with the option that says so", async () => {
  const store = await tinyStore();
  const ids = await backUpDaily(store, 2);
  assertEquals((await run(["backup", "prune", "-y", store, "--keep-last", "0"])).code, 16);
  assertEquals(idsOf(store), ids);
  const call = ["backup", "prune", "-y", store, "--keep-last", "0", "--unsafe-allow-remove-all"];
  const { code, jsonLines } = await run([...call, "--json"]);
  assertEquals([code, jsonLines.map(({ removed }) => removed)], [0, [true, true]]);
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("backup --tar - writes an archive and nothing else to standard output", async () => {
  const store = await tinyStore();
  const { code, stdout, stderr } = await run(["backup", store, "--tar", "-"]);
  assertEquals([code, stdout.text], [0, ""]);
  assertStringIncludes(stderr.text, "Backing up");
  const bytes = new Uint8Array(await new Blob(stdout.bytes as BlobPart[]).arrayBuffer());
  assertEquals(new TextDecoder().decode(bytes.subarray(257, 262)), "ustar");
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("backup --tar - with --to keeps the backup, and --from makes none", async () => {
  const store = await tinyStore();
  const to = join(await scratchDirectory(), "kept");
  const made = await run(["backup", "-q", store, "--to", to, "--tar", "-"]);
  assertEquals(made.code, 0);
  const [backup] = listBackups(to).backups;
  const from = ["backup", store, "--to", to, "--tar", "-", "--from", backup?.id ?? ""];
  const streamed = await run(from);
  assertEquals(streamed.code, 0);
  assertEquals(streamed.stdout.bytes, made.stdout.bytes);
  assertEquals(listBackups(to).backups.length, 1);
});

Deno.test("backup --tar is refused where it makes no sense", async () => {
  const store = await tinyStore();
  assertEquals((await run(["backup", store, "--tar", "file.tar"])).code, 16);
  assertEquals((await run(["backup", store, "--tar", "-", "--json"])).code, 16);
  assertEquals((await run(["backup", store, "--from", "20260101T000000Z"])).code, 16);
  const environment = new FakeEnvironment();
  environment.stdout.isTerminal = true;
  assertEquals(await main(["backup", store, "--tar", "-"], environment), 16);
  assertStringIncludes(environment.stderr.text, "not written to a terminal");
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("backup --tar - keeps nothing of a damaged store", async () => {
  const store = await tornStore("chroma-0.5.23-1");
  const { code, stdout, stderr } = await run(["backup", store, "--tar", "-"]);
  assertEquals([code, stdout.bytes.length], [4, 0]);
  assertStringIncludes(stderr.text, "no backup was kept");
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("backup --tar - ends with 8 when its reader goes away", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const child = new Deno.Command(Deno.execPath(), {
    args: [...CLI_COMMAND, "backup", store, "--tar", "-"],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const stderr = await new Response(child.stderr).text();
  assertEquals((await child.status).code, 8);
  assertStringIncludes(stderr, "could not be written whole");
  assertEquals(namesIn(join(store, "..")), ["store"]);
});

Deno.test("backup works under the two permissions alone", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const made = await runCli(["backup", store, "--verify"]);
  assertEquals([made.code, made.stderr], [0, ""]);
  const verified = await runCli(["backup", "verify", "--full", store]);
  assertEquals([verified.code, verified.stderr], [0, ""]);
});
