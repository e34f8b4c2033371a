import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { escapeRoff } from "../../lib/cli/man_page.ts";
import { COMMON_OPTIONS, VERBS } from "../../lib/cli/verbs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { hasProgram, runProgram } from "./completions/shells.ts";
import { runMain } from "./run_main.ts";

async function writePage(): Promise<string> {
  const path = join(await scratchDirectory(), "vecfsck.1");
  await Deno.writeTextFile(path, (await runMain(["help", "--man"])).stdout.text);
  return path;
}

Deno.test("help --man prints a page with every verb, option and example", async () => {
  const { code, stdout, stderr } = await runMain(["help", "--man"]);
  assertEquals([code, stderr.text], [0, ""]);
  assertEquals(stdout.lines[1]?.startsWith(".TH VECFSCK 1 "), true);
  for (const { name, options, examples } of VERBS) {
    assertStringIncludes(stdout.text, `.SS "vecfsck ${name}"\n`);
    for (const option of [...options, ...COMMON_OPTIONS]) {
      assertStringIncludes(stdout.text, escapeRoff(`--${option.name}`));
    }
    for (const { command } of examples) assertStringIncludes(stdout.text, escapeRoff(command));
  }
  const requests = new Set(
    stdout.lines.filter((line) => /^[.']/.test(line))
      .map((line) => line.split(" ")[0]),
  );
  assertEquals([...requests].sort(), [
    ".B",
    ".BR",
    ".I",
    ".PP",
    ".SH",
    ".SS",
    ".TH",
    ".TP",
    '.\\"',
  ]);
});

Deno.test("help --man takes no verb, and gives JSON when it is asked for", async () => {
  const wrong = await runMain(["help", "--man", "check"]);
  assertEquals([wrong.code, wrong.stdout.text], [16, ""]);
  assertStringIncludes(wrong.stderr.text, "--man takes no VERB");
  const { jsonLines: [line] } = await runMain(["help", "--man", "--json"]);
  assertEquals([line?.type, line?.verb], ["help", null]);
  assertStringIncludes(String(line?.text), ".TH VECFSCK 1 ");
});

Deno.test("escapeRoff() keeps every character what it is", () => {
  assertEquals(
    escapeRoff("--a 'b' \"c\" `d` ~/e^f \\n"),
    "\\-\\-a \\(aqb\\(aq \\(dqc\\(dq \\(gad\\(ga \\(ti/e\\(haf \\en",
  );
  assertEquals(escapeRoff("é\u{1f600}\n"), "\\[u00E9]\\[u1F600]\\[u000A]");
});

Deno.test({
  name: "help --man prints a page that mandoc has nothing against",
  ignore: !hasProgram("mandoc"),
  async fn() {
    const { stdout } = await new Deno.Command("mandoc", {
      args: ["-Tlint", "-W", "warning", await writePage()],
    }).output();
    const complaints = new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
    // A date would be another one with each build.
    assertEquals(complaints.filter((line) => !line.includes("missing date")), []);
  },
});

Deno.test({
  name: "help --man prints a page that groff has nothing against",
  ignore: !hasProgram("groff"),
  async fn() {
    const text = await runProgram("groff", [
      "-man",
      "-ww",
      "-Tascii",
      "-P-cbou",
      await writePage(),
    ]);
    assert(text.includes("vecfsck guard --journal --wait 30s --on-damage repair /srv/chroma"));
    assert(text.includes('vecfsck guard --probe "python3 probe_chroma.py {store}" /srv/chroma'));
  },
});
