/**
 * Where a verb's words go: data to standard output, messages to standard error, as text or as JSON.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { printable, printableLine } from "../base/printable.ts";
import { encodeJsonLine, type JsonLine, type RawPaths, toErrorEvent } from "../output/json.ts";
import { colourPainter, plainPainter } from "../output/paint.ts";
import { renderFailure, type TextOptions } from "../output/text.ts";
import { DEFAULT_WIDTH } from "../output/wrap.ts";
import { wantsColour } from "./colour.ts";
import type { Environment } from "./environment.ts";
import { type MessageLevel, toJournalLine } from "../output/journal_line.ts";
import type { TextStream } from "./text_stream.ts";

/** How output is written. */
export interface OutputOptions {
  /** Whether standard output carries JSON Lines. */
  readonly json: boolean;
  /** Whether `--no-color` was given. */
  readonly noColour: boolean;
  /** Whether standard error is the journal of systemd; it is not when left out. */
  readonly journal?: boolean;
}

/** Lines of JSON are gathered up to this many characters, for a store can have many findings. */
const BATCH_CHARACTERS = 1 << 16;

const NARROWEST = 40;

/** Where a verb's words go. */
export class Output {
  readonly #environment: Environment;
  readonly #noColour: boolean;
  /** Whether standard output carries JSON Lines. */
  readonly json: boolean;
  /** Whether standard error is the journal of systemd. */
  readonly journal: boolean;
  #batch = "";

  /** Makes the output of one call. */
  constructor(environment: Environment, { json, noColour, journal = false }: OutputOptions) {
    this.#environment = environment;
    this.#noColour = noColour;
    this.json = json;
    this.journal = journal;
  }

  /** Whether nobody reads standard output any more, or it cannot be written. */
  get isLost(): boolean {
    const { isBroken, failure } = this.#environment.stdout;
    return isBroken || failure !== null;
  }

  /** How text is laid out on standard output. */
  get layout(): TextOptions {
    return this.#layoutOf(this.#environment.stdout);
  }

  /** Prints lines of data. */
  async print(lines: readonly string[]): Promise<void> {
    const { stdout } = this.#environment;
    await this.#write(stdout, this.#joinLines(lines, stdout));
  }

  /** Prints a line of JSON; it may stay in memory until {@linkcode flush}. */
  async printJson<Line extends JsonLine>(line: Line): Promise<void> {
    this.#batch += encodeJsonLine(line);
    if (this.#batch.length >= BATCH_CHARACTERS) await this.flush();
  }

  /** Hands on every line of JSON that is still in memory. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = "";
    await this.#write(this.#environment.stdout, batch);
  }

  /**
   * Prints lines of a message on standard error.
   *
   * @param lines The lines.
   * @param level How much they matter, for the journal.
   */
  async tell(lines: readonly string[], level: MessageLevel = "notice"): Promise<void> {
    const shown = this.journal ? lines.flatMap((line) => toJournalLine(line, level)) : lines;
    const { stderr } = this.#environment;
    await this.#write(stderr, this.#joinLines(shown, stderr));
  }

  /**
   * Reports a failed operation on standard error, and with `--json` on standard output too.
   *
   * @param error What failed.
   * @param store The store that was asked for, or null when the call itself was wrong.
   * @param raw The bytes of the store's name, where its text cannot give them.
   */
  async fail(error: OperationError, store: string | null, raw: RawPaths = {}): Promise<void> {
    if (this.json) {
      await this.printJson({ ...toErrorEvent(error, store), ...raw });
      await this.flush();
    }
    const isAboutStore = store !== null && error.code !== "cancelled";
    await this.tell(
      isAboutStore
        ? renderFailure(error, store, this.#layoutOf(this.#environment.stderr))
        : [`vecfsck: ${error.message}`, error.hint ?? ""].filter((line) => line !== "")
          .map((line) => printable(line)),
      "error",
    );
  }

  /** Whatever was forgotten where a line was put together: no control character is printed. */
  #joinLines(lines: readonly string[], stream: TextStream): string {
    const isColoured = this.#isColoured(stream);
    return lines.map((line) => `${printableLine(line, isColoured)}\n`).join("");
  }

  #isColoured(stream: TextStream): boolean {
    return wantsColour(stream, this.#environment, this.#noColour);
  }

  #layoutOf(stream: TextStream): TextOptions {
    const width = stream.isTerminal ? this.#environment.columns() : null;
    const isColoured = this.#isColoured(stream);
    return {
      width: Math.max(NARROWEST, width ?? DEFAULT_WIDTH),
      paint: isColoured ? colourPainter : plainPainter,
    };
  }

  async #write(stream: TextStream, text: string): Promise<void> {
    if (text !== "") await stream.write(text);
  }
}
