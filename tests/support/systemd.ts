/**
 * systemd-analyze, the judge of units. Tests that need it are left out where it is not there.
 *
 * @module
 */

/** Whether systemd-analyze is there, of a version that judges units which are not installed. */
export async function hasSystemdAnalyze(): Promise<boolean> {
  try {
    const { success, stdout } = await new Deno.Command("systemd-analyze", { args: ["--version"] })
      .output();
    const [, version = "0"] = /^systemd (\d+)/.exec(new TextDecoder().decode(stdout)) ?? [];
    return success && Number(version) >= 250;
  } catch {
    return false;
  }
}

/**
 * Runs systemd-analyze.
 *
 * @param args Its arguments.
 * @param directory Where units are looked for besides those of the system.
 * @returns Its exit code, and what it prints.
 */
export async function analyze(
  args: readonly string[],
  directory: string,
): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
    args: [...args],
    cwd: directory,
    // The colon at the end stands for the places of the system.
    env: { SYSTEMD_UNIT_PATH: `${directory}:`, SYSTEMD_COLORS: "0" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}
