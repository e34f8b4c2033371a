import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  decodePickle,
  type PickleFaultKind,
  type PickleScalar,
  type PickleTop,
} from "../../lib/codec/pickle.ts";
import type { ByteSource } from "../../lib/codec/byte_source.ts";
import {
  ascii,
  CLASS_NAME,
  dictionary,
  EMPTY_DICT,
  integer,
  MARK,
  NONE,
  PROTO_3,
  PYTHON_ENTRIES,
  PYTHON_PICKLES,
  SETITEMS,
  sourceOf,
  STOP,
  text,
} from "./pickle_bytes.ts";

type Value = string | number | null;

interface Decoded extends PickleTop {
  readonly entries: readonly [string, Value, Value][];
}

function valueOf(scalar: PickleScalar): Value {
  if (scalar.kind === "string") return scalar.text();
  return scalar.kind === "number" ? scalar.number : null;
}

function decode(source: ByteSource): Decoded {
  const entries: [string, Value, Value][] = [];
  const top = decodePickle(source, {
    className: CLASS_NAME,
    streamed: ["id_to_label", "label_to_id", "id_to_seq_id"],
    onEntry: (name, key, value) => entries.push([name, valueOf(key), valueOf(value)]),
  });
  return { ...top, entries };
}

function decodeBytes(...bytes: readonly (number | readonly number[])[]): Decoded {
  return decode(sourceOf(Uint8Array.from(bytes.flat())));
}

/** A source that is long and holds nothing but its first bytes and then zeros. */
function longSource(head: readonly number[], sizeBytes: number): ByteSource {
  return {
    sizeBytes,
    readAt(offset, target) {
      const filled = target.subarray(
        0,
        Math.max(0, Math.min(target.byteLength, sizeBytes - offset)),
      );
      for (let index = 0; index < filled.byteLength; index++) {
        filled[index] = head[offset + index] ?? 0;
      }
      return filled;
    },
  };
}

const PYTHON_DECODED: readonly [string, Value, Value][] = [
  ...PYTHON_ENTRIES.map(([id, label]): [string, Value, Value] => ["id_to_label", id, label]),
  ...PYTHON_ENTRIES.map(([id, label]): [string, Value, Value] => ["label_to_id", label, id]),
  ["id_to_seq_id", "plain", 7],
];

for (const [protocol, pickle] of PYTHON_PICKLES.entries()) {
  Deno.test(`decodePickle() reads what Python writes in protocol ${protocol}`, () => {
    const top = decode(sourceOf(pickle));
    assertEquals(top.fault, null);
    assertEquals(top.isInstance, true);
    assertEquals(top.protocol, protocol < 2 ? 0 : protocol);
    assertEquals(top.trailingBytes, 0);
    assertEquals(
      [...top.fields],
      [
        ["dimensionality", 32],
        ["total_elements_added", 70_000],
        ["max_seq_id", 2 ** 70],
        ["id_to_label", "dictionary"],
        ["label_to_id", "dictionary"],
        ["id_to_seq_id", "dictionary"],
      ],
    );
    assertEquals(top.entries, PYTHON_DECODED);
  });

  Deno.test(`decodePickle() reads protocol ${protocol} the same in chunks of any size`, () => {
    const whole = decode(sourceOf(pickle));
    for (const most of [1, 2, 3, 7, 64]) assertEquals(decode(sourceOf(pickle, most)), whole);
  });

  Deno.test(`decodePickle() calls every part of protocol ${protocol} truncated`, () => {
    for (let end = 0; end < pickle.byteLength; end++) {
      const { fault } = decode(sourceOf(pickle.subarray(0, end)));
      assertEquals(fault?.kind, "truncated", `cut at ${end}`);
      assert((fault?.offset ?? Infinity) <= end);
    }
  });

  Deno.test(`decodePickle() ends with a fault or without one when a bit of protocol ${protocol} flips`, () => {
    for (let bit = 0; bit < pickle.byteLength * 8; bit++) {
      const flipped = pickle.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const top = decode(sourceOf(flipped));
      if (top.fault === null) assert(top.fields.size > 0);
      // The engines write protocols 3 and 5; there no flipped bit may look like an attack.
      else if (protocol >= 2) assert(top.fault.kind !== "foreign-object", `bit ${bit}`);
    }
  });
}

Deno.test("decodePickle() reads strings of every length prefix", () => {
  const entry = (...name: number[]): number[] => [...name, ...ascii("id"), ...integer(5)];
  const top = decodeBytes(
    [...PROTO_3, EMPTY_DICT, MARK, ...text("id_to_label"), EMPTY_DICT, MARK],
    entry(0x8c, 2),
    entry(0x58, 2, 0, 0, 0),
    entry(0x8d, 2, 0, 0, 0, 0, 0, 0, 0),
    [SETITEMS, SETITEMS, STOP],
  );
  assertEquals(top.fault, null);
  assertEquals(top.entries, Array(3).fill(["id_to_label", "id", 5]));
});

