import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { KNOWN_MIGRATIONS } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import { MIGRATION_TEXTS } from "../../../../lib/stores/chroma/catalogue/migration_texts.ts";

Deno.test("every known migration has its text, which has the hashes that engines write", () => {
  const digest = (algorithm: string, text: string): string =>
    createHash(algorithm).update(text).digest("hex");
  assertEquals(
    MIGRATION_TEXTS.map(({ directory, version, sql }) => ({
      directory,
      version,
      md5: digest("md5", sql),
      sha256: digest("sha256", sql),
    })),
    KNOWN_MIGRATIONS.map(({ directory, version, md5, sha256 }) => ({
      directory,
      version,
      md5,
      sha256,
    })),
  );
});
