/**
 * Backups of a store to which a real Chroma writes without a pause. Where there is no engine, these
 * tests are left out.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { listBackups } from "../../lib/backup/catalogue.ts";
import { copyTree, scratchDirectory } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { runCli } from "../support/run_cli.ts";

const WRITER = fromFileUrl(new URL("./writer.py", import.meta.url));
const QUESTIONS = fromFileUrl(new URL("./ask_engine.py", import.meta.url));

/** How many backups are taken while the engine writes. */
const BACKUPS = 20;

/** What an engine makes of a collection. */
interface CollectionAnswer {
  readonly records: number;
  readonly faults: readonly string[];
}

/** A real engine that writes without a pause. */
class EngineAtWork {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #said = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async start(python: string, store: string): Promise<EngineAtWork> {
    const child = new Deno.Command(python, {
      args: [WRITER, store],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const engine = new EngineAtWork(child);
    await engine.#readLine();
    assertEquals(engine.#said, "ready\n");
    return engine;
  }

  /** Lets it end, and tells what it has done. */
  async stop(): Promise<{ calls: number; longestSeconds: number }> {
    this.#said = "";
    await this.#child.stdin.close();
    await this.#readLine();
    await this.#reader.cancel();
    assert((await this.#child.status).success);
    return JSON.parse(this.#said);
  }

  async #readLine(): Promise<void> {
    while (!this.#said.endsWith("\n")) {
      const { value, done } = await this.#reader.read();
      assert(!done, "the engine has ended");
      this.#said += value;
    }
  }
}

/** Has a real engine open a copy of what each backup holds. */
async function askEngine(
  python: string,
  backups: readonly string[],
): Promise<Record<string, CollectionAnswer>[]> {
  const directory = await scratchDirectory();
  const copies = backups.map((_, index) => join(directory, String(index)));
  for (const [index, copy] of copies.entries()) {
    await copyTree(backups[index] ?? "", copy);
    await makeWritable(copy);
  }
  const { success, stdout, stderr } = await new Deno.Command(python, {
    args: [QUESTIONS, ...copies],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  await Deno.remove(directory, { recursive: true });
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

async function makeWritable(directory: string): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    await Deno.chmod(path, entry.isDirectory ? 0o755 : 0o644);
    if (entry.isDirectory) await makeWritable(path);
  }
}

const LIVE_VERSIONS = ["1.5.9", "0.5.23"];

for (const version of LIVE_VERSIONS) {
  const python = findEngine(version);
  Deno.test({
    name: `backup takes ${BACKUPS} whole backups while Chroma ${version} writes without a pause`,
    ignore: python === null,
    async fn() {
      assert(python !== null);
      const store = join(await scratchDirectory(), "store");
      const engine = await EngineAtWork.start(python, store);
      const elapsedMs: number[] = [];
      for (let count = 0; count < BACKUPS; count++) {
        const startedMs = performance.now();
        const { code, stdout, stderr } = await runCli(["backup", store, "--keep-last", "100"]);
        assertEquals([code, stderr], [0, ""], stdout);
        elapsedMs.push(Math.round(performance.now() - startedMs));
      }
      const work = await engine.stop();
      const verified = await runCli(["backup", "verify", "--full", store]);
      assertEquals([verified.code, verified.stderr], [0, ""], verified.stdout);
      const { backups } = listBackups(`${store}.backups`);
      assertEquals(backups.length, BACKUPS);
      const answers = await askEngine(
        python,
        backups.map(({ directory }) => join(directory, "files")),
      );
      assertEquals(answers.length, BACKUPS);
      let records = 0;
      for (const [index, { manifest }] of backups.entries()) {
        // Chroma 0.5.23 itself links a slot twice now and then, which is a warning.
        const { verdict, findings } = manifest.check;
        assert(verdict === "clean" || verdict === "warnings", `${verdict}: ${findings.join()}`);
        for (const [name, { records: found, faults }] of Object.entries(answers[index] ?? {})) {
          assertEquals(faults, [], `${manifest.id} ${name}`);
          const contents = manifest.collections.find((collection) => collection.name === name);
          assertEquals(contents?.records, found, `${manifest.id} ${name}`);
          assertEquals(contents?.vectors, found, `${manifest.id} ${name}`);
          records += found;
        }
      }
      // The engine really has written all the while, and every backup is of another moment.
      assertEquals(
        new Set(backups.map(({ manifest }) => JSON.stringify(manifest.collections))).size,
        BACKUPS,
      );
      console.log(JSON.stringify({ version, ...work, records, elapsedMs }));
    },
  });
}
