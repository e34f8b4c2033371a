import { assert, assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../../lib/base/errors.ts";
import { expectationOf } from "../../../lib/drill/damages/chroma/expectations.ts";
import { DAMAGE_LIBRARIES, libraryOf } from "../../../lib/drill/damages/libraries.ts";
import { FINDING_CODES } from "../../../lib/model/codes.ts";

Deno.test("DAMAGE_LIBRARIES has no name twice, and says of every damage what follows from it", () => {
  const damages = DAMAGE_LIBRARIES.flatMap((library) => library.damages);
  assertEquals(new Set(damages.map(({ name }) => name)).size, damages.length);
  for (const { name, description, expected } of damages) {
    assert(/^[a-z0-9_]+(_M)?$/.test(name), name);
    assert(/^[A-Za-z0-9].*\.$/.test(description), description);
    assert(expected.findings.every((finding) => finding in FINDING_CODES), name);
    // What is neither named nor hidden could not be told from nothing at all.
    assert(expected.findings.length > 0 || expected.hidden !== null, name);
    assert(!expected.hidden?.endsWith("."), name);
  }
});

Deno.test("libraryOf() has damages to every format that can be repaired, and to no other", () => {
  assertEquals(libraryOf("chroma").format, "chroma");
  assertEquals(libraryOf("chromem").format, "chromem");
  assertThrows(() => libraryOf("chromem-export"), OperationError, "chromem-export");
});

Deno.test("expectationOf() throws when nothing is known of a damage", () => {
  assertThrows(() => expectationOf("header_polished"), RangeError, "header_polished");
});
