/**
 * The threads of the program. In the source tree each is a module beside the one that starts it; in
 * the program every module lies in one directory, and so each of them gets a name of its own.
 *
 * @module
 */

/** How a module of `lib` starts a thread; nothing else there may ask where its source is. */
const WORKER_URL = /new URL\("(\.{1,2}\/[\w./-]+)\.ts", import\.meta\.url\)/g;

/** What a thread begins with. */
export interface WorkerModule {
  /** Its module in the source tree, for instance `lib/hnsw/build/worker.ts`. */
  readonly source: string;
  /** Its name in the program, without an ending, for instance `hnsw-build-worker`. */
  readonly name: string;
}

/**
 * Finds the threads that a module starts.
 *
 * @param path The module's path in the source tree, with `/` between its parts.
 * @param text The module's text.
 * @returns What they begin with, and the text in which they have their names in the program.
 */
export function nameWorkers(
  path: string,
  text: string,
): { readonly workers: readonly WorkerModule[]; readonly text: string } {
  const workers: WorkerModule[] = [];
  const renamed = text.replaceAll(WORKER_URL, (_, relative: string) => {
    const source = new URL(`${relative}.ts`, `file:///${path}`).pathname.slice(1);
    const name = source.replace(/^lib\//, "").replace(/\.ts$/, "").replaceAll("/", "-");
    workers.push({ source, name });
    return `new URL("./${name}.js", import.meta.url)`;
  });
  return { workers, text: renamed };
}
