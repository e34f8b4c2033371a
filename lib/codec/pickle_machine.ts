/**
 * The stack machine that a pickle is a program for, as far as data needs it.
 *
 * It refuses every opcode, class and length that an id map has no use for; whatever is refused ends
 * decoding with a `PickleRefusal` at the opcode where it stands.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import { resolveGlobal } from "./pickle_global.ts";
import {
  Dictionary,
  GlobalReference,
  Instance,
  type Item,
  PickleMemo,
  PickleScalar,
  Text,
  Tuple,
} from "./pickle_items.ts";
import { OPCODE } from "./pickle_opcodes.ts";
import { PickleOperands } from "./pickle_operands.ts";
import { badStructure, type PickleRefusal } from "./pickle_refusal.ts";
import { PickleTexts } from "./pickle_text.ts";
import { PickleWindow } from "./pickle_window.ts";

/** What the machine is told by its caller. */
export interface PickleProgram {
  /** The one class whose instances are taken, as `module.name`. */
  readonly className: string;
  /** The keys of the top dictionary whose values are large dictionaries. */
  readonly streamed: readonly string[];
  /**
   * Whether a frame may be longer than the file, as in one that was cut: no engine reads on, but what
   * stands there can be saved. False by default.
   */
  readonly passesFrames?: boolean;
  /** Is told every entry of a large dictionary. */
  readonly onEntry: (dictionary: string, key: PickleScalar, value: PickleScalar) => void;
}

/** The six fields of an id map need fewer than twenty; what goes beyond is nested or hostile. */
const MOST_STACK_ITEMS = 256;
const MOST_FIELDS = 64;

/** Runs a pickle, opcode by opcode. */
export class PickleMachine {
  readonly #window: PickleWindow;
  readonly #program: PickleProgram;
  readonly #memo: PickleMemo;
  readonly #operands: PickleOperands;
  readonly #stack: Item[] = [];
  /** How high the stack was at each MARK that is open. */
  readonly #marks: number[] = [];
  readonly #key: PickleScalar;
  readonly #value: PickleScalar;
  /** The first dictionary of all: the top, or the state of the top. */
  #root: Dictionary | null = null;
  /** The dictionary whose entries are being streamed, from its MARK to its SETITEMS. */
  #streaming: Dictionary | null = null;
  #keyWaits = false;
  /** Where the last opcode that put something into the memo ended. */
  #putEnd = -1;

  /** The protocol that the pickle names; 0 while it names none. */
  protocol = 0;
  /** The opcode that runs or ran last, in bytes from the start. */
  opcodeOffset = 0;

