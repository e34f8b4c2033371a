/**
 * promtool, the judge of metrics and rules: where `VECFSCK_PROMTOOL` says, or on the path. Tests that
 * need it are left out where it is not there.
 *
 * @module
 */

const NAME = Deno.env.get("VECFSCK_PROMTOOL") ?? "promtool";

/** Finds promtool; null where there is none. */
export async function findPromtool(): Promise<string | null> {
  try {
    const { success } = await new Deno.Command(NAME, { args: ["--version"] }).output();
    return success ? NAME : null;
  } catch {
    return null;
  }
}

/**
 * Runs promtool.
 *
 * @param args Its arguments.
 * @param options What it is given on standard input.
 * @returns What it prints.
 * @throws {Error} It refuses what it was given; its own words are the message.
 */
export async function runPromtool(
  args: readonly string[],
  { stdin = "" }: { stdin?: string } = {},
): Promise<string> {
  const command = new Deno.Command(NAME, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (!success) throw new Error(`promtool ${args.join(" ")}:\n${text}`);
  return text;
}
