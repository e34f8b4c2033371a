/**
 * The units, manifests and the entry point that docs/guard.md and docs/watch.md tell of.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { splitShellWords } from "../../lib/base/shell_words.ts";
import { parseCall } from "../../lib/cli/arguments.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { analyze, hasSystemdAnalyze } from "../support/systemd.ts";

const SYSTEMD = join(REPOSITORY, "docs", "systemd");
const DROP_IN = join(SYSTEMD, "chroma.service.d", "vecfsck-guard.conf");
const PROGRAM = "/usr/local/bin/vecfsck";
const INSTANCE = "@srv-chroma";

/** How exposed a unit may be at the most, in tenths: 1.0 of 10. */
const THRESHOLD = "10";

const templates = [...Deno.readDirSync(SYSTEMD)].map(({ name }) => name)
  .filter((name) => name.includes("@")).sort();

/** Puts the units where they can be judged, with a program that there is. */
async function installUnits(): Promise<string> {
  const directory = await scratchDirectory();
  const copy = (from: string, to: string): void => {
    const text = Deno.readTextFileSync(from);
    Deno.writeTextFileSync(join(directory, to), text.replaceAll(PROGRAM, "/bin/true"));
  };
  for (const name of templates) {
    copy(join(SYSTEMD, name), name);
    copy(join(SYSTEMD, name), name.replace("@", INSTANCE));
  }
  Deno.writeTextFileSync(
    join(directory, "chroma.service"),
    "[Unit]\nDescription=Chroma\n[Service]\nExecStart=/bin/true\n",
  );
  Deno.mkdirSync(join(directory, "chroma.service.d"));
  copy(DROP_IN, join("chroma.service.d", "vecfsck-guard.conf"));
  return directory;
}

/** The calls of vecfsck in a unit, as words. */
function callsOf(text: string): string[][] {
  return [...text.matchAll(/^Exec\w+=\/usr\/local\/bin\/vecfsck (.*)$/gm)]
    .map(([, command = ""]) => splitShellWords(command) ?? []);
}

Deno.test({
  name: "systemd-analyze verify accepts every unit and the drop-in",
  ignore: !await hasSystemdAnalyze(),
  async fn() {
    const directory = await installUnits();
    const units = [...templates.map((name) => name.replace("@", INSTANCE)), "chroma.service"];
    for (const unit of units) {
      const { code, text } = await analyze(["verify", "--man=no", `./${unit}`], directory);
      assertEquals([code, linesAbout(text, directory)], [0, []], unit);
    }
  },
});

/** What is said of these units, and not of others that the machine has. */
function linesAbout(text: string, directory: string): string[] {
  return text.split("\n").filter((line) => line.includes(directory) || /vecfsck|chroma/.test(line));
}

Deno.test({
  name: "systemd-analyze security finds every service well protected",
  ignore: !await hasSystemdAnalyze(),
  async fn() {
    const directory = await installUnits();
    const services = templates.filter((name) => name.endsWith(".service"));
    assertEquals(services.length, 6);
    for (const name of services) {
      const unit = `./${name.replace("@", INSTANCE)}`;
      const args = ["security", "--offline=true", `--threshold=${THRESHOLD}`, unit];
      const { code, text } = await analyze(args, directory);
      assertEquals(code, 0, text);
    }
  },
});

Deno.test("units call vecfsck with options that it has", () => {
  const units = [DROP_IN, ...templates.map((name) => join(SYSTEMD, name))];
  const calls = units.flatMap((path) => callsOf(Deno.readTextFileSync(path)));
  assertEquals(calls.length, 6);
  for (const call of calls) {
    const { kind } = parseCall(call);
    assertEquals(kind, "run", call.join(" "));
  }
});

Deno.test("units that guard end a loop of starts, tell of failures and ignore no exit code", () => {
  for (const path of [DROP_IN, join(SYSTEMD, "vecfsck-guard@.service")]) {
    const text = Deno.readTextFileSync(path);
    assertMatch(text, /^StartLimitIntervalSec=\d+min$/m, path);
    assertMatch(text, /^StartLimitBurst=\d+$/m, path);
    assertMatch(text, /^OnFailure=vecfsck-failed@%n\.service$/m, path);
    assertMatch(text, /^Exec\w+=\/usr\/local\/bin\/vecfsck guard --journal --wait /m, path);
    assertEquals(/^ExecCondition=|^Exec\w+=[-+]|^SuccessExitStatus=/m.test(text), false, path);
  }
});

Deno.test("the unit of a watch is started again when it fails, and only then", () => {
  const text = Deno.readTextFileSync(join(SYSTEMD, "vecfsck-watch@.service"));
  assertMatch(text, /^Type=exec$/m);
  assertMatch(text, /^ExecStart=\/usr\/local\/bin\/vecfsck watch --journal %f$/m);
  assertMatch(text, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  assertMatch(text, /^Restart=on-failure$/m);
  assertMatch(text, /^StartLimitBurst=\d+$/m);
  assertMatch(text, /^OnFailure=vecfsck-failed@%n\.service$/m);
  assertEquals(/^ProcSubset=|^SuccessExitStatus=/m.test(text), false);
});

Deno.test("docs/guard.md, docs/watch.md and docs/fleet.md name every unit, manifest and script that there is", () => {
  const pages = ["guard.md", "watch.md", "fleet.md"].map((name) =>
    Deno.readTextFileSync(join(REPOSITORY, "docs", name))
  );
  const page = pages.join("\n");
  for (const folder of ["systemd", "kubernetes", "containers"]) {
    for (const { name, isFile } of Deno.readDirSync(join(REPOSITORY, "docs", folder))) {
      if (isFile) assertStringIncludes(page, `](${folder}/${name})`);
    }
  }
  const links = [...page.matchAll(/\]\(((?:systemd|kubernetes|containers)[^)]*)\)/g)];
  assert(links.length >= 8);
  for (const [, path = ""] of links) Deno.statSync(join(REPOSITORY, "docs", path));
});
