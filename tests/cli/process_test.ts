import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { goldenStore, REPOSITORY, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { CLI_COMMAND, CLI_PERMISSIONS, runCli } from "../support/run_cli.ts";

/** Runs vecfsck in a pipeline of the shell; `{}` in the script stands for vecfsck. */
async function runShell(script: string): Promise<{ stdout: string; stderr: string }> {
  const command = [Deno.execPath(), ...CLI_COMMAND].map((part) => `'${part}'`).join(" ");
  const output = await new Deno.Command("sh", {
    args: ["-c", script.replaceAll("{}", command)],
    env: { NO_COLOR: "", FORCE_COLOR: "" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

Deno.test("vecfsck exits with the ORed codes of real stores", async () => {
  const clean = await goldenStore("chroma-1.5.9");
  const torn = await tornStore("chroma-1.5.9-1");
  const missing = join(clean, "no-such-store");
  assertEquals((await runCli(["check", clean])).code, 0);
  assertEquals((await runCli(["check", torn, clean])).code, 4);
  assertEquals((await runCli(["check", missing])).code, 8);
  const all = await runCli(["check", missing, torn, clean]);
  assertEquals(all.code, 12);
  assertStringIncludes(all.stdout, "3 stores: 1 unsafe, 1 clean, 1 not checked\n");
  assertStringIncludes(all.stderr, `NOT CHECKED  No such file or directory: ${missing}\n`);
  assertEquals((await runCli(["check"])).code, 16);
  assertEquals((await runCli([])).code, 16);
  assertEquals((await runCli(["--version"])).code, 0);
});

Deno.test("vecfsck prints no escape sequence where nobody looks, unless it is forced to", async () => {
  const store = await tornStore("chroma-0.5.23-1");
  const args = ["check", store, "/no/such/store"];
  const plain = await runCli(args);
  assert(!(plain.stdout + plain.stderr).includes("\x1b"));
  const forced = await runCli(args, { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
  assertStringIncludes(forced.stdout, "\x1b[1;31mUNSAFE  \x1b[0m");
  assertStringIncludes(forced.stderr, "\x1b[31mNOT CHECKED\x1b[0m");
});

Deno.test("vecfsck checks a store whatever its name looks like", async () => {
  const cwd = await scratchDirectory();
  const store = await goldenStore("chroma-0.5.23");
  for (const name of ["1", "true", "-q", "--json", "a b", "dé\u202e\x1b[31m"]) {
    await Deno.symlink(store, join(cwd, name));
    const { code, stdout, stderr } = await runCli(["check", "--no-color", "--", name], { cwd });
    assertEquals([code, stderr], [0, ""], name);
    assert(!stdout.includes("\u202e") && !stdout.includes("\x1b"), stdout);
  }
});

Deno.test("vecfsck --recursive finds every store below a directory", async () => {
  const directory = await scratchDirectory();
  await Deno.rename(await goldenStore("chroma-1.5.9"), join(directory, "b"));
  await Deno.mkdir(join(directory, "a", "deep"), { recursive: true });
  await Deno.rename(await tornStore("chroma-1.5.9-2"), join(directory, "a", "deep", "er"));
  const { code, jsonLines } = await runCli(["check", "--recursive", "--json", directory]);
  assertEquals(code, 4);
  const root = await Deno.realPath(directory);
  const summaries = jsonLines.filter(({ type }) => type === "summary");
  assertEquals(summaries.map(({ store, verdict }) => [store, verdict]), [
    [join(root, "a", "deep", "er"), "unsafe"],
    [join(root, "b"), "clean"],
  ]);
});

Deno.test("vecfsck says nothing when its reader has gone", async () => {
  const store = await tornStore("chroma-1.5.9-1");
  for (const args of [`check '${store}'`, `check --json '${store}'`, "help check"]) {
    const script = `{ {} ${args}; echo "exit $?" >&2; } | true`;
    const { stdout, stderr } = await runShell(script);
    assertEquals([stdout, stderr], ["", `exit ${args.startsWith("help") ? 0 : 4}\n`]);
  }
});

Deno.test({
  name: "vecfsck fails when its report cannot be written",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { stderr } = await runShell('{} help check >/dev/full; echo "exit $?" >&2');
    assertStringIncludes(stderr, "vecfsck: Standard output could not be written: No space left");
    assertStringIncludes(stderr, "exit 8\n");
  },
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`vecfsck ends on ${signal} with 32 and a last line that says so`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        ...CLI_PERMISSIONS,
        join(REPOSITORY, "tests", "cli", "endless_check.ts"),
        "check",
        "a-store",
      ],
      env: { NO_COLOR: "", FORCE_COLOR: "" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    // The first line stands before the check begins, and the handler is there before that.
    assertEquals((await reader.read()).value, "Checking a-store (full check)\n");
    child.kill(signal);
    assertEquals((await reader.read()).done, true);
    assertEquals((await child.status).code, 32);
    const name = signal === "SIGINT" ? "Ctrl-C (SIGINT)" : signal;
    assertEquals(await stderr, `vecfsck: Cancelled by ${name}; nothing was changed\n`);
  });
}
