import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { readKeyFile } from "../../lib/cli/key_file.ts";
import { scratchDirectory } from "../support/fixtures.ts";

const TEXT = "0123456789abcdef0123456789abcdef";
const KEY = new TextEncoder().encode(TEXT);

async function keyFile(content: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(await scratchDirectory(), "key");
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(path, bytes, { mode });
  return path;
}

Deno.test("readKeyFile() takes 32 bytes, behind which a line may end", async () => {
  for (const content of [TEXT, `${TEXT}\n`, `${TEXT}\r\n`]) {
    assertEquals(readKeyFile(await keyFile(content)), { key: KEY, notices: [] });
  }
  const binary = Uint8Array.from(KEY, (_, index) => 0xff - 8 * index);
  assertEquals(readKeyFile(await keyFile(binary)).key, binary);
});

Deno.test("readKeyFile() refuses every other length and says what is expected", async () => {
  const contents = ["", TEXT.slice(1), `${TEXT}x`, `${TEXT}\n\n`, `${TEXT}${TEXT}`];
  for (const content of contents) {
    const path = await keyFile(content);
    const error = assertThrows(() => readKeyFile(path), OperationError);
    assertEquals(error.code, "read-failed");
    assertStringIncludes(error.message, "Not a key of 32 bytes");
    assertStringIncludes(error.hint ?? "", "hexadecimal");
    assertEquals(error.message.includes("0123"), false, "a key was printed");
  }
});

Deno.test({
  name: "readKeyFile() says that everybody can read the key",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const path = await keyFile(TEXT, 0o644);
    const { notices } = readKeyFile(path);
    assertEquals(notices.length, 1);
    assertStringIncludes(notices[0] ?? "", `${path}: chmod 600`);
  },
});

Deno.test("readKeyFile() refuses a directory", async () => {
  const directory = await scratchDirectory();
  assertThrows(() => readKeyFile(directory), OperationError, "A directory and no file");
});
