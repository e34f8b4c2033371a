// npm:deno-std carries no fs package, so the equivalent of node:fs stands in.
import { mkdir } from "node:fs/promises";

/** Makes a directory and its parents when they are missing. */
export async function ensureDir(dir: string | URL): Promise<void> {
  await mkdir(dir, { recursive: true });
}
