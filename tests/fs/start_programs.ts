/**
 * A thread that starts programs, one after another, until it has started as many as it is told.
 *
 * @module
 */

/** What a thread of this module has of a thread. */
interface Thread {
  onmessage: ((event: MessageEvent<number>) => void) | null;
  postMessage(message: string): void;
}

const thread = self as unknown as Thread;

thread.onmessage = ({ data: count }) => {
  for (let started = 0; started < count; started++) {
    new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).outputSync();
  }
  thread.postMessage("done");
};
