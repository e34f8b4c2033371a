import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import type { OptionValues } from "../../lib/cli/option_values.ts";
import { parseOptions } from "../../lib/cli/options.ts";
import type { OptionSpecification } from "../../lib/cli/specification.ts";

const description = "Does something.";
const SPECIFICATIONS: readonly OptionSpecification[] = [
  { name: "yes", short: "y", type: "flag", description },
  { name: "older-than", type: "duration", valueName: "D", description },
  { name: "keep-within", type: "duration", valueName: "D", defaultValue: "2d", description },
  { name: "max-memory", type: "size", valueName: "SIZE", description },
  { name: "output", short: "o", type: "text", valueName: "FILE", description },
  { name: "segment", type: "text", valueName: "UUID", repeatable: true, description },
];

function parse(...args: string[]): { options: OptionValues; operands: readonly string[] } {
  return parseOptions(args, SPECIFICATIONS, null);
}

function refusalOf(...args: string[]): string {
  const error = assertThrows(() => parse(...args), OperationError);
  assertEquals(error.code, "usage");
  return error.message;
}

Deno.test("parseOptions() reads spans of time in milliseconds, and their default", () => {
  const { options, operands } = parse("--older-than", "30d", "a");
  assertEquals(options.duration("older-than"), 2_592_000_000);
  assertEquals(options.duration("keep-within"), 172_800_000);
  assertEquals(operands, ["a"]);
  assertEquals(parse("--keep-within=90s").options.duration("keep-within"), 90_000);
  assertEquals(parse("a").options.duration("older-than"), undefined);
});

Deno.test("parseOptions() refuses what is no span of time", () => {
  for (const text of ["30", "d", "1.5d", "forever", "1 d"]) {
    assertEquals(
      refusalOf("--older-than", text),
      `--older-than needs a span such as 90s, 10m, 2h, 30d or 4w, not "${text}"`,
    );
  }
  assertEquals(refusalOf("--older-than"), "--older-than needs a span of time");
  assertEquals(refusalOf("--older-than", "--yes"), "--older-than needs a span of time");
});

Deno.test("parseOptions() reads sizes in bytes, and refuses what is none", () => {
  assertEquals(parse("--max-memory", "2GiB", "a").options.size("max-memory"), 2 ** 31);
  assertEquals(parse("a").options.size("max-memory"), undefined);
  assertEquals(
    refusalOf("--max-memory", "much"),
    '--max-memory needs a size such as 800MB or 2GiB, not "much"',
  );
  assertEquals(refusalOf("--max-memory"), "--max-memory needs a size");
});

Deno.test("OptionValues.has() tells what was given, or has a default, from what is not", () => {
  const { options } = parse("--yes", "--output", "a");
  assertEquals(
    ["yes", "output", "keep-within", "segment", "no"].map((name) => options.has(name)),
    [true, true, true, false, false],
  );
});

Deno.test("parseOptions() reads a text whatever it looks like, a lone dash included", () => {
  for (const text of ["-", "true", "0x10", "a=b", "1", " ", "list", "é"]) {
    assertEquals(parse("--output", text, "a").options.text("output"), text);
    assertEquals(parse(`--output=${text}`, "a").options.text("output"), text);
    assertEquals(parse("-o", text, "a"), parse("--output", text, "a"));
    assertEquals(parse("-yo", text, "a").options.flag("yes"), true);
  }
  assertEquals(parse("--output=-x").options.text("output"), "-x");
  assertEquals(parse("a").options.text("output"), undefined);
  assertEquals(parse("a").options.texts("segment"), []);
});

Deno.test("parseOptions() misses the value of an option that needs one", () => {
  for (const args of [["--output"], ["--output="], ["--output", ""], ["--output", "--yes"]]) {
    assertEquals(refusalOf(...args), "--output needs a value", args.join(" "));
  }
  assertEquals(refusalOf("-o"), "--output needs a value");
  assertEquals(refusalOf("-oy", "file"), "--output needs a value");
  assertEquals(refusalOf("-ofile"), "--output needs a value");
});

Deno.test("parseOptions() gathers what can be given several times, and refuses the rest", () => {
  const { options } = parse("--segment", "a", "--segment=b", "--segment", "c");
  assertEquals(options.texts("segment"), ["a", "b", "c"]);
  assertEquals(refusalOf("-o", "a", "--output=b"), "--output can be given only once");
});
