/**
 * Names that are known before any document is read.
 */
import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { BUILT_IN_NAMES } from "../../../../lib/stores/chromem/names/built_in.ts";
import { hashName } from "../../../../lib/stores/chromem/name_hash.ts";
import { NameMatches } from "../../../../lib/stores/chromem/names/name_matches.ts";
import {
  offerKnownNames,
  offerNamesIn,
} from "../../../../lib/stores/chromem/names/offer_known_names.ts";
import { BrokenDatabase } from "../../../support/broken_database.ts";

Deno.test("offerKnownNames() tries what is built in and what the user gives", () => {
  const wanted = ["signals", "my own"];
  const matches = new NameMatches(wanted.map(hashName));
  offerKnownNames(matches, { path: "/nowhere/at/all" }, ["my own"]);
  assertEquals(
    matches.list().map(({ name, source }) => [name, source]).sort(),
    [["my own", "--names"], ["signals", "built in"]],
  );
  assertEquals(BUILT_IN_NAMES.length, 13);
});

Deno.test("offerKnownNames() finds names in the databases beside this one", async () => {
  const database = await BrokenDatabase.copyOf("plain");
  const beside = join(dirname(database.path), "other.old");
  const folder = database.folder("sessions");
  await Deno.mkdir(join(beside, folder), { recursive: true });
  await Deno.copyFile(
    database.at(database.metadata("sessions")),
    join(beside, folder, "00000000.gob"),
  );
  const matches = new NameMatches([folder, hashName("never heard of")]);
  offerKnownNames(matches, database, []);
  assertEquals(matches.list(), [
    { folder, name: "sessions", source: "the database ../other.old" },
  ]);
});

Deno.test("offerNamesIn() passes over what it cannot read", async () => {
  const database = await BrokenDatabase.copyOf("gzip");
  const folder = database.folder("sessions");
  database.cut(database.metadata("sessions"), 30);
  const matches = new NameMatches([folder]);
  offerNamesIn(matches, database.path, "a copy");
  offerNamesIn(matches, join(database.path, "nothing"), "a copy");
  assertEquals(matches.list(), []);
});
