import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { decodeGobText, encodeGobText } from "../../lib/codec/gob/text.ts";
import { FuzzRandom } from "../fuzz/mutate.ts";

function decode(...bytes: readonly number[]): string {
  return decodeGobText(Uint8Array.from(bytes), 0, bytes.length);
}

Deno.test("decodeGobText() decodes UTF-8, with a byte order mark as any character", () => {
  const text = "\ufeffnaïve 日本語 😀 \u0000\u2028 \uffff";
  const bytes = new TextEncoder().encode(text);
  assertEquals(decodeGobText(bytes, 0, bytes.length), text);
  assertEquals(decodeGobText(bytes, 3, bytes.length), text.slice(1));
  const long = new TextEncoder().encode(text.repeat(40));
  assertEquals(decodeGobText(long, 0, long.length), text.repeat(40));
});

Deno.test("decodeGobText() makes a surrogate of every byte that is not UTF-8", () => {
  for (
    const [bytes, text] of [
      [[0xff], "\udcff"],
      [[0x61, 0x80, 0x62], "a\udc80b"],
      [[0xc0, 0xaf], "\udcc0\udcaf"],
      [[0xe0, 0x9f, 0xbf], "\udce0\udc9f\udcbf"],
      [[0xed, 0xa0, 0x80], "\udced\udca0\udc80"],
      [[0xf0, 0x8f, 0xbf, 0xbf], "\udcf0\udc8f\udcbf\udcbf"],
      [[0xf4, 0x90, 0x80, 0x80], "\udcf4\udc90\udc80\udc80"],
      [[0xf5, 0x80, 0x80, 0x80], "\udcf5\udc80\udc80\udc80"],
      [[0xc3], "\udcc3"],
      [[0xe6, 0x97, 0xe6, 0x97, 0xa5], "\udce6\udc97日"],
      [[0xf0, 0x9f, 0x98], "\udcf0\udc9f\udc98"],
    ] as const
  ) {
    assertEquals(decode(...bytes), text);
    assertEquals([...encodeGobText(text)], [...bytes]);
    assert(!text.isWellFormed());
  }
});

Deno.test("encodeGobText() gives back the bytes whatever they were", () => {
  const seen = new Map<string, string>();
  for (let seed = 0; seed < 2000; seed++) {
    const random = new FuzzRandom(seed);
    const alphabet = [0x61, 0x80, 0xbf, 0xc3, 0xa9, 0xe6, 0x97, 0xa5, 0xed, 0xa0, 0xf0, 0x9f, 0x98];
    const bytes = Uint8Array.from({ length: random.below(90) }, () => random.pick(alphabet));
    const text = decodeGobText(bytes, 0, bytes.length);
    assertEquals(encodeGobText(text), bytes, `seed ${seed}`);
    assertEquals(seen.get(text) ?? bytes.toHex(), bytes.toHex(), "two texts for the same bytes");
    seen.set(text, bytes.toHex());
  }
});

Deno.test("encodeGobText() replaces a surrogate when it stands for no byte", () => {
  assertEquals([...encodeGobText("a\ud800")], [0x61, 0xef, 0xbf, 0xbd]);
  assertNotEquals(encodeGobText("\udc41").length, 1);
});
