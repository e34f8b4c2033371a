import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { askWith } from "../../lib/cli/engine_command.ts";
import type { Program } from "../../lib/isolation/program.ts";
import { scratchDirectory } from "../support/fixtures.ts";

const PROGRAM = fromFileUrl(new URL("open_or_not.ts", import.meta.url));
const LONG_MS = 50_000;

function programThat(behaviour: string): Program {
  const args = ["run", "--quiet", "--no-check", "--allow-read", PROGRAM, behaviour];
  return { program: Deno.execPath(), args };
}

Deno.test("askWith() agrees when the program ends with 0, and gives it the directory", async () => {
  const ask = askWith(programThat("agrees"), LONG_MS);
  const directory = await scratchDirectory();
  assertEquals(await ask(directory, undefined), { agrees: true, says: null });
  assertEquals((await ask(`${directory}/none`, undefined)).agrees, false);
});

Deno.test("askWith() puts the directory where {} stands, whatever characters it has", async () => {
  const directory = `${await scratchDirectory()}/$& of $1`;
  Deno.mkdirSync(directory);
  const program = { program: "test", args: ["-d", "{}", "-a", "x{}", "=", `x${directory}`] };
  assertEquals(await askWith(program, LONG_MS)(directory, undefined), { agrees: true, says: null });
});

Deno.test("askWith() quotes the last line that is not empty, and nothing that moves a terminal", async () => {
  const answer = await askWith(programThat("refuses"), LONG_MS)("/", undefined);
  assertEquals(answer.agrees, false);
  assertEquals(answer.says?.startsWith("exit code 7: No such "), true, answer.says ?? "");
  assert(!answer.says?.includes("\x1b"));
});

Deno.test({
  name: "askWith() names the signal that has killed the program",
  ignore: Deno.build.os === "windows",
  async fn() {
    const program = { program: "sh", args: ["-c", "kill -SEGV $$"] };
    const answer = await askWith(program, LONG_MS)("/", undefined);
    assertEquals(answer, { agrees: false, says: "killed by SIGSEGV" });
  },
});

Deno.test("askWith() ends a program that hangs, and says so", async () => {
  const answer = await askWith(programThat("hangs"), 500)("/", undefined);
  assertEquals(answer, { agrees: false, says: "it did not end within 0.50 s" });
});

Deno.test("askWith() keeps no more than the end of what a program writes", async () => {
  const { says } = await askWith(programThat("chatters"), LONG_MS)("/", undefined);
  assertEquals(says?.startsWith("exit code 1: line 19999 x"), true, says ?? "");
});

Deno.test({
  name: "askWith() does not wait for what a program has left running",
  ignore: Deno.build.os === "windows",
  async fn() {
    const program = { program: "sh", args: ["-c", "echo no >&2; sleep 20 & exit 3"] };
    const answer = await askWith(program, LONG_MS)("/", undefined);
    assertEquals(answer, { agrees: false, says: "exit code 3: no" });
  },
});

Deno.test("askWith() throws when the program cannot be started", async () => {
  const ask = askWith({ program: "/no/such/program", args: [] }, LONG_MS);
  await assertRejects(() => ask("/", undefined), OperationError, "cannot be started");
});

Deno.test("askWith() ends the program when the work is cancelled", async () => {
  const controller = new AbortController();
  const reason = new OperationError("cancelled", "Cancelled by Ctrl-C");
  const running = askWith(programThat("hangs"), LONG_MS)("/", controller.signal);
  const timer = setTimeout(() => controller.abort(reason), 300);
  assertEquals(await assertRejects(() => running), reason);
  clearTimeout(timer);
});
