/**
 * Standard output and standard error, which can break.
 *
 * @module
 */

import { pauseUnlessAborted } from "../base/pause.ts";

/** A stream that text is written to. */
export interface TextStream {
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  /** Whether the reader went away, as `head` does when it has enough. */
  readonly isBroken: boolean;
  /** Why text was lost for another reason, for instance a full disk; null while all is well. */
  readonly failure: string | null;
  /** Writes a text. It never throws: what cannot be written is dropped. */
  write(text: string): Promise<void>;
  /** Writes bytes, in the same way. */
  writeBytes(bytes: Uint8Array): Promise<void>;
}

/** What {@linkcode SystemStream} needs of `Deno.stdout` and `Deno.stderr`. */
export interface WritableFile {
  /** Writes some of the bytes and says how many. */
  writeSync(bytes: Uint8Array): number;
  /** Whether it is a terminal. */
  isTerminal(): boolean;
}

/** How long a reader that is behind is waited for before the next try. */
const RETRY_MS = 5;

/** A stream of the process. */
export class SystemStream implements TextStream {
  readonly #file: WritableFile;
  readonly #encoder = new TextEncoder();
  #isBroken = false;
  #failure: string | null = null;

  /** Makes a stream from standard output or standard error. */
  constructor(file: WritableFile) {
    this.#file = file;
  }

  /** Whether a person looks at it. */
  get isTerminal(): boolean {
    return this.#file.isTerminal();
  }

  /** Whether the reader went away. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Why text was lost for another reason. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Writes a text whole, in as many pieces as the system takes. */
  async write(text: string): Promise<void> {
    await this.writeBytes(this.#encoder.encode(text));
  }

  /** Writes bytes whole, in as many pieces as the system takes. */
  async writeBytes(given: Uint8Array): Promise<void> {
    let bytes = given;
    while (bytes.byteLength > 0 && !this.#isBroken && this.#failure === null) {
      try {
        bytes = bytes.subarray(this.#file.writeSync(bytes));
      } catch (error) {
        // A pipe that another process has set to non-blocking is full: its reader needs time.
        if (error instanceof Deno.errors.WouldBlock) await pauseUnlessAborted(RETRY_MS);
        else this.#fail(error);
      }
    }
  }

  #fail(error: unknown): void {
    if (error instanceof Deno.errors.BrokenPipe) this.#isBroken = true;
    else this.#failure = error instanceof Error ? error.message : String(error);
  }
}