Deno.test("decodePickle() reads integers of every opcode", () => {
  const values: [number[], number][] = [
    [[0x4a, 0xff, 0xff, 0xff, 0xff], -1],
    [[0x4b, 200], 200],
    [[0x4d, 0x34, 0x12], 0x1234],
    [[0x8a, 0], 0],
    [[0x8a, 1, 0x80], -128],
    [[0x8a, 2, 0xff, 0x00], 255],
    [[0x8a, 8, ...Array(8).fill(0xff)], -1],
    [[0x8b, 2, 0, 0, 0, 0x00, 0x01], 256],
    [ascii("I42\n"), 42],
    [ascii("L-42L\n"), -42],
  ];
  const top = decodeBytes(
    PROTO_3,
    dictionary([[text("id_to_label"), dictionary(values.map(([bytes]) => [text("x"), bytes]))]]),
    STOP,
  );
  assertEquals(top.fault, null);
  assertEquals(top.entries.map(([, , value]) => value), values.map(([, value]) => value));
});

Deno.test("decodePickle() tells what is no integer apart", () => {
  const float = [0x47, 0x40, 0x14, 0, 0, 0, 0, 0, 0];
  const top = decodeBytes(
    PROTO_3,
    dictionary([
      [text("float"), float],
      [text("none"), [NONE]],
      [text("true"), [0x88]],
      [text("text"), text("5")],
      [text("id_to_label"), dictionary([[text("a"), float], [text("b"), [NONE]]])],
    ]),
    STOP,
  );
  assertEquals(Object.fromEntries(top.fields), {
    float: "other",
    none: null,
    true: "other",
    text: "other",
    id_to_label: "dictionary",
  });
  assertEquals(top.entries, [["id_to_label", "a", null], ["id_to_label", "b", null]]);
});

Deno.test("decodePickle() reads ids that are longer than its window", () => {
  const id = "long ключ ".repeat(40_000);
  const bytes = [...PROTO_3];
  const entries = dictionary([[text(id), integer(1)], [text("short"), integer(2)]]);
  const all = new Uint8Array(bytes.length + entries.length + 100_000);
  const parts = [bytes, [EMPTY_DICT], text("id_to_label"), entries, [0x73, STOP]];
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  const top = decode(sourceOf(all.subarray(0, offset), 50_000));
  assertEquals(top.fault, null);
  assertEquals(top.entries, [["id_to_label", id, 1], ["id_to_label", "short", 2]]);
});

Deno.test("decodePickle() streams the fields of the top alone", () => {
  const inner = dictionary([[text("id_to_label"), dictionary([[text("a"), integer(1)]])]]);
  const top = decodeBytes(PROTO_3, dictionary([[text("other"), inner]]), STOP);
  assertEquals(top.entries, []);
  assertEquals([...top.fields], [["other", "dictionary"]]);
});

Deno.test("decodePickle() counts what follows the end", () => {
  const top = decodeBytes(PROTO_3, EMPTY_DICT, STOP, 0, 0, 0);
  assertEquals([top.fault, top.trailingBytes], [null, 3]);
});

Deno.test("decodePickle() keeps what it has read when it ends early", () => {
  const top = decodeBytes(
    [...PROTO_3, EMPTY_DICT, ...text("dimensionality"), ...integer(8), 0x73],
    [...text("id_to_label"), EMPTY_DICT, MARK, ...text("a"), ...integer(1), ...text("b")],
  );
  assertEquals(top.fault?.kind, "truncated");
  assertEquals([...top.fields], [["dimensionality", 8]]);
  assertEquals(top.entries, [["id_to_label", "a", 1]]);
});

Deno.test("decodePickle() passes on that a read has failed", () => {
  const failing: ByteSource = {
    sizeBytes: 10,
    readAt: () => {
      throw new TypeError("no such disk");
    },
  };
  assertThrows(() => decode(failing), TypeError, "no such disk");
});

Deno.test("decodePickle() says truncated when a file is shorter than it was", () => {
  const bytes = PYTHON_PICKLES[3] ?? new Uint8Array();
  const shrunk = { ...sourceOf(bytes.subarray(0, 100)), sizeBytes: bytes.byteLength };
  assertEquals(decode(shrunk).fault?.kind, "truncated");
});

const IN_STREAM: readonly number[] = [
  ...PROTO_3,
  EMPTY_DICT,
  ...text("id_to_label"),
  EMPTY_DICT,
  MARK,
];

const CLASS_LINES = "cchromadb.segment.impl.vector.local_persistent_hnsw\nPersistentData\n";

