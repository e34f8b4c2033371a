import { assertEquals } from "@std/assert";
import { SystemStream, type WritableFile } from "../../lib/cli/text_stream.ts";

/** A file that answers each write as the test says, and takes everything after that. */
class ScriptedFile implements WritableFile {
  readonly bytes: number[] = [];
  readonly #answers: (Error | number)[];
  writes = 0;

  constructor(...answers: (Error | number)[]) {
    this.#answers = answers;
  }

  isTerminal(): boolean {
    return false;
  }

  writeSync(bytes: Uint8Array): number {
    this.writes++;
    const answer = this.#answers.shift() ?? bytes.byteLength;
    if (answer instanceof Error) throw answer;
    this.bytes.push(...bytes.subarray(0, answer));
    return answer;
  }

  get text(): string {
    return new TextDecoder().decode(new Uint8Array(this.bytes));
  }
}

Deno.test("write() writes everything when the system takes it in pieces", async () => {
  const file = new ScriptedFile(1, 2, 1);
  await new SystemStream(file).write("déjà vu");
  assertEquals(file.text, "déjà vu");
});

Deno.test("write() waits for a reader that is behind", async () => {
  const file = new ScriptedFile(2, new Deno.errors.WouldBlock(), new Deno.errors.WouldBlock(), 1);
  const stream = new SystemStream(file);
  await stream.write("hello");
  assertEquals([file.text, stream.failure, stream.isBroken], ["hello", null, false]);
});

Deno.test("write() drops everything in silence once the reader went away", async () => {
  const file = new ScriptedFile(2, new Deno.errors.BrokenPipe());
  const stream = new SystemStream(file);
  await stream.write("hello");
  await stream.write("more");
  assertEquals([file.text, file.writes], ["he", 2]);
  assertEquals([stream.isBroken, stream.failure], [true, null]);
});

Deno.test("write() remembers why text was lost", async () => {
  const file = new ScriptedFile(new Error("No space left on device (os error 28)"));
  const stream = new SystemStream(file);
  await stream.write("hello");
  await stream.write("more");
  assertEquals([file.text, file.writes], ["", 1]);
  assertEquals([stream.isBroken, stream.failure], [false, "No space left on device (os error 28)"]);
});
