import { assertEquals } from "@std/assert";
import { decodeGobText } from "../../../lib/codec/gob/text.ts";
import { hashName } from "../../../lib/stores/chromem/name_hash.ts";
import { chromemFacts, chromemStore } from "../../support/chromem_stores.ts";

Deno.test("hashName() gives the names of the folders and files of a golden database", async () => {
  const path = await chromemStore("plain");
  const folders = new Map<string, string[]>();
  for (const { name, documents } of (await chromemFacts()).collections) {
    const files = documents.map(({ idBytes }) => {
      const bytes = Uint8Array.fromBase64(idBytes);
      return `${hashName(decodeGobText(bytes, 0, bytes.length))}.gob`;
    });
    folders.set(hashName(name), ["00000000.gob", ...files].sort());
  }
  const found = Array.from(
    Deno.readDirSync(path),
    ({ name }) =>
      [
        name,
        Array.from(Deno.readDirSync(`${path}/${name}`), (entry) => entry.name).sort(),
      ] as const,
  );
  assertEquals(new Map(found), folders);
});

Deno.test("hashName() hashes the bytes of a name that is no UTF-8", () => {
  const bytes = Uint8Array.of(0x66, 0xff, 0x6f);
  // sha256 of 66 ff 6f, as coreutils give it.
  assertEquals(hashName(decodeGobText(bytes, 0, 3)), "90bffc37");
});
