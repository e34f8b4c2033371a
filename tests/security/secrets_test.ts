/**
 * The key of an encrypted export: it is never printed, and stands in nothing that is written.
 */
import { assert, assertEquals } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { chromemExport, chromemFacts } from "../support/chromem_stores.ts";
import { readFiles, runVerb } from "../verbs/world.ts";

/** A key as somebody could print it. */
function writeInWays(key: Uint8Array): string[] {
  const hex = Array.from(key, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    new TextDecoder("latin1").decode(key),
    hex,
    hex.toUpperCase(),
    btoa(String.fromCharCode(...key)),
    Array.from(key).join(","),
  ];
}

Deno.test("the key of an export is in no output of any verb, and in no file", async () => {
  const { key } = await chromemFacts();
  const ways = writeInWays(new TextEncoder().encode(key));
  const path = await chromemExport("export.gob.gz.enc");
  const directory = dirname(path);
  const keyFile = join(directory, "key");
  await Deno.writeTextFile(keyFile, key, { mode: 0o600 });
  const wrong = join(directory, "wrong-key");
  await Deno.writeTextFile(wrong, key.slice(0, -1) + "~", { mode: 0o600 });
  const out = join(directory, "records.jsonl");
  let opened = 0;
  for (const file of [keyFile, wrong]) {
    for (const format of [[], ["--json"]]) {
      for (
        const args of [
          ["check", "--key-file", file, path],
          ["check", "--since-seal", "--state", join(directory, "state"), "--key-file", file, path],
          ["export", "--key-file", file, "-o", out, path],
          ["check", `--key-file=${file}`, "/no/such/export"],
        ]
      ) {
        const { code, stdout, stderr } = await runVerb([...args, ...format]);
        if (code === 0) opened++;
        for (const way of ways) {
          // The wrong key differs in its last byte alone.
          const part = way.slice(0, Math.floor(way.length * 0.8));
          assert(!(stdout + stderr).includes(part), `${args[0]} has printed a key`);
        }
      }
    }
  }
  assert(opened >= 2, `${opened} calls have opened the export`);
  await Deno.remove(keyFile);
  await Deno.remove(wrong);
  assertEquals(basename(path) in Object.fromEntries(readFiles(directory)), true);
  for (const name of readFiles(directory).keys()) {
    const text = new TextDecoder("latin1").decode(await Deno.readFile(join(directory, name)));
    for (const way of ways) assert(!text.includes(way), `${name} holds the key`);
  }
});
