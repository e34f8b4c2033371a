/**
 * Makes scratch directories and a file in each, in a process of its own with a umask of its own, and
 * prints what came of it.
 *
 * @module
 */

import { join } from "@std/path";
import { ScratchDirectory } from "../../lib/fs/scratch.ts";

if (import.meta.main) {
  Deno.env.set("TMPDIR", Deno.args[0] ?? "");
  const source = join(Deno.args[0] ?? "", "source");
  Deno.writeTextFileSync(source, "open to all");
  Deno.chmodSync(source, 0o666);
  const made = Array.from({ length: 20 }, () => {
    using scratch = ScratchDirectory.create();
    const copy = scratch.copyIn(source, "copy");
    return {
      path: scratch.path,
      mode: Deno.statSync(scratch.path).mode,
      fileMode: Deno.statSync(copy).mode,
    };
  });
  console.log(JSON.stringify(made));
}
