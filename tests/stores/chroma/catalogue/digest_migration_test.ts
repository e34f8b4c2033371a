import { assertEquals, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { digestMigration } from "../../../../lib/stores/chroma/catalogue/digest_migration.ts";
import { MIGRATION_TEXTS } from "../../../../lib/stores/chroma/catalogue/migration_texts.ts";

const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

Deno.test("digestMigration() gives MD5 of known texts and of all others", () => {
  const encoder = new TextEncoder();
  for (const { sql } of MIGRATION_TEXTS) {
    for (const text of [sql, `\ufeff${sql}`, `${sql} `, sql.slice(1)]) {
      assertEquals(digestMigration(encoder.encode(text)), md5(encoder.encode(text)));
    }
  }
});

Deno.test("digestMigration() takes bytes that are no text for what they are", () => {
  const bytes = new TextEncoder().encode(MIGRATION_TEXTS[0]?.sql);
  bytes[0] = 0xff;
  assertEquals(digestMigration(bytes), md5(bytes));
  assertNotEquals(digestMigration(bytes), digestMigration(Uint8Array.of(0xfe)));
  assertEquals(digestMigration(new Uint8Array()), md5(new Uint8Array()));
});