  /** Makes a machine at the start of a pickle. */
  constructor(source: ByteSource, program: PickleProgram) {
    const texts = new PickleTexts(source);
    this.#window = new PickleWindow(source);
    this.#program = program;
    this.#memo = new PickleMemo(texts);
    this.#operands = new PickleOperands(
      this.#window,
      this.#memo,
      program.passesFrames ?? false,
    );
    this.#key = new PickleScalar(texts);
    this.#value = new PickleScalar(texts);
  }

  /** How many bytes follow the opcodes that ran. */
  get remaining(): number {
    return this.#window.remaining;
  }

  /** The dictionary at the top or in the instance at the top; whatever there is of it so far. */
  get root(): Dictionary | null {
    return this.#root;
  }

  /** Whether the pickle began as that of an instance. */
  get isInstance(): boolean {
    const bottom = this.#stack[0];
    return bottom instanceof Instance || bottom instanceof GlobalReference;
  }

  /** Whether the stack holds the finished top and nothing else. */
  get isFinished(): boolean {
    const top = this.#stack[0];
    return this.#stack.length === 1 && this.#marks.length === 0 && this.#root !== null &&
      (top instanceof Instance ? top.state : top) === this.#root;
  }

  /** Runs one opcode; false at the end of the pickle. */
  step(): boolean {
    this.opcodeOffset = this.#window.offset;
    const opcode = this.#window.u8();
    if (this.#streaming !== null) this.#stepStreaming(opcode, this.#streaming);
    else if (opcode === OPCODE.STOP) return false;
    else this.#stepStack(opcode);
    return true;
  }

  /** Between MARK and SETITEMS of a large dictionary only scalars may stand. */
  #stepStreaming(opcode: number, dictionary: Dictionary): void {
    const scalar = this.#keyWaits ? this.#value : this.#key;
    if (!this.#operands.readScalar(opcode, this.opcodeOffset, scalar)) {
      return this.#runInStream(opcode);
    }
    if (this.#keyWaits) this.#program.onEntry(dictionary.streamedAs ?? "", this.#key, scalar);
    this.#keyWaits = !this.#keyWaits;
  }

  #runInStream(opcode: number): void {
    const memoIndex = this.#operands.readPutIndex(opcode);
    if (memoIndex !== null) {
      const last = this.#keyWaits ? this.#key : this.#value;
      return this.#endPut(memoIndex, this.#memo.setString(memoIndex, last));
    }
    if (opcode === OPCODE.FRAME) return this.#operands.readFrame();
    if (opcode !== OPCODE.SETITEMS) throw this.#refuseInStream(opcode);
    if (this.#keyWaits) throw badStructure("A key has no value");
    this.#streaming = null;
  }

  /** A thing goes into the memo once, or a file could fill the memory with one-byte opcodes. */
  #endPut(index: number, isSet: boolean): void {
    if (!isSet || this.opcodeOffset === this.#putEnd) {
      throw badStructure(`Memo entry ${index} is out of order`);
    }
    this.#putEnd = this.#window.offset;
  }

  /** A class that is asked for between the entries: its name may be the last two strings. */
  #refuseInStream(opcode: number): PickleRefusal {
    if (opcode === OPCODE.STACK_GLOBAL) {
      const [module, name] = this.#keyWaits ? [this.#value, this.#key] : [this.#key, this.#value];
      this.#global(module.text(), name.text());
    }
    return this.#refuse(opcode);
  }

  #stepStack(opcode: number): void {
    const index = this.#operands.readPutIndex(opcode);
    if (index !== null) {
      const item = this.#stack.at(-1);
      if (item === undefined) throw emptyStack();
      return this.#endPut(index, this.#memo.setItem(index, item));
    }
    const item = this.#readItem(opcode);
    if (item !== undefined) this.#push(item);
    else this.#runOnStack(opcode);
  }

  /** Reads what an opcode pushes by itself; undefined when it does something else. */
  #readItem(opcode: number): Item | undefined {
    const index = this.#operands.readGetIndex(opcode);
    if (index !== null) {
      const item = this.#memo.item(index);
      if (item === undefined) throw badStructure(`There is no memo entry ${index}`);
      return item;
    }
    switch (opcode) {
      case OPCODE.NONE:
        return null;
      case OPCODE.EMPTY_DICT:
        return this.#newDictionary();
      case OPCODE.EMPTY_TUPLE:
        return new Tuple([]);
      default:
        return this.#operands.readScalar(opcode, this.opcodeOffset, this.#key)
          ? this.#key.toItem(true)
          : undefined;
    }
  }

  #runOnStack(opcode: number): void {
    switch (opcode) {
      case OPCODE.PROTO:
        this.protocol = this.#window.u8();
        return;
      case OPCODE.FRAME:
        return this.#operands.readFrame();
      case OPCODE.MARK:
        return this.#mark();
      case OPCODE.SETITEM:
        return this.#setItems(this.#pop(2));
      case OPCODE.SETITEMS:
        return this.#setItems(this.#popToMark());
      case OPCODE.DICT: {
        const items = this.#popToMark();
        this.#push(this.#newDictionary());
        return this.#setItems(items);
      }
      case OPCODE.TUPLE:
        return this.#push(new Tuple(this.#popToMark()));
      case OPCODE.TUPLE1:
      case OPCODE.TUPLE2:
      case OPCODE.TUPLE3:
        return this.#push(new Tuple(this.#pop(opcode - OPCODE.TUPLE1 + 1)));
      case OPCODE.STACK_GLOBAL: {
        const [module, name] = this.#pop(2);
        return this.#push(this.#global(nameOf(module), nameOf(name)));
      }
      case OPCODE.GLOBAL:
        return this.#push(this.#global(this.#operands.readLine(), this.#operands.readLine()));
      case OPCODE.NEWOBJ:
        return this.#newObject();
      case OPCODE.REDUCE:
        return this.#reduce();
      case OPCODE.BUILD:
        return this.#build();
      default:
        throw this.#refuse(opcode);
    }
  }

  #newDictionary(): Dictionary {
    const dictionary = new Dictionary();
    this.#root ??= dictionary;
    return dictionary;
  }

  #push(item: Item): void {
    if (this.#stack.length >= MOST_STACK_ITEMS) {
      throw badStructure("More is nested than an engine writes");
    }
    this.#stack.push(item);
  }

  #pop(count: number): Item[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0)) throw emptyStack();
    return this.#stack.splice(this.#stack.length - count);
  }

  #popToMark(): Item[] {
    const height = this.#marks.pop();
    if (height === undefined) throw badStructure("There is no mark");
    return this.#stack.splice(height);
  }

  /** A MARK on a dictionary that a field of the top is to be streamed as begins the streaming. */
  #mark(): void {
    const dictionary = this.#stack.at(-1);
    if (dictionary instanceof Dictionary && this.#isStreamed(dictionary)) {
      this.#streaming = dictionary;
      this.#keyWaits = false;
      this.#key.setOther();
      this.#value.setOther();
    } else if (this.#marks.length >= MOST_STACK_ITEMS) {
      throw badStructure("More is nested than an engine writes");
    } else {
      this.#marks.push(this.#stack.length);
    }
  }

  /** Whether the dictionary on the top of the stack waits to become a large field of the root. */
  #isStreamed(dictionary: Dictionary): boolean {
    if (dictionary.streamedAs !== null) return true;
    const height = this.#marks.at(-1);
    const owner = height === undefined ? this.#stack.at(-3) : this.#stack[height - 1];
    if (owner !== this.#root || dictionary === this.#root) return false;
    const name = nameOf(this.#stack.at(-2));
    if (name !== null && this.#program.streamed.includes(name)) dictionary.streamedAs = name;
    return dictionary.streamedAs !== null;
  }

  #setItems(items: readonly Item[]): void {
    const dictionary = this.#stack.at(-1);
    if (!(dictionary instanceof Dictionary) || items.length % 2 !== 0) {
      throw badStructure("Items are set in what is no dictionary");
    }
    const isStreamed = this.#isStreamed(dictionary);
    for (let index = 0; index < items.length; index += 2) {
      const [key, value] = [items[index] ?? null, items[index + 1] ?? null];
      if (isStreamed) this.#emit(dictionary, key, value);
      else setField(dictionary, key, value);
    }
  }

  #emit(dictionary: Dictionary, key: Item, value: Item): void {
    this.#key.setItem(key);
    this.#value.setItem(value);
    this.#program.onEntry(dictionary.streamedAs ?? "", this.#key, this.#value);
  }

  #global(module: string | null, name: string | null): GlobalReference {
    return resolveGlobal(module, name, this.#program.className);
  }

  #newObject(): void {
    const [reference, args] = this.#pop(2);
    const isMade = isClass(reference) && args instanceof Tuple && args.items.length === 0;
    if (!isMade) throw unknownWay();
    this.#push(new Instance());
  }

  /** Protocols 0 and 1 make an object by `_reconstructor(class, object, None)`. */
  #reduce(): void {
    const [reference, args] = this.#pop(2);
    const items = args instanceof Tuple ? args.items : [];
    const [made, base, state] = items;
    const isMade = hasRole(reference, "reconstructor") && items.length === 3 && isClass(made) &&
      hasRole(base, "object") && state === null;
    if (!isMade) throw unknownWay();
    this.#push(new Instance());
  }

  #build(): void {
    const [state] = this.#pop(1);
    const instance = this.#stack.at(-1);
    if (!(instance instanceof Instance) || !(state instanceof Dictionary)) throw unknownWay();
    instance.state = state;
  }

  #refuse(opcode: number): PickleRefusal {
    if (opcode === OPCODE.GLOBAL || opcode === OPCODE.INST) {
      this.#global(this.#operands.readLine(), this.#operands.readLine());
    }
    const hex = opcode.toString(16).padStart(2, "0");
    return badStructure(`The opcode 0x${hex} does not belong here`);
  }
}

function setField(dictionary: Dictionary, key: Item, value: Item): void {
  const name = nameOf(key);
  if (name === null || dictionary.fields.size >= MOST_FIELDS) {
    throw badStructure("A field has no usable name");
  }
  const isSimple = value === null || typeof value === "number";
  const field = isSimple ? value : value instanceof Dictionary ? "dictionary" : "other";
  dictionary.fields.set(name, field);
}

function nameOf(item: Item | undefined): string | null {
  return item instanceof Text ? item.name() : null;
}

function hasRole(item: Item | undefined, role: GlobalReference["role"]): boolean {
  return item instanceof GlobalReference && item.role === role;
}

function isClass(item: Item | undefined): boolean {
  return hasRole(item, "class");
}

function emptyStack(): PickleRefusal {
  return badStructure("An opcode takes more from the stack than is there");
}

function unknownWay(): PickleRefusal {
  return badStructure("The pickle makes an object in an unknown way");
}
