import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import {
  type Contender,
  copyStore,
  measureDirectory,
  measureInTurn,
} from "../../scripts/bench/measure.ts";
import { medianOf, type Row } from "../../scripts/bench/results.ts";
import { scratchDirectory } from "../support/fixtures.ts";

/** A process that writes a letter behind those that are there, and ends as it is told to. */
function writer(name: string, log: string, code = 0): Contender {
  const script = `printf ${name} >> "$0"; echo "lost ${log}" >&2; exit ${code}`;
  return { name, command: "sh", args: ["-c", script, log] };
}

const IS_WINDOWS = Deno.build.os === "windows";

Deno.test({
  name: "measureInTurn() runs contenders in turn, and does not count the first runs",
  ignore: IS_WINDOWS,
  fn: async () => {
    const log = join(await scratchDirectory(), "log");
    const rows = await measureInTurn(
      [writer("a", log), writer("b", log, 4)],
      { counted: 2, warmUps: 1 },
      (words) => words.join(" ").replaceAll(log, "LOG"),
    );
    assertEquals(await Deno.readTextFile(log), "ababab");
    assertEquals(rows.map(({ name, wallMs, missing }) => [name, wallMs.length, missing]), [
      ["a", 2, null],
      ["b", 2, null],
    ]);
    assertStringIncludes(rows[0]?.command ?? "", "LOG");
  },
});

Deno.test({
  name: "measureInTurn() tells what failed and what is not there, and measures the others",
  ignore: IS_WINDOWS,
  fn: async () => {
    const log = join(await scratchDirectory(), "log");
    const rows = await measureInTurn(
      [writer("a", log, 8), { name: "peer", missing: "no peer" }, writer("b", log)],
      { counted: 2, warmUps: 0 },
      (words) => words.join(" ").replaceAll(log, "LOG"),
    );
    assertEquals(await Deno.readTextFile(log), "abb");
    assertEquals(rows.map(({ wallMs, missing }) => [wallMs.length, missing]), [
      [0, "it ended with exit code 8: lost LOG"],
      [0, "no peer"],
      [2, null],
    ]);
  },
});

Deno.test("copyStore() copies what measureDirectory() counts", async () => {
  const root = await scratchDirectory();
  await Deno.mkdir(join(root, "from", "deep"), { recursive: true });
  await Deno.writeTextFile(join(root, "from", "a"), "one");
  await Deno.writeTextFile(join(root, "from", "deep", "b"), "three");
  await copyStore(join(root, "from"), join(root, "to"));
  assertEquals(await measureDirectory(join(root, "to")), { files: 2, sizeBytes: 8 });
});

Deno.test("medianOf() is the middle one, or between the two in the middle", () => {
  const row = (...wallMs: number[]): Row => ({
    name: "",
    command: null,
    wallMs,
    peakBytes: null,
    missing: null,
    more: {},
  });
  assertEquals(medianOf(row(3, 1, 10)), 3);
  assertEquals(medianOf(row(4, 1, 2, 10)), 3);
  assertEquals(medianOf(row()), null);
});
