import type { CancelSignal, Engine, Environment } from "../../lib/cli/environment.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import type { TextStream } from "../../lib/cli/text_stream.ts";

/** A stream that keeps what is written to it. */
export class FakeStream implements TextStream {
  text = "";
  readonly bytes: Uint8Array[] = [];
  isTerminal = false;
  isBroken = false;
  failure: string | null = null;

  write(text: string): Promise<void> {
    if (!this.isBroken && this.failure === null) this.text += text;
    return Promise.resolve();
  }

  writeBytes(bytes: Uint8Array): Promise<void> {
    if (!this.isBroken && this.failure === null) this.bytes.push(bytes.slice());
    return Promise.resolve();
  }

  /** What was written, line by line. */
  get lines(): string[] {
    return this.text.split("\n").slice(0, -1);
  }
}

const NO_ENGINE: Engine = {
  checkStore: neverCalled,
  findStores: neverCalled,
  startThreads: neverCalled,
};

/** A world that a test rules over. */
export class FakeEnvironment implements Environment {
  readonly stdout = new FakeStream();
  readonly stderr = new FakeStream();
  readonly variables = new Map<string, string>();
  readonly exits: number[] = [];
  readonly ticks = new Set<() => void>();
  readonly cancelListeners = new Set<(signal: CancelSignal) => void>();
  readonly reloadListeners = new Set<() => void>();
  clockMs = 0;
  width: number | null = 80;
  fs: WriteFs = localFs;
  /** What is answered to every question; null where there is nobody to ask. */
  answer: boolean | null = null;
  readonly questions: string[] = [];
  time: Date = new Date();
  journal = false;
  engine: Engine;

  constructor(engine: Engine = NO_ENGINE) {
    this.engine = engine;
  }

  variable(name: string): string | undefined {
    return this.variables.get(name);
  }

  isJournal(): boolean {
    return this.journal;
  }

  columns(): number | null {
    return this.width;
  }

  nowMs(): number {
    return this.clockMs;
  }

  now(): Date {
    return this.time;
  }

  confirm(question: string): Promise<boolean | null> {
    this.questions.push(question);
    return Promise.resolve(this.answer);
  }

  every(_intervalMs: number, tick: () => void): () => void {
    this.ticks.add(tick);
    return () => this.ticks.delete(tick);
  }

  onCancel(listener: (signal: CancelSignal) => void): () => void {
    this.cancelListeners.add(listener);
    return () => this.cancelListeners.delete(listener);
  }

  onReload(listener: () => void): () => void {
    this.reloadListeners.add(listener);
    return () => this.reloadListeners.delete(listener);
  }

  exitNow(code: number): void {
    this.exits.push(code);
  }

  loadEngine(): Promise<Engine> {
    return Promise.resolve(this.engine);
  }

  /** Lets time pass: the clock goes on and whatever waits for it is called once. */
  pass(durationMs: number): void {
    this.clockMs += durationMs;
    for (const tick of this.ticks) tick();
  }

  /** Sends a signal. */
  cancel(signal: CancelSignal): void {
    for (const listener of this.cancelListeners) listener(signal);
  }

  /** Sends SIGHUP. */
  hangUp(): void {
    for (const listener of this.reloadListeners) listener();
  }

  /** What stands on standard output as JSON Lines. */
  get jsonLines(): Record<string, unknown>[] {
    return this.stdout.lines.map((line) => JSON.parse(line));
  }
}

/** Stands for a part of the engine that a test has no use for. */
export function neverCalled(): never {
  throw new Error("The engine was not to be called");
}
