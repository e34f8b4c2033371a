/**
 * The program. It prints to its streams, ends the process with an exit code, and exports nothing.
 *
 * ```sh
 * deno run --no-prompt --allow-read --allow-write jsr:@vecfsck/vecfsck/cli check /srv/chroma
 * ```
 *
 * @module
 */

import { main } from "./lib/cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
