import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { aheadClock, backUp, namesIn, tinyStore } from "../backup/backup_cases.ts";
import { FakeEnvironment } from "./fake_environment.ts";

async function run(
  args: readonly string[],
  answer: boolean | null = null,
): Promise<FakeEnvironment & { code: number }> {
  const environment = Object.assign(new FakeEnvironment(), { time: aheadClock(), answer });
  return Object.assign(environment, { code: await main(args, environment) });
}

/** A store with a backup, and a note that is not in it. */
async function changedStore(): Promise<{ store: string; note: string }> {
  const store = await tinyStore();
  await backUp(store);
  const note = join(store, "later.txt");
  await Deno.writeTextFile(note, "later");
  return { store, note };
}

function isThere(path: string): boolean {
  return namesIn(join(path, "..")).includes(path.split("/").at(-1) ?? "");
}

Deno.test("restore replaces the store after a yes and says how to bring back what stood there", async () => {
  const { store, note } = await changedStore();
  const { code, stdout, stderr, questions } = await run(["restore", store], true);
  assertEquals([code, stderr.text, questions], [0, "", [`Replace ${store}`]]);
  assertEquals(isThere(note), false);
  const [id] = namesIn(join(`${store}.vecfsck`, "quarantine"));
  assertStringIncludes(stdout.text, `vecfsck quarantine restore ${store} ${id}`);
  assertStringIncludes(stdout.text, "RESTORED");
  const back = await run(["quarantine", "restore", store, id ?? ""]);
  assertEquals(back.code, 0);
  assertEquals(isThere(note), true);
});

Deno.test("restore changes nothing after a no, or when nobody can be asked", async () => {
  const { store, note } = await changedStore();
  const refused = await run(["restore", store], false);
  assertEquals([refused.code, refused.stderr.lines], [32, ["Nothing was changed."]]);
  const unasked = await run(["restore", store], null);
  assertEquals(unasked.code, 16);
  assertStringIncludes(unasked.stderr.text, "--yes");
  assertEquals([isThere(note), isThere(`${store}.vecfsck`)], [true, false]);
});

Deno.test("restore --dry-run prints the plan and changes nothing", async () => {
  const { store, note } = await changedStore();
  const { code, stdout, questions } = await run(["restore", "-n", store]);
  assertEquals([code, questions, isThere(note)], [0, [], true]);
  assertStringIncludes(stdout.text, "from the backup");
  assertStringIncludes(stdout.text, "What stands there goes to quarantine");
  assertEquals(isThere(`${store}.vecfsck`), false);
});

Deno.test("restore --quiet is silent while all is well", async () => {
  const { store } = await changedStore();
  const { code, stdout, stderr } = await run(["restore", "-qy", store]);
  assertEquals([code, stdout.text, stderr.text], [0, "", ""]);
});

Deno.test("restore takes a span before now for --at", async () => {
  const store = await tinyStore();
  const hourMs = 3_600_000;
  const nowMs = aheadClock().getTime();
  for (const hours of [5, 3, 1]) {
    await backUp(store, { now: () => new Date(nowMs - hours * hourMs) });
  }
  const { jsonLines } = await run(["restore", "-n", "--json", store, "--at", "2h"]);
  const createdMs = Date.parse(String(jsonLines[0]?.createdAt));
  assert(Math.abs(createdMs - (nowMs - 3 * hourMs)) < 60_000);
});

Deno.test("restore refuses options that contradict each other, and places without backups", async () => {
  const { store } = await changedStore();
  const both = ["restore", store, "--at", "2h", "--from", "20270101T040000Z"];
  assertEquals((await run(both)).code, 16);
  const none = await run(["restore", "--yes", store, "--to", join(store, "..", "none")]);
  assertEquals(none.code, 8);
  assertStringIncludes(none.stderr.text, "There is no good backup");
  const json = await run(["restore", "--json", "--yes", store, "--at", "2000-01-01"]);
  assertEquals([json.code, json.jsonLines.map(({ type }) => type)], [8, ["error"]]);
});

Deno.test("restore ends without a change when it is cancelled before the swap", async () => {
  const { store, note } = await changedStore();
  const environment = Object.assign(new FakeEnvironment(), { time: aheadClock() });
  const running = main(["restore", "--yes", store], environment);
  await new Promise((resolve) => setTimeout(resolve, 0));
  environment.cancel("SIGINT");
  assertEquals(await running, 32);
  assertEquals([isThere(note), isThere(`${store}.vecfsck`)], [true, false]);
});
