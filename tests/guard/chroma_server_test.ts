/**
 * The guard in front of a real Chroma server, as docs/containers/guarded-entrypoint.sh puts it there.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { quoteShellWord } from "../../lib/base/shell_words.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { goldenFacts, REPOSITORY, scratchDirectory } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";
import { CLI_COMMAND } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";

const ENTRY_POINT = join(REPOSITORY, "docs", "containers", "guarded-entrypoint.sh");
const CLIENT = join(REPOSITORY, "tests", "support", "ask_chroma_server.py");
const VERSION = "1.5.9";
const COLLECTION = "cosine";
const LONGEST_START_SECONDS = "60";

/** A server behind the guard. */
class GuardedServer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.#port = port;
    this.#stderr = new Response(process.stderr).text();
  }

  /** Starts it: a program `vecfsck` on the path, and the entry point with the server behind it. */
  static async start(store: string, onDamage: string): Promise<GuardedServer> {
    const programs = await scratchDirectory();
    const command = [Deno.execPath(), ...CLI_COMMAND].map(quoteShellWord).join(" ");
    const program = join(programs, "vecfsck");
    await Deno.writeTextFile(program, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
    const port = Number(await runClient("port"));
    const chroma = join(dirname(findEngine(VERSION) ?? ""), "chroma");
    const process = new Deno.Command("sh", {
      args: [ENTRY_POINT, chroma, "run", "--path", store, "--port", String(port)],
      env: {
        PATH: `${programs}:${Deno.env.get("PATH") ?? ""}`,
        VECFSCK_STORE: store,
        VECFSCK_ON_DAMAGE: onDamage,
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    return new GuardedServer(process, port);
  }

  /** Waits for its end. */
  async end(): Promise<{ code: number; stderr: string }> {
    const { code } = await this.#process.status;
    return { code, stderr: await this.#stderr };
  }

  /** Waits until it answers, and asks it for what is nearest to a vector. */
  async ask(collection: string, vector: readonly number[]): Promise<unknown> {
    const words = [String(this.#port), LONGEST_START_SECONDS, collection, JSON.stringify(vector)];
    return JSON.parse(await runClient("ask", ...words));
  }

  /** Ends it, whatever it is doing. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.end();
  }
}

/** Runs Chroma's own client, for which the tests themselves lack the permission. */
async function runClient(...words: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(findEngine(VERSION) ?? "", {
    args: [CLIENT, ...words],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function firstVector(base64: string, dimension: number): number[] {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return Array.from(new Float32Array(bytes.buffer, 0, dimension));
}

Deno.test({
  name: "a damaged store keeps a real Chroma server from starting; repaired, it starts and answers",
  ignore: findEngine(VERSION) === null || Deno.build.os === "windows",
  async fn() {
    const broken = await BrokenStore.copyOf(`chroma-${VERSION}`);
    Deno.removeSync(broken.file("length.bin", COLLECTION));
    broken.patchSegment("header.bin", (_view, bytes) => bytes.fill(0xff), COLLECTION);
    const before = await snapshotTree(broken.path);
    {
      await using server = await GuardedServer.start(broken.path, "refuse");
      const { code, stderr } = await server.end();
      assertEquals(code, 4);
      assertMatch(stderr, /length\.bin is missing/);
      assertStringIncludes(stderr, "UNSAFE");
      assertEquals(await snapshotTree(broken.path), before, "no server has touched it");
    }
    const { collections } = await goldenFacts(`chroma-${VERSION}`);
    const facts = collections[COLLECTION];
    assert(facts?.embeddings_f32_base64 !== undefined && facts.dimension !== undefined);
    await using server = await GuardedServer.start(broken.path, "repair");
    const vector = firstVector(facts.embeddings_f32_base64, facts.dimension);
    assertEquals(await server.ask(COLLECTION, vector), {
      alive: true,
      count: facts.count,
      ids: [[facts.ids[0]]],
    });
  },
});
