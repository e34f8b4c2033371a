import { assertEquals } from "@std/assert";
import { decodeRawUnicodeEscape, isUtf8, PickleTexts } from "../../lib/codec/pickle_text.ts";
import { sourceOf, text } from "./pickle_bytes.ts";

const strict = new TextDecoder("utf-8", { fatal: true });

function decodes(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

Deno.test("isUtf8() agrees with the decoder of the runtime on every two bytes", () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      const bytes = Uint8Array.of(first, second);
      assertEquals(isUtf8(bytes, 0, 2), decodes(bytes), `${first} ${second}`);
    }
  }
});

Deno.test("isUtf8() agrees with the decoder of the runtime on every lead byte and its edges", () => {
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  for (let lead = 0xc0; lead < 0x100; lead++) {
    for (const second of edges) {
      for (const third of edges) {
        for (const fourth of edges) {
          const bytes = Uint8Array.of(lead, second, third, fourth);
          assertEquals(isUtf8(bytes, 0, 4), decodes(bytes), bytes.toHex());
        }
      }
    }
  }
});

Deno.test("isUtf8() looks at its range alone", () => {
  const bytes = Uint8Array.of(0xff, 0x61, 0xc3, 0xa9, 0xff);
  assertEquals(isUtf8(bytes, 1, 4), true);
  assertEquals(isUtf8(bytes, 1, 3), false);
  assertEquals(isUtf8(bytes, 1, 5), false);
});

Deno.test("decodeRawUnicodeEscape() decodes Latin-1 and both escapes", () => {
  assertEquals(decodeRawUnicodeEscape("\u00e9\\u0436\\U0001f600\\u005cn"), "\u00e9ж😀\\n");
  assertEquals(decodeRawUnicodeEscape("\\U00110000"), null);
});

Deno.test("PickleTexts.at() gives null when no string stands there", () => {
  const texts = new PickleTexts(sourceOf(Uint8Array.of(0x8c, 6, 0x61, 0x58, 1, 0x8d, 1)));
  for (const position of [0, 2, 3, 5, 6, 7, 1000]) assertEquals(texts.at(position), null);
});

Deno.test("PickleTexts.at() keeps a byte order mark, which is part of an id", () => {
  const texts = new PickleTexts(sourceOf(Uint8Array.of(0x8c, 4, 0xef, 0xbb, 0xbf, 0x61)));
  assertEquals(texts.at(0), "\ufeffa");
});

Deno.test("PickleTexts.at() reads any string in any order", () => {
  const ids = Array.from({ length: 2000 }, (_, index) => `id ${index} é`.repeat(index % 9));
  const positions: number[] = [];
  const bytes: number[] = [];
  for (const [index, id] of ids.entries()) {
    positions.push(bytes.length);
    const latin1 = [...id].map((character) => character.charCodeAt(0));
    bytes.push(...index % 2 === 0 ? text(id) : [0x56, ...latin1, 0x0a]);
  }
  const texts = new PickleTexts(sourceOf(Uint8Array.from(bytes), 1000));
  for (let step = 0; step < ids.length; step++) {
    const index = step * 1999 % ids.length;
    assertEquals(texts.at(positions[index] ?? 0), ids[index]);
  }
});
