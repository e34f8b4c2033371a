#!/usr/bin/env node
/**
 * Runs vecfsck from npm: the program beside this file, in the Deno that npm has installed with it,
 * with the two permissions that it needs.
 */

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The signals that are sent to one process, and so to this one; it only hands them on. */
const HANDED_ON = ["SIGTERM", "SIGHUP"];

function findDeno() {
  try {
    return createRequire(import.meta.url)("deno/install_api.cjs").runInstall();
  } catch (error) {
    const reason = error.message.split("\n")[0];
    console.error(`vecfsck: The Deno that belongs to this package is not there: ${reason}`);
    console.error(
      "  It is an optional dependency of the package deno: install without --omit=optional",
    );
    process.exit(8);
  }
}

const program = spawn(findDeno(), [
  "run",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  fileURLToPath(new URL("program/cli.js", import.meta.url)),
  ...process.argv.slice(2),
], {
  stdio: "inherit",
  // Deno looks for a newer Deno otherwise, and vecfsck asks nothing of the network.
  env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
});

for (const signal of HANDED_ON) process.on(signal, () => program.kill(signal));
// A terminal sends this one to both, and a second one tells vecfsck not to tidy up.
process.on("SIGINT", () => {});
program.on("error", (error) => {
  console.error(`vecfsck: Deno could not be started: ${error.message}`);
  process.exit(8);
});
program.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
