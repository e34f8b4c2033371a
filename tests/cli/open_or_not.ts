/**
 * A program as `--engine-command` takes it: says that all is well with the directory that it is
 * given, or does one of the things that an engine does with a damaged store.
 *
 * @module
 */

const [behaviour, directory = ""] = Deno.args;

switch (behaviour) {
  case "agrees":
    Deno.exit(Deno.statSync(directory).isDirectory ? 0 : 1);
    break;
  case "refuses":
    console.error("starting\nNo such \x1b[31mcollection\n\n");
    Deno.exit(7);
    break;
  case "hangs":
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    break;
  case "chatters":
    for (let line = 0; line < 20_000; line++) console.error(`line ${line} ${"x".repeat(50)}`);
    Deno.exit(1);
}
