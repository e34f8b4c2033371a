import { assertEquals, assertMatch } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import {
  createHelpLine,
  createVersionLine,
  encodeJsonLine,
  toErrorEvent,
} from "../../lib/output/json.ts";
import { finding, findingEvent } from "./events.ts";

const encode = (path: string): string =>
  encodeJsonLine(findingEvent("/srv/chroma", finding("foreign-entry", { path })));

Deno.test("encodeJsonLine() gives back what was put in when the text is well formed", () => {
  for (
    const path of [
      "plain",
      'quote " backslash \\ slash /',
      "line\nbreak and \x1b[31mescape\x00",
      "a\u2028b\u2029c\u0085d\u009be\u202ef\ufeffg",
      "👍🏽 é 漢字",
      "looks like an escape: \\ud800 and \\\\udfff",
    ]
  ) {
    assertEquals(JSON.parse(encode(path)).path, path);
  }
});

Deno.test("encodeJsonLine() writes U+FFFD in place of a lone surrogate, in names too", () => {
  const detail = { "key \ud800": ["\udc00 at the start", "\\\ud83d", "👍"] };
  const line = encodeJsonLine(
    findingEvent("/srv/\udfff", finding("foreign-entry", { detail })),
  );
  const parsed = JSON.parse(line);
  assertEquals(parsed.store, "/srv/\ufffd");
  assertEquals(parsed.detail, { "key \ufffd": ["\ufffd at the start", "\\\ufffd", "👍"] });
  assertEquals(/\\ud[89a-f]/.test(line), false);
});

Deno.test("encodeJsonLine() writes one line that holds no control or direction character", () => {
  const every = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join("");
  const line = encode(every + "\ufeff");
  assertEquals(line.indexOf("\n"), line.length - 1);
  // deno-lint-ignore no-control-regex -- these are the characters that must not be there
  const unprintable = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
  assertEquals(unprintable.test(line.slice(0, -1)), false);
  assertEquals(JSON.parse(line).path, every + "\ufeff");
});

Deno.test("toErrorEvent() carries code, path, message and hint", () => {
  const error = new OperationError("busy", "The store is in use", {
    path: "/srv/chroma",
    hint: "Stop it.",
  });
  assertEquals(toErrorEvent(error, "/srv/chroma"), {
    type: "error",
    schema: 1,
    store: "/srv/chroma",
    code: "busy",
    path: "/srv/chroma",
    message: "The store is in use",
    hint: "Stop it.",
  });
  const bare = toErrorEvent(new OperationError("usage", "No verb given"), null);
  assertEquals([bare.store, bare.path, bare.hint], [null, null, null]);
});

Deno.test("createVersionLine() and createHelpLine() have type and schema", () => {
  const { version, deno, v8, target, ...rest } = createVersionLine();
  assertMatch(version, /^\d+\.\d+\.\d+/);
  assertEquals([deno, v8, target], [Deno.version.deno, Deno.version.v8, Deno.build.target]);
  assertEquals(rest, { type: "version", schema: 1, name: "vecfsck", commit: null });
  assertEquals(createHelpLine("check", "text"), {
    type: "help",
    schema: 1,
    verb: "check",
    text: "text",
  });
});
