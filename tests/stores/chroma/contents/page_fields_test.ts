import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../../../lib/base/errors.ts";
import { Fields } from "../../../../lib/stores/chroma/contents/page_fields.ts";
import { sliceOf } from "../../../../lib/stores/chroma/contents/record_facts.ts";

const encoder = new TextEncoder();

function fieldsOf(text: string): Fields {
  return new Fields(encoder.encode(text));
}

Deno.test("Fields reads numbers, fields and texts of a known size", () => {
  const bytes = encoder.encode("-12,3,,7.5,a,b;x4,");
  const fields = new Fields(bytes);
  assertEquals([fields.number(), fields.size(), fields.size()], [-12, 3, -1]);
  assertEquals(fields.field(), { bytes, start: 7, end: 10 });
  assertEquals(fields.take(4, sliceOf(bytes)), { bytes, start: 11, end: 15 });
  assertEquals([fields.skipOther(), fields.skipOther(), fields.size()], [true, false, 4]);
  assertEquals(fields.atEnd, true);
});

Deno.test("Fields knows by which sign a number ended", () => {
  const fields = fieldsOf("1;2,");
  fields.size();
  assertEquals(fields.endsShort, true);
  fields.size();
  assertEquals([fields.endsShort, fields.atEnd], [false, true]);
});

Deno.test("Fields refuses bytes that no query gives", () => {
  const wrong: ((fields: Fields) => unknown)[] = [
    (fields) => fields.number(),
    (fields) => fields.size(),
    (fields) => fields.field(),
    (fields) => fields.take(9, sliceOf(new Uint8Array())),
  ];
  for (const read of wrong) {
    const error = assertThrows(() => read(fieldsOf("1\u0000")), OperationError);
    assertEquals(error.code, "read-failed");
  }
  assertThrows(() => fieldsOf(",").number(), OperationError);
  assertThrows(() => fieldsOf("").size(), OperationError);
});
