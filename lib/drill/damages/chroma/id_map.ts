/**
 * Damages to index_metadata.pickle beyond those that befall every file.
 *
 * @module
 */

import { DamageNotApplicable, type DamageTarget } from "../damage.ts";
import type { Breakage } from "./chroma_damage.ts";
import { readWhole, writeWhole } from "../patch_file.ts";
import {
  type ByteRange,
  cutPickle,
  isMemoPut,
  PICKLE_OPCODE,
  type PickleToken,
  textOf,
  tokenisePickle,
} from "./pickle_tokens.ts";
import { segmentFile } from "./targets.ts";

/** The file that the code of the hostile pickle makes in the working directory of its reader. */
export const MARKER_NAME = "vecfsck-drill-code-was-run";

/** Every which entry of a dictionary is lost. */
const LOSS_INTERVAL = 4;

/** The damages to index_metadata.pickle. */
export const ID_MAP: readonly Breakage[] = [
  {
    name: "pickle_code_execution",
    description: "index_metadata.pickle has its reader run a command, here one that makes a file " +
      `${MARKER_NAME} in the working directory.`,
    file: "index_metadata",
    apply: (target) => writeWhole(target.fs, segmentFile(target, "idMap"), createHostilePickle()),
  },
  {
    name: "unreadable_pickle_protocol",
    description: "index_metadata.pickle names the pickle protocol 9, which does not exist.",
    file: "index_metadata",
    apply: (target) =>
      changePickle(target, (bytes) => {
        const changed = bytes.slice();
        changed[1] = 9;
        return changed;
      }),
  },
  {
    name: "pickle_labels_lost",
    description: "A quarter of the entries of label_to_id is gone from index_metadata.pickle.",
    file: "index_metadata",
    apply: (target) => changePickle(target, withoutLabels),
  },
];

/** `{"dimensionality": os.system("touch …")}` as protocol 3. */
function createHostilePickle(): Uint8Array {
  const encoder = new TextEncoder();
  const text = (value: string): number[] => {
    const bytes = encoder.encode(value);
    return [PICKLE_OPCODE.BINUNICODE, bytes.byteLength, 0, 0, 0, ...bytes];
  };
  return Uint8Array.from([
    ...[PICKLE_OPCODE.PROTO, 3, PICKLE_OPCODE.EMPTY_DICT, PICKLE_OPCODE.MARK],
    ...text("dimensionality"),
    ...encoder.encode("cposix\nsystem\n"), // GLOBAL
    ...text(`touch ${MARKER_NAME}`),
    0x85, // TUPLE1
    0x52, // REDUCE
    ...[PICKLE_OPCODE.SETITEMS, PICKLE_OPCODE.STOP],
  ]);
}

function changePickle(target: DamageTarget, change: (bytes: Uint8Array) => Uint8Array): void {
  const path = segmentFile(target, "idMap");
  const bytes = readWhole(target.fs, path);
  if (bytes[0] !== PICKLE_OPCODE.PROTO || bytes.byteLength < 2) {
    throw new DamageNotApplicable("The pickle names no protocol");
  }
  writeWhole(target.fs, path, change(bytes));
}

function withoutLabels(bytes: Uint8Array): Uint8Array {
  const tokens = tokenisePickle(bytes);
  if (tokens === null) throw new DamageNotApplicable("The pickle is not one that Chroma writes");
  const entries = listEntries(bytes, tokens, "label_to_id");
  const lost = entries.filter((_, index) => index % LOSS_INTERVAL === 0);
  if (lost.length === 0) throw new DamageNotApplicable("The pickle has no labels to lose");
  return cutPickle(bytes, tokens, lost);
}

/**
 * Lists where the entries of a dictionary stand: behind its name EMPTY_DICT, then batches of
 * MARK, keys and values, SETITEMS. A single last entry stands bare before SETITEM and is passed over.
 */
function listEntries(
  bytes: Uint8Array,
  tokens: readonly PickleToken[],
  dictionary: string,
): ByteRange[] {
  const name = tokens.findIndex((token) => textOf(bytes, token) === dictionary);
  const rest = name < 0 ? [] : tokens.slice(name + 1).filter((token) => !isBetween(token));
  if (rest.shift()?.opcode !== PICKLE_OPCODE.EMPTY_DICT) return [];
  const entries: ByteRange[] = [];
  while (rest[0]?.opcode === PICKLE_OPCODE.MARK) {
    const end = rest.findIndex(({ opcode }) => opcode === PICKLE_OPCODE.SETITEMS);
    const batch = rest.splice(0, end + 1).slice(1);
    for (let index = 0; index + 2 < batch.length; index += 2) {
      const [key, value, next] = batch.slice(index, index + 3);
      // What lies between them, an entry of the memo or the head of a frame, must stay.
      if (key?.end === value?.start && value?.end === next?.start) {
        entries.push({ start: key?.start ?? 0, end: value?.end ?? 0 });
      }
    }
  }
  return entries;
}

/** Opcodes that stand between others and leave the stack as it is. */
function isBetween(token: PickleToken): boolean {
  return isMemoPut(token) || token.opcode === PICKLE_OPCODE.FRAME;
}
