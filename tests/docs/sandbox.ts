/**
 * Where the commands of a page are run: a directory that stands for the root of a machine, with
 * nothing on the path but the programs of `programs.ts`.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { ensureDir } from "@std/fs/ensure-dir";
import { REPOSITORY } from "../support/fixtures.ts";
import {
  DENO_SCRIPT,
  MACHINE_PROGRAMS,
  NPX_SCRIPT,
  PARSE_SCRIPT,
  STAND_INS,
  VECFSCK_SCRIPT,
} from "./programs.ts";

/** How a statement ended. */
export interface Outcome {
  /** Its exit code. */
  readonly code: number;
  /** What it printed, on both streams, with the paths of the page. */
  readonly output: string;
}

/** How statements are run. */
export interface RunOptions {
  /** What the time of day is, as ISO 8601; that of the machine when left out. */
  readonly time?: string | undefined;
  /** The permissions on top of the two, as options of Deno; then each call is a process. */
  readonly grant?: readonly string[];
}

/** A page has no statement that takes longer. */
const LONGEST_MS = 120_000;

/** The directories at the root that pages speak of. */
const ROOTS = /(?<![\w./~-])\/(?=(?:srv|mnt|backups?|etc|var|opt|usr|data|tmp|home|media)\b)/g;

/** A machine on which the commands of pages are run. */
export class Sandbox implements AsyncDisposable {
  readonly root: string;
  readonly #server: Deno.ChildProcess;
  #directory = "";

  private constructor(root: string, server: Deno.ChildProcess) {
    this.root = root;
    this.#server = server;
  }

  /** Makes the machine, and starts what stands for the program. */
  static async make(): Promise<Sandbox> {
    const root = await Deno.makeTempDir({ prefix: "vecfsck-docs-" });
    await Deno.mkdir(join(root, "calls"));
    await installPrograms(join(root, "bin"));
    const requests = join(root, "calls", "requests");
    await new Deno.Command("mkfifo", { args: [requests] }).output();
    const server = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        "--allow-read",
        "--allow-write",
        join(REPOSITORY, "tests", "docs", "serve_vecfsck.ts"),
        requests,
      ],
      env: { NO_COLOR: "", FORCE_COLOR: "" },
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    return new Sandbox(root, server);
  }

  /** Begins a page: an empty machine, and the directory in which its commands are typed. */
  async begin(): Promise<void> {
    for (const { name } of [...Deno.readDirSync(this.root)]) {
      if (name !== "bin" && name !== "calls") {
        await new Deno.Command("chmod", { args: ["-R", "u+w", join(this.root, name)] }).output();
        await Deno.remove(join(this.root, name), { recursive: true });
      }
    }
    for (const name of ["home/operator", "srv", "mnt", "tmp", "etc", "var/log"]) {
      await ensureDir(join(this.root, name));
    }
    this.#directory = join(this.root, "home", "operator");
  }

  /** The path on this machine of a path of a page; a relative one counts from where one types. */
  path(name: string): string {
    return name.startsWith("/") ? join(this.root, name) : join(this.#directory, name);
  }

  /** A text of a page with the paths that they are here. */
  enter(text: string): string {
    return text.replace(ROOTS, `${this.root}/`);
  }

  /** A text of this machine with the paths of the page. */
  leave(text: string): string {
    return text.replaceAll(this.root, "");
  }

  /** Writes a file of a page. */
  async write(name: string, text: string): Promise<void> {
    await ensureDir(dirname(this.path(name)));
    await Deno.writeTextFile(this.path(name), this.enter(text));
  }

  /**
   * Runs statements one after another in one shell.
   *
   * @param commands The statements, as the page has them.
   * @param options The time of day, and what the program may do besides.
   * @returns How each of them ended.
   */
  async run(commands: readonly string[], options: RunOptions = {}): Promise<Outcome[]> {
    const outcomes = join(this.root, "calls", "outcomes");
    await ensureDir(outcomes);
    const script = commands.map((command, index) =>
      `{ ${this.enter(command)}\n} > "${outcomes}/${index}" 2>&1\n` +
      `echo $? > "${outcomes}/${index}.code"\npwd > "${outcomes}/directory"\n`
    );
    const last = await this.#runShell(script.join(""), options);
    const ended = commands.map((_, index): Outcome => ({
      code: readNumber(join(outcomes, `${index}.code`)) ?? last.code,
      output: this.leave(readText(join(outcomes, `${index}`)) ?? last.output),
    }));
    this.#directory = readText(join(outcomes, "directory"))?.trim() ?? this.#directory;
    await Deno.remove(outcomes, { recursive: true });
    return ended;
  }

  async #runShell(script: string, { time = "", grant = [] }: RunOptions): Promise<Outcome> {
    const python = Deno.env.get("VECFSCK_ENGINES");
    const home = join(this.root, "home", "operator");
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["--noprofile", "--norc", "-c", script],
      cwd: this.#directory,
      clearEnv: true,
      env: {
        HOME: home,
        LC_ALL: "C.UTF-8",
        PATH: join(this.root, "bin"),
        PROFILE: join(home, "profile.ps1"),
        TMPDIR: join(this.root, "tmp"),
        DENO_DIR: Deno.env.get("DENO_DIR") ?? join(Deno.env.get("HOME") ?? "", ".cache", "deno"),
        VECFSCK_CALLS: join(this.root, "calls"),
        VECFSCK_DENO: Deno.execPath(),
        VECFSCK_FILL: join(REPOSITORY, "tests", "docs", "fill.ts"),
        VECFSCK_GRANT: grant.join(" "),
        VECFSCK_PYTHON: python === undefined ? "" : join(python, "chroma-1.5.9", "bin", "python"),
        VECFSCK_REPOSITORY: REPOSITORY,
        VECFSCK_TIME: time,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(LONGEST_MS),
    }).output();
    const decoder = new TextDecoder();
    return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  /** Ends what stands for the program, and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.kill("SIGKILL");
    await this.#server.status;
    await this.begin();
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Puts every program that a page may call into a directory, and no other. */
async function installPrograms(directory: string): Promise<void> {
  await Deno.mkdir(directory);
  const places = (Deno.env.get("PATH") ?? "").split(":").filter((place) => place.startsWith("/"));
  for (const name of MACHINE_PROGRAMS) {
    const place = places.find((each) => exists(join(each, name)));
    if (place !== undefined) await Deno.symlink(join(place, name), join(directory, name));
  }
  const scripts: Record<string, string> = {
    vecfsck: VECFSCK_SCRIPT,
    vecfsck_parse: PARSE_SCRIPT,
    deno: DENO_SCRIPT,
    npx: NPX_SCRIPT,
  };
  for (const [name, { script }] of Object.entries(STAND_INS)) {
    scripts[name] = `#!/bin/bash\n${script}`;
  }
  for (const [name, script] of Object.entries(scripts)) {
    await Deno.writeTextFile(join(directory, name), script, { mode: 0o755 });
  }
}

function exists(path: string): boolean {
  return readStat(path) !== null;
}

function readStat(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function readText(path: string): string | null {
  return readStat(path) === null ? null : Deno.readTextFileSync(path);
}

function readNumber(path: string): number | null {
  const text = readText(path);
  return text === null ? null : Number(text);
}