const HOSTILE: Readonly<Record<string, readonly [PickleFaultKind, readonly number[]]>> = {
  "calls os.system by GLOBAL and REDUCE": [
    "foreign-object",
    ascii("cos\nsystem\n(S'true'\ntR."),
  ],
  "calls os.system by STACK_GLOBAL": [
    "foreign-object",
    [0x80, 4, 0x8c, 5, ...ascii("posix"), 0x8c, 6, ...ascii("system"), 0x93, STOP],
  ],
  "calls os.system by INST": ["foreign-object", ascii("ios\nsystem\n.")],
  "calls os.system in place of a label": [
    "foreign-object",
    [...IN_STREAM, ...text("a"), ...ascii("cos\nsystem\n")],
  ],
  "calls os.system in place of a label by STACK_GLOBAL": [
    "foreign-object",
    [...IN_STREAM, ...text("os"), ...text("system"), 0x93],
  ],
  "calls os.system in place of an id by STACK_GLOBAL": [
    "foreign-object",
    [...IN_STREAM, ...text("x"), ...text("os"), ...text("system"), 0x93],
  ],
  "asks for another class of chromadb": ["foreign-object", ascii("cchromadb\nClient\n.")],
  "names the class with a flipped bit": [
    "bad-structure",
    ascii("cchromadb.segment.impl.vector.local_persistent_hnsw\nPersistentDatc\n."),
  ],
  "calls a function that it got from nowhere": [
    "bad-structure",
    [...PROTO_3, NONE, 0x29, 0x52, STOP],
  ],
  "reconstructs what is no class": [
    "bad-structure",
    ascii("ccopyreg\n_reconstructor\n(cbuiltins\nobject\ncbuiltins\nobject\nNtR}b."),
  ],
  "reconstructs an instance on another base": [
    "bad-structure",
    ascii(`ccopyreg\n_reconstructor\n(${CLASS_LINES}${CLASS_LINES}NtR}b.`),
  ],
  "reconstructs an instance with a state": [
    "bad-structure",
    ascii(`ccopyreg\n_reconstructor\n(${CLASS_LINES}cbuiltins\nobject\nI1\ntR}b.`),
  ],
  "makes an instance with arguments": [
    "bad-structure",
    [...ascii(CLASS_LINES), NONE, 0x85, 0x81, ...ascii("}b.")],
  ],
  "makes an instance of what is no class": [
    "bad-structure",
    [...ascii("cbuiltins\nobject\n)"), 0x81, ...ascii("}b.")],
  ],
  "sets the state of a dictionary": ["bad-structure", [EMPTY_DICT, EMPTY_DICT, 0x62, STOP]],
  "asks for a persistent object": ["bad-structure", ascii("Pid\n.")],
  "nests tuples without end": [
    "bad-structure",
    [...Array<number>(100_000).fill(MARK), STOP],
  ],
  "nests dictionaries without end": [
    "bad-structure",
    [...Array<number[]>(20_000).fill([EMPTY_DICT, ...text("a")]).flat(), STOP],
  ],
  "puts into memo entry 2^31": ["bad-structure", [EMPTY_DICT, 0x72, 0, 0, 0, 0x80, STOP]],
  "puts into a negative memo entry": ["bad-structure", [EMPTY_DICT, ...ascii("p-1\n.")]],
  "puts one thing into the memo twice": ["bad-structure", [EMPTY_DICT, 0x94, 0x94, STOP]],
  "puts one id into the memo twice": ["bad-structure", [...IN_STREAM, ...text("a"), 0x94, 0x94]],
  "puts nothing into the memo": ["bad-structure", [0x94, STOP]],
  "puts a label into the memo": [
    "bad-structure",
    [...IN_STREAM, ...text("a"), ...integer(1), 0x94],
  ],
  "gets from memo entry 2^31": ["bad-structure", [...IN_STREAM, 0x6a, 0, 0, 0, 0x80]],
  "gets a dictionary for an id": [
    "bad-structure",
    [EMPTY_DICT, 0x94, ...text("id_to_label"), EMPTY_DICT, MARK, 0x68, 0],
  ],
  "gets from a memo that is empty": ["bad-structure", [0x68, 0, STOP]],
  "has a string of 2^63 bytes": ["truncated", [0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80, STOP]],
  "has an id of 2^32 - 1 bytes": ["truncated", [...IN_STREAM, 0x58, 255, 255, 255, 255]],
  "has an integer of -1 bytes": ["bad-structure", [0x8b, 255, 255, 255, 255, STOP]],
  "has an integer of 2^31 - 1 bytes": ["bad-structure", [0x8b, 255, 255, 255, 127, STOP]],
  "has an integer that is no number": ["bad-structure", ascii("I1e9\n.")],
  "has a frame that is longer than the file": [
    "truncated",
    [0x80, 4, 0x95, 255, 0, 0, 0, 0, 0, 0, 0, EMPTY_DICT, STOP],
  ],
  "has a line without end": ["bad-structure", Array<number>(100_000).fill(0x49)],
  "has a string that is not UTF-8": ["bad-structure", [0x8c, 2, 0xc3, 0x28, STOP]],
  "has an id that is not UTF-8": ["bad-structure", [...IN_STREAM, 0x8c, 1, 0xff]],
  "escapes what is no character": ["bad-structure", ascii("V\\UFFFFFFFF\n.")],
  "takes from an empty stack": ["bad-structure", [0x73, STOP]],
  "takes more than there is since the mark": [
    "bad-structure",
    [EMPTY_DICT, ...text("a"), MARK, NONE, 0x73, STOP],
  ],
  "ends a dictionary without a mark": ["bad-structure", [EMPTY_DICT, SETITEMS, STOP]],
  "has a key without a value": ["bad-structure", [EMPTY_DICT, MARK, ...text("a"), SETITEMS, STOP]],
  "has an id without a label": ["bad-structure", [...IN_STREAM, ...text("a"), SETITEMS]],
  "has a dictionary for a label": ["bad-structure", [...IN_STREAM, ...text("a"), EMPTY_DICT]],
  "has a number for the name of a field": [
    "bad-structure",
    [EMPTY_DICT, ...integer(1), ...integer(2), 0x73, STOP],
  ],
  "has more fields than an engine writes": [
    "bad-structure",
    [
      EMPTY_DICT,
      ...Array.from({ length: 100 }, (_, index) => [...text(`f${index}`), NONE, 0x73]).flat(),
      STOP,
    ],
  ],
  "holds a number": ["bad-structure", [...integer(1), STOP]],
  "holds two dictionaries": ["bad-structure", [EMPTY_DICT, EMPTY_DICT, STOP]],
  "holds nothing": ["bad-structure", [STOP]],
  "is all zeros": ["bad-structure", Array<number>(4096).fill(0)],
  "has no bytes": ["truncated", []],
};

