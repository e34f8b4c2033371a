/**
 * A real Chroma server on a store, and the JavaScript client of it. Tests may not use the network:
 * whoever talks to the server is a process of its own.
 *
 * @module
 */

import { dirname, fromFileUrl, join, toFileUrl } from "@std/path";
import { findEngine } from "./judge.ts";

const PORT_PROGRAM = fromFileUrl(new URL("./ask_chroma_server.py", import.meta.url));

/** The version of the client, as .ci/install_engines installs it. */
const CLIENT = "chromadb-js-3.5.0";

/** A server in a process of its own. */
export class ChromaServer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  /** Where it listens on this machine. */
  readonly port: number;

  private constructor(process: Deno.ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /**
   * Starts a server, which does not answer at once.
   *
   * @param store The store's directory, or an empty one.
   * @param version The version of chromadb.
   */
  static async start(store: string, version: string): Promise<ChromaServer> {
    const port = await findPort(version);
    const process = new Deno.Command(findServer(version), {
      args: ["run", "--path", store, "--port", `${port}`],
      env: { ANONYMIZED_TELEMETRY: "False" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new ChromaServer(process, port);
  }

  /** Ends it, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#process.status;
  }
}

/** Finds the program that runs a server. */
export function findServer(version: string): string {
  return join(dirname(findEngine(version) ?? ""), "chroma");
}

/** Finds a port that is free. */
async function findPort(version: string): Promise<number> {
  const { stdout } = await new Deno.Command(findEngine(version) ?? "", {
    args: [PORT_PROGRAM, "port"],
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

/**
 * Finds the JavaScript client.
 *
 * @returns Its directory, or null where it is not installed.
 */
export function findClient(): string | null {
  const engines = Deno.env.get("VECFSCK_ENGINES");
  if (engines === undefined || engines === "") return null;
  const directory = join(engines, CLIENT, "node_modules", "chromadb");
  try {
    return Deno.statSync(directory).isDirectory ? directory : null;
  } catch {
    return null;
  }
}

/** Gives the address of a module of the client. */
export function clientModule(name: string): string {
  return toFileUrl(join(findClient() ?? "", "dist", name)).href;
}
