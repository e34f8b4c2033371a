import { assertEquals } from "@std/assert";
import { wantsColour } from "../../lib/cli/colour.ts";
import { main } from "../../lib/cli/main.ts";
import { FakeEngine } from "./fake_engine.ts";
import { FakeEnvironment, FakeStream } from "./fake_environment.ts";

function decide(
  isTerminal: boolean,
  variables: Record<string, string>,
  noColour = false,
): boolean {
  const stream = Object.assign(new FakeStream(), { isTerminal });
  return wantsColour(stream, { variable: (name) => variables[name] }, noColour);
}

Deno.test("wantsColour() colours a terminal, and nothing else", () => {
  assertEquals(decide(true, {}), true);
  assertEquals(decide(true, { TERM: "xterm" }), true);
  assertEquals(decide(false, {}), false);
});

Deno.test("wantsColour() leaves colour out when it is unwanted", () => {
  assertEquals(decide(true, { NO_COLOR: "1" }), false);
  assertEquals(decide(true, { NO_COLOR: "0" }), false);
  assertEquals(decide(true, { NO_COLOR: "" }), true);
  assertEquals(decide(true, { TERM: "dumb" }), false);
  assertEquals(decide(true, {}, true), false);
});

Deno.test("wantsColour() lets FORCE_COLOR overrule everything else", () => {
  const everything = { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" };
  assertEquals(decide(false, everything, true), true);
  for (const value of ["", "0", "false"]) {
    assertEquals(decide(false, { FORCE_COLOR: value }), false);
    assertEquals(decide(true, { FORCE_COLOR: value }), true);
  }
});

Deno.test("main() decides on colour for each stream by itself", async () => {
  const environment = new FakeEnvironment(new FakeEngine({ "/clean": [], "/gone": new Error() }));
  environment.stderr.isTerminal = true;
  await main(["check", "/clean", "/gone"], environment);
  assertEquals(environment.stdout.text.includes("\x1b["), false);
  assertEquals(environment.stderr.text.includes("\x1b[31mNOT CHECKED\x1b[0m"), true);
});