for (const [name, [kind, bytes]] of Object.entries(HOSTILE)) {
  Deno.test(`decodePickle() says ${kind} when a pickle ${name}`, () => {
    const { fault } = decodeBytes(bytes);
    assertEquals(fault?.kind, kind, fault?.message);
    assert((fault?.offset ?? Infinity) <= bytes.length);
  });
}

Deno.test("decodePickle() names what a pickle asks for, and where", () => {
  const { fault } = decodeBytes(PROTO_3, ascii("cos\nsystem\n(tR."));
  assertEquals(fault, {
    kind: "foreign-object",
    offset: 2,
    message: "The pickle asks for os.system",
  });
});

Deno.test("decodePickle() names what is asked for between two entries", () => {
  for (
    const bytes of [
      [...text("os"), ...text("system"), 0x93],
      [...text("x"), ...text("os"), ...text("system"), 0x93],
    ]
  ) assertEquals(decodeBytes(IN_STREAM, bytes).fault?.message, "The pickle asks for os.system");
});

Deno.test("decodePickle() refuses what is nested too deep before it has read it all", () => {
  for (const unit of [[MARK], [EMPTY_DICT], [EMPTY_DICT, ...text("a")], [MARK, NONE]]) {
    const { fault } = decodeBytes(...Array<number[]>(5000).fill(unit));
    assertEquals(fault?.kind, "bad-structure");
    assert((fault?.offset ?? Infinity) < 300 * unit.length);
  }
});

Deno.test("decodePickle() takes nothing from below a mark", () => {
  const { fault } = decodeBytes(EMPTY_DICT, text("a"), MARK, NONE, 0x73, STOP);
  assertEquals(fault?.offset, 9);
});

Deno.test("decodePickle() sees a byte that is not UTF-8 wherever it stands", () => {
  for (let index = 0; index < 11; index++) {
    const id = ascii("0123456789a");
    id[index] = 0xff;
    const { fault } = decodeBytes(IN_STREAM, 0x8c, id.length, id);
    assertEquals(fault?.message, "A string is not UTF-8", `at ${index}`);
  }
});

Deno.test("decodePickle() refuses a string that is too long to be held", () => {
  const sizeBytes = 2 ** 27;
  const head = [EMPTY_DICT, 0x58, 0, 0, 0, 0x06];
  const reads: number[] = [];
  const source = longSource(head, sizeBytes);
  const { fault } = decode({
    sizeBytes,
    readAt(offset, target) {
      reads.push(target.byteLength);
      return source.readAt(offset, target);
    },
  });
  assertEquals(fault?.kind, "bad-structure");
  assert(Math.max(...reads) <= 2 ** 20, "nothing of that length was read");
});
