/**
 * Ways to break a gob that keep its structure: messages keep their lengths where it is not the
 * length that is broken, so that the mutations reach what stands behind it.
 *
 * @module
 */

import type { FuzzRandom } from "./mutate.ts";

/** Makes another gob from the messages of one. */
type GobMutation = (messages: Uint8Array[], random: FuzzRandom) => Uint8Array[];

/** Numbers of which a reader may take too many, or overflow. */
const LARGE = [
  0x7f,
  0x80,
  0xff,
  0xffff,
  0x7fff_ffff,
  0xffff_ffff,
  2 ** 53,
  2 ** 62,
  2 ** 64 - 2048,
];

/** The mutations, by name. */
export const GOB_MUTATIONS: Readonly<Record<string, GobMutation>> = {
  flipBit: changeOne((body, random) => {
    const offset = random.below(body.length);
    return body.with(offset, (body[offset] ?? 0) ^ (1 << random.below(8)));
  }),
  setByte: changeOne((body, random) =>
    body.with(random.below(body.length), random.pick([0, 1, 2, 3, 0x7f, 0x80, 0xf8, 0xff]))
  ),
  insertBytes: changeOne((body, random) => {
    const at = random.below(body.length + 1);
    const extra = Uint8Array.from({ length: 1 + random.below(12) }, () => random.below(256));
    return concat([body.subarray(0, at), extra, body.subarray(at)]);
  }),
  deleteBytes: changeOne((body, random) => {
    const at = random.below(body.length);
    return concat([body.subarray(0, at), body.subarray(at + 1 + random.below(8))]);
  }),
  largeNumber: changeOne((body, random) => {
    const at = random.below(body.length);
    const number = encodeUnsigned(random.pick(LARGE));
    return concat([body.subarray(0, at), number, body.subarray(at + 1)]);
  }),
  wideNumber: changeOne((body, random) => {
    // The same number in more bytes than it needs, which Go reads as well.
    const at = random.below(body.length);
    const wide = new Uint8Array(2 + random.below(8));
    wide[0] = 0x101 - wide.length;
    wide[wide.length - 1] = body[at] ?? 0;
    return concat([body.subarray(0, at), wide, body.subarray(at + 1)]);
  }),
  typeId: changeOne((body, random) =>
    concat([encodeSigned(random.below(200) - 100), body.subarray(1)])
  ),
  swapMessages: (messages, random) => {
    const [one, two] = [random.below(messages.length), random.below(messages.length)];
    return messages.map((message, index) =>
      (index === one ? messages[two] : index === two ? messages[one] : message) ?? message
    );
  },
  dropMessage: (messages, random) => messages.toSpliced(random.below(messages.length), 1),
  repeatMessage: (messages, random) =>
    messages.toSpliced(random.below(messages.length), 0, random.pick(messages)),
  joinTails: (messages, random) => {
    const [one, two] = [random.pick(messages), random.pick(messages)];
    const joined = concat([
      one.subarray(0, random.below(one.length + 1)),
      two.subarray(random.below(two.length + 1)),
    ]);
    return messages.with(random.below(messages.length), joined);
  },
};

/**
 * Breaks a gob.
 *
 * @param gob What Go wrote.
 * @param random Where it is broken, and how often.
 * @returns The broken gob, and what was done.
 */
export function mutateGob(
  gob: Uint8Array,
  random: FuzzRandom,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly description: string } {
  let messages = splitMessages(gob);
  const names: string[] = [];
  for (let count = 1 + (random.below(4) >> 1); count > 0 && messages.length > 0; count--) {
    const name = random.pick(Object.keys(GOB_MUTATIONS));
    messages = GOB_MUTATIONS[name]?.(messages, random) ?? messages;
    names.push(name);
  }
  let bytes = concat(messages.flatMap((body) => [encodeUnsigned(body.length), body]));
  if (random.below(8) === 0) {
    const at = random.below(bytes.length);
    const length = encodeUnsigned(random.pick(LARGE));
    bytes = concat([bytes.subarray(0, at), length, bytes.subarray(at + 1)]);
    names.push("length");
  }
  if (random.below(8) === 0) {
    bytes = bytes.slice(0, random.below(bytes.length + 1));
    names.push("cut");
  }
  return { bytes, description: names.join(", ") };
}

/** Splits a gob that is whole into the bodies of its messages. */
function splitMessages(gob: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let offset = 0; offset < gob.length;) {
    const first = gob[offset++] ?? 0;
    let sizeBytes = first;
    if (first >= 0x80) {
      sizeBytes = 0;
      for (let left = 0x100 - first; left > 0; left--) {
        sizeBytes = sizeBytes * 256 + (gob[offset++] ?? 0);
      }
    }
    messages.push(gob.subarray(offset, offset + sizeBytes));
    offset += sizeBytes;
  }
  return messages;
}

function changeOne(
  change: (body: Uint8Array, random: FuzzRandom) => Uint8Array,
): GobMutation {
  return (messages, random) => {
    const index = random.below(messages.length);
    const body = messages[index];
    return body === undefined || body.length === 0
      ? messages
      : messages.with(index, change(body, random));
  };
}

function encodeUnsigned(value: number): Uint8Array {
  if (value < 0x80) return Uint8Array.of(value);
  const digits = BigInt(value).toString(16);
  const bytes = Uint8Array.fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  return concat([Uint8Array.of(0x100 - bytes.length), bytes]);
}

function encodeSigned(value: number): Uint8Array {
  return encodeUnsigned(value < 0 ? -value * 2 - 1 : value * 2);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
