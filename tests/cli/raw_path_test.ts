import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError, toOperationError } from "../../lib/base/errors.ts";
import { explainLostName, parseQuotedPath, readRawPaths } from "../../lib/cli/raw_path.ts";
import { scratchDirectory } from "../support/fixtures.ts";

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];

Deno.test("parseQuotedPath() reads bytes, escapes and plain text", () => {
  assertEquals([...parseQuotedPath("/srv/caf\\xE9")], [...bytesOf("/srv/caf"), 0xe9]);
  assertEquals([...parseQuotedPath('q\\"\\\\ \\n\\t\\r\\0\\u{1b}')], bytesOf('q"\\ \n\t\r\0\x1b'));
  assertEquals([...parseQuotedPath("é漢\\u{301}👍\\xC3")], [...bytesOf("é漢\u0301👍"), 0xc3]);
  assertEquals([...parseQuotedPath("xE9\\\\xE9")], bytesOf("xE9\\xE9"));
  assertEquals([...parseQuotedPath("")], []);
});

Deno.test({
  name: "readRawPaths() gives the bytes of a store that is reached by a link",
  // Other systems keep no such names.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const directory = await scratchDirectory();
    const script = 'd="$(printf \'caf\\351 "x"\')"; mkdir "$d" && ln -s "$d" plain';
    const { success } = await new Deno.Command("sh", { args: ["-c", script], cwd: directory })
      .output();
    assertEquals(success, true);
    const { storeBase64 } = readRawPaths(join(directory, "plain"));
    const bytes = [...Uint8Array.fromBase64(storeBase64 ?? "")];
    const expected = [
      ...bytesOf(`${await Deno.realPath(directory)}/caf`),
      0xe9,
      ...bytesOf(' "x"'),
    ];
    assertEquals(bytes, expected);
  },
});

Deno.test("readRawPaths() gives nothing where the text is enough, or nothing is there", async () => {
  assertEquals(readRawPaths(await scratchDirectory()), {});
  assertEquals(readRawPaths("/no/such/store"), {});
});

Deno.test("explainLostName() says what to do when bytes of the name were lost", () => {
  const path = "caf\ufffd";
  const lost = new OperationError("not-found", `No such file: ${path}`, { path, hint: "Look." });
  const explained = explainLostName(lost);
  assertEquals([explained.code, explained.message, explained.path], [
    "not-found",
    lost.message,
    path,
  ]);
  assertStringIncludes(explained.hint ?? "", "not UTF-8");
  const message = 'File name or path "/caf\\xE9" is not valid UTF-8';
  const refused = toOperationError(new Deno.errors.InvalidData(message), "link");
  assertStringIncludes(explainLostName(refused).hint ?? "", "not UTF-8");
});

Deno.test("explainLostName() leaves every other error as it is", () => {
  for (
    const error of [
      new OperationError("not-found", "No such file: cafe", { hint: "Look." }),
      new OperationError("read-failed", "Cannot read caf\ufffd", { hint: "Look." }),
      toOperationError(new Deno.errors.InvalidData("stream did not contain valid UTF-8"), "x"),
    ]
  ) {
    assertEquals(explainLostName(error), error);
  }
});
