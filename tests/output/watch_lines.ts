/**
 * The lines that a watch prints, and those of a status that knows of one.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { localFs } from "../../lib/fs/platform.ts";
import {
  NOTES_NAME,
  readWatchNotes,
  WATCH_DIRECTORY_NAME,
} from "../../lib/status/read_watch_notes.ts";
import { encodeNotes } from "../../lib/status/watch_notes_format.ts";
import { FakeEnvironment } from "../cli/fake_environment.ts";
import { runMain } from "../cli/run_main.ts";

/**
 * Watches a store until it is backed up, and asks how it is after some days of that.
 *
 * @param store The store.
 * @returns The lines of all calls.
 */
export async function collectWatchLines(store: string): Promise<Record<string, unknown>[]> {
  const config = await runMain(["watch", "--check-config", "--json", store]);
  const environment = new FakeEnvironment();
  const watching = main(["watch", "--json", "--every", "1h", store], environment);
  while (!environment.stdout.text.includes('"backed-up"')) await delay(20);
  environment.cancel("SIGTERM");
  assertEquals(await watching, 0);
  const { notes } = readWatchNotes(localFs, store);
  assert(notes !== null);
  const growth = ["2026-01-01", "2026-01-02"].map((day) => ({ day, sizeBytes: 1000, records: 1 }));
  const next = [{ action: "check", at: notes.savedAt, reason: "scheduled" } as const];
  const later = { ...notes, growth, next, watch: { ...notes.watch, isRunning: true } };
  const path = join(`${store}.vecfsck`, WATCH_DIRECTORY_NAME, NOTES_NAME);
  await Deno.writeFile(path, encodeNotes(later));
  const status = await runMain(["status", "--json", store], { time: new Date("2026-01-03") });
  return [config, environment, status].flatMap(({ jsonLines }) => jsonLines);
}

function delay(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
