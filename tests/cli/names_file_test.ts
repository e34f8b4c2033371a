import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { readNames, readNamesFile } from "../../lib/cli/names_file.ts";
import { OptionValues } from "../../lib/cli/option_values.ts";
import { scratchDirectory } from "../support/fixtures.ts";

async function fileWith(content: string | Uint8Array): Promise<string> {
  const path = join(await scratchDirectory(), "names.txt");
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(path, bytes);
  return path;
}

Deno.test("readNamesFile() takes one name from each line, and empty lines for none", async () => {
  const path = await fileWith("memories\r\n\r\n  two  \n日本語 notes\n\nlast");
  assertEquals(readNamesFile(path), ["memories", "  two  ", "日本語 notes", "last"]);
});

Deno.test("readNamesFile() passes over the mark at the start of a file of Windows", async () => {
  assertEquals(readNamesFile(await fileWith("\ufeffmemories\r\n")), ["memories"]);
});

Deno.test("readNamesFile() finds no name in an empty file", async () => {
  assertEquals(readNamesFile(await fileWith("")), []);
});

Deno.test("readNamesFile() refuses what is no text", async () => {
  const contents = [
    Uint8Array.of(0x6d, 0x00, 0x65, 0x00),
    Uint8Array.of(0xff, 0xfe, 0x0a),
    Uint8Array.of(0x1f, 0x8b, 0x08, 0x41),
  ];
  for (const content of contents) {
    const path = await fileWith(content);
    const error = assertThrows(() => readNamesFile(path), OperationError);
    assertEquals([error.code, error.path], ["read-failed", path]);
    assertStringIncludes(error.message, "Not a text in UTF-8");
  }
});

Deno.test("readNamesFile() refuses a directory and a file that is not there", async () => {
  const directory = await scratchDirectory();
  const error = assertThrows(() => readNamesFile(directory), OperationError);
  assertEquals(error.message, `A directory and no file: ${directory}`);
  const missing = assertThrows(() => readNamesFile(join(directory, "none")), OperationError);
  assertEquals(missing.code, "not-found");
  assertStringIncludes(missing.hint ?? "", "--names");
});

Deno.test("readNamesFile() refuses more names than anybody has", async () => {
  const path = await fileWith("a\n".repeat(1_000_001));
  const error = assertThrows(() => readNamesFile(path), OperationError);
  assertEquals(error.message, `More than 1,000,000 names: ${path}`);
});

Deno.test("readNames() puts --name before --names, and no name twice", async () => {
  const names = await fileWith("two\nthree\none\n");
  const options = new OptionValues([], [["names", [names]], ["name", ["one", "two"]]]);
  assertEquals(readNames(options), ["one", "two", "three"]);
  assertEquals(readNames(new OptionValues([])), []);
});
