/**
 * The opcodes of Python's pickle that data needs: 40 of 68.
 *
 * | bytes                     | opcode           | what it does                                   |
 * | ------------------------- | ---------------- | ---------------------------------------------- |
 * | `80 u8`                   | PROTO            | names the protocol                             |
 * | `95 u64`                  | FRAME            | promises so many bytes                         |
 * | `8c u8 …`                 | SHORT_BINUNICODE | pushes a string in UTF-8                       |
 * | `58 u32 …`                | BINUNICODE       | the same                                       |
 * | `8d u64 …`                | BINUNICODE8      | the same                                       |
 * | `56 … 0a`                 | UNICODE          | pushes a line of raw-unicode-escape            |
 * | `4b u8`, `4d u16`, `4a i32` | BININT1, 2, 4  | pushes an integer                              |
 * | `8a u8 …`, `8b i32 …`     | LONG1, LONG4     | pushes a two's complement integer              |
 * | `49 … 0a`, `4c … 0a`      | INT, LONG        | pushes a line of decimal digits                |
 * | `47 f64`                  | BINFLOAT         | pushes a big-endian float                      |
 * | `4e`, `88`, `89`          | NONE, NEWTRUE, NEWFALSE | pushes it                               |
 * | `28`                      | MARK             | remembers how high the stack is                |
 * | `7d`, `64`                | EMPTY_DICT, DICT | pushes a dictionary                            |
 * | `73`, `75`                | SETITEM, SETITEMS | puts keys and values into a dictionary        |
 * | `29`, `74`, `85`, `86`, `87` | EMPTY_TUPLE, TUPLE, TUPLE1, 2, 3 | pushes a tuple              |
 * | `94`, `71 u8`, `72 u32`, `70 … 0a` | MEMOIZE, BINPUT, LONG_BINPUT, PUT | into the memo        |
 * | `68 u8`, `6a u32`, `67 … 0a` | BINGET, LONG_BINGET, GET | out of the memo                     |
 * | `63 … 0a … 0a`, `93`      | GLOBAL, STACK_GLOBAL | pushes a class by its name                 |
 * | `81`, `52`, `62`          | NEWOBJ, REDUCE, BUILD | makes an object, sets its state           |
 * | `2e`                      | STOP             | ends                                           |
 *
 * Integers are little-endian. Source: `pickletools` and `_pickle.c` of Python 3.11.
 *
 * @module
 */

/** The opcodes that data needs, and INST, by which a class is asked for as well. */
export const OPCODE = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  BINFLOAT: 0x47,
  INT: 0x49,
  BININT: 0x4a,
  BININT1: 0x4b,
  LONG: 0x4c,
  BININT2: 0x4d,
  NONE: 0x4e,
  REDUCE: 0x52,
  UNICODE: 0x56,
  BINUNICODE: 0x58,
  BUILD: 0x62,
  GLOBAL: 0x63,
  DICT: 0x64,
  GET: 0x67,
  BINGET: 0x68,
  INST: 0x69,
  LONG_BINGET: 0x6a,
  PUT: 0x70,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  NEWOBJ: 0x81,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
} as const;
