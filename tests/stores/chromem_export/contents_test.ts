import { assertEquals, assertRejects } from "@std/assert";
import { OperationError } from "../../../lib/base/errors.ts";
import { readStoreContents } from "../../../lib/engine/contents.ts";
import { chromemExport, chromemFacts, chromemStore } from "../../support/chromem_stores.ts";
import { findText, flip } from "./export_bytes.ts";

const KEY = new TextEncoder().encode((await chromemFacts()).key);

Deno.test("readStoreContents() finds in every export what the database holds", async () => {
  const expected = await readStoreContents(await chromemStore("plain"));
  assertEquals(expected.length, 5);
  assertEquals(await readStoreContents(await chromemStore("gzip")), expected);
  for (const name of ["export.gob", "export.gob.gz"] as const) {
    assertEquals(await readStoreContents(await chromemExport(name)), expected);
    const encrypted = await chromemExport(`${name}.enc`);
    assertEquals(await readStoreContents(encrypted, { key: KEY }), expected);
  }
});

Deno.test("readStoreContents() tells an export in which one number of an embedding differs", async () => {
  const path = await chromemExport("export.gob");
  const expected = await readStoreContents(path);
  const bytes = await Deno.readFile(path);
  // The sign of the last number, before the tag and the length of the text.
  await Deno.writeFile(path, flip(bytes, findText(bytes, "document 0 of sessions") - 3, 7));
  const changed = await readStoreContents(path);
  const differing = changed.filter(({ hash }, index) => hash !== expected[index]?.hash);
  assertEquals(differing.length, 1);
});

Deno.test("readStoreContents() refuses an export with another key", async () => {
  const path = await chromemExport("export.gob.enc");
  const key = KEY.toReversed();
  const error = await assertRejects(() => readStoreContents(path, { key }), OperationError);
  assertEquals(error.code, "read-failed");
});
