import { assertEquals } from "@std/assert";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import type { StorageClass } from "../../../../lib/stores/chroma/catalogue/catalogue.ts";
import { decodeWatermark, unpadDigits } from "../../../../lib/stores/chroma/catalogue/watermark.ts";
import { goldenStore, scratchDirectory } from "../../../support/fixtures.ts";
import { openCatalogue } from "../../../support/opened_catalogue.ts";

function decode(
  storage: StorageClass,
  value: string | null,
): [string, number | null, number | null] {
  const { kind, value: number, trueValue } = decodeWatermark({
    storage,
    text: storage === "blob" ? null : value,
    hex: storage === "blob" ? value : null,
  });
  return [kind, number, trueValue];
}

Deno.test("decodeWatermark() reads integers", () => {
  assertEquals(decode("integer", "0"), ["integer", 0, 0]);
  assertEquals(decode("integer", "502498"), ["integer", 502498, 502498]);
  assertEquals(decode("integer", "9007199254740991"), ["integer", 2 ** 53 - 1, 2 ** 53 - 1]);
});

Deno.test("decodeWatermark() reads BLOBs of 8 and of 24 bytes", () => {
  assertEquals(decode("blob", "00000000000002AE"), ["blob", 686, 686]);
  assertEquals(decode("blob", "0".repeat(44) + "02AE"), ["blob", 686, 686]);
});

Deno.test("decodeWatermark() refuses what is no sequence number", () => {
  for (
    const [storage, value] of [
      ["integer", "-1"],
      ["integer", "9007199254740992"],
      ["integer", "9223372036854775807"],
      ["blob", ""],
      ["blob", "02AE"],
      ["blob", "FFFFFFFFFFFFFFFF"],
      ["blob", "1111353032343938"],
      ["real", "6.5"],
      ["text", "many"],
      ["null", null],
    ] as const
  ) {
    assertEquals(decode(storage, value), ["invalid", null, null], `${storage} ${value}`);
  }
});

Deno.test("decodeWatermark() reads the digits of a text for whoever mends it", () => {
  assertEquals(decode("text", "686"), ["invalid", null, 686]);
});

Deno.test("decodeWatermark() takes the padding away when there are one to eight digits", () => {
  assertEquals(decode("integer", "1229822654365841720"), ["poisoned", null, 502498]);
  for (let digits = 1; digits <= 8; digits++) {
    const number = Number("98765432".slice(0, digits));
    const hex = "11".repeat(8 - digits) +
      [...String(number)].map((digit) => digit.charCodeAt(0).toString(16)).join("");
    assertEquals(decode("integer", BigInt(`0x${hex}`).toString()), ["poisoned", null, number]);
  }
});

Deno.test("decodeWatermark() knows no true number when the migration met NULL", () => {
  assertEquals(decode("integer", 0x1111111111111111n.toString()), ["poisoned", null, null]);
});

Deno.test("unpadDigits() leaves alone what only looks like padding", () => {
  for (const hex of ["1111353032343A38", "1112353032343938", "0011353032343938", "11"]) {
    assertEquals(unpadDigits(BigInt(`0x${hex}`)), null, hex);
  }
});

Deno.test("decodeWatermark() undoes what the engine's own migration does", async () => {
  using golden = openCatalogue(await goldenStore("chroma-1.5.9"));
  const [migration] = golden.rows(
    "SELECT sql FROM migrations WHERE dir = 'metadb' AND version = 5",
  );
  using database = StoreDatabase.open(await emptyFile(), { writable: true });
  database.execute("CREATE TABLE max_seq_id (segment_id TEXT PRIMARY KEY, seq_id BLOB)");
  const numbers = [1, 42, 686, 1234, 50000, 502498, 7654321, 12345678];
  for (const number of numbers) {
    database.execute(`INSERT INTO max_seq_id VALUES ('integer ${number}', ${number})`);
    const hex = number.toString(16).padStart(16, "0");
    database.execute(`INSERT INTO max_seq_id VALUES ('blob ${number}', x'${hex}')`);
  }
  database.execute(String(migration?.[0]));
  const rows = database.rows("SELECT segment_id, CAST(seq_id AS TEXT) FROM max_seq_id");
  assertEquals(rows.length, 2 * numbers.length);
  for (const [segmentId, text] of rows) {
    const [form, number] = String(segmentId).split(" ");
    const watermark = decode("integer", String(text));
    const isBlob = form === "blob";
    assertEquals(watermark, [
      isBlob ? "integer" : "poisoned",
      isBlob ? Number(number) : null,
      Number(number),
    ]);
  }
});

async function emptyFile(): Promise<string> {
  const path = `${await scratchDirectory()}/empty.sqlite3`;
  await Deno.writeFile(path, new Uint8Array());
  return path;
}
