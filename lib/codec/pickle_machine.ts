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
  Tuple,
} from "./pickle_items.ts";
import { makeInstance, nameOf, reconstructInstance, setField, setState } from "./pickle_objects.ts";
import { OPCODE } from "./pickle_opcodes.ts";
import { PickleOperands } from "./pickle_operands.ts";
import { badStructure, type PickleRefusal } from "./pickle_refusal.ts";
import { PickleStack } from "./pickle_stack.ts";
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

/** Runs a pickle, opcode by opcode. */
export class PickleMachine {
  readonly #window: PickleWindow;
  readonly #program: PickleProgram;
  readonly #memo: PickleMemo;
  readonly #operands: PickleOperands;
  readonly #stack = new PickleStack();
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
    const { bottom } = this.#stack;
    return bottom instanceof Instance || bottom instanceof GlobalReference;
  }

  /** Whether the stack holds the finished top and nothing else. */
  get isFinished(): boolean {
    const { bottom, isSingle } = this.#stack;
    return isSingle && this.#root !== null &&
      (bottom instanceof Instance ? bottom.state : bottom) === this.#root;
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
      return this.#endPut(index, this.#memo.setItem(index, this.#stack.peek()));
    }
    const item = this.#readItem(opcode);
    if (item !== undefined) this.#stack.push(item);
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
        return this.#setItems(this.#stack.pop(2));
      case OPCODE.SETITEMS:
        return this.#setItems(this.#stack.popToMark());
      case OPCODE.DICT: {
        const items = this.#stack.popToMark();
        this.#stack.push(this.#newDictionary());
        return this.#setItems(items);
      }
      case OPCODE.TUPLE:
        return this.#stack.push(new Tuple(this.#stack.popToMark()));
      case OPCODE.TUPLE1:
      case OPCODE.TUPLE2:
      case OPCODE.TUPLE3:
        return this.#stack.push(new Tuple(this.#stack.pop(opcode - OPCODE.TUPLE1 + 1)));
      case OPCODE.STACK_GLOBAL: {
        const [module, name] = this.#stack.pop(2);
        return this.#stack.push(this.#global(nameOf(module), nameOf(name)));
      }
      case OPCODE.GLOBAL:
        return this.#stack.push(this.#global(this.#operands.readLine(), this.#operands.readLine()));
      case OPCODE.NEWOBJ:
        return this.#stack.push(makeInstance(this.#stack.pop(2)));
      case OPCODE.REDUCE:
        return this.#stack.push(reconstructInstance(this.#stack.pop(2)));
      case OPCODE.BUILD: {
        const [state] = this.#stack.pop(1);
        return setState(this.#stack.top, state);
      }
      default:
        throw this.#refuse(opcode);
    }
  }

  #newDictionary(): Dictionary {
    const dictionary = new Dictionary();
    this.#root ??= dictionary;
    return dictionary;
  }

  /** A MARK on a dictionary that a field of the top is to be streamed as begins the streaming. */
  #mark(): void {
    const { top } = this.#stack;
    if (!(top instanceof Dictionary && this.#isStreamed(top))) return this.#stack.mark();
    this.#streaming = top;
    this.#keyWaits = false;
    this.#key.setOther();
    this.#value.setOther();
  }

  /** Whether the dictionary on the top of the stack waits to become a large field of the root. */
  #isStreamed(dictionary: Dictionary): boolean {
    if (dictionary.streamedAs !== null) return true;
    if (this.#stack.owner !== this.#root || dictionary === this.#root) return false;
    const name = nameOf(this.#stack.belowTop);
    if (name !== null && this.#program.streamed.includes(name)) dictionary.streamedAs = name;
    return dictionary.streamedAs !== null;
  }

  #setItems(items: readonly Item[]): void {
    const dictionary = this.#stack.top;
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

  #refuse(opcode: number): PickleRefusal {
    if (opcode === OPCODE.GLOBAL || opcode === OPCODE.INST) {
      this.#global(this.#operands.readLine(), this.#operands.readLine());
    }
    const hex = opcode.toString(16).padStart(2, "0");
    return badStructure(`The opcode 0x${hex} does not belong here`);
  }
}
